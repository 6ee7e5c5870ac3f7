"""What every formula of two counts has to keep: arms swapped, outcomes turned, tests and limits."""

import math

import numpy as np
import pytest

from desist import checks
from desist.errors import CannotAnswerError, DesistError

DIFFERENCES = (
    checks.agresti_caffo,
    checks.mee,
    checks.miettinen_nurminen,
    checks.mover_jeffreys,
    checks.newcombe,
    checks.wald,
    checks.welch_from_counts,
)
RATIOS = (
    checks.fisher,
    checks.fisher_central,
    checks.fisher_mid_p,
    checks.odds_log,
    checks.odds_score,
    checks.ratio_log,
    checks.ratio_score,
)
WITHOUT_LIMITS = (checks.barnard, checks.boschloo)
# formulas whose p is below 0.05 exactly where their interval excludes no difference
DUAL = (
    checks.fisher_central,
    checks.fisher_mid_p,
    checks.mee,
    checks.miettinen_nurminen,
    checks.odds_score,
    checks.ratio_score,
    checks.wald,
    checks.welch_from_counts,
)
ODDS = (checks.fisher_central, checks.fisher_mid_p, checks.odds_log, checks.odds_score)
TABLES = [
    (0, 5, 0, 7),
    (5, 5, 7, 7),
    (0, 5, 7, 7),
    (5, 5, 0, 7),
    (0, 5, 3, 7),
    (5, 5, 3, 7),
    (1, 1, 3, 7),
    (2, 5, 3, 7),
    (1, 1000, 3, 7),
    (3, 7, 999, 1000),
    (13, 83, 42, 150),
    (4, 20, 16, 20),
    (10, 30, 20, 60),
]


def name(formula) -> str:
    return formula.__name__


def answer(formula, *table):
    """The finding, or the name of the reason why there is none."""
    try:
        return formula(*table)
    except DesistError as error:
        return type(error).__name__


def agree(one, other) -> bool:
    return (math.isnan(one) and math.isnan(other)) or one == pytest.approx(
        other, rel=1e-4, abs=1e-6
    )


def invert(ratio: float) -> float:
    if ratio == 0:
        return math.inf
    return 1 / ratio


@pytest.mark.parametrize("table", TABLES, ids=str)
@pytest.mark.parametrize("formula", DIFFERENCES, ids=name)
def test_swapped_arms_turn_a_difference(formula, table):
    x1, n1, x2, n2 = table
    found, turned = answer(formula, *table), answer(formula, x2, n2, x1, n1)
    if isinstance(found, str):
        assert turned == found
        return
    assert agree(found.estimate, -turned.estimate)
    assert agree(found.lower, -turned.upper)
    assert agree(found.upper, -turned.lower)
    assert agree(found.p_value, turned.p_value)


@pytest.mark.parametrize("table", TABLES, ids=str)
@pytest.mark.parametrize("formula", DIFFERENCES, ids=name)
def test_those_who_did_not_reoffend_differ_by_as_much_the_other_way(formula, table):
    x1, n1, x2, n2 = table
    found, turned = answer(formula, *table), answer(formula, n1 - x1, n1, n2 - x2, n2)
    if not isinstance(found, str):
        assert agree(found.lower, -turned.upper)
        assert agree(found.p_value, turned.p_value)


@pytest.mark.parametrize("table", TABLES, ids=str)
@pytest.mark.parametrize("formula", RATIOS, ids=name)
def test_swapped_arms_invert_a_ratio(formula, table):
    x1, n1, x2, n2 = table
    found, turned = answer(formula, *table), answer(formula, x2, n2, x1, n1)
    if isinstance(found, str):
        assert turned == found
        return
    assert agree(found.estimate, invert(turned.estimate))
    assert agree(found.lower, invert(turned.upper))
    assert agree(found.upper, invert(turned.lower))
    assert agree(found.p_value, turned.p_value)


@pytest.mark.parametrize("table", TABLES, ids=str)
@pytest.mark.parametrize("formula", ODDS, ids=name)
def test_the_odds_of_not_reoffending_are_the_inverse(formula, table):
    x1, n1, x2, n2 = table
    found, turned = answer(formula, *table), answer(formula, n1 - x1, n1, n2 - x2, n2)
    if not isinstance(found, str):
        assert agree(found.estimate, invert(turned.estimate))
        assert agree(found.lower, invert(turned.upper))


@pytest.mark.parametrize("table", TABLES[:8] + TABLES[11:], ids=str)
@pytest.mark.parametrize("formula", WITHOUT_LIMITS, ids=name)
def test_a_test_without_limits_is_of_either_arm_and_either_outcome(formula, table):
    x1, n1, x2, n2 = (min(value, 60) for value in table)
    found = formula(x1, n1, x2, n2)
    assert agree(found.p_value, formula(x2, n2, x1, n1).p_value)
    assert agree(found.p_value, formula(n1 - x1, n1, n2 - x2, n2).p_value)
    less, greater = (
        formula(x1, n1, x2, n2, alternative=side).p_value for side in ("less", "greater")
    )
    assert max(less, greater) >= 0.5 - 1e-9
    assert agree(less, formula(x2, n2, x1, n1, alternative="greater").p_value)


@pytest.mark.parametrize("table", TABLES, ids=str)
@pytest.mark.parametrize("formula", DIFFERENCES + RATIOS, ids=name)
def test_an_estimate_lies_within_its_limits_and_wider_limits_hold_narrower(formula, table):
    found, wide = answer(formula, *table), answer(formula, *table, 0.99)
    if isinstance(found, str) or math.isnan(found.lower):
        return
    assert wide.lower <= found.lower + 1e-9
    assert found.upper <= wide.upper + 1e-9
    if not math.isnan(found.estimate):
        assert found.lower - 1e-9 <= found.estimate <= found.upper + 1e-9


@pytest.mark.parametrize("table", TABLES, ids=str)
@pytest.mark.parametrize("formula", DUAL, ids=name)
def test_p_and_limits_say_the_same(formula, table):
    found = answer(formula, *table)
    if isinstance(found, str) or math.isnan(found.lower) or math.isnan(found.p_value):
        return
    null = 1.0 if formula in RATIOS else 0.0
    assert (found.p_value < 0.05) == (not found.lower <= null <= found.upper)


@pytest.mark.parametrize("formula", DIFFERENCES + RATIOS, ids=name)
def test_ten_times_the_people_have_narrower_limits(formula):
    once, tenfold = formula(4, 20, 9, 25), formula(40, 200, 90, 250)
    scale = math.log if formula in RATIOS else float
    assert scale(tenfold.upper) - scale(tenfold.lower) < 0.5 * (
        scale(once.upper) - scale(once.lower)
    )
    assert tenfold.p_value < once.p_value


@pytest.mark.parametrize("x", [0, 1, 3, 9, 10])
@pytest.mark.parametrize("probability", [0.5, 0.95, 1 - 1e-12])
@pytest.mark.parametrize(
    "formula",
    [checks.clopper_pearson, checks.jeffreys, checks.wilson, checks.agresti_coull],
    ids=name,
)
def test_limits_of_a_proportion_turn_with_the_outcome_and_rise_with_the_count(
    formula, x, probability
):
    low, high = formula(x, 10, probability)
    other_low, other_high = formula(10 - x, 10, probability)
    assert (low, high) == pytest.approx((1 - other_high, 1 - other_low), abs=1e-9)
    if x < 10:
        further = formula(x + 1, 10, probability)
        assert low <= further[0] + 1e-12
        assert high <= further[1] + 1e-12


def test_limits_of_nobody_by_hand():
    # of 10 with none: 1 - (0.025) ** (1 / 10), and a Wilson limit of z z / (n + z z)
    assert checks.clopper_pearson(0, 10)[1] == pytest.approx(1 - 0.025**0.1)
    z = 1.959963984540054
    assert checks.wilson(0, 10)[1] == pytest.approx(z * z / (10 + z * z))


@pytest.mark.parametrize(
    "test",
    [
        lambda: checks.boschloo(10, 10**6, 12, 10**6),
        lambda: checks.barnard(10**9, 10**12, 10**9, 10**12),
        lambda: checks.boschloo(900, 4000, 1000, 4000),
        lambda: checks.fisher(10**9, 10**12, 10**9, 10**12),
        lambda: checks.fisher_mid_p(10**9, 10**12, 10**9, 10**12),
        lambda: checks.exact_binomial(1, 10**12, 1, 10**12),
        lambda: checks.exact_rate_ratio(10**12, 1.0, 10**12, 1.0),
    ],
)
def test_so_many_tables_are_not_listed(test):
    with pytest.raises(CannotAnswerError, match="lists every table, and of so many people"):
        test()


def test_many_people_with_few_tables_are_answered():
    found = checks.fisher(10, 10**6, 30, 10**6)
    assert found.p_value == pytest.approx(0.00222, rel=0.01)
    assert checks.exact_rate_ratio(10, 1e6, 30, 1e6).p_value == pytest.approx(
        found.p_value, rel=1e-3
    )


def test_the_score_limits_of_the_odds_have_a_number_where_everybody_and_nobody_reoffends():
    for people in (10.0, 1e6, 1e8):
        found = checks.odds_score(people, people, 0, people)
        assert found.estimate == math.inf
        assert 1 < found.lower < math.inf
        assert np.isfinite(found.p_value)


def test_pairs_that_differ_swap_with_their_arms():
    for formula in (checks.mcnemar, checks.mcnemar_mid_p):
        found, turned = formula(3, 9), formula(9, 3)
        assert turned.estimate == pytest.approx(1 / found.estimate)
        assert (turned.lower, turned.upper) == pytest.approx((1 / found.upper, 1 / found.lower))
        assert turned.p_value == pytest.approx(found.p_value)
    # twelve pairs, three or fewer: (1 + 12 + 66 + 220) / 4096, twice
    assert checks.mcnemar(3, 9).p_value == pytest.approx(2 * 299 / 4096)
    assert checks.mcnemar_mid_p(3, 9).p_value == pytest.approx(2 * (299 - 110) / 4096)
