import numpy as np
import pytest

from desist.checks.counts.proportions import INTERVALS, wilson
from desist.checks.counts.two_proportions import (
    agresti_caffo,
    chi_squared,
    mee,
    miettinen_nurminen,
    mover_jeffreys,
    newcombe,
    wald,
)
from desist.errors import InputError

DIFFERENCES = {
    "wald": wald,
    "wald_cc": lambda *table: wald(*table, continuity=True),
    "agresti_caffo": agresti_caffo,
    "newcombe_hybrid_score": newcombe,
    "newcombe_hybrid_score_cc": lambda *table: newcombe(*table, continuity=True),
    "mover_jeffreys": mover_jeffreys,
    "miettinen_nurminen": miettinen_nurminen,
    "mee": mee,
}
SINGLE = INTERVALS | {"wilson_cc": lambda x, n: wilson(x, n, continuity=True)}


@pytest.mark.parametrize("method", DIFFERENCES)
def test_interval_of_a_difference_equals_r_for_every_table(method, small_intervals):
    rows = small_intervals.query("measure == 'RD' and method == @method")
    assert len(rows) == 8
    for row in rows.itertuples():
        found = DIFFERENCES[method](row.x1, row.n1, row.x2, row.n2)
        assert found.estimate == pytest.approx(row.estimate, abs=1e-9)
        assert (found.lower, found.upper) == pytest.approx((row.lower, row.upper), abs=1e-9)
        if not np.isnan(row.p_value):
            assert found.p_value == pytest.approx(row.p_value, abs=1e-9)


@pytest.mark.parametrize("method", SINGLE)
def test_interval_of_one_proportion_equals_r(method, small_intervals):
    rows = small_intervals.query("measure in ['p1', 'p2'] and method == @method")
    assert len(rows) >= 8
    for row in rows.itertuples():
        count, size = (row.x1, row.n1) if row.measure == "p1" else (row.x2, row.n2)
        assert SINGLE[method](count, size) == pytest.approx((row.lower, row.upper), abs=1e-9)


@pytest.mark.parametrize(
    ("correction", "entry"),
    [
        ("none", "pearson_chi2"),
        ("yates", "yates_chi2"),
        ("n_minus_1", "chi2_N_minus_1"),
        ("likelihood", "lr_G2"),
    ],
)
def test_chi_squared_tests_equal_r(correction, entry, small_intervals, small_p_values):
    tables = small_intervals.drop_duplicates("table").set_index("table")
    expected = small_p_values.query("test == @entry").set_index("table")["value"]
    for name, row in tables.iterrows():
        statistic, p = chi_squared(row.x1, row.n1, row.x2, row.n2, correction=correction)
        assert p == pytest.approx(expected[name], abs=1e-9)
        assert statistic > 0


@pytest.mark.parametrize("method", [newcombe, mover_jeffreys])
def test_p_of_an_inverted_interval_is_where_its_limit_meets_zero(method):
    p_value = method(13, 83, 1533, 5514).p_value
    assert method(13, 83, 1533, 5514, 1 - p_value).upper == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("method", DIFFERENCES)
def test_swapping_the_arms_mirrors_the_interval(method):
    one, other = DIFFERENCES[method](3, 20, 9, 25), DIFFERENCES[method](9, 25, 3, 20)
    assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower), abs=1e-9)


@pytest.mark.parametrize("method", ["newcombe_hybrid_score", "miettinen_nurminen", "mee"])
@pytest.mark.parametrize("table", [(0, 12, 0, 30), (12, 12, 30, 30), (0, 12, 30, 30)])
def test_zero_and_all_events_give_an_interval_within_one(method, table):
    found = DIFFERENCES[method](*table)
    assert -1 <= found.lower <= found.estimate <= found.upper <= 1
    assert found.lower < found.upper


def test_equal_proportions_have_p_of_one():
    assert newcombe(5, 20, 10, 40).p_value == 1.0
    assert miettinen_nurminen(5, 20, 10, 40).p_value == 1.0


def test_chi_squared_of_an_empty_margin_is_missing():
    assert np.isnan(chi_squared(0, 5, 0, 9)).all()


def test_an_unknown_correction_is_an_error():
    with pytest.raises(InputError, match="correction: expected one of none, yates"):
        chi_squared(1, 5, 2, 9, correction="cochran")
