"""What the guides show is what happens, and R's numbers on them are R's."""

import doctest
import json
import re
from pathlib import Path

import pytest

import desist as ds

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.rst"))
REFERENCE = ROOT / "tests" / "reference"
FORMULA = "age + educ + race + married + nodegree + re74 + re75"


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_the_examples_of_a_guide_run(path):
    flags = doctest.NORMALIZE_WHITESPACE
    assert doctest.testfile(str(path), module_relative=False, optionflags=flags).failed == 0


def test_every_guide_is_on_the_list():
    listed = re.findall(r"^   (\w+)$", (ROOT / "docs/guides/index.rst").read_text(), re.MULTILINE)
    assert set(listed) == {path.stem for path in GUIDES} - {"index"}


@pytest.fixture(scope="module")
def cohort():
    return ds.Cohort(ds.datasets.lalonde(), treatment="treat", person="id")


def read(name):
    return json.loads((REFERENCE / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "method", "settings"),
    [
        ("glm_att", ds.InverseProbability(), {"estimand": "ATT"}),
        ("glm_ate", ds.InverseProbability(), {"estimand": "ATE"}),
        ("glm_ato", ds.OverlapWeights(), {}),
        ("ebal_att", ds.EntropyBalancing(), {}),
    ],
)
def test_effective_sizes_are_those_of_weightit(cohort, name, method, settings):
    design = ds.build_design(cohort, FORMULA, method=method, **settings)
    expected = read("weights/weightit_results.json")[name]["ess_control"]
    assert design.effective_sample_size_comparison == pytest.approx(expected, rel=1e-6)


def test_the_balance_of_nearest_matching_is_that_of_cobalt(cohort):
    design = ds.build_design(cohort, FORMULA, method=ds.NearestMatching())
    ours = design.balance.table.set_index("covariate")
    theirs = read("balance/cobalt_balance.json")["nearest"]["treated_denominator"]["balance"]
    rows = {row["variable"]: row for row in theirs}
    for name in ("age", "educ", "married", "nodegree", "re74", "re75"):
        assert ours.loc[name, "smd_before"] == pytest.approx(rows[name]["Diff.Un"], abs=1e-6)
        assert ours.loc[name, "smd_after"] == pytest.approx(rows[name]["Diff.Adj"], abs=1e-6)
