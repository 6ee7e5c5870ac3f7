"""The table of hazards in the method is the one that was measured."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
MEASURED = json.loads((DOCS / "_data" / "hazards.json").read_text(encoding="utf-8"))
PAGE = (DOCS / "method" / "time.rst").read_text(encoding="utf-8")
COLUMNS = ("rmst", "time_among_reoffenders", "survival_91", "survival_182", "survival_365")
ROWS = {
    "default": "flexible, corrected",
    "pieces alone": "flexible alone",
    "Weibull alone": "weibull alone",
}


def read_rows():
    table = PAGE.split("- on day 365\n", 1)[1].split("\nThe default, ", 1)[0]
    rows = re.findall(r"   \* - ?(.*)\n((?:     - .*\n)+)", table)
    return [(first, re.findall(r"- (.*)", rest)) for first, rest in rows]


def show(figures):
    return [
        pytest.approx(figures[name] * (100 if "survival" in name else 1), abs=0.0501)
        for name in COLUMNS
    ]


def test_the_page_shows_what_was_measured():
    rows = iter(read_rows())
    for shape in MEASURED["shapes"].values():
        words, (label, *truth) = next(rows)
        assert (words, label) == (shape["words"], "truth")
        assert [float(cell) for cell in truth] == show(shape["truth"])
        for expected, model in ROWS.items():
            _, (label, *bias) = next(rows)
            assert label == expected
            assert [float(cell) for cell in bias] == show(shape["models"][model]["bias"])


def test_the_default_errs_by_no_more_than_the_page_says():
    assert MEASURED["largest_share"]["flexible, corrected"] < 0.006
    assert "at most half a percent of each true difference" in PAGE
    late = MEASURED["shapes"]["late"]["models"]["weibull alone"]["share"]
    assert f"exaggerates it by {100 * late['rmst']:.0f} %" in PAGE
