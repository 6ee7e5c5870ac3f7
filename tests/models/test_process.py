import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from desist.cohort.cohort import Cohort
from desist.cohort.outcomes import read_outcomes
from desist.cohort.simulate import simulate_cohort
from desist.effects import estimate_effects
from desist.errors import InputError
from desist.estimands import Measure
from desist.inference.process_likelihood import NEVER
from desist.models.fit import fit_model
from desist.models.frequency import FrequencyModel
from desist.models.process import ProcessModel, draw_first, restrict

from .studies import make_cohort, weigh

CONSTANT = ProcessModel(log_shape=None)


def fit(model, cohort, design=None, **settings):
    chosen = {"inference": "laplace", "seed": 1} | settings
    return fit_model(model, cohort, design or weigh(cohort), **chosen)


@pytest.fixture(scope="module")
def simulated():
    """A programme given by lot: everybody alike but for age, history and ethnicity."""
    return simulate_cohort(
        400, 1200, rng=5, confounding=0.0, group_sd=0.0, n_groups=0, dispersion=0.8
    )


@pytest.fixture(scope="module")
def fitted(simulated):
    return fit(ProcessModel(covariates="age + copas + C(ethnicity)"), simulated.cohort)


def test_one_fit_recovers_the_known_effect_on_every_measure(simulated, fitted):
    effects = {effect.measure: effect for effect in estimate_effects(fitted)}
    assert set(effects) == set(Measure)
    for measure, truth in simulated.truth.items():
        error = float(effects[measure].difference.std())
        assert float(effects[measure].difference.mean()) == pytest.approx(truth, abs=2.5 * error)
    for name, truth in {"log_dispersion": np.log(0.8), "log_shape": 0.0}.items():
        draws = fitted.draws[name]
        assert draws.mean() == pytest.approx(truth, abs=2.5 * draws.std())
    assert fitted.draws["log_shape"].std() < 0.05


def test_a_time_varying_intensity_is_recovered_in_both_arms():
    rng = np.random.default_rng(4)
    n = 3000
    treated = np.arange(n) < 1000
    offences = rng.poisson(rng.gamma(0.6, 1.5 / 0.6, n))
    shape = np.where(treated, 0.5, 1.5)
    first = np.floor(365 * (1 - rng.random(n) ** (1 / np.maximum(offences, 1))) ** (1 / shape))
    reoffended = offences > 0
    cohort = make_cohort(
        treated=treated.astype(int),
        offences=offences,
        reoffended=reoffended,
        days=np.where(reoffended, first, np.nan),
    )
    draws = fit(ProcessModel(log_shape_ratio=ProcessModel().log_dispersion), cohort).draws
    shapes = np.exp(draws["log_shape"]), np.exp(draws["log_shape"] + draws["log_shape_ratio"])
    for found, truth in zip(shapes, (1.5, 0.5), strict=True):
        assert found.mean() == pytest.approx(truth, abs=2.5 * found.std())
        assert found.std() < 0.1


def test_the_posterior_of_the_frequency_is_that_of_the_frequency_model(people):
    # the time given the count tells nothing of the mean: the two posteriors are the same
    cohort = make_cohort(**people)
    design = weigh(cohort, people["weight"])
    both = [
        fit(model, cohort, design)
        for model in (ProcessModel(covariates="age"), FrequencyModel(covariates="age"))
    ]
    for arm in (0, 1):
        process, frequency = (found.predict(arm)["frequency"] for found in both)
        assert process.mean() == pytest.approx(frequency.mean(), abs=0.07 * frequency.std())
        assert process.std() == pytest.approx(frequency.std(), rel=0.07)


@pytest.mark.parametrize("dispersion", [0.16, 1.0, 3.0])
def test_predictions_are_the_truth_of_a_simulated_person(dispersion):
    simulated = simulate_cohort(5, 20, rng=4, dispersion=dispersion)
    person = np.arange(25) == 7
    truth = {name: means.comparison for name, means in simulated.means_of(person).items()}
    draws = {"log_dispersion": np.log([[dispersion]]), "log_dispersion_ratio": np.zeros((1, 1))}
    eta = np.log(simulated.mean_offences[[[[7]]]])
    found = CONSTANT.predict(eta, draws, 0, 365.0)
    assert found["rate"].item() == pytest.approx(truth[Measure.RATE], rel=1e-12)
    assert found["frequency"].item() == pytest.approx(truth[Measure.FREQUENCY], rel=1e-12)
    # days are counted whole there; the trapezium is off by a twelfth of the last slope
    assert found["rmst"].item() == pytest.approx(truth[Measure.RMST], abs=0.01)
    days = (found["rmst"] - 365 * found["survival"]) / found["rate"]
    assert days.item() == pytest.approx(truth[Measure.TIME_AMONG_REOFFENDERS], abs=0.02)


@pytest.mark.parametrize("shape", [0.25, 0.7, 1.0, 4.0])
@pytest.mark.parametrize("dispersion", [0.05, 1.0, 30.0])
@pytest.mark.parametrize("mean", [0.001, 0.31, 20.0])
def test_restricted_mean_is_the_integral_of_survival(mean, dispersion, shape):
    expected, _ = quad(
        lambda u: np.exp(u) * (1 + np.exp(shape * u) * mean / dispersion) ** -dispersion, -80, 0
    )
    found = restrict(*(np.array(value) for value in (mean, dispersion, shape)))
    assert float(found) == pytest.approx(expected, rel=1e-8)


def test_each_arm_has_its_own_dispersion_and_shape():
    draws = {
        "log_dispersion": np.log([[0.5]]),
        "log_dispersion_ratio": np.log([[2.0]]),
        "log_shape": np.log([[0.8]]),
        "log_shape_ratio": np.log([[0.25]]),
    }
    model = ProcessModel(log_shape_ratio=ProcessModel().log_dispersion)
    assert np.allclose(model.read_arm(draws, 0), [[[0.5]], [[0.8]]])
    assert np.allclose(model.read_arm(draws, 1), [[[1.0]], [[0.2]]])
    shared = ProcessModel(log_dispersion_ratio=None, log_shape=None)
    assert np.allclose(shared.read_arm(draws, 1), [[[0.5]], [[1.0]]])


def test_days_are_intervals_and_the_last_day_has_nothing_after_it():
    cohort = make_cohort(
        treated=np.array([1, 0, 0, 1, 0]),
        offences=np.array([2, 1, 1, 0, 3]),
        reoffended=np.array([1, 1, 1, 0, 1]),
        days=np.array([0, 9, 364, np.nan, 365]),
    )
    columns = ProcessModel().read_columns(read_outcomes(cohort), 365.0)
    expected = np.log([1 / 365, 10 / 365])
    assert columns["log_start"][:2] == pytest.approx([NEVER, np.log(9 / 365)])
    assert columns["log_end"][:2] == pytest.approx(expected)
    assert columns["log_start"][[2, 4]] == pytest.approx(np.log([364 / 365] * 2))
    assert columns["is_open"].tolist() == [1, 1, 0, 0, 0]
    weeks = ProcessModel(recorded_to=7.0).read_columns(read_outcomes(cohort), 365.0)
    assert weeks["log_end"][1] == pytest.approx(np.log(16 / 365))


def test_a_constant_intensity_needs_no_days_and_a_varying_one_does(people):
    known = ("treated", "offences", "reoffended")
    cohort = make_cohort(**{name: people[name] for name in known})
    rows = fit(CONSTANT, cohort).data
    assert len(rows["treated"]) == len(np.unique(people["offences"] * 2 + people["treated"]))
    with pytest.raises(InputError) as caught:
        fit(ProcessModel(), cohort)
    assert str(caught.value) == (
        "process model: 1 fault\n  - cohort: expected a column of offences, reoffended and days, "
        "found none; give offences, reoffended and days= to Cohort"
    )
    without = make_cohort(treated=people["treated"], reoffended=people["reoffended"])
    with pytest.raises(InputError):
        fit(CONSTANT, without)


def test_follow_up_that_differs_enters_through_the_shape():
    # intensity rises with time (k = 2): twice the follow-up brings four times the offences
    rng = np.random.default_rng(9)
    followed = np.tile([150.0, 300.0], 600)
    offences = rng.poisson((followed / 300) ** 2)
    reoffended = offences > 0
    share = draw_first(np.maximum(offences, 1), 2.0, rng)
    people = pd.DataFrame(
        {
            "treated": np.repeat([1, 0], 600),
            "offences": offences,
            "reoffended": reoffended,
            "days": np.where(reoffended, np.floor(followed * share), np.nan),
            "followed": followed,
        }
    )
    cohort = Cohort(
        people,
        treatment="treated",
        offences="offences",
        reoffended="reoffended",
        days="days",
        follow_up="followed",
    )
    found = fit(ProcessModel(), cohort, horizon=300.0)
    assert found.predict(0)["frequency"].mean() == pytest.approx(1.0, abs=0.12)
    assert np.exp(found.draws["log_shape"]).mean() == pytest.approx(2.0, abs=0.15)


@settings(max_examples=4, deadline=None)
@given(st.sampled_from([1e-3, 10.0]), st.integers(0, 2**16))
def test_scale_of_weights_and_order_of_people_change_nothing(people, factor, seed):
    order = np.random.default_rng(seed).permutation(400)
    shuffled = {name: values[order] for name, values in people.items()}
    cohort, again = make_cohort(**people), make_cohort(**shuffled)
    first = fit(ProcessModel(), cohort, weigh(cohort, people["weight"]))
    second = fit(ProcessModel(), again, weigh(again, factor * shuffled["weight"]))
    for quantity in ("rate", "rmst"):
        np.testing.assert_allclose(second.predict(1)[quantity], first.predict(1)[quantity], 1e-6)


def test_one_treated_reoffender_leaves_a_proper_posterior():
    rng = np.random.default_rng(2)
    offences = np.concatenate([[3], np.zeros(19, dtype=int), rng.poisson(1.0, 100)])
    reoffended = offences > 0
    cohort = make_cohort(
        treated=np.repeat([1, 0], [20, 100]),
        offences=offences,
        reoffended=reoffended,
        days=np.where(reoffended, 100.0, np.nan),
    )
    found = fit(ProcessModel(), cohort)
    for arm in (0, 1):
        assert all(np.isfinite(values).all() for values in found.predict(arm).values())
    assert found.predict(1)["rate"].mean() < found.predict(0)["rate"].mean()


def test_the_first_of_many_is_drawn_from_the_distribution_of_the_least():
    rng = np.random.default_rng(1)
    first = draw_first(np.full(20_000, 3), 0.5, rng)
    # P(first > 1/4) = (1 - (1/4)^0.5)^3
    assert (first > 0.25).mean() == pytest.approx(0.5**3, abs=0.01)
