"""Every number of the original report that its figures allow stands in ours."""

import csv
import runpy
from pathlib import Path

import pytest

from desist.cli.demo import evaluate_report
from desist.report._page import render_page

ROOT = Path(__file__).parents[2]
ASKED = runpy.run_path(str(ROOT / "benchmarks" / "original.py"), run_name="original")


@pytest.fixture(scope="module")
def compared():
    return ASKED["compare"](render_page(evaluate_report(2017)))


def test_what_ours_is_said_to_show_it_shows_in_that_section(compared):
    assert [row["topic"] for row in compared if row["ours"] and not row["found"]] == []


def test_what_ours_does_not_show_has_a_reason(compared):
    left_out = [row for row in compared if not row["ours"]]
    assert len(left_out) == 3
    assert all(row["why"] for row in left_out)


def test_the_table_of_the_documentation_is_the_one_that_is_made(compared):
    with (ROOT / "docs" / "_data" / "original.csv").open(encoding="utf-8", newline="") as file:
        kept = list(csv.DictReader(file))
    assert [row["What"] for row in kept] == [row["topic"] for row in compared]
    assert [row["Ours"] for row in kept if not row["Ours"].startswith("not shown")] == [
        row["ours"] for row in compared if row["found"]
    ]
