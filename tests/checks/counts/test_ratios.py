import numpy as np
import pytest

from desist.checks.counts.ratios import odds_log, odds_score, ratio_log, ratio_score

METHODS = {
    ("RR", "katz_log"): ratio_log,
    ("RR", "walter_log_add_half"): lambda *t: ratio_log(*t, add_half=True),
    ("RR", "koopman_score"): lambda *t: ratio_score(*t, inflate=False),
    ("RR", "miettinen_nurminen"): ratio_score,
    ("OR", "woolf_logit"): odds_log,
    ("OR", "gart_add_half"): lambda *t: odds_log(*t, add_half=True),
    ("OR", "cornfield_score"): lambda *t: odds_score(*t, inflate=False),
    ("OR", "miettinen_nurminen"): odds_score,
}


@pytest.mark.parametrize(("measure", "method"), METHODS)
def test_interval_of_a_ratio_equals_r_for_every_table(measure, method, small_intervals):
    rows = small_intervals.query("measure == @measure and method == @method")
    assert len(rows) >= 6
    for row in rows.itertuples():
        found = METHODS[measure, method](row.x1, row.n1, row.x2, row.n2)
        ours = (found.estimate, found.lower, found.upper)
        assert ours == pytest.approx((row.estimate, row.lower, row.upper), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("method", [ratio_score, odds_score])
def test_score_p_of_a_ratio_is_that_of_the_difference(method):
    # the constrained maxima under no difference are the same on every scale
    p_value = method(13, 83, 1533, 5514).p_value
    assert p_value == pytest.approx(0.0140955828595868, abs=1e-12)


@pytest.mark.parametrize("method", [ratio_score, odds_score])
def test_inverse_table_gives_the_inverse_interval(method):
    one, other = method(3, 20, 9, 25), method(9, 25, 3, 20)
    assert (one.lower, one.upper) == pytest.approx((1 / other.upper, 1 / other.lower))


@pytest.mark.parametrize("method", [ratio_log, odds_log, ratio_score, odds_score])
def test_no_events_in_either_arm_have_no_ratio(method):
    assert np.isnan(method(0, 10, 0, 20).estimate)
