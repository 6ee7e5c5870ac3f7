"""No draw that is not a finite number reaches an effect."""

import numpy as np
import pytest

from desist.effects import estimate_effects, estimate_effects_by_group, estimate_survival
from desist.effects.effect import Effect, contrast_measures
from desist.errors import CannotAnswerError, NotConvergedError
from desist.estimands import Estimand, Measure
from desist.evaluation.evaluate import evaluate
from desist.inference.diagnostics import Diagnostics
from desist.models.fit import Fit
from desist.models.frequency import FrequencyModel
from desist.models.predictors import Target
from desist.models.process import ProcessModel
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

ALONE = Target(np.zeros((1, 0)), np.zeros((1, 0), dtype=int), np.ones(1))
REST = {
    "log_shape": -3.0, "log_shape_ratio": 0.0, "log_dispersion": 0.0, "log_dispersion_ratio": 0.0,
    "log_odds_cured": 0.0, "log_odds_cured_treatment": 0.0,
}  # fmt: skip


def make_fit(model, intercept, treatment=0.0, target=ALONE, levels=None, more=None):
    """A fit of two draws: an ordinary one, and one that is far off."""
    draws = {name: np.full((1, 2), value) for name, value in REST.items()}
    draws |= {"intercept": np.array([[0.0, intercept]]), "treatment": np.array([[0.0, treatment]])}
    return Fit(
        model, draws | (more or {}), Diagnostics("laplace", khat=0.1), {}, target, Estimand.ATT,
        365.0, 10, 20, levels or {}, (), (2, 9), {"prison": {"A": (5, 9), "B": (5, 11)}},
    )  # fmt: skip


@pytest.mark.parametrize(
    "model",
    [
        SurvivalModel(family="weibull"),
        SurvivalModel(family="log_logistic"),
        SurvivalModel(family="log_normal"),
        SurvivalModel(family="mixture_cure"),
        SurvivalModel(family="exponential"),
    ],
    ids=lambda model: model.law.name,
)
def test_measures_are_numbers_where_nearly_everybody_fails_at_once(model):
    for effect in estimate_effects(make_fit(model, intercept=4.0, treatment=0.5)):
        for part in (effect.treated, effect.comparison, effect.difference, effect.ratio):
            assert part is None or np.isfinite(part).all()
        if effect.measure is not Measure.HAZARD_RATIO:
            assert (effect.treated >= 0).all()


def test_a_measure_with_a_draw_that_is_no_number_is_refused_by_name():
    fit = make_fit(FrequencyModel(), intercept=800.0)
    with pytest.raises(NotConvergedError) as caught:
        estimate_effects(fit)
    assert str(caught.value).startswith(
        "frequency model: frequency: 1 of its posterior draws is not a finite number"
    )
    effects, reasons = contrast_measures(fit)
    assert effects == ()
    assert list(reasons) == [Measure.FREQUENCY]


def test_the_measures_of_a_fit_that_are_numbers_are_kept():
    # nobody reoffends in the second draw: days among reoffenders and hazards have no ratio
    fit = make_fit(SurvivalModel(family="weibull"), intercept=-800.0)
    effects, reasons = contrast_measures(fit)
    assert [effect.measure for effect in effects] == [Measure.RMST]
    assert set(reasons) == {Measure.TIME_AMONG_REOFFENDERS, Measure.HAZARD_RATIO}
    with pytest.raises(CannotAnswerError, match=r"time_among_reoffenders: 1 .*hazard_ratio: 1 "):
        estimate_effects(fit)


@pytest.mark.parametrize("part", ["treated", "comparison", "difference", "ratio"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_effect_cannot_be_made_of_what_is_no_number(part, value):
    whole = estimate_effects(make_fit(RateModel(), intercept=0.5))[0]
    parts = {
        name: getattr(whole, name).copy()
        for name in ("treated", "comparison", "difference", "ratio")
    }
    parts[part][0, 1] = value
    with pytest.raises(NotConvergedError, match="rate: 1 of its posterior draws is not a finite"):
        Effect(Measure.RATE, Estimand.ATT, 10, 20, **parts, diagnostics=whole.diagnostics)


def test_effects_by_group_name_the_grouping_and_no_level():
    target = Target(np.zeros((2, 0)), np.array([[0], [1]]), np.array([0.5, 0.5]))
    more = {
        "prison_intercept": np.array([[[0.0, 0.0], [0.0, 800.0]]]),
        "prison_treatment": np.zeros((1, 2, 2)),
    }
    levels = {"prison": ("A", "B")}
    fit = make_fit(FrequencyModel(), 0.0, target=target, levels=levels, more=more)
    with pytest.raises(NotConvergedError, match="prison, one of its levels: frequency: not a"):
        estimate_effects_by_group(fit, "prison")


def test_a_process_in_which_everybody_reoffends_has_all_measures():
    for effect in estimate_effects(make_fit(ProcessModel(), intercept=8.0, treatment=-1.0)):
        assert np.isfinite(effect.draws).all()


def test_a_curve_of_what_is_no_number_is_refused():
    more = {"log_shape": np.array([[0.0, np.nan]])}
    with pytest.raises(NotConvergedError, match="a share without a reoffence is no number"):
        estimate_survival(make_fit(SurvivalModel(family="weibull"), 0.0, more=more), [91.0])


def test_an_evaluation_names_what_has_no_number_and_keeps_the_rest(monkeypatch):
    import desist as ds

    def fit(model, *_, **__):
        if model.name == "survival":
            return make_fit(SurvivalModel(family="weibull"), -800.0, treatment=-0.3)
        return make_fit(model, 0.5, treatment=-0.3)

    monkeypatch.setattr("desist.evaluation.evaluate.fit_model", fit)
    # what was made up was fitted to nobody, and is not held against anybody's outcomes
    monkeypatch.setattr("desist.evaluation.evaluate.predict_again", lambda *_: ())
    cohort = ds.simulate_cohort(60, 200, rng=1, n_groups=0).cohort
    design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    found = evaluate(cohort, design, covariates=None)
    assert [effect.measure for effect in found.effects] == [
        Measure.RATE, Measure.FREQUENCY, Measure.RMST,
    ]  # fmt: skip
    for measure in (Measure.TIME_AMONG_REOFFENDERS, Measure.HAZARD_RATIO):
        assert "not a finite number" in found.unavailable[measure]
    assert np.isfinite(found.table[found.table["method"] == "posterior"]["estimate"]).all()
