"""One test that finds every check and holds it to the conventions of all of them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desist.checks.frequency import check_frequency
from desist.checks.rate import check_rate
from desist.checks.time import check_time
from desist.estimands import Measure


def all_checks(frame, weights="weights", scale=1.0):
    w = None if weights is None else scale * frame[weights].to_numpy()
    arm = frame["treated"].to_numpy()
    sets = np.arange(len(frame)) % 30
    return (
        *check_rate(frame["reoffended"], arm, w, sets=sets),
        *check_frequency(frame["offences"], arm, w, sets=sets, rng=1),
        *check_time(frame["days"], frame["reoffended"], arm, w, horizon=365, rng=1),
    )


@pytest.mark.parametrize("weights", [None, "weights"])
def test_every_check_is_a_record_that_keeps_the_conventions(uneven, weights):
    checks = all_checks(uneven, weights)
    assert {check.measure for check in checks} == set(Measure)
    assert len({(check.measure, check.check) for check in checks}) == len(checks)
    for check in checks:
        if check.applicable:
            assert math.isfinite(check.estimate), check
            assert 0 <= check.p_value <= 1, check
            if not math.isnan(check.lower):
                assert check.lower <= check.estimate <= check.upper, check
        else:
            assert check.reason, check
            assert math.isnan(check.estimate), check
            assert math.isnan(check.p_value), check
        assert check.to_dict()["measure"] == check.measure.value


@pytest.mark.parametrize("weights", [None, "weights"])
def test_interval_and_p_of_every_check_agree_about_no_difference(uneven, weights):
    # exact intervals and p-values by another ordering may differ for a table on the border
    for check in all_checks(uneven, weights):
        if check.applicable and not math.isnan(check.lower) and abs(check.p_value - 0.05) > 0.02:
            assert check.interval.excludes(check.scale.null) == (check.p_value < 0.05), check


@settings(max_examples=15, deadline=None)
@given(scale=st.floats(1e-6, 1e6))
def test_weights_times_a_constant_change_no_check(uneven_once, scale):
    for one, other in zip(
        all_checks(uneven_once), all_checks(uneven_once, scale=scale), strict=True
    ):
        assert one.check == other.check
        numbers = [(c.estimate, c.lower, c.upper, c.p_value) for c in (one, other)]
        assert numbers[0] == pytest.approx(numbers[1], rel=1e-6, abs=1e-9, nan_ok=True)
        assert one.applicable == other.applicable


@settings(max_examples=10, deadline=None)
@given(scale=st.floats(1e-3, 1e3))
def test_the_scale_of_one_arm_against_the_other_changes_no_check(uneven_once, scale):
    moved = uneven_once.assign(
        weights=uneven_once["weights"] * np.where(uneven_once["treated"], scale, 1.0)
    )
    for one, other in zip(all_checks(uneven_once), all_checks(moved), strict=True):
        numbers = [(c.estimate, c.lower, c.upper, c.p_value) for c in (one, other)]
        assert numbers[0] == pytest.approx(numbers[1], rel=1e-6, abs=1e-9, nan_ok=True)


def test_the_order_of_people_changes_no_check(uneven):
    mixed = uneven.sample(frac=1, random_state=3)
    for measure, outcome in ((check_rate, "reoffended"), (check_frequency, "offences")):
        made = (
            {
                c.check: c.p_value
                for c in measure(frame[outcome], frame["treated"], frame["weights"])
            }
            for frame in (uneven, mixed)
        )
        one, other = ({k: p for k, p in part.items() if k != "bca_bootstrap"} for part in made)
        assert one == pytest.approx(other, nan_ok=True)


def test_tests_of_counts_need_equal_weights(uneven):
    weighted = {
        c.check: c for c in check_rate(uneven["reoffended"], uneven["treated"], uneven["weights"])
    }
    plain = {c.check: c for c in check_rate(uneven["reoffended"], uneven["treated"])}
    for slug in ("fisher", "fisher_mid_p", "boschloo"):
        assert plain[slug].applicable
        assert weighted[slug].reason.startswith("the comparison weights differ")
    assert weighted["newcombe"].reason.startswith("with effective counts: 30.0 participants")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"reoffended": False, "offences": 0, "days": 365.0}, "nobody reoffended"),
        ({"reoffended": True, "offences": 1, "days": 10.0}, "everybody has the same outcome"),
    ],
)
def test_zero_events_and_all_events_are_reasons_and_not_errors(uneven, change, reason):
    checks = all_checks(uneven.assign(**change))
    assert any(reason in check.reason for check in checks)
    assert all(math.isnan(check.p_value) or check.p_value > 0.2 for check in checks)


@pytest.mark.parametrize("n_treated", [0, 1])
def test_one_participant_or_none_is_a_reason(uneven, n_treated):
    few = uneven[~uneven["treated"] | (np.arange(90) < n_treated)]
    checks = all_checks(few)
    assert any(f"the treated arm has {n_treated}" in check.reason for check in checks)


def test_everybody_of_weight_zero_is_a_reason(uneven):
    checks = all_checks(uneven.assign(weights=0.0))
    assert not any(check.applicable for check in checks)


def test_follow_up_shorter_than_the_horizon_is_a_reason(uneven):
    short = np.minimum(uneven["days"], 200)
    checks = check_time(
        short,
        uneven["reoffended"] & (uneven["days"] < 200),
        uneven["treated"],
        uneven["weights"],
        horizon=365,
    )
    assert checks[0].reason == "nobody in the treated arm was followed for 365 days"


def test_arms_that_do_not_vary_give_no_certainty_from_rounding(uneven):
    apart = np.where(uneven["treated"], 0.1, 0.3)
    for check in check_frequency(apart, uneven["treated"], uneven["weights"]):
        assert not check.applicable, check
