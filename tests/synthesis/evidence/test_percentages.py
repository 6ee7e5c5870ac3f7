"""Printed percentages: which counts they may stand for, and what no count gives."""

import numpy as np
import pytest
from scipy.stats import binom

from desist.errors import InputError
from desist.synthesis import WholePercentages
from desist.synthesis.evidence.percentages import MOST_COUNTS, _apply_effect, _log_mass, list_counts

EFFECTS = np.array([-0.2, 0.0, 0.1])


@pytest.mark.parametrize(
    ("percentage", "size", "step", "counts"),
    [
        (13, 40, 1, [5]),  # 12.5 %
        (50, 10, 1, [5]),
        (0, 40, 1, [0]),
        (100, 40, 1, [40]),
        (33, 3, 1, [1]),
        (33, 2, 1, []),
        (12.5, 40, 0.1, [5]),
        (12, 400, 1, [46, 47, 48, 49, 50]),  # 11.5 to 12.5 %, both ends within
        (10, 7, 10, [1]),
    ],
)
def test_the_counts_behind_a_percentage_by_hand(percentage, size, step, counts):
    assert list_counts(percentage, size, step).tolist() == counts


def test_of_very_many_counts_some_stand_for_all():
    counts = list_counts(50, 1_000_000, 1)
    assert len(counts) == MOST_COUNTS
    assert (counts[0], counts[-1]) == (495_000, 505_000)


def test_the_mass_of_some_counts_is_their_binomial_sum():
    rate = np.array([0.1, 0.3])
    found = _log_mass(np.array([0.0, 2.0, 9.0]), 9, np.log(rate), np.log1p(-rate))
    expected = [binom.pmf([0, 2, 9], 9, one).sum() for one in rate]
    assert np.exp(found) == pytest.approx(expected)


def test_an_effect_moves_a_rate_on_its_scale():
    rate, effect = np.array([0.5]), np.array([np.log(3)])
    assert _apply_effect(rate, effect, "log_odds") == pytest.approx([0.75])
    assert _apply_effect(np.array([0.2]), effect, "log_risk") == pytest.approx([0.6])
    assert _apply_effect(rate, np.array([0.1]), "risk_difference") == pytest.approx([0.6])
    assert np.isnan(_apply_effect(rate, effect, "log_risk")).all()
    assert np.isnan(_apply_effect(rate, np.array([-0.6]), "risk_difference")).all()


def test_a_comparison_without_a_size_is_known_to_its_rounding():
    printed = WholePercentages(25, 50, 40, None, step=0.001)
    found = printed.log_likelihood(EFFECTS, "risk_difference")
    expected = binom.logpmf(10, 40, 0.5 + EFFECTS)
    assert found - found[1] == pytest.approx(expected - expected[1], abs=1e-3)


def test_its_estimate_is_that_of_the_printed_rates():
    estimate, error = WholePercentages(20, 30, 100, 400).summarise("risk_difference")
    assert estimate == pytest.approx(-0.1)
    assert error == pytest.approx(np.sqrt(0.2 * 0.8 / 100 + 0.3 * 0.7 / 400))
    _, alone = WholePercentages(20, 30, 100, None).summarise("risk_difference")
    assert alone == pytest.approx(np.sqrt(0.2 * 0.8 / 100), rel=1e-4)


def test_sizes_that_disagree_with_the_significance_are_left_out():
    # 20 against 30 per cent is significant from about 68 people on when the comparison is large
    either = WholePercentages(20, 30, (30.0, 300.0), None)
    yes = WholePercentages(20, 30, (30.0, 300.0), None, significant=True)
    no = WholePercentages(20, 30, (30.0, 300.0), None, significant=False)
    edge = (1.959964 / 0.1) ** 2 * 0.2 * 0.8
    assert min(yes._list_sizes()) >= edge > max(no._list_sizes())
    assert sorted([*yes._list_sizes(), *no._list_sizes()]) == sorted(either._list_sizes())


def test_percentages_that_no_count_gives_are_refused():
    with pytest.raises(InputError) as error:
        WholePercentages(33, 51, 2, 4)
    said = str(error.value)
    assert "n_treated: expected a size of which some count rounds to the percentage" in said
    assert "33% of 2" in said
    assert "n_comparison: expected a size" in said
    assert "51% of 4" in said


def test_all_faults_are_told_at_once():
    with pytest.raises(InputError) as error:
        WholePercentages(-1, 101, 0, "many", step=20)
    said = str(error.value)
    for name in ("treated_percentage", "comparison_percentage", "n_treated", "n_comparison"):
        assert f"- {name}: expected" in said
    assert "- step: expected" in said
