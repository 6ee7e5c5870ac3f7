"""Simulated cohorts: the truth that comes with them is the truth."""

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from scipy.integrate import quad

from desist.cohort.outcomes import read_outcomes
from desist.cohort.simulate import _AGE_MIDDLE, _PARTICIPATION, simulate_cohort
from desist.errors import InputError
from desist.estimands import Measure

RATE, FREQUENCY, RMST = Measure.RATE, Measure.FREQUENCY, Measure.RMST
TIME = Measure.TIME_AMONG_REOFFENDERS


def observed(simulated, people, weights=None) -> dict[Measure, tuple[float, float]]:
    """Weighted mean of each measure in some people, and its standard error."""
    outcomes = read_outcomes(simulated.cohort)
    weights = np.ones(len(people)) if weights is None else weights
    again = people & outcomes.reoffended
    return {
        RATE: mean(outcomes.reoffended[people], weights[people]),
        FREQUENCY: mean(outcomes.offences[people], weights[people]),
        RMST: mean(outcomes.days[people], weights[people]),
        TIME: mean(outcomes.days[again], weights[again]),
    }


def mean(values, weights) -> tuple[float, float]:
    shares = weights / weights.sum()
    average = float(shares @ values)
    return average, float(np.sqrt(shares**2 @ (values - average) ** 2))


def test_the_same_seed_gives_the_same_cohort():
    first, second = simulate_cohort(rng=2017), simulate_cohort(rng=np.random.default_rng(2017))
    assert_frame_equal(first.cohort.people, second.cohort.people)
    assert first.truth == second.truth
    assert not simulate_cohort(rng=2018).cohort.people.equals(first.cohort.people)


def test_a_generator_goes_on_from_one_cohort_to_the_next():
    rng = np.random.default_rng(1)
    first, second = (simulate_cohort(20, 50, rng=rng).cohort.people for _ in range(2))
    assert not first.equals(second)


def test_the_default_sizes_are_those_of_the_report():
    assert repr(simulate_cohort(rng=1)) == (
        "SimulatedCohort(Cohort(n_people=5597, n_treated=83, n_comparison=5514), rate_ratio=0.3)"
    )


@pytest.mark.parametrize("whole_days", [True, False])
def test_no_effect_is_exactly_none(whole_days):
    simulated = simulate_cohort(rng=3, rate_ratio=1.0, whole_days=whole_days)
    assert simulated.truth == {RATE: 0.0, FREQUENCY: 0.0, RMST: 0.0, TIME: 0.0}


def test_the_effect_on_the_frequency_is_the_one_asked_for_in_every_cohort():
    for seed in range(5):
        truth = simulate_cohort(rng=seed, frequency=2.0, rate_ratio=0.75).truth
        assert truth[FREQUENCY] == pytest.approx(-0.5, abs=1e-12)


@pytest.mark.parametrize("dispersion", [0.16, 1.0, 3.0])
def test_the_truth_about_one_person_is_that_of_the_gamma_frailty_process(dispersion):
    simulated = simulate_cohort(
        5, 20, rng=4, dispersion=dispersion, whole_days=False, follow_up=400
    )
    person = np.arange(25) == 7
    m = simulated.mean_offences[7]

    def survival(days):
        return (1 + m * days / (dispersion * 400)) ** -dispersion

    free = quad(survival, 0, 400)[0]
    ended = quad(lambda t: t * m / 400 * survival(t) ** (1 + 1 / dispersion), 0, 400)[0]
    mean = simulated.means_of(person)
    assert mean[RATE].comparison == pytest.approx(1 - survival(400), abs=1e-12)
    assert mean[FREQUENCY].treated == pytest.approx(0.3 * m, abs=1e-12)
    assert mean[RMST].comparison == pytest.approx(free, rel=1e-9)
    assert mean[TIME].comparison == pytest.approx(ended / (1 - survival(400)), rel=1e-8)


def test_whole_days_have_their_own_truth():
    simulated = simulate_cohort(5, 20, rng=4, dispersion=0.5, follow_up=30)
    m = simulated.mean_offences[7]
    survival = (1 + m * np.arange(31) / (0.5 * 30)) ** -0.5
    by_day = -np.diff(survival)  # P(first offence on day 0, 1, ..., 29)
    ended = by_day @ np.arange(30)
    mean = simulated.means_of(np.arange(25) == 7)
    assert mean[RMST].comparison == pytest.approx(ended + 30 * survival[-1], rel=1e-12)
    assert mean[TIME].comparison == pytest.approx(ended / by_day.sum(), rel=1e-12)


def test_many_people_have_the_same_truth_as_few():
    """The days are summed in blocks when there are many people."""
    simulated = simulate_cohort(4000, 2000, rng=5)
    everybody = np.ones(6000, dtype=bool)
    one_by_one = [simulated.means_of(np.arange(6000) == i)[RMST].treated for i in range(0, 6000, 5)]
    some = np.arange(6000) % 5 == 0
    assert simulated.means_of(some)[RMST].treated == pytest.approx(np.mean(one_by_one), rel=1e-12)
    assert simulated.means_of(everybody) == simulated.means_of(np.full(6000, 10.0))


@pytest.mark.parametrize("whole_days", [True, False])
def test_a_large_cohort_shows_the_truth(whole_days):
    simulated = simulate_cohort(
        100_000, 200_000, rng=6, whole_days=whole_days, confounding=0.5, with_sex=True
    )
    treated = simulated.cohort.treated
    odds = np.exp(simulated.participation)
    means = simulated.means_of(treated)
    for measure, (average, error) in observed(simulated, treated).items():
        assert average == pytest.approx(means[measure].treated, abs=4 * error)
    for measure, (average, error) in observed(simulated, ~treated, odds).items():
        assert average == pytest.approx(means[measure].comparison, abs=4 * error)


def test_participation_follows_the_logistic_model_it_says():
    from sklearn.linear_model import LogisticRegression

    simulated = simulate_cohort(30_000, 60_000, rng=7, with_sex=True)
    people = simulated.cohort.people
    predictors = np.column_stack(
        [
            people["age"] / 10,
            people["copas"],
            people["ethnicity"] == "black",
            people["ethnicity"] == "asian",
            people["ethnicity"] == "other",
            people["sex"] == "male",
        ]
    )
    fitted = LogisticRegression(C=np.inf, max_iter=500).fit(predictors, simulated.cohort.treated)
    assert fitted.coef_[0] == pytest.approx([0.5, -1.55, -0.1, 0.1, 0.0, -0.4], abs=0.12)
    assert fitted.coef_[0][:2] == pytest.approx([0.5, -1.55], abs=0.04)


def test_the_default_cohort_prints_like_the_report():
    rows = []
    for seed in range(60):
        simulated = simulate_cohort(rng=seed)
        treated, means = simulated.cohort.treated, simulated.means_of(simulated.cohort.treated)
        weights = np.exp(simulated.participation[~treated])
        ess = weights.sum() ** 2 / (weights**2).sum()
        raw = read_outcomes(simulated.cohort).reoffended[~treated].mean()
        age = simulated.cohort.people["age"][treated].mean()
        rows.append((means[RATE].comparison, means[RATE].treated, raw, ess, age))
    comparison, with_programme, raw, ess, age = np.mean(rows, axis=0)
    assert comparison == pytest.approx(0.278, abs=0.01)
    assert with_programme == pytest.approx(0.157, abs=0.01)
    assert raw == pytest.approx(0.439, abs=0.02)
    assert 1070 < ess < 4990
    assert age == pytest.approx(35, abs=1)


def test_without_confounding_the_arms_are_alike():
    simulated = simulate_cohort(20_000, 20_000, rng=8, confounding=0.0, rate_ratio=1.0)
    treated = simulated.cohort.treated
    ours, theirs = observed(simulated, treated), observed(simulated, ~treated)
    for measure, (average, error) in ours.items():
        other, its_error = theirs[measure]
        assert average == pytest.approx(other, abs=4 * np.hypot(error, its_error))


def test_confounding_makes_the_comparison_people_worse():
    rates = []
    for confounding in (0.0, 0.5, 1.0):
        simulated = simulate_cohort(500, 5000, rng=9, confounding=confounding)
        rates.append(read_outcomes(simulated.cohort).reoffended[~simulated.cohort.treated].mean())
    assert rates == sorted(rates)
    assert rates[2] - rates[0] > 0.1


def test_all_measures_come_from_the_same_offences():
    simulated = simulate_cohort(rng=10)
    outcomes = read_outcomes(simulated.cohort)
    assert (outcomes.reoffended == (outcomes.offences > 0)).all()
    days = outcomes.days[outcomes.reoffended]
    assert days.min() == 0  # the day of release
    assert days.max() == 364
    assert (days == np.floor(days)).all()
    often = outcomes.days[outcomes.offences > 20]
    assert often.mean() < days.mean() / 3


def test_covariates_are_those_of_possible_people():
    people = simulate_cohort(rng=11).cohort.people
    assert (people["age_first_sanction"] <= people["age"]).all()
    assert people["age_first_sanction"].min() >= 10
    copas = np.log(
        (1 + people["prior_offences"]) / (10 + people["age"] - people["age_first_sanction"])
    )
    assert people["copas"].to_numpy() == pytest.approx(copas.to_numpy())


def test_groups_and_sex_are_there_when_asked_for():
    plain = simulate_cohort(30, 60, rng=12, n_groups=0)
    assert plain.cohort.groups == ()
    assert list(plain.cohort.covariates) == [
        "age",
        "ethnicity",
        "age_first_sanction",
        "prior_offences",
        "copas",
    ]
    full = simulate_cohort(300, 600, rng=12, n_groups=3, with_sex=True).cohort
    assert full.groups == ("prison",)
    assert sorted(full.people["prison"].unique()) == ["prison 1", "prison 2", "prison 3"]
    assert sorted(full.people["sex"].unique()) == ["female", "male"]


def test_groups_differ_as_much_as_asked_for():
    simulated = simulate_cohort(2000, 20_000, rng=13, n_groups=200, group_sd=0.5)
    alike = simulate_cohort(2000, 20_000, rng=13, n_groups=200, group_sd=0.0)
    ratio = np.log(simulated.mean_offences / alike.mean_offences)
    by_prison = [ratio[simulated.cohort.people["prison"] == f"prison {i}"] for i in range(1, 201)]
    assert max(np.ptp(intercept) for intercept in by_prison) < 1e-9
    assert np.std([intercept[0] for intercept in by_prison]) == pytest.approx(0.5, rel=0.15)


def test_impossible_arguments_are_refused_together_in_exactly_these_words():
    with pytest.raises(InputError) as caught:
        simulate_cohort(
            0, 5.5, rng=1, rate_ratio=0, group_sd=-1, confounding=np.nan, follow_up=364.5
        )
    assert str(caught.value).splitlines() == [
        "simulation: 6 faults",
        "  - rate_ratio: expected a number of at least 1e-06 and of at most 1000, found 0",
        "  - n_treated: expected a whole number of at least 1 and of at most 1e+07, found 0",
        "  - n_comparison: expected a whole number of at least 1 and of at most 1e+07, found 5.5",
        "  - confounding: expected a number of at least -100 and of at most 100, found nan",
        "  - group_sd: expected a number of at least 0 and of at most 10, found -1",
        "  - follow_up: expected a whole number, as days are counted whole, found 364.5",
    ]


def test_simulating_a_person_takes_as_many_steps_whatever_the_number_of_people(count_calls):
    few, many = (count_calls(lambda n=n: simulate_cohort(n, 10 * n, rng=1)) for n in (50, 2000))
    assert (many - few) / (11 * 1950) < 30


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rng", None),
        ("rng", -1),
        ("rng", "2017"),
        ("rng", 1.5),
        ("n_treated", True),
        ("n_treated", 10**12),
        ("n_comparison", "50"),
        ("n_groups", None),
        ("with_sex", "yes"),
        ("whole_days", 1),
        ("follow_up", "365"),
        ("follow_up", np.timedelta64(365, "D")),
        ("frequency", 1e300),
        ("group_sd", [0.2]),
        ("dispersion", np.inf),
    ],
)
def test_settings_of_the_wrong_kind_are_refused_by_name(name, value):
    with pytest.raises(InputError, match=f"simulation: 1 fault\n  - {name}: expected"):
        simulate_cohort(**{"n_treated": 5, "n_comparison": 20, "rng": 1} | {name: value})


def test_sizes_of_numpy_are_sizes():
    assert simulate_cohort(np.int64(5), np.int16(20), rng=np.uint8(1)).cohort.n_people == 25


@pytest.mark.parametrize("weights", [np.ones(3), np.zeros(25), np.full(25, np.nan), -np.ones(25)])
def test_expected_outcomes_of_nobody_are_refused(weights):
    with pytest.raises(InputError, match="weights: expected"):
        simulate_cohort(5, 20, rng=1).means_of(weights)


def test_the_people_of_a_seed_stay():
    people = simulate_cohort(5, 9, rng=3, with_sex=True).cohort.people[:6]
    assert people["ethnicity"].tolist() == ["white"] * 5 + ["black"]
    assert people["sex"].tolist() == ["male", "female", "male", "male", "male", "female"]
    assert people["prison"].tolist() == [f"prison {i}" for i in (8, 8, 1, 2, 5, 5)]
    assert people["days"].tolist()[4:] == [244.0, 196.0]
    assert (people["ethnicity"].dtype, people["prison"].dtype) == (people["sex"].dtype,) * 2


def test_categories_add_to_participation_as_they_are_said_to():
    simulated = simulate_cohort(20, 180, rng=8, with_sex=True)
    people = simulated.cohort.people
    drawn = simulated.participation - _PARTICIPATION["copas"] * people["copas"]
    drawn -= _PARTICIPATION["age"] * (people["age"] - _AGE_MIDDLE) / 10
    for column in ("ethnicity", "sex"):
        drawn -= [_PARTICIPATION.get(label, 0.0) for label in people[column]]
    assert np.abs(drawn).max() < 1e-12
