"""Fixed weights for counts equal metafor, and a count of 0 is left as it is."""

import numpy as np
import pytest

from desist.datasets import bcg
from desist.errors import CannotAnswerError, InputError
from desist.synthesis.counts_pooled import pool_counts

METHODS = {
    "MH_OR": ("log_odds", "mantel_haenszel"),
    "MH_RR": ("log_risk", "mantel_haenszel"),
    "MH_RD": ("risk_difference", "mantel_haenszel"),
    "Peto_OR": ("log_odds", "peto"),
}


@pytest.mark.parametrize("name", METHODS)
def test_pooled_counts_equal_metafor(bcg_reference, name):
    expected = bcg_reference[name]
    trials = bcg()
    scale, method = METHODS[name]
    found = pool_counts(
        trials["tpos"],
        trials["tpos"] + trials["tneg"],
        trials["cpos"],
        trials["cpos"] + trials["cneg"],
        scale=scale,
        method=method,
    )
    for ours, theirs in (
        (found.estimate, "estimate"),
        (found.standard_error, "se"),
        (found.lower, "lower"),
        (found.upper, "upper"),
    ):
        assert ours == pytest.approx(expected[theirs], rel=1e-9), theirs
    assert np.log(found.p_value) == pytest.approx(np.log(expected["p"]), rel=1e-7)


def test_peto_by_hand():
    # one study twice: 4 of 10 against 6 of 10; expected 5, variance 10*10*10*10/(400*19)
    found = pool_counts([4, 4], [10, 10], [6, 6], [10, 10], method="peto")
    assert found.estimate == pytest.approx(-1 / (10_000 / 7600))
    assert found.standard_error == pytest.approx((2 * 10_000 / 7600) ** -0.5)


def test_no_event_in_an_arm_of_any_study_has_no_estimate():
    with pytest.raises(CannotAnswerError, match="an arm has no event"):
        pool_counts([0, 0], [10, 12], [2, 3], [10, 12])


def test_peto_is_of_the_odds_ratio_alone():
    with pytest.raises(InputError, match="scale: expected one of log_odds, found 'log_risk'"):
        pool_counts([1, 2], [10, 10], [2, 3], [10, 10], scale="log_risk", method="peto")
