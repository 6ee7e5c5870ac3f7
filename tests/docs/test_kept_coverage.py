"""The method claims of its intervals what the kept judgement of simulated studies shows."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
MEASURES = {"rate", "frequency", "rmst", "time_among_reoffenders", "hazard_ratio"}


@pytest.fixture(scope="module")
def cells():
    kept = json.loads((ROOT / "docs" / "_data" / "coverage.json").read_text(encoding="utf-8"))
    return pd.DataFrame(kept["results"])


def test_every_kind_of_study_is_kept(cells):
    source = (ROOT / "benchmarks" / "coverage_cells.py").read_text(encoding="utf-8")
    named = set(re.findall(r'^    "(\w+)": (?:Cell|replace|FEW)', source, flags=re.MULTILINE))
    prisons = {f"prisons_{n}_of_12{end}" for n in (1, 2, 5, 12) for end in ("", "_null")}
    assert set(cells["cell"]) == named | prisons


def test_every_kind_has_the_default_beside_the_model_alone(cells):
    for method in ("posterior", "model alone"):
        of_method = cells[cells["method"] == method].groupby("cell")["measure"].agg(set)
        censored = of_method.index.str.startswith("censored")
        assert (of_method[~censored] == MEASURES).all()


def test_the_share_that_covers_is_what_the_two_sides_leave(cells):
    left = 1 - cells["too_high"] - cells["too_low"]
    np.testing.assert_allclose(cells["coverage"], left, atol=2e-6)


def test_scores_are_the_width_and_forty_times_the_distance_of_a_miss(cells):
    missed = cells["interval_score"] - cells["width"]
    assert (missed > -1e-5).all()
    assert (np.abs(missed[cells["coverage"] == 1]) < 1e-5).all()


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_over_all_kinds_the_default_covers_as_it_says(cells, measure):
    rows = cells[(cells["method"] == "posterior") & (cells["measure"] == measure)]
    rows = rows[~rows["cell"].str.startswith("prisons")]
    covers = np.average(rows["coverage"], weights=rows["replicates"])
    assert covers == pytest.approx(0.95, abs=0.03)
