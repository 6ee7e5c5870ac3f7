"""What can be worked out of what is withheld."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desist.effects.groups import GroupRow, GroupTable
from desist.errors import CannotAnswerError
from desist.estimands import Measure
from desist.report._shown import ShownGroups
from desist.report.audit import Release, audit_numbers, audit_release, withhold_table
from desist.report.audit_counts import count_report
from desist.report.view import make_view


def release_of(counts, hidden):
    """Make the release of a table with its margins, some cells of which are not shown."""
    rows = sorted({row for row, _ in counts})
    columns = sorted({column for _, column in counts})
    numbers = dict(counts)
    sums = []
    for row in rows:
        parts = [(row, column) for column in columns]
        numbers[row, ""] = sum(counts[cell] for cell in parts)
        sums.append(((row, ""), parts))
    for column in columns:
        parts = [(row, column) for row in rows]
        numbers["", column] = sum(counts[cell] for cell in parts)
        sums.append((("", column), parts))
    numbers["", ""] = sum(counts.values())
    sums.append((("", ""), list(counts)))
    return Release(
        {str(cell): (n, n) for cell, n in numbers.items() if cell not in hidden},
        [str(cell) for cell in numbers if cell in hidden],
        tuple((str(total), tuple(map(str, parts))) for total, parts in sums),
    )


def test_one_withheld_part_of_a_shown_total_is_found():
    parts = Release({"all": (83, 83), "a": (77, 77)}, ["b"], (("all", ("a", "b")),))
    assert [one.name for one in audit_numbers(parts)] == ["b"]


def test_two_withheld_parts_hide_each_other_when_they_are_many_together():
    sums = (("all", ("a", "b", "c")),)
    assert audit_numbers(Release({"all": (83, 83), "a": (70, 70)}, ["b", "c"], sums)) == ()
    few = audit_numbers(Release({"all": (83, 83), "a": (80, 80)}, ["b", "c"], sums))
    assert {one.name for one in few} == {"b", "c"}


def test_a_whole_percentage_of_few_people_determines_a_count():
    # 7% of 83 is printed: between 6.5% and 7.5% are 5.4 to 6.2 people
    rounded = Release(
        {"all": (83, 83), "rest": (0.925 * 83, 0.935 * 83)}, ["b"], (("all", ("rest", "b")),)
    )
    assert [one.name for one in audit_numbers(rounded)] == ["b"]


def test_numbers_that_contradict_each_other_are_refused():
    wrong = Release({"all": (10, 10), "a": (20, 20)}, ["b"], (("all", ("a", "b")),))
    with pytest.raises(CannotAnswerError, match="contradict each other"):
        audit_numbers(wrong)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=4, max_size=9), st.integers(2, 3))
def test_no_withheld_cell_of_a_table_can_be_worked_out(sizes, width):
    cells = sizes[: len(sizes) // width * width]
    counts = {(f"r{at // width}", f"c{at % width}"): n for at, n in enumerate(cells)}
    hidden = withhold_table(counts)
    assert {cell for cell, n in counts.items() if n < 10} <= hidden
    everything = len(counts) + len({row for row, _ in counts}) + width + 1
    if len(hidden) < everything:
        assert audit_numbers(release_of(counts, hidden)) == ()


def test_a_table_without_small_cells_is_shown_whole():
    assert withhold_table({("a", "x"): 30, ("a", "y"): 40, ("b", "x"): 30, ("b", "y"): 20}) == set()


def with_groups(view, sizes, n_withheld):
    row = GroupRow(
        level="", n_treated=0, n_comparison=0, fewest=20, share=0.5,
        raw=0.0, estimate=0.0, lower=-0.1,
        upper=0.1, probability_of_benefit=0.5,
    )  # fmt: skip
    rows = tuple(
        replace(row, level=f"g{at}", n_treated=n, n_comparison=100) for at, n in enumerate(sizes)
    )
    table = GroupTable(
        grouping="prison", measure=Measure.RATE, rows=rows,
        n_groups=len(rows) + n_withheld, probability=0.95, spread=0.1, spread_lower=0.0,
        spread_upper=0.2, probability_differs=0.5,
    )  # fmt: skip
    return replace(view, groups=(ShownGroups(table, ("50%",) * len(rows), ""),))


def test_the_only_withheld_group_of_a_report_is_found(of_people):
    view = with_groups(make_view(of_people), (600, 64), 1)
    found = {one.name for one in audit_release([view])}
    assert "report 1: participants, prison, withheld group 1" in found


def with_people(view, n_treated, **figures):
    measures = [
        replace(one, row=replace(one.row, n_treated=n_treated, **figures)) for one in view.measures
    ]
    return replace(view, measures=tuple(measures))


@pytest.mark.parametrize("order", [1, -1])
def test_further_people_of_a_later_report_are_found_when_they_are_few(of_people, order):
    first = make_view(of_people)
    for further, is_found in ((3, True), (9, True), (70, False)):
        later = with_people(first, 670 + further)
        assert audit_release([first, later]) == ()
        found = {one.name for one in audit_release([first, later][::order], growing=True)}
        assert ("report 2: participants, further people" in found) == is_found
        assert bool(found) == is_found
        assert not any(str(670 + further) in name for name in found)


def test_further_people_of_whom_few_reoffended_are_found_though_they_are_many(of_people):
    first = make_view(of_people)
    # 24.6% of 670 and 23.1% of 720 are 165 and 166 people: one of fifty
    later = with_people(first, 720, treated=0.231)
    found = [one.name for one in audit_release([first, later], growing=True)]
    assert found == ["report 2: participants who reoffended, further people"]


def test_further_people_who_all_but_few_reoffended_are_found(of_people):
    first = make_view(of_people)
    later = with_people(first, 720, treated=0.298)
    found = [one.name for one in audit_release([first, later], growing=True)]
    assert found == ["report 2: participants who did not reoffend, further people"]


def test_further_people_of_a_group_are_found(of_people):
    first = with_groups(make_view(of_people), (400, 270), 0)
    later = with_people(with_groups(first, (404, 336), 0), 740)
    found = [one.name for one in audit_release([first, later], growing=True)]
    assert found == ["report 2: participants, prison g0, further people"]


def test_a_group_that_one_report_withholds_and_another_shows_is_found(of_people):
    # the standard analysis shows g0 and g1, the complex one g0 and g2: of the same people
    view = make_view(of_people)
    standard = with_groups(view, (400, 150), 2)
    complex_ = with_groups(view, (400, 150), 2)
    (shown,) = complex_.groups
    rows = (shown.table.rows[0], replace(shown.table.rows[1], level="g2", n_treated=90))
    complex_ = replace(complex_, groups=(replace(shown, table=replace(shown.table, rows=rows)),))
    assert audit_release([standard]) == audit_release([complex_]) == ()
    found = {one.name for one in audit_release([standard, complex_])}
    assert "report 1: participants, prison g2" in found
    assert "report 2: participants, prison g1" in found
    assert "report 1: participants, prison, withheld group 1" in found  # the rest: one group


def test_groups_of_other_people_are_not_taken_for_the_same(of_people):
    first = with_groups(make_view(of_people), (400, 150), 2)
    other = with_people(with_groups(first, (300, 150), 2), 900)
    assert audit_release([first, other]) == ()


def test_the_time_on_reoffenders_tells_how_many_there_are(of_people, published):
    counted = count_report([one.row for one in make_view(published, "2017").printed], ())
    assert counted.totals["participants who reoffended"] == (13, 13)
    counted = count_report([one.row for one in make_view(of_people).printed], ())
    assert counted.totals["participants who reoffended"] == pytest.approx((164.485, 165.155))
