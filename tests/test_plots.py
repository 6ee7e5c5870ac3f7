"""The face of the pictures: one function a picture, axes in and a figure out."""

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import desist as ds
from desist.errors import InputError

WITH_AXES = {
    "cumulative_incidence",
    "posterior",
    "record_flow",
    "densities_of_programmes",
    "effects_by_group",
    "forest_of_programmes",
    "funnel_of_programmes",
    "heterogeneity_of_programmes",
    "hidden_bias",
    "influence",
    "love_plot",
    "placebo_estimates",
    "prior_and_posterior",
    "programme_among_others",
    "scenarios",
    "survival_curves",
    "tipping_points",
}
PICTURES = Path(ds.__file__).parent / "report" / "pictures"


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


def test_pictures_of_one_panel_take_axes():
    taking = {
        name
        for name in ds.plots.__all__
        if "ax" in inspect.signature(getattr(ds.plots, name)).parameters
    }
    assert taking == WITH_AXES


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
