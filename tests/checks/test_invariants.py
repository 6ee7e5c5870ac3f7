"""What every formula of people has to keep, whatever it estimates."""

import numpy as np
import pytest

from desist import checks

RNG = np.random.default_rng(3)
N = 24
TREATED = np.array([1] * 9 + [0] * 15)
WEIGHTS = RNG.uniform(0.3, 3, N)
TIMES = np.ceil(RNG.exponential(150, N)).clip(1, 365)
PEOPLE = {
    "reoffended": np.r_[1, 0, RNG.integers(0, 2, N - 4), 0, 1],
    "offences": RNG.poisson(0.8, N),
    "score": RNG.normal(size=N) * 30 + 100,
    "covariates": RNG.normal(size=(N, 1)),
    "clusters": np.arange(N) // 3,
    "sets": np.r_[np.arange(9), np.arange(9), np.arange(6)],
    "times": TIMES,
    "events": TIMES < 365,
}


def read(finding):
    return np.array([finding.estimate, finding.lower, finding.upper, finding.p_value])


WEIGHTED = {
    "welch": lambda p, t, w: read(checks.welch(p["score"], t, w)),
    "weighted_difference": lambda p, t, w: read(checks.weighted_difference(p["score"], t, w)),
    "clustered_difference": lambda p, t, w: read(
        checks.clustered_difference(p["score"], t, w, clusters=p["clusters"])
    ),
    "cr2_difference": lambda p, t, w: read(
        checks.cr2_difference(p["score"], t, w, clusters=p["clusters"])
    ),
    "brunner_munzel": lambda p, t, w: read(checks.brunner_munzel(p["score"], t, w)),
    "rmst_difference": lambda p, t, w: read(
        checks.rmst_difference(p["times"], p["events"], t, w, horizon=300)
    ),
}
WEIGHTED_RATIOS = {
    "negative_binomial": lambda p, t, w: read(checks.negative_binomial(p["offences"], t, w)),
    "quasi_poisson": lambda p, t, w: read(checks.quasi_poisson(p["offences"], t, w)),
    "weighted_odds_ratio": lambda p, t, w: read(checks.weighted_odds_ratio(p["reoffended"], t, w)),
    "rmst_ratio": lambda p, t, w: read(
        checks.rmst_ratio(p["times"], p["events"], t, w, horizon=300)
    ),
    "log_rank": lambda p, t, w: read(checks.log_rank(p["times"], p["events"], t, w)),
}
UNWEIGHTED = {
    "wilcoxon": lambda p, t, _: read(checks.wilcoxon(p["score"], t, rng=1)),
    "kolmogorov_smirnov": lambda p, t, _: read(checks.kolmogorov_smirnov(p["score"], t)),
    "mantel_haenszel": lambda p, t, _: read(checks.mantel_haenszel(p["reoffended"], t, p["sets"])),
    "mantel_haenszel_odds": lambda p, t, _: read(
        checks.mantel_haenszel_odds(p["reoffended"], t, p["sets"])
    ),
    "negative_binomial_test": lambda p, t, _: read(checks.negative_binomial_test(p["offences"], t)),
    "standardised": lambda p, t, w: read(
        checks.standardised_difference(p["reoffended"], t, p["covariates"], w)
    ),
}
ALL = WEIGHTED | WEIGHTED_RATIOS | UNWEIGHTED


def approx(expected):
    return pytest.approx(expected, rel=1e-4, abs=1e-7, nan_ok=True)


@pytest.mark.parametrize("name", ALL)
def test_weights_times_ten_change_nothing(name):
    once = ALL[name](PEOPLE, TREATED, WEIGHTS)
    for factor in (10, 1e-100, 1e100):
        assert ALL[name](PEOPLE, TREATED, factor * WEIGHTS) == approx(once)


@pytest.mark.parametrize("name", ALL)
def test_the_order_of_people_changes_nothing(name):
    order = np.random.default_rng(1).permutation(N)
    people = {column: values[order] for column, values in PEOPLE.items()}
    found = ALL[name](people, TREATED[order], WEIGHTS[order])
    assert found == approx(ALL[name](PEOPLE, TREATED, WEIGHTS))


@pytest.mark.parametrize("name", ALL)
def test_the_names_of_clusters_and_sets_change_nothing(name):
    people = PEOPLE | {
        "clusters": np.array(list("hgfedcba"))[PEOPLE["clusters"]],
        "sets": 100 - 7 * PEOPLE["sets"],
    }
    assert ALL[name](people, TREATED, WEIGHTS) == approx(ALL[name](PEOPLE, TREATED, WEIGHTS))


@pytest.mark.parametrize("name", [name for name in WEIGHTED if name != "brunner_munzel"])
def test_swapped_arms_turn_a_difference(name):
    estimate, lower, upper, p_value = ALL[name](PEOPLE, TREATED, WEIGHTS)
    turned = ALL[name](PEOPLE, 1 - TREATED, WEIGHTS)
    assert turned == approx([-estimate, -upper, -lower, p_value])


@pytest.mark.parametrize("name", WEIGHTED_RATIOS)
def test_swapped_arms_invert_a_ratio(name):
    estimate, lower, upper, p_value = ALL[name](PEOPLE, TREATED, WEIGHTS)
    turned = ALL[name](PEOPLE, 1 - TREATED, WEIGHTS)
    expected = [1 / estimate, 1 / upper, 1 / lower, p_value]
    # the log-rank ratio scores the arms' weights by the arm that took part
    assert turned == pytest.approx(expected, rel=2e-2 if name == "log_rank" else 1e-4)


@pytest.mark.parametrize("name", ["welch", "weighted_difference", "cr2_difference"])
@pytest.mark.parametrize("factor", [1e-12, 1e12])
def test_another_unit_of_the_outcome_scales_the_difference(name, factor):
    estimate, lower, upper, p_value = ALL[name](PEOPLE, TREATED, WEIGHTS)
    people = PEOPLE | {"score": factor * PEOPLE["score"]}
    found = ALL[name](people, TREATED, WEIGHTS)
    assert found[:3] / factor == approx([estimate, lower, upper])
    assert found[3] == approx(p_value)


@pytest.mark.parametrize("name", ["wilcoxon", "kolmogorov_smirnov", "brunner_munzel"])
def test_ranks_know_no_unit(name):
    people = PEOPLE | {"score": np.exp(PEOPLE["score"] / 10)}
    found = ALL[name](people, TREATED, np.ones(N))
    assert found[3] == approx(ALL[name](PEOPLE, TREATED, np.ones(N))[3])


@pytest.mark.parametrize("name", ["rmst_difference", "rmst_ratio"])
def test_another_unit_of_time_changes_no_p_value(name):
    people = PEOPLE | {"times": PEOPLE["times"] / 300}
    formula = checks.rmst_difference if name == "rmst_difference" else checks.rmst_ratio
    found = formula(people["times"], people["events"], TREATED, WEIGHTS, horizon=1.0)
    assert found.p_value == approx(ALL[name](PEOPLE, TREATED, WEIGHTS)[3])


# of the log-rank test everybody twice is ties, which its variance counts otherwise
@pytest.mark.parametrize(
    "name", [name for name in WEIGHTED | WEIGHTED_RATIOS if name != "log_rank"]
)
def test_everybody_twice_with_half_the_weight_has_the_same_estimate(name):
    people = {column: np.concatenate([values, values]) for column, values in PEOPLE.items()}
    treated, weights = np.r_[TREATED, TREATED], np.r_[WEIGHTS, WEIGHTS] / 2
    found = ALL[name](people, treated, weights)
    assert found[0] == approx(ALL[name](PEOPLE, TREATED, WEIGHTS)[0])


@pytest.mark.parametrize("name", WEIGHTED)
def test_people_without_weight_are_not_there(name):
    people = {
        column: np.concatenate([values, values[::-1][:5]]) for column, values in PEOPLE.items()
    }
    treated = np.r_[TREATED, TREATED[::-1][:5]]
    weights = np.r_[WEIGHTS, np.zeros(5)]
    found = ALL[name](people, treated, weights)
    assert found == approx(ALL[name](PEOPLE, TREATED, WEIGHTS))
