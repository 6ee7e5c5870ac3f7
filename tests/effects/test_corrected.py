"""Averages corrected by what was observed: by hand, without fitting anything."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from desist.effects import estimate_effects, estimate_effects_by_group, estimate_survival
from desist.effects._augmented import _average, _extend, draw_errors, move_to_mean
from desist.effects._corrected import correct_fit
from desist.effects._residuals import Assumed, Scatter, bound_covariance
from desist.estimands import Estimand, Measure
from desist.inference.calibration import WeightedPeople
from desist.inference.diagnostics import Diagnostics
from desist.models._observed import LOG, LOGIT, TIMES, invert_censoring
from desist.models.fit import Fit
from desist.models.frequency import FrequencyModel
from desist.models.predictors import Target
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

N_DRAWS = 500
TREATED = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0.0])
X = np.array([0, 0, 1, 1, 0, 0, 0, 1, 1, 1.0])
WEIGHT = np.array([1, 1, 1, 1, 1, 2, 1, 3, 1, 2.0])
REOFFENDED = np.array([1, 0, 0, 1, 1, 0, 1, 1, 0, 1.0])
OFFENCES = np.array([3, 0, 0, 1, 2, 0, 1, 5, 0, 1.0])
TIME = np.array([0.2, 1, 1, 0.6, 0.1, 1, 0.5, 0.7, 1, 0.4])
OUTCOMES = {
    "rate": {"reoffended": REOFFENDED},
    "frequency": {"offences": OFFENCES, "log_time_at_risk": np.zeros(10)},
    "survival": {"time": TIME, "reoffended": REOFFENDED, "on_release_day": np.zeros(10)},
}
MODELS = {
    "rate": RateModel(),
    "frequency": FrequencyModel(),
    "survival": SurvivalModel(family="weibull"),
}


def draw_parameters(rng, intercept=0.0, treatment=-0.5, covariate=0.7, spread=0.2):
    """Draws around values that need not fit anything."""
    shape = (2, N_DRAWS // 2)
    near = {"intercept": intercept, "treatment": treatment, "log_dispersion": 0.0}
    near |= {"log_dispersion_ratio": 0.0, "log_shape": 0.0, "log_shape_ratio": 0.1}
    draws = {name: value + spread * rng.standard_normal(shape) for name, value in near.items()}
    return draws | {"covariates": covariate + spread * rng.standard_normal((*shape, 1))}


def make_fit(kind, *, target=None, weight=WEIGHT, draws=None, model=None, **changes):
    """A fit of ten people, one a row, whose draws are not those of a posterior."""
    draws = draw_parameters(np.random.default_rng(3)) if draws is None else draws
    target = np.array([0.5, 0.5]) if target is None else np.asarray(target)
    people = WeightedPeople(np.arange(10), weight, np.arange(10))
    data = {"treated": TREATED, "x": X[:, np.newaxis], "weight": weight} | OUTCOMES[kind]
    return Fit(
        MODELS[kind] if model is None else model,
        draws,
        Diagnostics("laplace", khat=0.1),
        data | changes,
        Target(np.array([[0.0], [1.0]]), np.zeros((2, 0), dtype=np.int64), target),
        Estimand.ATT,
        100.0,
        4,
        6,
        {},
        ("x",),
        people=people,
    )


def weighted_means(values, weight=WEIGHT):
    return [np.average(values[arm], weights=weight[arm]) for arm in (TREATED == 1, TREATED == 0)]


# The comparison weights of x = 0 and x = 1 are 4 and 6, the treated ones 2 and 2.
BALANCED = np.array([1, 1, 1, 1, 1, 2, 1, 2, 1, 1.0])


@pytest.mark.parametrize(
    ("kind", "values"), [("rate", REOFFENDED), ("frequency", OFFENCES), ("survival", 100 * TIME)]
)
def test_with_weights_that_balance_the_averages_are_the_weighted_means_whatever_the_draws(
    kind, values
):
    fit = make_fit(kind, weight=BALANCED)
    effect = estimate_effects(fit)[0]
    treated, comparison = weighted_means(values, BALANCED)
    # the restricted mean, 100 (1 - share) + 100 share x mean, is right but for their covariance
    apart = [0.0, 0.0]
    if kind == "survival":
        scaled = correct_fit(fit).scaled
        apart = [100 * np.cov(expit(draws).reshape(N_DRAWS, 2).T, ddof=0)[0, 1] for draws in scaled]
    assert float(effect.treated.mean()) == pytest.approx(treated + apart[1], abs=1e-6)
    assert float(effect.comparison.mean()) == pytest.approx(comparison + apart[0], abs=1e-6)


def test_days_among_reoffenders_are_the_weighted_mean_of_those_who_reoffended():
    effects = {effect.measure: effect for effect in estimate_effects(make_fit("survival"))}
    days = effects[Measure.TIME_AMONG_REOFFENDERS]
    who = (TREATED == 1) & (REOFFENDED == 1)
    balanced = np.average(100 * TIME[who], weights=WEIGHT[who])
    assert float(days.treated.mean()) == pytest.approx(balanced, abs=1e-6)


def test_the_answer_does_not_depend_on_the_model_where_the_weights_balance():
    rng = np.random.default_rng(8)
    other = draw_parameters(rng, intercept=-1.0, treatment=0.8, covariate=-0.5)
    one, two = (
        estimate_effects(make_fit("frequency", weight=BALANCED, draws=draws))[0]
        for draws in (None, other)
    )
    assert one.correction.contrast != pytest.approx(two.correction.contrast, abs=0.5)
    assert one.estimate == pytest.approx(two.estimate, abs=1e-6)


def test_the_answer_does_not_depend_on_the_weights_where_the_model_is_right():
    # everybody offends exactly as often as the model expects: no residual is left
    draws = draw_parameters(np.random.default_rng(1), spread=0.0)
    exact = np.exp(-0.5 * TREATED + 0.7 * X)
    skewed = np.array([9, 1, 1, 3, 1, 1, 5, 1, 1, 1.0])
    fit = make_fit("frequency", draws=draws, weight=skewed, offences=exact)
    effect = estimate_effects(fit)[0]
    # by hand: half of the target has x = 0
    by_hand = 0.5 * (1 + np.exp(0.7)) * (np.exp(-0.5) - 1)
    assert effect.estimate == pytest.approx(by_hand, abs=1e-6)


def test_an_unbalanced_arm_is_moved_to_the_target_on_the_scale_of_the_link():
    draws = draw_parameters(np.random.default_rng(1), spread=0.0)
    effect = estimate_effects(make_fit("rate", draws=draws, target=[0.9, 0.1]))[0]
    p0, p1 = expit(0.0), expit(0.7)
    own = 0.4 * p0 + 0.6 * p1
    observed = weighted_means(REOFFENDED)[1]
    by_hand = expit(logit(0.9 * p0 + 0.1 * p1) - logit(own) + logit(observed))
    assert float(effect.comparison.mean()) == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize("kind", list(MODELS))
def test_weights_times_ten_change_nothing(kind):
    for one, ten in zip(
        estimate_effects(make_fit(kind)),
        estimate_effects(make_fit(kind, weight=10 * WEIGHT)),
        strict=True,
    ):
        np.testing.assert_allclose(one.draws, ten.draws, rtol=1e-9)


@pytest.mark.parametrize("kind", list(MODELS))
def test_one_row_of_two_people_is_two_rows_of_one(kind):
    """People who are alike may share a row; the residuals are still theirs."""
    apart = make_fit(kind)
    twice = np.r_[np.arange(10), 5]
    data = {name: values[twice] for name, values in apart.data.items()}
    data["weight"] = np.where(np.isin(twice, [5]), 1.0, data["weight"])
    split = replace(
        apart,
        data=data,
        people=WeightedPeople(np.arange(11), data["weight"], np.arange(11)),
    )
    together = replace(
        apart,
        people=WeightedPeople(twice, np.r_[WEIGHT[:5], 1.0, WEIGHT[6:], 1.0], np.arange(11)),
    )
    for one, two in zip(estimate_effects(split), estimate_effects(together), strict=True):
        np.testing.assert_allclose(one.draws, two.draws, rtol=1e-9)


@pytest.mark.parametrize("kind", list(MODELS))
def test_no_average_leaves_its_range(kind):
    wild = draw_parameters(np.random.default_rng(2), intercept=-2.0, treatment=3.0, spread=1.0)
    for effect in estimate_effects(make_fit(kind, draws=wild, target=[0.99, 0.01])):
        if effect.treated is not None:
            low, high = float(effect.treated.min()), float(effect.treated.max())
            most = {Measure.RATE: 1.0, Measure.FREQUENCY: np.inf}.get(effect.measure, 100.0)
            assert 0 < low < high < most


def test_an_arm_in_which_nobody_reoffended_keeps_the_answer_of_the_model():
    nobody = np.where(TREATED == 1, 0.0, REOFFENDED)
    fit = make_fit("rate", reoffended=nobody)
    (effect,), (alone,) = estimate_effects(fit), estimate_effects(fit, calibrated=False)
    np.testing.assert_allclose(effect.treated, alone.treated, rtol=1e-12)
    assert effect.correction.not_corrected == ("treated",)
    assert float(effect.comparison.mean()) != pytest.approx(float(alone.comparison.mean()))


def test_the_model_alone_is_kept_beside_the_corrected_effect():
    fit = make_fit("rate")
    (effect,), (alone,) = estimate_effects(fit), estimate_effects(fit, calibrated=False)
    assert alone.correction is None
    assert effect.correction.contrast == pytest.approx(alone.estimate)
    assert effect.correction.lower == pytest.approx(alone.interval.lower)
    assert effect.correction.treated == pytest.approx(float(alone.treated.mean()))


def test_a_fit_without_people_is_not_corrected():
    fit = replace(make_fit("rate"), people=None)
    assert estimate_effects(fit)[0].correction is None


@pytest.mark.parametrize("kind", list(MODELS))
def test_an_arm_is_never_worth_more_than_its_people(kind):
    for effect in estimate_effects(make_fit(kind)):
        if effect.correction.sizes is not None:
            treated, comparison = effect.correction.sizes
            assert treated <= 4 + 1e-9
            assert comparison <= 6 + 1e-9


def test_groups_move_alike_and_average_to_the_whole():
    rng = np.random.default_rng(5)
    groups = np.array([0, 1, 0, 1, 0, 1, 1, 0, 1, 0])
    by_prison = 0.5 * rng.standard_normal((2, N_DRAWS // 2, 2))
    for kind in MODELS:
        base = make_fit(kind)
        fit = replace(
            base,
            draws=base.draws | {"prison_intercept": by_prison, "prison_treatment": -by_prison},
            data=base.data | {"group": groups[:, np.newaxis]},
            target=Target(np.array([[0.0], [1.0]]), np.array([[0], [1]]), np.array([0.3, 0.7])),
            levels={"prison": ("Ash", "Bay")},
            group_sizes={"prison": {"Ash": (2, 3), "Bay": (2, 3)}},
        )
        whole = {effect.measure: effect for effect in estimate_effects(fit)}
        parts = estimate_effects_by_group(fit, "prison")
        ash, bay = ({effect.measure: effect for effect in parts[level]} for level in parts)
        for measure in (Measure.RATE, Measure.FREQUENCY, Measure.RMST):
            if measure in whole:
                for arm in ("treated", "comparison"):
                    joined = 0.3 * getattr(ash[measure], arm) + 0.7 * getattr(bay[measure], arm)
                    np.testing.assert_allclose(joined, getattr(whole[measure], arm), rtol=1e-6)


def repeat(fit, times):
    """The same people so many times."""
    data = {name: np.tile(values.T, times).T for name, values in fit.data.items()}
    one = np.arange(10 * times)
    return replace(fit, data=data, people=WeightedPeople(one, data["weight"], one))


def test_the_curve_is_the_weighted_share_day_by_day_and_never_rises():
    fit = repeat(make_fit("survival"), 30)
    effect = estimate_survival(fit, [30.0, 55.0, 100.0])
    # of four treated, one reoffended on day 20 and one on day 60
    found = effect.treated.mean(("chain", "draw")).to_numpy()
    assert found == pytest.approx([0.75, 0.75, 0.5], abs=0.003)
    assert (effect.treated.diff("day") <= 0).all()
    backwards = estimate_survival(fit, [100.0, 55.0, 30.0])
    np.testing.assert_array_equal(backwards.treated, effect.treated[..., ::-1])


def test_people_lost_before_the_horizon_are_stood_for_by_those_who_were_not():
    rows = {
        "time": np.array([0.2, 0.5, 0.5, 1.0, 1.2, 0.9]),
        "reoffended": np.array([1.0, 0, 1, 0, 0, 1]),
        "treated": np.zeros(6),
        "weight": np.ones(6),
    }
    # one of the four who were still at risk after the reoffence at 0.5 was lost there
    expected = [1.0, 0.0, 1.0, 4 / 3, 4 / 3, 4 / 3]
    np.testing.assert_allclose(invert_censoring(rows, 1.0), expected)
    # by day 0.4 nobody had been lost
    np.testing.assert_allclose(invert_censoring(rows, 0.4), np.ones(6))
    # their shares are those of Kaplan and Meier: 4/6 free after 0.5, then 2/3 of these
    reoffended = rows["reoffended"] * (rows["time"] <= 1)
    kaplan_meier = 1 - (5 / 6) * (4 / 5) * (2 / 3)
    weighted = invert_censoring(rows, 1.0) / 6
    assert weighted @ reoffended == pytest.approx(kaplan_meier)


@pytest.mark.parametrize("link", [LOG, LOGIT, TIMES])
def test_derivatives_of_a_link_are_those_by_differences(link):
    at = np.array([0.4, 0.1])
    step = 1e-6 * np.eye(2)
    by_differences = [(link.apply(at + s) - link.apply(at - s)) / 2e-6 for s in step]
    np.testing.assert_allclose(link.differentiate(at), np.transpose(by_differences), rtol=1e-6)


def test_errors_have_no_mean_and_the_covariance_asked_for():
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    errors = draw_errors(covariance, (4, 2500), entropy=(1,)).reshape(-1, 2)
    np.testing.assert_allclose(errors.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(np.cov(errors.T), covariance, rtol=0.1)


def test_draws_are_moved_to_a_mean_off_the_scale():
    scaled = np.random.default_rng(0).normal(-1.0, 1.5, (2, 50, 1))
    moved = move_to_mean(scaled, LOGIT, np.array([0.2]))
    assert LOGIT.invert(moved).mean() == pytest.approx(0.2)
    assert np.ptp(moved - scaled) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("n_outcomes", [1, 2, 5])
def test_outcomes_are_averaged_each_by_its_own_weights(n_outcomes):
    rng = np.random.default_rng(2)
    predicted, weights = rng.random((2, 3, 4, n_outcomes)), rng.random((4, n_outcomes))
    expected = (predicted * weights).sum(axis=2)
    np.testing.assert_allclose(_average(predicted, weights), expected)


def test_an_arm_of_many_rows_is_predicted_from_some_draws_alike(monkeypatch):
    draws = draw_parameters(np.random.default_rng(3), spread=0.05)
    fit = make_fit("survival", draws=draws)
    exact = correct_fit(fit).arms
    monkeypatch.setattr("desist.effects._augmented.PREDICTED_IN_FULL", 1)
    for some, every in zip(correct_fit(replace(fit)).arms, exact, strict=True):
        assert some.own.shape == every.own.shape
        error = np.sqrt(np.square(some.own - every.own).mean(axis=(0, 1)))
        assert (error < 0.02 * every.own.std(axis=(0, 1))).all()


def test_what_was_observed_is_read_once_for_a_fit_and_again_for_a_changed_one():
    fit = make_fit("rate")
    assert correct_fit(fit) is correct_fit(fit)
    assert correct_fit(replace(fit)) is not correct_fit(fit)
    days = np.array([100.0, 365.0])
    assert correct_fit(make_fit("survival"), days).days is days


@pytest.mark.parametrize("kind", ["rate", "frequency", "survival"])
def test_an_arm_that_is_the_target_has_its_observed_mean_from_some_draws_too(monkeypatch, kind):
    exact = estimate_effects(make_fit(kind))[0].treated.mean()
    monkeypatch.setattr("desist.effects._augmented.PREDICTED_IN_FULL", 1)
    thinned = correct_fit(make_fit(kind))
    np.testing.assert_allclose(
        thinned.arms[1].own,
        thinned.observed.link.apply(thinned.observed.gather(thinned.alone[1])),
        rtol=1e-10,
    )
    assert float(estimate_effects(make_fit(kind))[0].treated.mean()) == pytest.approx(
        float(exact), rel=1e-4
    )


def test_an_average_on_the_edge_of_its_range_spoils_no_other():
    draws = {"intercept": np.linspace(-1, 1, 40)[np.newaxis]}
    some = {"intercept": draws["intercept"][:, ::4]}
    values = np.stack([np.full((1, 10), -np.inf), 2 + 3 * some["intercept"] ** 2], axis=-1)
    extended = _extend(values, some, draws)
    assert np.isnan(extended[..., 0]).all()
    np.testing.assert_allclose(extended[..., 1], 2 + 3 * draws["intercept"] ** 2)


def test_the_spread_is_the_larger_of_what_was_seen_and_what_the_model_expects():
    seen = Scatter(np.eye(2) * [0.2, 0.1], np.array([40.0, 40.0]), *[np.ones(2)] * 3)
    assumed = Assumed(np.eye(2) * [0.1, 0.3], np.eye(2) * 0.05, np.array([4.0, np.inf]))
    assert np.diag(bound_covariance(seen, assumed)) == pytest.approx([0.2, 0.3])


def test_the_spread_at_the_level_of_the_model_counts_where_the_sample_lacks_the_tail():
    seen = Scatter(np.eye(1) * 0.1, np.array([40.0]), *[np.ones(1)] * 3)
    assumed = Assumed(np.eye(1) * 0.2, np.eye(1) * 0.4, np.array([np.inf]))
    assert bound_covariance(seen, assumed) == pytest.approx(np.array([[0.4]]))


def test_outcomes_stay_as_correlated_as_residuals_and_model_have_them():
    both = np.array([[0.2, 0.1], [0.1, 0.2]])
    seen = Scatter(both, np.array([40.0, 40.0]), *[np.ones(2)] * 3)
    bound = bound_covariance(seen, Assumed(both, 3 * both, np.full(2, np.inf)))
    assert bound == pytest.approx(3 * both)


def test_people_who_carry_the_spread_alike_are_its_degrees_of_freedom():
    alike = make_fit("rate", weight=BALANCED)
    effect = estimate_effects(alike)[0]
    treated, comparison = effect.correction.freedom
    assert 1 < comparison <= 5
    assert 1 < treated <= 5
