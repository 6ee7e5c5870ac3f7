import numpy as np
import pytest

from desist.checks import check_rate, count_discordant, mcnemar
from desist.errors import CannotAnswerError


def test_discordant_pairs_are_counted_in_any_order_of_rows():
    reoffended, arm = [1, 0, 0, 1, 1, 1, 0, 0, 1], [1, 0, 1, 0, 1, 0, 1, 0, 0]
    pair = [4, 4, 2, 2, 7, 7, 9, 9, -1]
    assert count_discordant(reoffended, arm, pair) == (1, 1)
    mixed = np.random.default_rng(1).permutation(9)
    columns = (np.asarray(column)[mixed] for column in (reoffended, arm, pair))
    assert count_discordant(*columns) == (1, 1)


@pytest.mark.parametrize(
    ("arm", "pair"), [([1, 0, 0, 0], [0, 0, 0, 0]), ([1, 1, 0, 0], [0, 0, 1, 1])]
)
def test_sets_that_are_no_pairs_are_refused(arm, pair):
    with pytest.raises(CannotAnswerError, match="a set is not a pair"):
        count_discordant([1, 0, 1, 0], arm, pair)


def test_the_check_is_made_of_pairs_alone():
    rng = np.random.default_rng(2)
    arm, pair = np.arange(60) % 2, np.arange(60) // 2
    y = rng.random(60) < 0.4
    made = {check.check: check for check in check_rate(y, arm, sets=pair)}
    counts = count_discordant(y, arm, pair)
    assert made["mcnemar"].p_value == mcnemar(*counts).p_value
    assert made["mcnemar_mid_p"].applicable
    trios = {check.check: check for check in check_rate(y, np.arange(60) % 3 == 0, sets=pair // 3)}
    assert "not a pair" in trios["mcnemar"].reason
    weighted = check_rate(y, arm, rng.random(60) + 0.5, sets=pair)
    assert "weights differ" in {c.check: c for c in weighted}["mcnemar"].reason
    alike = {check.check: check for check in check_rate(pair % 2, arm, sets=pair)}
    assert "no pair" in alike["mcnemar"].reason
