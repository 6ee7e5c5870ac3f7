import numpy as np
import pytest

from desist.cohort.simulate import simulate_cohort
from desist.errors import InputError
from desist.models.fit import fit_model
from desist.models.predictive import PredictiveCheck, check_one_process
from desist.models.predictive.simulation import compare_prediction
from desist.models.priors import Normal
from desist.models.process import ProcessModel
from desist.models.rate import RateModel

from ..studies import make_cohort, weigh

COLUMNS = ["arm", "statistic", "unit", "observed", "predicted", "lower", "upper", "probability"]


def check(cohort, model=None, weights=None, **settings):
    design = weigh(cohort, weights)
    fitted = fit_model(model or ProcessModel(), cohort, design, inference="laplace", seed=1)
    return check_one_process(fitted, cohort, design, **({"n_draws": 300} | settings))


@pytest.fixture(scope="module")
def early():
    """Women like those of the report, but the participants who reoffend do so within weeks."""
    people = simulate_cohort(300, 900, rng=3, confounding=0.0, n_groups=0).cohort.people
    treated = people["programme"].to_numpy()
    days = people["days"].to_numpy(dtype=float)
    return make_cohort(
        treated=treated.astype(int),
        offences=people["offences"].to_numpy(dtype=int),
        reoffended=people["reoffended"].to_numpy(dtype=int),
        days=np.where(treated, np.floor(365 * (days / 365) ** 2.5), days),
    )


def test_one_process_is_enough_for_people_who_were_drawn_from_one():
    cohort = simulate_cohort(300, 900, rng=3, confounding=0.0, n_groups=0).cohort
    found = check(cohort, ProcessModel(covariates="age + copas"))
    assert list(found.table.columns) == COLUMNS
    assert found.explains
    assert found.sentence.startswith(
        "The process model explains what was observed: each of the 6 statistics looked at is "
        "within what it predicts (smallest two-sided posterior predictive probability 0."
    )
    assert (found.table["lower"] < found.table["observed"]).all()


def test_days_that_the_counts_do_not_explain_are_named(early):
    found = check(early, ProcessModel(log_shape=None))
    assert not found.explains
    assert [(row.arm, row.statistic) for row in found.unexplained.itertuples()] == [
        ("treated", "mean days among reoffenders")
    ]
    assert found.sentence.startswith(
        "The process model does not explain 1 of the 6 statistics looked at (at most about 0.3 "
        "would be outside by chance): mean days among reoffenders, treated, "
    )
    assert "(probability below 0.007)." in found.sentence
    assert repr(found) == (
        "<PredictiveCheck of the process model: 1 of 6 statistics not explained, 300 draws>"
    )


def test_a_shape_for_each_arm_explains_them(early):
    apart = ProcessModel(log_shape_ratio=Normal(0.0, 1.0))
    assert check(early, apart).explains


def test_what_was_observed_is_the_weighted_mean_of_the_people(people):
    found = check(make_cohort(**people), weights=people["weight"], n_draws=50)
    comparison = people["treated"] == 0
    again = comparison & (people["reoffended"] == 1)
    expected = [
        np.average(people["reoffended"][comparison], weights=people["weight"][comparison]),
        np.average(people["offences"][comparison], weights=people["weight"][comparison]),
        np.average(people["days"][again], weights=people["weight"][again]),
    ]
    rows = found.table[found.table["arm"] == "comparison"]
    assert rows["observed"].tolist() == pytest.approx(expected)


def test_unequal_weights_widen_the_predictions(people):
    cohort = make_cohort(**people)
    even, uneven = check(cohort), check(cohort, weights=np.where(np.arange(400) % 8, 0.05, 1.0))

    def width(found):
        rate = found.table.iloc[3]
        return rate["upper"] - rate["lower"]

    assert width(uneven) > 1.8 * width(even)


def test_an_arm_without_reoffenders_has_no_days_to_compare():
    rng = np.random.default_rng(1)
    offences = np.concatenate([np.zeros(10, dtype=int), rng.poisson(1.0, 60)])
    cohort = make_cohort(
        treated=np.repeat([1, 0], [10, 60]),
        offences=offences,
        reoffended=offences > 0,
        days=np.where(offences > 0, 50.0, np.nan),
    )
    row = check(cohort, ProcessModel(log_shape=None), n_draws=100).table.iloc[2]
    assert np.isnan(row["observed"])
    assert np.isnan(row["probability"])


def test_probability_is_two_sided_and_at_most_one():
    drawn = np.array([1.0, 1.0, 2.0, 3.0, np.nan])
    assert compare_prediction(1.0, drawn, 0.95)["probability"] == 1.0
    assert compare_prediction(3.0, drawn, 0.95)["probability"] == 0.5
    assert compare_prediction(4.0, drawn, 0.95)["probability"] == 0.0
    assert np.isnan(compare_prediction(1.0, np.full(3, np.nan), 0.95)["predicted"])


def test_the_same_seed_gives_the_same_table(early):
    first, second = (check(early, n_draws=20, seed=4) for _ in range(2))
    assert first.table.equals(second.table)
    assert isinstance(first, PredictiveCheck)


def test_a_fit_of_another_model_is_refused(people):
    cohort = make_cohort(**people)
    design = weigh(cohort)
    fitted = fit_model(RateModel(), cohort, design, inference="laplace")
    with pytest.raises(InputError) as caught:
        check_one_process(fitted, cohort, design)
    assert str(caught.value) == (
        "check of one process: 1 fault\n  - fit: expected a fit of ProcessModel, "
        "found one of the rate model"
    )
