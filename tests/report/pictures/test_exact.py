"""A picture as it is written: its paths lead back to no figure more exact than the table's."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from desist.effects.days import DayRow
from desist.effects.groups import GroupRow, GroupTable
from desist.estimands import Measure
from desist.report._analyses import show_analysis
from desist.report.pictures._style import PHONE, WIDE
from desist.report.pictures._svg import write_svg
from desist.report.pictures.forest import draw_measure
from desist.report.pictures.groups import draw_groups
from desist.report.pictures.incidence import draw_incidence
from desist.report.pictures.love import draw_love_plot
from desist.report.pictures.posterior import draw_posterior
from desist.report.sensitivity_page import picture_of_shown
from desist.report.view import make_view
from desist.sensitivity.result import SensitivityResult

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
SHIFT = 0.000271828  # what no table prints


class Drawing(HTMLParser):
    """List the coordinates of what shows data: it is cut at the axes; ticks and letters are not."""

    def __init__(self, written):
        super().__init__()
        self.open, self.places, self.shapes, self.height = [], [], {}, 0.0
        self.feed(written)

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        self.open.append("clip-path" in dict(attrs))

    def handle_startendtag(self, tag, attrs):
        named = dict(attrs)
        if tag == "svg":
            self.height = float(named["viewbox"].split()[3])
        if tag == "path":
            numbers = [float(one) for one in NUMBER.findall(named.get("d", ""))]
            places = list(zip(numbers[::2], numbers[1::2], strict=True))
            self.shapes[f"#{named.get('id')}"] = places
        if not ("clip-path" in named or any(self.open)):
            return
        if tag == "path":
            self.places += places
        elif tag == "use":
            x, y = float(named["x"]), float(named["y"])
            # a band is drawn elsewhere and put at the left end; a marker is put where it stands
            shape = self.shapes[named["xlink:href"]] if x == 0 else [(0.0, 0.0)]
            self.places += [(x + dx, y + dy) for dx, dy in shape]

    def handle_endtag(self, _tag):
        self.open.pop()


def list_points(figure):
    """Lead every point of data in the written picture back to the units of its axes."""
    written = write_svg(figure).decode()
    drawing = Drawing(written[written.index("<svg") :])
    (axes,) = figure.axes
    back, scale = axes.transData.inverted(), figure.dpi / 72
    assert drawing.places
    return [
        tuple(back.transform((scale * x, scale * (drawing.height - y)))) for x, y in drawing.places
    ]


def assert_printed(values, decimals, ticks, tolerance):
    """Assert that each value is a printed one, or a line of the grid."""
    for value in values:
        nearest = min([round(value, decimals), *ticks], key=lambda one: abs(one - value))
        assert abs(nearest - value) < tolerance, value


@pytest.fixture
def exact(of_people):
    """The programme with figures of many digits everywhere."""
    effects = [
        replace(one, difference=one.difference + SHIFT) if one.difference is not None else one
        for one in of_people.effects
    ]
    checks = [
        replace(one, estimate=one.estimate + SHIFT, lower=one.lower - SHIFT, upper=one.upper)
        for one in of_people.checks
    ]
    figures = (0.951234, 0.912345, 0.0388893, -0.0112345, 0.0812345, 0.912345)
    limits = (0.931234, 0.971234, 0.893456, 0.934567)
    days = tuple(DayRow(day, *figures, 0.95, *limits) for day in (91.0, 365.0))
    rows = [dict(row) for row in of_people.design["balance"]]
    for row in rows:
        row["smd_before"] += SHIFT
        row["smd_after"] += SHIFT
    design = dict(of_people.design) | {"balance": rows}
    group = GroupRow("Ash", 300, 400, 90, 0.51234, -0.10342, -0.07123, -0.13112, -0.01012, 0.99123)
    groups = (group, replace(group, level="Bay", raw=0.0212345, n_treated=370))
    table = GroupTable("prison", Measure.RATE, 0.95, groups, 2, 0.0341, 0.0021, 0.0933, 0.7312)
    return make_view(
        replace(
            of_people,
            effects=tuple(effects),
            checks=tuple(checks),
            by_day=days,
            design=design,
            by_group=(table,),
        )
    )


@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_curves_of_who_has_reoffended_step_where_the_table_says(exact, screen):
    figure = draw_incidence(exact.by_day, screen)
    (axes,) = figure.axes
    points = list_points(figure)
    assert_printed([y for _, y in points], 1, [*axes.get_yticks(), *axes.get_ylim()], 0.004)
    assert_printed([x for x, _ in points], 0, [axes.get_xlim()[1]], 0.05)
    assert {round(x) for x, _ in points} <= {0, 91, 365, round(axes.get_xlim()[1])}


@pytest.mark.parametrize("measure", [Measure.RATE, Measure.RMST])
@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "phone"])
def test_bars_of_the_forest_end_at_printed_digits(exact, measure, screen):
    figure = draw_measure(exact, measure, screen)
    (axes,) = figure.axes
    assert_printed([x for x, _ in list_points(figure)], 1, axes.get_xticks(), 0.004)


def test_bars_of_groups_end_at_printed_digits(exact):
    (shown,) = exact.groups
    figure = draw_groups(shown)
    (axes,) = figure.axes
    assert_printed([x for x, _ in list_points(figure)], 1, axes.get_xticks(), 0.004)


def test_marks_of_the_balance_stand_at_printed_digits(exact):
    figure = draw_love_plot(exact.design)
    (axes,) = figure.axes
    xs = [x for x, _ in list_points(figure)]
    unit = 100 if max(map(abs, xs)) > 1 else 1
    assert_printed([x / unit for x in xs], 3, [tick / unit for tick in axes.get_xticks()], 4e-5)


def test_bars_of_the_posterior_are_as_high_as_a_thousandth(exact):
    (shown,) = [one for one in exact.printed if one.measure is Measure.RATE]
    figure = draw_posterior(shown.posterior)
    (axes,) = figure.axes
    known = [100 * share for share in shown.posterior.shares]
    known += [0.0, *axes.get_ylim(), *axes.get_yticks()]
    for _, y in list_points(figure):
        assert min(abs(y - one) for one in known) < 0.004, y


def test_scenarios_of_an_analysis_stand_where_its_table_says():
    rows = [("as planned", 0.0123456, -0.0234567, 0.0456789), ("other", -0.0345678, -0.0567, 0.01)]
    table = pd.DataFrame(rows, columns=["label", "estimate", "lower", "upper"])
    result = SensitivityResult("grid_priors", "Other priors", "A doubt.", "It holds.", table)
    figure = picture_of_shown(show_analysis(result))
    (axes,) = figure.axes
    known = [0.0123, -0.0235, 0.0457, -0.0346, -0.0567, 0.01, 0.0, *axes.get_xticks()]
    for x, _ in list_points(figure):
        assert min(abs(x - one) for one in known) < 5e-6, x


def test_a_band_is_read_where_it_is_drawn(exact):
    # limits of 93.1 and 97.1 free of 100 are 6.9 and 2.9 who reoffended
    heights = {round(float(y), 2) for _, y in list_points(draw_incidence(exact.by_day))}
    assert {6.9, 2.9, 4.9} <= heights


def test_the_parser_finds_a_figure_that_was_not_rounded(exact):
    hidden = replace(exact.by_day[0], treated=0.951234)
    points = list_points(draw_incidence((hidden, exact.by_day[1])))
    with pytest.raises(AssertionError):
        assert_printed([y for _, y in points], 1, [], 0.004)
