"""Pictures of several programmes show all of them, and say what they cannot show."""

import numpy as np
import pytest

import desist as ds
from desist.synthesis import EstimateWithError, Significance, Study, synthesise


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
