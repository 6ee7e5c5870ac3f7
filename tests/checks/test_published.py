import pytest

from desist.checks.published import checks_from_published, reconstruct_deviation
from desist.cohort.published import PublishedMeasure, PublishedStudy
from desist.estimands import Measure

RATE, FREQUENCY, TIME = Measure.RATE, Measure.FREQUENCY, Measure.TIME_AMONG_REOFFENDERS
COMPLEX = (
    PublishedMeasure(RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04, "0.00", 13),
    PublishedMeasure(FREQUENCY, 83, 5514, 0.31, 1.06, -0.96, -0.53, "0.00", 26),
    PublishedMeasure(TIME, 13, 2418, 75.0, 142.9, -115, -21, "0.01"),
)
STANDARD = (
    PublishedMeasure(RATE, 84, 6203, 0.155, 0.275, -0.20, -0.04, "0.00", 13),
    PublishedMeasure(FREQUENCY, 84, 6203, 0.3, 1.1, -1.0, -0.5, "0.00", 26),
    PublishedMeasure(TIME, 13, 2790, 75.0, 134.8, -107, -13, "0.02"),
)
DECIMALS = {RATE: 2, FREQUENCY: 1, TIME: 0}


def study(measures, ess_range=(1070.0, 4990.0)):
    return PublishedStudy("Making Connections", "any", "the report", measures, ess_range)


def by_slug(checks, measure):
    return {check.check: check for check in checks if check.measure is measure}


@pytest.mark.parametrize("measures", [COMPLEX, STANDARD], ids=["complex", "standard"])
@pytest.mark.parametrize("line", [0, 1, 2])
def test_welch_meets_every_printed_interval_and_p(measures, line):
    printed = measures[line]
    welch = by_slug(checks_from_published(study(measures)), printed.measure)["welch"]
    decimals = DECIMALS[printed.measure]
    assert welch.applicable
    assert round(welch.lower, decimals) == round(printed.lower, decimals)
    assert round(welch.upper, decimals) == round(printed.upper, decimals)
    assert f"{welch.p_value:.2f}" == printed.p_printed


def test_frequency_interval_is_met_to_the_two_decimals_of_the_text():
    welch = by_slug(checks_from_published(study(COMPLEX)), FREQUENCY)["welch"]
    assert (round(welch.lower, 2), round(welch.upper, 2)) == (-0.96, -0.53)


def test_implied_deviations_are_those_that_the_report_implies():
    assert reconstruct_deviation(-0.96, -0.53, 83, 5514) == pytest.approx(0.98, abs=0.005)
    assert 77 < reconstruct_deviation(-115, -21, 13, 2418) < 79


def test_intervals_use_the_least_effective_size():
    checks = by_slug(checks_from_published(study(COMPLEX)), RATE)
    sure = by_slug(checks_from_published(study(COMPLEX, (5514.0, 5514.0))), RATE)
    for slug in ("newcombe", "miettinen_nurminen", "mover_jeffreys", "exact_binomial"):
        assert checks[slug].applicable
        assert "effective sample size of 1,070" in checks[slug].reason
        width, narrow = (c[slug].upper - c[slug].lower for c in (checks, sure))
        assert width > narrow


def test_tests_of_two_counts_are_not_applicable_to_a_pseudo_count():
    checks = by_slug(checks_from_published(study(COMPLEX)), RATE)
    for slug in ("fisher", "fisher_mid_p", "boschloo"):
        assert not checks[slug].applicable
        assert "pseudo-count" in checks[slug].reason


def test_without_an_effective_size_only_welch_is_made():
    checks = checks_from_published(study(COMPLEX, None))
    assert {check.check for check in checks if check.applicable} == {"welch"}


def test_welch_is_not_valid_when_few_effective_comparison_people_are_possible():
    welch = by_slug(checks_from_published(study(COMPLEX, (30.0, 60.0))), RATE)["welch"]
    assert not welch.applicable
    assert "reject too often" in welch.reason


def test_welch_says_where_it_rejects_too_often():
    checks = checks_from_published(study(COMPLEX))
    reasons = {check.measure: check.reason for check in checks if check.check == "welch"}
    assert "so skewed" in reasons[FREQUENCY]
    assert "with 13 reoffenders" in reasons[TIME]
    assert "too often" not in reasons[RATE]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (PublishedMeasure(RATE, 30, 900, 0.0, 0.0, -0.05, 0.05, None, 0), "neither arm varies"),
        (PublishedMeasure(RATE, 30, 900, 1.0, 1.0, -0.05, 0.05, None, 30), "neither arm varies"),
    ],
)
def test_a_test_without_a_number_is_not_applicable(line, reason):
    made = checks_from_published(study((line,), (200.0, 900.0)))
    assert reason in by_slug(made, line.measure)["welch"].reason
    for check in made:
        if check.applicable:
            assert check.estimate == check.estimate
            assert check.p_value == check.p_value or check.lower < check.upper
