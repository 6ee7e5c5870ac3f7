"""Tables of two counts: what is wrong is named, and the edges have limits that mean something."""

import inspect
import itertools
import math
from decimal import Decimal

import numpy as np
import pytest
from scipy import optimize, stats

from desist import checks
from desist.checks import TwoByTwo
from desist.checks.counts import proportions
from desist.checks.counts.proportions import INTERVALS
from desist.errors import InputError

TABLES = [
    name
    for name in checks.__all__
    if inspect.isfunction(getattr(checks, name))
    and {"x1", "n1", "x2", "n2"} <= inspect.signature(getattr(checks, name)).parameters.keys()
]
EXACT = ("fisher", "fisher_central", "fisher_mid_p", "boschloo", "barnard")
EDGES = [
    (0, 10, 0, 20),
    (10, 10, 20, 20),
    (0, 10, 20, 20),
    (10, 10, 0, 20),
    (0, 1, 0, 1),
    (1, 1, 0, 1),
    (1, 1, 1, 1),
    (0, 1, 7, 30),
    (1, 1, 7, 30),
    (0, 10, 7, 20),
    (10, 10, 7, 20),
    (0, 83, 0, 5514),
    (83, 83, 5514, 5514),
]
WRONG = {
    "more events than people": ((90, 83, 10, 20), {"x1": "no more than n1, 83, found 90"}),
    "both arms wrong": (
        (90, 83, 30, 20),
        {"x1": "no more than n1, 83, found 90", "x2": "no more than n2, 20, found 30"},
    ),
    "negative": ((-1, 83, 10, 20), {"x1": "a number of at least 0, found -1"}),
    "nobody": ((0, 0, 10, 20), {"n1": "a number above 0, found 0"}),
    "not a number": ((math.nan, 83, 10, 20), {"x1": "a number of at least 0, found nan"}),
    "infinite": ((13, math.inf, 10, 20), {"n1": "a number above 0, found inf"}),
    "text": ((13, "83", 10, 20), {"n1": "a number above 0, found '83'"}),
    "truth value": ((True, 83, 10, 20), {"x1": "a number of at least 0, found True"}),
    "None": ((13, 83, None, 20), {"x2": "a number of at least 0, found None"}),
    "decimal": ((Decimal(13), 83, 10, 20), {"x1": "a number of at least 0, found a Decimal"}),
    "list": (([13], 83, 10, 20), {"x1": "a number of at least 0, found a list of 1"}),
    "complex": ((13j, 83, 10, 20), {"x1": "a number of at least 0, found a complex"}),
}


def test_the_functions_on_two_counts_are_found():
    assert len(TABLES) >= 18


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("fault", WRONG)
def test_every_function_on_counts_says_what_is_wrong(name, fault):
    table, named = WRONG[fault]
    with pytest.raises(InputError) as caught:
        getattr(checks, name)(*table)
    found = {f.where: f"{f.expected}, found {f.found}" for f in caught.value.faults}
    for where, text in named.items():
        assert found[where] == text


@pytest.mark.parametrize("name", TABLES)
def test_numpy_numbers_are_numbers(name):
    plain = getattr(checks, name)(3, 20, 9, 25)
    for kind in (np.int64, np.int8, np.float64, np.float32):
        assert getattr(checks, name)(*map(kind, (3, 20, 9, 25))) == pytest.approx(plain) or (
            repr(getattr(checks, name)(*map(kind, (3, 20, 9, 25)))) == repr(plain)
        )


@pytest.mark.parametrize("name", [n for n in TABLES if n != "chi_squared"])
@pytest.mark.parametrize("probability", [0, 1, 95, "0.95", math.nan, True, None])
def test_coverage_lies_between_0_and_1(name, probability):
    with pytest.raises(InputError, match="probability: expected a number above 0 and below 1"):
        getattr(checks, name)(3, 20, 9, 25, probability=probability)


@pytest.mark.parametrize("name", EXACT)
def test_exact_tests_name_every_count_that_is_not_whole(name):
    with pytest.raises(InputError) as caught:
        getattr(checks, name)(3.5, 20, 9, 25.25)
    assert [fault.where for fault in caught.value.faults] == ["x1", "n2"]


@pytest.mark.parametrize("limits", [*INTERVALS.values()])
@pytest.mark.parametrize("count", [(-1, 9), (10, 9), (1, 0), ("1", 9), (math.nan, 9), (True, 9)])
def test_intervals_of_one_proportion_say_what_is_wrong(limits, count):
    with pytest.raises(InputError, match=r"(x|n): expected"):
        limits(*count)
    with pytest.raises(InputError, match="probability"):
        proportions.wilson(1, 9, 0)


def test_the_record_names_its_own_fields():
    with pytest.raises(InputError) as caught:
        TwoByTwo(90, 83, -1, 20)
    assert [fault.where for fault in caught.value.faults] == ["events_treated", "events_comparison"]
    with pytest.raises(InputError, match="events_comparison: expected a whole number"):
        TwoByTwo(3, 20, 9.5, 25).require_whole()
    assert TwoByTwo(np.int64(3), 20, 9, 25).require_whole() == (3, 20, 9, 25)
    assert TwoByTwo(3, 20, 9, 25).difference == pytest.approx(-0.21)


def score_by_search(x1, n1, x2, n2, delta, inflation):
    """The score statistic with the constrained maximum found by search, not by the cubic."""

    def loss(q1):
        return -sum(
            (0.0 if k == 0 else k * np.log(max(p, 1e-300)))
            for k, p in ((x1, q1), (n1 - x1, 1 - q1), (x2, q1 - delta), (n2 - x2, 1 - q1 + delta))
        )

    low, high = max(0.0, delta), min(1.0, 1.0 + delta)
    found = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded")
    q1 = min([low, high, found.x], key=loss)
    q2 = q1 - delta
    variance = (q1 * (1 - q1) / n1 + q2 * (1 - q2) / n2) * inflation
    gap = x1 / n1 - x2 / n2 - delta
    return 0.0 if gap == 0 else gap / math.sqrt(variance) if variance > 0 else gap * math.inf


@pytest.mark.parametrize("table", EDGES)
@pytest.mark.parametrize("name", ["miettinen_nurminen", "mee"])
def test_score_limits_are_the_last_differences_that_are_not_rejected(name, table):
    found = getattr(checks, name)(*table)
    total = table[1] + table[3]
    inflation = total / (total - 1) if name == "miettinen_nurminen" else 1.0
    z = stats.norm.ppf(0.975)
    for limit, inside in ((found.lower, 1e-4), (found.upper, -1e-4)):
        if abs(limit) < 1:
            assert abs(score_by_search(*table, limit + inside, inflation)) < z + 1e-6
            beyond = limit - inside
            if abs(beyond) < 1:
                assert abs(score_by_search(*table, beyond, inflation)) > z - 1e-6
    assert found.lower < found.upper


def test_score_interval_without_events_is_that_worked_by_hand():
    # the maximum under a difference d > 0 puts nobody of the second arm at risk: p1 = d, so
    # d^2 = z^2 N/(N-1) d (1 - d) / n, and d = c / (n + c) with c = z^2 N / (N - 1)
    c = stats.norm.ppf(0.975) ** 2 * 30 / 29
    for table, sign in (((0, 10, 0, 20), 1), ((10, 10, 20, 20), -1)):
        found = checks.miettinen_nurminen(*table)
        assert sorted([sign * found.lower, sign * found.upper]) == pytest.approx(
            [-c / (20 + c), c / (10 + c)], abs=1e-9
        )
    assert checks.miettinen_nurminen(0, 10, 0, 20).lower == pytest.approx(-0.1658, abs=1e-3)


@pytest.mark.parametrize("table", EDGES)
@pytest.mark.parametrize("name", TABLES)
def test_no_interval_at_the_edges_claims_to_know(name, table):
    if name == "chi_squared" or (name == "welch_from_counts" and 1 in table[1::2]):
        pytest.skip("has no interval, or needs two people in each arm")
    found = getattr(checks, name)(*table)
    if math.isnan(found.lower) or math.isnan(found.upper):
        assert math.isnan(found.lower + found.upper) == (found.lower != found.upper)
        return
    assert found.lower < found.upper
    if not math.isnan(found.estimate):
        assert found.lower <= found.estimate <= found.upper
    null = 1 if name.startswith(("fisher", "ratio", "odds")) else 0
    assert not (found.lower <= null <= found.upper and found.p_value < 0.01)


@pytest.mark.parametrize("table", EDGES)
@pytest.mark.parametrize("name", ["wald", "newcombe", "miettinen_nurminen", "mee", "agresti_caffo"])
def test_exchanging_the_arms_or_the_outcomes_turns_the_interval_round(name, table):
    x1, n1, x2, n2 = table
    found = getattr(checks, name)(*table)
    for other in (
        getattr(checks, name)(x2, n2, x1, n1),
        getattr(checks, name)(n1 - x1, n1, n2 - x2, n2),
    ):
        assert [-other.upper, -other.lower] == pytest.approx(
            [found.lower, found.upper], abs=1e-7, nan_ok=True
        )


@pytest.mark.parametrize("table", EDGES)
@pytest.mark.parametrize("name", ["ratio_score", "odds_score", "ratio_log", "odds_log"])
def test_a_ratio_of_exchanged_arms_is_the_reciprocal(name, table):
    x1, n1, x2, n2 = table
    found, other = getattr(checks, name)(*table), getattr(checks, name)(x2, n2, x1, n1)
    for one, back in ((found.lower, other.upper), (found.upper, other.lower)):
        flipped = math.inf if back == 0 else 1 / back
        assert one == pytest.approx(flipped, rel=1e-6, nan_ok=True)


def test_a_standard_error_of_zero_gives_no_interval():
    for table in itertools.chain(EDGES[:4], [(0, 10, 0, 20)]):
        found = checks.wald(*table)
        assert math.isnan(found.lower)
        assert math.isnan(checks.wald(*table, continuity=True).upper)


def test_a_rate_known_without_error_has_to_be_a_rate():
    with pytest.raises(InputError, match="x2: expected a number of at least 0 and of at most 1"):
        checks.exact_binomial(3, 20, 9, math.inf)
    with pytest.raises(InputError, match="n2: expected"):
        checks.exact_binomial(3, 20, 0.4, -math.inf)
