"""A reader with all files of a release, and more than can be known, tries to count few people."""

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from desist.effects.groups import GroupRow, GroupTable
from desist.errors import CannotAnswerError
from desist.estimands import Measure
from desist.evaluation.groups import withhold_groups
from desist.report.annex import render_tables
from desist.report.disclosure import RULE_SETS
from desist.report.document import render_files
from desist.report.json_record import encode_evaluation
from desist.report.view import make_view
from desist.suppression.bounds import bound_numbers
from desist.suppression.system import PROTECTION, System

FEWEST = 10


@st.composite
def draw_groups(draw):
    """Draw people of two to five groups, and how many reoffended: (arm, group) -> (n, k)."""
    n_groups = draw(st.integers(2, 5))
    sizes = st.lists(st.integers(1, 60), min_size=n_groups, max_size=n_groups)
    people = {}
    for arm, factor in (("participants", 1), ("comparison people", 3)):
        for at, size in enumerate(draw(sizes)):
            n = factor * size
            people[arm, f"g{at}"] = (n, draw(st.integers(0, n)))
    n_treated = sum(n for (arm, _), (n, _) in people.items() if arm == "participants")
    assume(10 <= n_treated <= 200)
    return people


def total(people, arm):
    of_arm = [counts for (one, _), counts in people.items() if one == arm]
    return tuple(map(sum, zip(*of_arm, strict=True)))


def make_evaluation(of_people, people):
    """Make an evaluation of which every figure is the share of its people."""
    (n_t, k_t), (n_c, k_c) = total(people, "participants"), total(people, "comparison people")
    rate = of_people.effects[0]
    shift = k_t / n_t - float(rate.treated.mean()), k_c / n_c - float(rate.comparison.mean())
    rate = replace(
        rate,
        n_treated=n_t,
        n_comparison=n_c,
        treated=rate.treated + shift[0],
        comparison=rate.comparison + shift[1],
        difference=rate.difference + shift[0] - shift[1],
    )
    time = replace(rate, measure=Measure.TIME_AMONG_REOFFENDERS, n_treated=k_t, n_comparison=k_c)
    rows = []
    for level in dict.fromkeys(group for _, group in people):
        treated, comparison = people["participants", level], people["comparison people", level]
        counts = [*treated, *comparison]
        fewest = min(*counts, *(n - k for n, k in (treated, comparison)))
        raw = treated[1] / treated[0] - comparison[1] / comparison[0]
        sizes = (treated[0], comparison[0])
        rows.append(GroupRow(level, *sizes, fewest, 0.2, raw, raw, raw - 0.1, raw + 0.1, 0.5))
    table = GroupTable("prison", Measure.RATE, 0.95, tuple(rows), len(rows), 0.1, 0, 0.2, 0.5)
    smallest = min(k_t, k_c, n_t - k_t, n_c - k_c)
    return replace(
        of_people,
        effects=(rate, time),
        checks=(),
        design=None,
        by_group=(withhold_groups(table),),
        smallest_group=smallest if smallest >= FEWEST else "fewer than 10",
    )


def read_release(evaluation, rules):
    """Read the numbers of people out of the files, as anybody can who has them."""
    view = make_view(evaluation, rules)
    record = json.loads(json.dumps(encode_evaluation(evaluation, rules=rules)))
    tables = {
        name: list(csv.DictReader(io.StringIO(content.decode())))
        for name, content in render_tables(view).items()
    }
    return record, tables


def read_groups(record, tables):
    """Read the groups that are shown; record and table say the same."""
    shown = {
        row["level"]: (row["n_treated"], row["n_comparison"])
        for table in record["groups"]
        for row in table["rows"]
    }
    printed = {
        row["Group"]: tuple(
            int(row[f"{arm})"].replace(",", ""))
            for arm in (
                "Participants (number of people",
                "Comparison (number of people, unweighted",
            )
        )
        for row in tables.get("tables/groups.csv", ())
    }
    assert shown == printed
    return shown


def attack(people, record, shown):
    """Bound every number of a withheld group, given the outcomes of all groups that are shown."""
    arms = ("participants", "comparison people")
    known, withheld, sums = {}, [], []
    for position, arm in enumerate(arms):
        measure = record["measures"][0]
        size = measure[("n_treated", "n_comparison")[position]]
        share = measure[("treated", "comparison")[position]]
        rounded = (size * (share - 0.0005), size * (share + 0.0005))
        in_time = record["measures"][1][("n_treated", "n_comparison")[position]]
        known[arm] = (size, size)
        known[f"{arm} again"] = rounded if in_time is None else (in_time, in_time)
        groups = [group for one, group in people if one == arm]
        for group in groups:
            names = [f"{arm} {group}", f"{arm} {group} again", f"{arm} {group} not"]
            n, k = people[arm, group]
            if group in shown:
                assert shown[group][position] == n
                known |= {name: (v, v) for name, v in zip(names, (n, k, n - k), strict=True)}
            else:
                withheld += names
            sums.append((names[0], tuple(names[1:])))
        sums.append((arm, tuple(f"{arm} {group}" for group in groups)))
        sums.append((f"{arm} again", tuple(f"{arm} {group} again" for group in groups)))
    return bound_numbers(System(known, withheld, sums), withheld)


@pytest.mark.parametrize("rules", RULE_SETS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(people=draw_groups())
def test_no_withheld_number_of_a_release_is_found(rules, of_people, people):
    evaluation = make_evaluation(of_people, people)
    try:
        record, tables = read_release(evaluation, rules)
    except CannotAnswerError:
        assert min(total(people, arm)[0] for arm in ("participants", "comparison people")) < FEWEST
        return
    shown = read_groups(record, tables)
    if record["measures"][0]["treated"] is None:  # nothing is printed
        assert shown == {}
        assert "tables/per_100.csv" not in tables
        return
    for group in shown:
        for arm in ("participants", "comparison people"):
            n, k = people[arm, group]
            assert min(n, k, n - k) >= FEWEST
    if not shown:
        return
    for name, (least, most) in attack(people, record, shown).items():
        assert most - least >= PROTECTION - 1e-6, name


def test_the_attacker_finds_a_group_that_alone_is_withheld(of_people):
    people = {
        ("participants", "g0"): (60, 30), ("participants", "g1"): (6, 3),
        ("comparison people", "g0"): (90, 40), ("comparison people", "g1"): (30, 12),
    }  # fmt: skip
    record = encode_evaluation(make_evaluation(of_people, people), rules="2019")
    assert record["groups"][0]["rows"] == []
    found = attack(people, record, {"g0": (60, 90)})
    assert found["participants g1"] == pytest.approx((6, 6))
    assert found["participants g1 again"][1] <= 6


@pytest.mark.parametrize("shift", [3e-7, -3e-7])
def test_no_file_holds_a_digit_beyond_those_of_the_tables(of_people, shift):
    # figures that are printed alike are drawn alike: no path of a picture is more exact
    def render(evaluation):
        files = render_files(make_view(evaluation))
        return {name: content for name, content in files.items() if name != "evaluation.nc"}

    moved = [
        replace(one, treated=one.treated + shift, comparison=one.comparison + shift)
        if one.treated is not None
        else one
        for one in of_people.effects
    ]
    assert render(replace(of_people, effects=tuple(moved))) == render(of_people)


def test_groups_that_are_printed_alike_are_drawn_alike(of_people):
    row = GroupRow("Ash", 300, 400, 90, 0.5, -0.1034, -0.0712, -0.1311, -0.0101, 0.9912)
    near = replace(
        row, raw=-0.10338, estimate=-0.07124, lower=-0.13106, upper=-0.01008, share=0.5001
    )
    pages = []
    for one in (row, near):
        rows = (one, replace(one, level="Bay", n_treated=370))
        table = GroupTable("prison", Measure.RATE, 0.95, rows, 2, 0.0341, 0.0021, 0.0933, 0.7312)
        pages.append(render_files(make_view(replace(of_people, by_group=(table,))))["report.html"])
    assert pages[0] == pages[1]
