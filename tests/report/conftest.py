"""Two small evaluations: from published figures, and of people."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from desist.cohort.flow import FlowStep, RecordFlow
from desist.cohort.published import PublishedMeasure, PublishedStudy
from desist.effects import Effect
from desist.estimands import Estimand, Measure, Scale
from desist.evaluation.record import ComparedCheck, Evaluation
from desist.inference.diagnostics import Diagnostics

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
