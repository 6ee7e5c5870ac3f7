"""Pictures of several programmes show all of them, and say what they cannot show."""

import numpy as np
import pytest

import desist as ds
from desist.errors import InputError
from desist.models.priors import HalfNormal
from desist.synthesis import (
    EstimateWithError,
    Significance,
    Study,
    SynthesisPriors,
    Uniform,
    synthesise,
)


@pytest.fixture(scope="module")
def many():
    effects = np.linspace(-0.6, 0.2, 57)
    studies = [Study(f"programme {n}", EstimateWithError(y, 0.2)) for n, y in enumerate(effects)]
    return synthesise([*studies, Study("silent", Significance("none", 100.0, None, 0.3))])


def test_the_forest_has_a_readable_row_for_each_of_58(many):
    figure = ds.plots.forest_of_programmes(many)
    labels = figure.axes[0].get_yticklabels()
    assert len(labels) == 60
    assert [label.get_text() for label in labels[-3:]] == ["silent", "mean", "a new programme"]
    # rows are further apart than their letters are high, in points
    apart = figure.get_figheight() * 72 / 62
    assert apart > 1.5 * labels[0].get_fontsize()


def test_the_funnel_counts_what_has_no_estimate(many):
    axes = ds.plots.funnel_of_programmes(many).axes[0]
    assert axes.get_xlabel() == "log odds ratio as reported; 1 without an estimate"
    assert len(axes.lines[0].get_xdata()) == 57
    assert axes.get_ylim()[1] == 0


def test_the_density_of_a_new_programme_is_wider_than_that_of_the_mean(many):
    axes = ds.plots.densities_of_programmes(many).axes[0]
    mean, new = (line.get_ydata() for line in axes.lines[:2])
    assert mean.max() > 2 * new.max()


def test_the_forest_names_its_two_colours(many):
    legend = ds.plots.forest_of_programmes(many).axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["as reported", "by all studies"]


def test_the_heterogeneity_stands_beside_its_prior(many):
    axes = ds.plots.heterogeneity_of_programmes(many).axes[0]
    found, prior = axes.lines
    places = found.get_xdata()
    # both are densities: nearly all of the posterior is on the picture
    assert np.trapezoid(found.get_ydata(), places) == pytest.approx(1, abs=0.01)
    assert prior.get_ydata()[0] == pytest.approx(2 / (0.5 * np.sqrt(2 * np.pi)))
    assert prior.get_label() == "prior, HalfNormal(0.5)"
    assert axes.get_xlim()[0] <= 0 < axes.get_xlim()[1]


def test_a_prior_without_a_height_is_not_drawn():
    studies = [Study(f"{n}", EstimateWithError(-0.1 * n, 0.1)) for n in range(6)]
    priors = SynthesisPriors(heterogeneity=Uniform(float("inf")))
    axes = ds.plots.heterogeneity_of_programmes(synthesise(studies, priors=priors)).axes[0]
    assert len(axes.lines) == 1
    bounded = SynthesisPriors(heterogeneity=HalfNormal(0.2))
    axes = ds.plots.heterogeneity_of_programmes(synthesise(studies, priors=bounded)).axes[0]
    assert axes.lines[1].get_label() == "prior, HalfNormal(0.2)"


def test_one_programme_stands_below_what_programmes_do(many):
    axes = ds.plots.programme_among_others(many, "programme 3").axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [
        "what programmes do",
        "programme 3, as reported",
        "programme 3, by all studies",
    ]
    lines = {line.get_label(): line.get_xdata() for line in axes.lines}
    row = many.table.loc["programme 3"]
    reported = lines["programme 3, as reported"]
    assert np.mean(reported) == pytest.approx(row["estimate"])
    assert np.ptp(reported) == pytest.approx(2 * 1.959964 * 0.2)
    shrunken = lines["programme 3, by all studies"]
    assert list(shrunken) == [row["lower"], row["upper"]]
    assert max(axes.lines[1].get_ydata()) < 0 <= min(axes.lines[0].get_ydata())


def test_a_programme_without_an_estimate_has_only_what_all_studies_say(many):
    axes = ds.plots.programme_among_others(many, "silent").axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["what programmes do", "silent, by all studies"]


def test_a_programme_that_is_not_among_them_is_refused(many):
    with pytest.raises(InputError, match="study: expected the name of one of the studies"):
        ds.plots.programme_among_others(many, "another")
