"""Effects on court outcomes: against quadrature in R, and by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from desist.cohort.court import CUSTODY, CourtCounts
from desist.effects.court import fit_court_outcomes
from desist.errors import InputError, NoEventsError
from desist.models.priors import Normal
from desist.models.severity import CustodyModel, SeverityModel

QUADRATURE = json.loads(
    (Path(__file__).parents[1] / "reference" / "bayes" / "deterministic.json").read_text()
)
TABLES = [name for name in QUADRATURE if name.startswith("logit_")]
REPORT = CourtCounts((0, 4, 9, 70), (60, 700, 1658, 3096), comparison_size=551.4)
# shares of the treated, by a random walk of many chains; made by the script of that name
WALK = json.loads((Path(__file__).parents[1] / "reference" / "severity.json").read_text())


@pytest.mark.parametrize("table", TABLES)
def test_custody_agrees_with_quadrature_in_r(table):
    expected = QUADRATURE[table]
    x1, n1, x2, n2 = (expected[name] for name in ("x1", "n1", "x2", "n2"))
    model = CustodyModel(
        baseline=Normal(*expected["prior_intercept_mean_sd"]),
        treatment=Normal(*expected["prior_logOR_mean_sd"]),
    )
    counts = CourtCounts((x1, n1 - x1), (x2, n2 - x2), CUSTODY)
    found = fit_court_outcomes(model, counts, inference="laplace", seed=1)
    difference = found.draws["difference"].sel(category="custody").to_numpy().ravel()
    mean, sd = expected["rd"]
    assert difference.mean() == pytest.approx(mean, abs=0.05 * sd)
    assert difference.std() == pytest.approx(sd, rel=0.05)
    row = found.table.iloc[0]
    assert row["difference"] == pytest.approx(mean, abs=0.05 * sd)
    assert row["probability_fewer"] == pytest.approx(expected["prob_rd_below_0"], abs=0.02)


def test_the_table_has_a_row_a_category_whose_shares_add_up_to_one():
    counts = CourtCounts((3, 80), (500, 5014), CUSTODY, comparison_size=1070)
    found = fit_court_outcomes(CustodyModel(), counts, seed=1)
    assert found.table[["category", "n_treated", "n_comparison"]].to_numpy().tolist() == [
        ["custody", 3, 500],
        ["none", 80, 5014],
    ]
    assert found.table[["treated", "comparison"]].sum().tolist() == pytest.approx([1, 1])
    assert found.table["difference"].sum() == pytest.approx(0, abs=1e-12)
    assert found.table["comparison"][0] == pytest.approx(500 / 5514, abs=0.005)
    assert found.draws["probability"].dims == ("arm", "category", "chain", "draw")
    assert repr(found) == (
        "<CourtOutcomes of the custody model: 83 treated and 5514 comparison people, "
        "2 categories, laplace>"
    )


def test_a_smaller_effective_size_gives_a_wider_interval():
    widths = []
    for size in (5514, 100):
        counts = CourtCounts((30, 53), (500, 5014), CUSTODY, comparison_size=size)
        row = fit_court_outcomes(CustodyModel(), counts, inference="laplace").table.iloc[0]
        widths.append(row["upper"] - row["lower"])
    assert widths[1] > 1.1 * widths[0]


def test_what_the_models_cannot_take_is_refused():
    with pytest.raises(InputError, match="categories: expected two for custody, found 4"):
        fit_court_outcomes(CustodyModel(), REPORT)
    with pytest.raises(InputError, match="expected auto or nuts for the severity model"):
        fit_court_outcomes(SeverityModel(), REPORT, inference="laplace")
    nobody = CourtCounts((0, 5), (0, 9), CUSTODY)
    with pytest.raises(NoEventsError) as caught:
        fit_court_outcomes(CustodyModel(), nobody)
    assert str(caught.value) == (
        "custody model: all people are in the category 'none'; no difference can be estimated, "
        "and a longer follow-up is needed"
    )


@pytest.mark.nuts
def test_tiers_lean_on_what_they_have_in_common():
    found = fit_court_outcomes(SeverityModel(), REPORT, seed=1)
    assert found.diagnostics.engine == "nuts"
    treated = found.draws["probability"].sel(arm="treated")
    expected, spread = np.array(WALK["mean"]), np.array(WALK["sd"])
    distance = treated.mean(("chain", "draw")).to_numpy() - expected
    assert np.abs(distance / spread).max() < 0.12
    np.testing.assert_allclose(treated.std(("chain", "draw")), spread, rtol=0.1)
    # nobody treated in the rarest tier: not "no risk", but what the others suggest of it
    rows = found.table.set_index("category")
    assert rows.loc["indictable", "n_treated"] == 0
    assert 0 < rows.loc["indictable", "treated"] < rows.loc["indictable", "comparison"]
    assert rows.loc["indictable", "ratio"] == pytest.approx(
        rows.loc["either way", "ratio"], rel=0.2
    )
    width = np.log(rows["ratio_upper"] / rows["ratio_lower"])
    assert width["indictable"] > width["either way"] > width["summary"]
    # with many people each tier speaks for itself
    many = CourtCounts((300, 100, 900, 6700), (100, 1000, 2500, 5400))
    effects = fit_court_outcomes(SeverityModel(), many, seed=1).table.set_index("category")
    assert effects.loc["indictable", "difference"] == pytest.approx(
        300 / 8000 - 100 / 9000, abs=3e-3
    )
    assert effects.loc["either way", "difference"] == pytest.approx(100 / 8000 - 1 / 9, abs=3e-3)
    assert effects.loc["indictable", "lower"] > 0 > effects.loc["either way", "upper"]
