"""The face of the pictures: one function a picture, axes in and a figure out."""

import inspect
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import desist as ds
from desist.effects.groups import GroupRow, GroupTable
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Measure
from desist.sensitivity.placebo import PlaceboProgrammes
from desist.sensitivity.result import SensitivityResult
from desist.sensitivity.rosenbaum import bound_discordant
from desist.sensitivity.specifications.record import Multiverse
from desist.sensitivity.unrecorded import tipping_map
from desist.synthesis import EstimateWithError, Study, synthesise

pytestmark = pytest.mark.usefixtures("few_draws")

OF_FEW = {"cumulative_incidence": {"rules": "2017"}}  # who reoffended of the study pictured here
PICTURES = Path(ds.__file__).parent / "report" / "pictures"

CURVES = pd.DataFrame(
    {"day": [91.0, 365.0]}
    | {
        f"{arm}{end}": [0.9, 0.7]
        for arm in ("treated", "comparison")
        for end in ("", "_lower", "_upper")
    }
)
LEFT_OUT = pd.DataFrame({"kind": ["reoffenders"] * 2, "moved": [0.1, -0.2], "reason": ["", ""]})
SCENARIOS = pd.DataFrame({"label": ["one"], "estimate": [0.1], "lower": [0.0], "upper": [0.2]})
PLACEBOS = PlaceboProgrammes(
    Measure.RATE,
    pd.DataFrame({"estimate": np.linspace(-1, 1, 40)}),
    *(0.05, 0.01, (0.0, 0.1), (0.0, 0.2), 50, np.zeros(10)),
)
SPECIFICATIONS = pd.DataFrame(
    {"method": ["radius", "pairs"], "question": "a", "estimate": [0.2, 0.1], "lower": 0.0}
    | {"upper": 0.4, "is_balanced": [True, False], "reason": ""}
)
EMPTY = pd.DataFrame()
CHOICES = Multiverse(Measure.RATE, ("method",), SPECIFICATIONS, EMPTY, EMPTY, 0.1, 0.95)


@pytest.fixture(scope="module")
def evaluation():
    cohort = ds.simulate_cohort(150, 600, rng=3, n_groups=0).cohort
    design = ds.build_design(cohort, "age + C(ethnicity)", method=ds.InverseProbability())
    return ds.evaluate(cohort, design, seed=1)


def labels(figure):
    return [label.get_text() for ax in figure.axes for label in ax.get_yticklabels()]


def test_every_picture_is_in_the_face():
    modules = {path.stem for path in PICTURES.glob("*.py") if not path.stem.startswith("_")}
    homes = {getattr(ds.plots, name).__module__.rpartition(".")[2] for name in ds.plots.__all__}
    assert homes == modules


def test_every_picture_takes_axes_by_name_and_gives_a_figure():
    for name in ds.plots.__all__:
        signature = inspect.signature(getattr(ds.plots, name))
        assert signature.parameters["ax"].kind is inspect.Parameter.KEYWORD_ONLY, name
        assert signature.parameters["ax"].default is None, name
        assert signature.return_annotation in {"Figure", '"Figure"', "'Figure'"}, name


@pytest.fixture(scope="module")
def pictured(evaluation):
    """What each picture is drawn of."""
    cohort = ds.simulate_cohort(150, 600, rng=3, n_groups=0).cohort
    design = ds.build_design(cohort, "age + C(ethnicity)", method=ds.InverseProbability())
    fit = ds.fit_model(ds.RateModel(), cohort, design, seed=1)
    effect = evaluation.effects[0]
    studies = [Study(f"other {n}", EstimateWithError(-n / 10, 0.2)) for n in range(4)]
    synthesis = synthesise(studies)
    tipping = tipping_map(effect, comparison=0.2, shares=[0.2], strengths=[2.0])
    curve = SimpleNamespace(table=CURVES)
    group = GroupRow("North", 120, 140, 40, 0.3, -0.02, -0.01, -0.06, 0.03, 0.6)
    rows = (group, replace(group, level="South"))
    groups = GroupTable("prison", Measure.RATE, 0.95, rows, 2, 0.02, 0.0, 0.05, 0.6)
    left_out = SensitivityResult("leave_out", "One", "A doubt.", "It holds.", LEFT_OUT)
    tried = SensitivityResult("any", "Any", "A doubt.", "It holds.", SCENARIOS)
    made = {
        "common_support": design,
        "covariate_densities": (design, "age"),
        "cumulative_incidence": evaluation,
        "densities_of_programmes": synthesis,
        "effects_by_group": replace(evaluation, by_group=(groups,)),
        "forest": evaluation,
        "forest_of_programmes": synthesis,
        "funnel_of_programmes": synthesis,
        "heterogeneity_of_programmes": synthesis,
        "hidden_bias": bound_discordant(12, 40),
        "influence": left_out,
        "love_plot": design,
        "placebo_estimates": PLACEBOS,
        "posterior": evaluation,
        "predicted_and_observed": ds.models.check_predictions(fit, cohort, design, n_draws=50),
        "prior_and_posterior": (effect, effect),
        "programme_among_others": (synthesis, "other 1"),
        "record_flow": ds.datasets.making_connections().flow,
        "scenarios": tried,
        "specification_curve": CHOICES,
        "survival_curves": curve,
        "tipping_points": tipping,
    }
    return {name: of if isinstance(of, tuple) else (of,) for name, of in made.items()}


def has_marks(ax):
    return bool(ax.lines or ax.patches or ax.collections or ax.texts)


@pytest.mark.parametrize("name", ds.plots.__all__)
def test_every_picture_is_drawn_in_the_place_of_the_axes_that_are_given(pictured, name):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    edge = right.get_position().x0
    rules = OF_FEW.get(name, {})
    assert getattr(ds.plots, name)(*pictured[name], **rules, ax=right) is figure
    assert not has_marks(left)
    drawn = [ax for ax in figure.axes if ax is not left]
    assert any(map(has_marks, drawn))
    assert all(ax.get_position().x0 >= edge - 1e-9 for ax in drawn)


@pytest.mark.parametrize("name", ds.plots.__all__)
def test_every_picture_of_its_own_is_one_that_a_notebook_shows(pictured, name):
    drawn = getattr(ds.plots, name)(*pictured[name], **OF_FEW.get(name, {}))
    assert callable(drawn._repr_png_)
    assert any(map(has_marks, drawn.axes))


def test_days_that_are_withheld_are_not_drawn_and_said_to_be(evaluation):
    assert evaluation.by_day
    with pytest.raises(CannotAnswerError, match=r"no day is drawn, because .*reoffen"):
        ds.plots.cumulative_incidence(evaluation)


def test_a_picture_is_drawn_in_the_axes_that_are_given(evaluation):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert ds.plots.love_plot(evaluation, ax=right) is figure
    assert not left.lines
    assert right.lines
    effect = evaluation.effects[0]
    assert ds.plots.prior_and_posterior(effect, effect, ax=left) is figure
    assert left.patches


def test_the_love_plot_of_an_evaluation_shows_what_its_record_shows(evaluation):
    strict = ds.report.RuleSet("strict", "below 0.01", 2, 30, 30, 10_000, "relative claims")
    assert labels(ds.plots.love_plot(evaluation)) == labels(ds.plots.love_plot(evaluation.design))
    shown = labels(ds.plots.love_plot(evaluation, rules=strict))
    assert shown == ["age"]


def test_published_figures_have_no_love_plot():
    published = ds.evaluate_published(ds.datasets.making_connections(), seed=1)
    with pytest.raises(InputError, match="evaluation: expected a design, found published figures"):
        ds.plots.love_plot(published)


def test_the_ends_of_a_forest_are_those_of_its_record(evaluation):
    rate = ds.plots.forest(evaluation).axes[0]
    row = evaluation.measures[0]
    ends = 100 * np.array([row.lower, row.upper])
    assert rate.lines[0].get_xdata() == pytest.approx(ends, abs=0.05)


def test_the_face_loads_no_matplotlib():
    code = "import desist, sys; desist.plots; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
