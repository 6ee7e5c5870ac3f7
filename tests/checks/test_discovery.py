"""Every check of the catalogue is held to the conventions of all of them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desist.checks.by_measure import check_frequency, check_rate, check_time
from desist.checks.catalogue import CATALOGUE
from desist.checks.people.weighted import weighted_difference
from desist.errors import InputError
from desist.estimands import Measure, Scale

LISTED = {(entry.slug, measure) for entry in CATALOGUE.values() for measure in entry.measures}


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
    made = [(check.check, check.measure) for check in checks]
    assert len(set(made)) == len(made)
    of_design = {slug for slug, _ in LISTED - set(made)}
    assert of_design == {
        "cr2_groups",
        "m_estimation",
        "m_estimation_stacked",
        "randomisation",
        "replacement_difference",
        "standardised_difference",
    }
    assert set(made) <= LISTED
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
    assert weighted["newcombe"].reason.startswith("with effective counts: 30 participants")


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
        # the score test takes the spread from the mean, which does vary
        assert not check.applicable or check.check == "negative_binomial_score", check


EDGES = {
    "every reoffence on one day": lambda f: f.assign(days=np.where(f["reoffended"], 30.0, 365.0)),
    "every reoffence on the day of release": lambda f: f.assign(
        days=np.where(f["reoffended"], 0.0, 365.0)
    ),
    "nobody reoffends": lambda f: f.assign(reoffended=False, offences=0, days=365.0),
    "everybody reoffends": lambda f: f.assign(
        reoffended=True, offences=f["offences"] + 1, days=np.arange(90) + 1.0
    ),
    "no participant reoffends": lambda f: f.assign(
        reoffended=f["reoffended"] & ~f["treated"],
        offences=f["offences"].where(~f["treated"], 0),
        days=f["days"].where(~f["treated"], 365.0),
    ),
    "one participant reoffends": lambda f: f.assign(
        reoffended=np.where(f["treated"], f.index == 0, f["reoffended"]).astype(bool),
        offences=np.where(f["treated"], f.index == 0, f["offences"]).astype(int),
        days=np.where(f["treated"], np.where(f.index == 0, 9.0, 365.0), f["days"]),
    ),
    "equal values throughout": lambda f: f.assign(reoffended=True, offences=2, days=10.0),
    "one comparison person": lambda f: f[f["treated"] | (f.index == 40)],
    "one of each": lambda f: f[f.index.isin([0, 40])],
    "nobody at all": lambda f: f[f.index < 0],
    "all comparison weight on one person": lambda f: f.assign(
        weights=np.where(f["treated"] | (f.index == 40), 1.0, 0.0)
    ),
    "weights far apart": lambda f: f.assign(
        weights=np.where(f["treated"], 1.0, 10.0 ** (f.index % 12))
    ),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("weights", [None, "weights"])
def test_every_check_meets_the_edges_with_numbers_or_a_reason(uneven, edge, weights):
    checks = all_checks(EDGES[edge](uneven), weights)
    assert {check.measure for check in checks} == set(Measure)
    for check in checks:
        if check.applicable:
            if math.isinf(check.estimate):  # one arm without events: the interval is one-sided
                assert check.scale is Scale.RATIO, check
                limits = (check.lower, check.upper)
                assert all(map(math.isnan, limits)) or 0 <= limits[0] < limits[1] == math.inf, check
            assert not math.isnan(check.estimate), check
            assert 0 <= check.p_value <= 1, check
        else:
            assert len(check.reason) > 10, check


def test_no_participant_reoffending_has_a_rate_but_no_hazard_ratio(uneven):
    checks = {
        (c.measure, c.check): c for c in all_checks(EDGES["no participant reoffends"](uneven))
    }
    assert checks[Measure.RATE, "miettinen_nurminen"].upper < 0
    assert "no finite maximum" in checks[Measure.HAZARD_RATIO, "cox"].reason
    assert checks[Measure.HAZARD_RATIO, "log_rank"].applicable
    assert "no offences" in checks[Measure.FREQUENCY, "quasi_poisson"].reason
    assert (
        "the treated arm has 0 people"
        in checks[Measure.TIME_AMONG_REOFFENDERS, "brunner_munzel"].reason
    )


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_infinite_and_missing_times_are_faults(uneven, bad):
    days = uneven["days"].where(uneven.index != 3, bad)
    with pytest.raises(InputError, match=r"days: expected finite numbers .* row 4"):
        check_time(days, uneven["reoffended"], uneven["treated"], horizon=365)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_swapping_the_arms_mirrors_every_check(seed):
    rng = np.random.default_rng(seed)
    n = 60
    arm = rng.permutation(n) < 25
    offences = rng.poisson(0.8, n)
    days = np.where(offences > 0, rng.integers(1, 365, n), 365).astype(float)
    weights = rng.exponential(size=n) + 0.1
    one, other = (
        {
            (c.measure, c.check): c
            for c in (
                *check_rate(offences > 0, z, weights),
                *check_frequency(offences, z, weights, rng=1),
                *check_time(days, offences > 0, z, weights, horizon=365, rng=1),
            )
        }
        for z in (arm, ~arm)
    )
    for key in one:
        a, b = one[key], other[key]
        if a.check in {"bca_bootstrap", "exact_binomial"}:
            continue  # random, or treats the arms differently
        assert a.applicable == b.applicable
        if not a.applicable:
            continue
        assert a.p_value == pytest.approx(b.p_value, rel=1e-5, abs=1e-9), key
        if a.scale is Scale.RATIO:
            assert a.estimate == pytest.approx(1 / b.estimate, rel=1e-5), key
        else:
            assert a.estimate == pytest.approx(-b.estimate, abs=1e-9), key


@settings(max_examples=20, deadline=None)
@given(copies=st.integers(2, 3), seed=st.integers(0, 1000))
def test_splitting_a_weight_between_copies_keeps_the_estimate_and_narrows_nothing(copies, seed):
    # a probability weight is not a number of people: copies add information, weights do not
    rng = np.random.default_rng(seed)
    offences, arm = rng.poisson(1.0, 50), np.arange(50) < 20
    weights = rng.exponential(size=50) + 0.2
    whole = weighted_difference(offences, arm, weights * copies)
    plain = weighted_difference(offences, arm, weights)
    split = weighted_difference(
        np.tile(offences, copies), np.tile(arm, copies), np.tile(weights / copies, copies)
    )
    assert whole.upper - whole.lower == pytest.approx(plain.upper - plain.lower)
    assert split.estimate == pytest.approx(plain.estimate)
    assert split.upper - split.lower < plain.upper - plain.lower
