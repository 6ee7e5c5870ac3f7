import numpy as np
import pytest

from desist.checks.people.mantel_haenszel import mantel_haenszel, mantel_haenszel_odds
from desist.errors import CannotAnswerError


@pytest.fixture(scope="module")
def strata():
    rng = np.random.default_rng(0)
    sets = np.arange(400) % 17
    treated = rng.random(400) < 0.3
    return rng.random(400) < 0.3 + 0.02 * sets, treated, sets


def test_mantel_haenszel_odds_equal_statsmodels(strata):
    import statsmodels.api as sm

    outcome, treated, sets = strata
    tables = np.array(
        [
            [
                [(arm & hit & (sets == s)).sum() for hit in (outcome, ~outcome)]
                for arm in (treated, ~treated)
            ]
            for s in range(17)
        ],
        dtype=float,
    )
    expected = sm.stats.StratifiedTable(tables.transpose(1, 2, 0))
    found = mantel_haenszel_odds(outcome, treated, sets)
    assert found.estimate == pytest.approx(expected.oddsratio_pooled)
    assert (found.lower, found.upper) == pytest.approx(expected.oddsratio_pooled_confint())
    assert found.p_value == pytest.approx(expected.test_null_odds().pvalue)


def test_mantel_haenszel_difference_of_one_set_is_the_plain_difference(strata):
    outcome, treated, _ = strata
    found = mantel_haenszel(outcome, treated, np.zeros(400, dtype=int))
    assert found.estimate == pytest.approx(outcome[treated].mean() - outcome[~treated].mean())
    p = [outcome[arm].mean() for arm in (treated, ~treated)]
    wald = np.sqrt(
        sum(q * (1 - q) / n for q, n in zip(p, (treated.sum(), (~treated).sum()), strict=True))
    )
    assert found.standard_error == pytest.approx(wald, rel=0.01)


def test_people_in_no_set_do_not_count(strata):
    outcome, treated, sets = strata
    part = np.where(sets < 5, sets, -1)
    few = sets < 5
    one = mantel_haenszel(outcome, treated, part)
    other = mantel_haenszel(outcome[few], treated[few], sets[few])
    assert one == other


def test_no_set_with_both_arms_is_a_refusal():
    with pytest.raises(CannotAnswerError, match="no matched set has people of both arms"):
        mantel_haenszel([1, 0], [1, 0], [0, 1])
