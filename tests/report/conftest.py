"""Two small evaluations: from published figures, and of people."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm

from desist.cohort.flow import FlowStep, RecordFlow
from desist.cohort.published import PublishedMeasure, PublishedStudy
from desist.effects import Effect
from desist.effects.days import DayRow
from desist.effects.groups import GroupRow, GroupTable
from desist.estimands import Estimand, Measure, Scale
from desist.evaluation._one_process import OneProcess
from desist.evaluation.record import ComparedCheck, Evaluation
from desist.evaluation.with_bias import BiasResult
from desist.evaluation.with_evidence import EvidenceResult
from desist.inference.diagnostics import Diagnostics
from desist.models.evidence import EvidencePrior
from desist.models.predictive.record import PredictiveCheck
from desist.report.view import View, make_view
from desist.sensitivity.placebo import PlaceboProgrammes
from desist.sensitivity.result import SensitivityResult
from desist.sensitivity.rosenbaum import bound_discordant
from desist.sensitivity.specifications.record import Multiverse
from desist.sensitivity.unrecorded import tipping_map
from desist.synthesis import EstimateWithError, Study, synthesise

NAN = float("nan")
TIME = Measure.TIME_AMONG_REOFFENDERS
# Evenly spaced quantiles: draws of which the mean and the limits are known.
QUANTILES = norm.ppf((np.arange(400) + 0.5) / 400)


def as_draws(values: Any) -> xr.DataArray:
    return xr.DataArray(np.reshape(values, (4, 100)), dims=("chain", "draw"))


def make_effect(
    measure: Measure,
    estimand: Estimand,
    people: tuple[int, int],
    means: tuple[float, float],
    deviation: float,
    diagnostics: Diagnostics | None = None,
) -> Effect:
    """Make an effect with the given means; the difference is normal."""
    treated, comparison = means
    on_difference = measure is not Measure.HAZARD_RATIO
    draws = treated + deviation * QUANTILES
    return Effect(
        measure=measure,
        estimand=estimand,
        n_treated=people[0],
        n_comparison=people[1],
        treated=as_draws(draws) if on_difference else None,
        comparison=as_draws(np.full(400, comparison)) if on_difference else None,
        difference=as_draws(draws - comparison) if on_difference else None,
        ratio=as_draws(np.maximum(draws, 1e-6) / comparison),
        diagnostics=diagnostics or Diagnostics("nuts", rhat_max=1.002, ess_bulk_min=3120.0),
    )


def make_check(
    measure: Measure,
    slug: str,
    scale: Scale,
    numbers: tuple[float, float, float, float],
    *,
    reason: str = "",
    agrees: bool | None = True,
) -> ComparedCheck:
    """Make a check; one that does not agree with anything is not applicable."""
    word = {True: "agrees", False: "differs in size", None: None}[agrees]
    stands = {"agrees": agrees, "agreement": word}
    return ComparedCheck(measure, slug, scale, *numbers, agrees is not None, reason, **stands)


FLOW = RecordFlow(
    (
        FlowStep("records submitted", 0, 142, "records"),
        FlowStep("duplicate records removed", 2, 140, "records"),
        FlowStep("not found on the Police National Computer", 8, 132),
        FlowStep("no record in the reoffending database", 44, 88),
        FlowStep("proven sexual offence before", 2, 86),
        FlowStep("no suitable comparison person", 3, 83),
    )
)

# The report prints 1.06 reoffences per person and 74 fewer per 100, which is the difference
# of unrounded means.
STUDY = PublishedStudy(
    "Making Connections",
    "complex",
    "Justice Data Lab, February 2017",
    (
        PublishedMeasure(Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04, "0.00", 13),
        PublishedMeasure(Measure.FREQUENCY, 83, 5514, 0.31, 1.06, -0.96, -0.53, "0.00", 26, -0.74),
        PublishedMeasure(TIME, 13, 2418, 75.0, 142.9, -115.0, -21.0, "0.01"),
    ),
    (1070.0, 4990.0),
    FLOW,
)

BALANCE = [
    {
        "covariate": name,
        "smd_before": before,
        "smd_after": after,
        "variance_ratio": ratio,
        "ks": ks,
        "word": word,
    }
    for name, before, after, ratio, ks, word in [
        ("age", -0.42, 0.021, 1.08, 0.04, "well matched"),
        ("Copas rate", 0.61, -0.072, 0.91, 0.07, "reasonably matched"),
        ("sentence under 12 months", -0.38, 0.14, NAN, 0.05, "poorly matched"),
        ("ethnicity[white]", 0.05, -0.0002, NAN, 0.0, "well matched"),
    ]
]

NONE = (NAN, NAN, NAN, NAN)


@pytest.fixture(scope="session")
def published() -> Evaluation:
    """Making Connections, with a posterior made up around it."""
    matched, people = Estimand.MATCHED_ATT, (83, 5514)
    rate, frequency, difference = Measure.RATE, Measure.FREQUENCY, Scale.DIFFERENCE
    return Evaluation(
        title="Making Connections (complex analysis)",
        estimand=matched,
        effects=(
            make_effect(rate, matched, people, (0.166, 0.278), 0.04),
            make_effect(frequency, matched, people, (0.335, 1.06), 0.11),
            make_effect(TIME, matched, (13, 2418), (75.5, 142.9), 23.0),
        ),
        checks=(
            make_check(rate, "welch", difference, (-0.1214, -0.20206, -0.0407, 0.0036)),
            make_check(rate, "newcombe", difference, (-0.1214, -0.185, -0.028, NAN)),
            make_check(rate, "fisher", Scale.RATIO, NONE, reason="the weights differ", agrees=None),
            make_check(frequency, "welch", difference, (-0.7437, -0.9587, -0.5287, 1e-9)),
            make_check(TIME, "welch", difference, (-67.9, -114.9, -20.9, 0.0084), agrees=False),
            make_check(TIME, "brunner_munzel", difference, (-0.5, -0.8, -0.2, 0.01)),
        ),
        unavailable={Measure.RMST: "the report prints no figure for it"},
        design=None,
        flow=FLOW,
        settings={"study": "Making Connections", "comparison_size": None},
        seed=2017,
        warnings=("The effective sample size of the comparison is not printed.",),
        package_version="0.1.0",
        published=STUDY,
    )


@pytest.fixture(scope="session")
def of_people() -> Evaluation:
    """A programme with a design, an unavailable measure and a warning."""
    att, people = Estimand.ATT, (670, 775)
    rate, rmst, hazard = Measure.RATE, Measure.RMST, Measure.HAZARD_RATIO
    laplace = Diagnostics("laplace", khat=0.11)
    return Evaluation(
        title="Prison work programme",
        estimand=att,
        effects=(
            make_effect(rate, att, people, (0.246, 0.232), 0.0228, laplace),
            make_effect(rmst, att, people, (318.2, 321.9), 4.2),
            make_effect(hazard, att, people, (1.08, 1.0), 0.12),
        ),
        checks=(
            make_check(rate, "welch", Scale.DIFFERENCE, (0.013, -0.03, 0.057, 0.54)),
            make_check(rate, "randomisation", Scale.DIFFERENCE, (0.013, NAN, NAN, 0.55)),
            make_check(rmst, "rmst_difference", Scale.DIFFERENCE, (-3.6, -12.3, 5.0, 0.41)),
            make_check(hazard, "cox", Scale.RATIO, (1.07, 0.86, 1.33, 0.53)),
        ),
        unavailable={Measure.FREQUENCY: "the cohort has no column of offences"},
        design={
            "estimand": "ATT",
            "method": "radius",
            "n_treated": 670,
            "n_treated_dropped": 0,
            "n_comparison": 775,
            "ess_comparison": 512.34,
            "worst_covariate": "sentence under 12 months",
            "balance": BALANCE,
        },
        flow=None,
        settings={"cohort": {"follow_up": 365}, "horizon": 365.0},
        seed=7,
        warnings=("Poorly matched: sentence under 12 months.",),
        package_version="0.1.0",
    )


@pytest.fixture(scope="session")
def but():
    """Change an evaluation in some fields."""
    return replace


GROUPS = GroupTable(
    "prison",
    Measure.RATE,
    0.95,
    tuple(
        GroupRow(f"Prison {letter}", 120, 140, 40, 0.3, -0.02, step - 0.01, -0.06, step + 0.03, 0.6)
        for letter, step in (("A", 0.0), ("B", 0.01), ("C with a long name in the north", 0.02))
    ),
    3,
    0.02,
    0.0,
    0.05,
    0.6,
)
DAYS = tuple(
    DayRow(day, 0.95 - day / 2000, 0.93 - day / 1800, 0.02, -0.01, 0.05, 0.8, 0.95)
    for day in (91.0, 182.0, 365.0)
)


def make_process(effects: tuple[Effect, ...]) -> OneProcess:
    """Make the answer of one process that suffices."""
    rows = [
        (arm, name, unit, seen, seen, 0.0, 2 * seen, 0.4)
        for arm in ("treated", "comparison")
        for name, unit, seen in (("rate", "proportion", 0.3), ("frequency", "offences", 0.9))
    ]
    columns = ["arm", "statistic", "unit", "observed", "predicted", "lower", "upper", "probability"]
    table = pd.DataFrame(rows, columns=columns)
    check = PredictiveCheck(table, "process", 300, contrasts=table.iloc[:2].drop(columns="arm"))
    return OneProcess(effects, check)


def make_analyses(effect: Effect) -> list[Any]:
    """Make a sensitivity analysis of each kind that has a picture of its own."""
    rows = [("as it is", 0.1, 0.0, 0.2), ("with a long name of what was tried", 0.2, 0.1, 0.4)]
    scenarios = pd.DataFrame(rows, columns=["label", "estimate", "lower", "upper"])
    kinds = [("reoffenders", "a person"), ("heavy", "a person"), ("covariates", "age at release")]
    left_out = pd.DataFrame(
        [(*kind, 0.1, 0.0, 0.2, 0.3, "") for kind in kinds for _ in range(12)],
        columns=["kind", "label", "estimate", "lower", "upper", "moved", "reason"],
    ).drop_duplicates(["kind", "label"])
    places = np.arange(12)
    specifications = pd.DataFrame(
        {
            "method": np.where(places % 2, "radius matching, caliper 0.05", "pairs"),
            "formula": np.where(places % 3, "all covariates of the file", "criminal history"),
            "question": "how the comparison people are chosen and weighted",
            "estimate": places / 100,
            "lower": places / 100 - 0.1,
            "upper": places / 100 + 0.1,
            "is_balanced": places % 4 > 0,
            "reason": "",
        }
    )
    placebos = PlaceboProgrammes(
        Measure.RATE,
        pd.DataFrame({"estimate": np.linspace(-0.1, 0.1, 40), "reason": ""}),
        *(0.05, 0.01, (0.0, 0.1), (0.0, 0.2), 50, np.zeros(10)),
    )
    dimensions = ("method", "formula")
    moves = pd.DataFrame({"dimension": ["method", "formula"], "largest": [0.05, 0.02]})
    told = "It would take a ratio of 2. That is more than age has."
    return [
        SensitivityResult("e_values", "E-values", "Something unmeasured.", told, scenarios),
        Multiverse(Measure.RATE, dimensions, specifications, moves, pd.DataFrame(), 0.1, 0.95),
        SensitivityResult("leave_out", "One left out", "A few carry it.", told, left_out),
        tipping_map(effect, comparison=0.2, shares=[0.1, 0.3, 0.5], strengths=[1.5, 2.0, 3.0]),
        bound_discordant(20, 5),
        placebos,
    ]


@pytest.fixture(scope="session")
def whole_view(of_people: Evaluation) -> View:
    """Everything that may stand in a report of people, all at once."""
    prior = EvidencePrior((0.8, 0.2), (-0.3, 0.0), (0.2, 1.5), "log_odds", 20)
    evaluation = replace(
        of_people,
        by_group=(GROUPS,),
        by_day=DAYS,
        evidence=EvidenceResult(Measure.RATE, prior, -0.05, -0.12, 0.02, 0.88, 0.43, 0.14, 812, 42),
        one_process=make_process(of_people.effects),
        bias=BiasResult(Measure.RATE, 200, 0.03, 0.025, 0.045, -0.115, -0.215, -0.015, 0.987),
        margins={Measure.RATE: 0.02},
        flow=FLOW,
    )
    effects = (-0.5, -0.1, -0.4, -0.2, -0.3, 0.0)
    others = [Study(f"other {n}", EstimateWithError(y, 0.15)) for n, y in enumerate(effects)]
    return make_view(
        evaluation,
        sensitivity=make_analyses(of_people.effects[0]),
        synthesis=synthesise(others, scale="log_odds"),
    )
