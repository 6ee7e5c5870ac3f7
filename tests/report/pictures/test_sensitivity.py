import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from desist.datasets import making_connections
from desist.errors import InputError
from desist.estimands import Measure
from desist.report.pictures._style import PHONE
from desist.report.pictures.sensitivity import (
    hidden_bias,
    list_scenarios,
    picture_of,
    placebo_estimates,
    scenarios,
    specification_curve,
    tipping_points,
)
from desist.sensitivity.placebo import PlaceboProgrammes
from desist.sensitivity.published_bounds import bound_published_effect
from desist.sensitivity.result import SensitivityResult
from desist.sensitivity.robustness import find_robustness
from desist.sensitivity.rosenbaum import bound_discordant
from desist.sensitivity.specifications.record import Multiverse

ROWS = pd.DataFrame(
    {"label": ["one", "two"], "estimate": [0.1, 0.2], "lower": [0.0, 0.1], "upper": [0.2, 0.4]}
)
RESULT = SensitivityResult("any", "Any", "a doubt", "a sentence", ROWS, {"lower": "days"})
MAP = pd.DataFrame(
    {"share": [0.0, 0.5], "strength": [1.0, 2.0], "verdict": ["holds", "turned round"]}
)


def make_multiverse():
    table = pd.DataFrame(
        {
            "method": ["radius", "pairs", "radius"],
            "formula": ["all", "all", "all"],
            "question": ["a", "a", "b"],
            "estimate": [0.2, 0.1, 0.3],
            "lower": [0.0, 0.0, 0.1],
            "upper": [0.4, 0.2, 0.5],
            "is_balanced": [True, False, True],
            "reason": ["", "", ""],
        }
    )
    empty = pd.DataFrame()
    return Multiverse(Measure.RATE, ("method", "formula"), table, empty, empty, 0.1, 0.95)


def test_a_curve_shows_one_question_and_the_choices_that_differ():
    figure = specification_curve(make_multiverse())
    upper, lower = figure.axes
    assert upper.get_title(loc="left") == "a"
    labels = [label.get_text() for label in lower.get_yticklabels()]
    assert labels == ["method: pairs", "method: radius"]
    assert specification_curve(make_multiverse(), "b").axes[0].get_title(loc="left") == "b"
    with pytest.raises(InputError, match="question: expected one of a, b"):
        specification_curve(make_multiverse(), "c")


def test_scenarios_show_every_row_with_its_unit():
    figure = scenarios(RESULT)
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]
    assert ax.get_xlabel() == "days"
    left, right = Figure().subplots(1, 2)
    scenarios(RESULT, ax=right)
    assert not left.collections
    assert right.collections


def test_figures_are_drawn_in_the_unit_that_a_report_speaks_of():
    proportions = SensitivityResult("any", "Any", "a", "b", ROWS, {"lower": "proportion"})
    ax = scenarios(proportions).axes[0]
    assert ax.get_xlabel() == "people per 100"
    ends = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert ends == [[0.0, 20.0], [10.0, 40.0]]
    curve = specification_curve(make_multiverse()).axes[0]
    assert curve.get_ylabel() == "people per 100"
    assert curve.collections[0].get_segments()[0][:, 1].tolist() == [0.0, 20.0]


def test_a_picture_for_a_telephone_names_rows_above_them():
    ax = picture_of(RESULT, PHONE).axes[0]
    assert [text.get_text() for text in ax.texts] == ["one", "two"]
    assert len(ax.get_yticks()) == 0
    _, lower = picture_of(make_multiverse(), PHONE).axes
    assert [text.get_text() for text in lower.texts] == ["method: pairs", "method: radius"]


def test_bounds_show_their_interval_outside():
    rows = list_scenarios(bound_published_effect(making_connections()))
    assert (rows["lower"] < rows["inner_lower"]).all()
    assert (rows["upper"] > rows["inner_upper"]).all()


def test_a_table_without_scenarios_is_refused():
    with pytest.raises(InputError, match="expected a table with labels and limits"):
        scenarios(find_robustness(0.1, 0.03, 200))
    with pytest.raises(InputError, match="expected one of tipping_map, found one of any"):
        tipping_points(RESULT)


def test_every_record_has_its_picture():
    placebo = PlaceboProgrammes(
        Measure.RATE,
        pd.DataFrame({"estimate": np.linspace(-1, 1, 40)}),
        0.05,
        0.01,
        (0.0, 0.1),
        (0.0, 0.2),
        50,
        np.zeros(10),
    )
    tipping = SensitivityResult("tipping_map", "Map", "a doubt", "a sentence", MAP)
    for record in (make_multiverse(), RESULT, bound_discordant(20, 5), placebo, tipping):
        assert isinstance(picture_of(record), Figure)
    assert picture_of(find_robustness(0.1, 0.03, 200)) is None
    assert len(placebo_estimates(placebo, -0.5).axes[0].lines) == 2
    assert hidden_bias(bound_discordant(20, 5)).axes[0].get_ylabel() == "one-sided p-value"
