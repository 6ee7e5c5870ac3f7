import numpy as np
import pytest
from scipy import stats
from scipy.special import log_ndtr

from desist.inference.likelihood import add_never
from desist.inference.survival_likelihood import (
    LOGISTIC_DEVIATION,
    exponential,
    first_reoffence,
    first_reoffence_within,
    log_logistic,
    log_normal,
    piecewise_exponential,
    share_out,
    split_cured,
    weibull,
)

pt = pytest.importorskip("pytensor.tensor")

TIME = np.array([0.5 / 365, 0.3, 1.0, 0.9, 1.6])
ETA = np.array([-1.2, -1.0, -0.4, 0.7, 3.0])
SHAPE = 1.4
# each family's distribution as scipy writes it, as a function of eta
SCIPY = {
    "exponential": (exponential, lambda eta: stats.expon(scale=np.exp(-eta))),
    "weibull": (weibull, lambda eta: stats.weibull_min(SHAPE, scale=np.exp(-eta / SHAPE))),
    "log_logistic": (log_logistic, lambda eta: stats.fisk(SHAPE, scale=np.exp(-eta / SHAPE))),
    "log_normal": (
        log_normal,
        lambda eta: stats.lognorm(LOGISTIC_DEVIATION / SHAPE, scale=np.exp(-eta / SHAPE)),
    ),
}


def terms_of(name, time, eta):
    function = SCIPY[name][0]
    shapes = () if name == "exponential" else (np.log(SHAPE),)
    return function(*(pt.as_tensor(value) for value in (time, eta, *shapes)))


@pytest.mark.parametrize("name", SCIPY)
def test_terms_are_those_of_scipy(name):
    distribution = SCIPY[name][1](ETA)
    event = np.array([1.0, 1.0, 0.0, 1.0, 0.0])
    found = first_reoffence(terms_of(name, TIME, ETA), event, np.zeros(5), [0]).eval()
    expected = np.where(event == 1, distribution.logpdf(TIME), distribution.logsf(TIME))
    np.testing.assert_allclose(found, expected, rtol=1e-11)


@pytest.mark.parametrize("name", SCIPY)
def test_a_reoffence_on_the_day_of_release_is_one_within_the_first_half_day(name):
    found = first_reoffence(terms_of(name, TIME, ETA), np.ones(5), np.ones(5), np.arange(5)).eval()
    np.testing.assert_allclose(found, SCIPY[name][1](ETA).logcdf(TIME), 1e-9, 1e-15)


@pytest.mark.parametrize("name", SCIPY)
def test_a_reoffence_within_an_interval_has_the_difference_of_survival(name):
    before = TIME / 2
    event = np.array([1.0, 1.0, 0.0, 1.0, 1.0])
    log_survival = [terms_of(name, time, ETA)[1] for time in (before, TIME)]
    found = first_reoffence_within(*log_survival, event).eval()
    distribution = SCIPY[name][1](ETA)
    within = np.log(distribution.cdf(TIME) - distribution.cdf(before))
    np.testing.assert_allclose(found, np.where(event == 1, within, distribution.logsf(TIME)), 1e-9)


def test_an_interval_far_in_the_tail_keeps_its_digits():
    # S(0.9) and S(1) are both 0 in double precision: the naive difference has no logarithm
    eta = np.array([8.0])
    log_survival = [terms_of("weibull", [time], eta)[1] for time in (0.9, 1.0)]
    found = first_reoffence_within(*log_survival, np.ones(1)).eval()
    before, after = np.exp(8.0) * 0.9**SHAPE, np.exp(8.0)
    np.testing.assert_allclose(found, -before + np.log1p(-np.exp(before - after)), rtol=1e-12)


def test_log_normal_tail_is_that_of_the_normal_distribution():
    eta = np.array([-70.0, -9.0, 0.0, 9.0, 70.0, 1e4])
    found = terms_of("log_normal", np.ones(6), eta)[1].eval()
    np.testing.assert_allclose(found, log_ndtr(-eta / LOGISTIC_DEVIATION), rtol=1e-12)


def test_pieces_of_equal_hazard_are_an_exponential():
    time, eta = np.array([0.25, 1.0]), np.array([-0.3, 0.8])
    shared = share_out(time, np.array([0.0, 0.25]), np.array([0.0, 1.0]))
    found = piecewise_exponential(*map(pt.as_tensor, shared), eta, pt.zeros(4))
    for value, reference in zip(found, exponential(time, eta), strict=True):
        np.testing.assert_allclose(value.eval(), pt.as_tensor(reference).eval(), rtol=1e-14)


def test_each_arm_has_the_hazard_of_its_own_pieces():
    # by hand: hazard 2 for a quarter of the time, then 0.5 (comparison); the reverse (treated)
    log_relative = np.log([[2.0, 0.5], [0.5, 2.0]])
    time, treated = np.array([0.75, 0.75, 0.25, 1.5]), np.array([0.0, 1.0, 0.0, 0.0])
    shared = share_out(time, np.array([0.0, 0.25]), treated)
    log_hazard, log_survival = piecewise_exponential(
        *map(pt.as_tensor, shared), np.zeros(4), pt.as_tensor(log_relative.ravel())
    )
    # a time on the cut point is in the first piece, one beyond the horizon in the last
    np.testing.assert_allclose(log_hazard.eval(), np.log([0.5, 2.0, 2.0, 0.5]))
    np.testing.assert_allclose(log_survival.eval(), [-0.75, -1.125, -0.5, -1.125])


def test_cured_people_are_among_the_censored_only():
    # a quarter is cured; the others' hazard is 1 over the horizon
    event, time = np.array([1.0, 0.0]), np.array([0.4, 1.0])
    term = first_reoffence(terms_of("exponential", time, np.zeros(2)), event, np.zeros(2), [0])
    found = add_never(term, event, np.full(2, np.log(1 / 3))).eval()
    np.testing.assert_allclose(found, np.log([0.75 * np.exp(-0.4), 0.25 + 0.75 * np.exp(-1)]))


def test_the_cured_and_the_rest_make_up_everybody():
    # by hand: 60 in 100 are free at the horizon, a third of them cured: 20 cured, 40 of the
    # other 80 free, so that the others' survival is a half
    log_hazard, log_odds = split_cured(np.log([-np.log(0.6)]), np.log([1 / 2]))
    np.testing.assert_allclose(np.exp(-np.exp(log_hazard.eval())), [0.5])
    np.testing.assert_allclose(log_odds.eval(), np.log([0.2 / 0.8]))


@pytest.mark.parametrize("name", SCIPY)
@pytest.mark.parametrize("eta", [-50.0, 0.0, 50.0, 300.0])  # the search for a mode stops at 50
def test_extreme_linear_predictors_have_finite_terms_and_gradients(name, eta):
    import pytensor

    level = pt.vector("level")
    event, on_day = np.array([1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0])
    time, before = np.array([0.3, 1.0, 0.001]), np.array([0.2, 1e-300, 1e-300])
    for term in (
        first_reoffence(terms_of(name, time, level), event, on_day, np.flatnonzero(on_day)),
        first_reoffence_within(
            terms_of(name, before, level)[1], terms_of(name, time, level)[1], event
        ),
    ):
        gradient = pytensor.grad(term.sum(), level)
        values = pytensor.function([level], [term, gradient], mode="FAST_COMPILE")(np.full(3, eta))
        assert all(np.isfinite(value).all() for value in values)
