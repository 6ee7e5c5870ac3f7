"""A family that the package has never seen: a record of its own, and nothing else is touched."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np
import pytest
from scipy.integrate import quad

from desist.effects import estimate_effects, estimate_survival
from desist.estimands import Measure
from desist.models.families import FrequencyFamily, SurvivalFamily
from desist.models.fit import fit_model
from desist.models.frequency import FrequencyModel
from desist.models.predictive import check_predictions
from desist.models.priors import Normal
from desist.models.survival import SurvivalModel

from .studies import make_cohort, weigh


@dataclass(frozen=True)
class Gompertz(SurvivalFamily):
    """A log hazard that is linear in time: survival exp(-e^eta (e^bt - 1) / (e^b - 1))."""

    log_hazard_slope: Normal = Normal(-0.5, 0.5)  # b, which is not 0
    name: ClassVar[str] = "gompertz"
    signature: ClassVar[tuple[str, ...]] = ("(n)",)

    @override
    def declare(self, eta: Any, data: Any) -> tuple[Any, ...]:
        import pytensor.tensor as pt

        return (self.log_hazard_slope.variable("log_hazard_slope") * pt.ones_like(eta),)

    @override
    def terms(self, time: Any, data: Any, eta: Any, parameters: tuple[Any, ...]) -> Any:
        import pytensor.tensor as pt

        (slope,) = parameters
        level = eta + pt.log(slope / pt.expm1(slope))
        return level + slope * time, -pt.exp(eta) * pt.expm1(slope * time) / pt.expm1(slope)

    @override
    def predict(self, eta, draws, arm, horizon):
        nodes, weights = np.polynomial.legendre.leggauss(30)
        shares = zip((nodes + 1) / 2, weights / 2, strict=True)
        restricted = sum(w * self.survive(eta, draws, arm, horizon, share=s) for s, w in shares)
        log_survival = -np.exp(eta)
        survival = np.exp(log_survival)
        return {"survival": survival, "log_survival": log_survival, "rmst": restricted}

    @override
    def find_time(self, eta, draws, arm, horizon, *, survival):
        slope = draws["log_hazard_slope"][..., np.newaxis]
        spent = -np.log(survival) * np.exp(-eta) * np.expm1(slope)
        # with a falling hazard some never reoffend
        return np.log1p(spent, out=np.full(spent.shape, -np.inf), where=spent > -1) / slope

    @override
    def survive(self, eta, draws, arm, horizon, *, share):
        slope = draws["log_hazard_slope"][..., np.newaxis]
        return np.exp(-np.exp(eta) * np.expm1(slope * share) / np.expm1(slope))


@dataclass(frozen=True)
class Geometric(FrequencyFamily):
    """The negative binomial distribution of dispersion 1, without a parameter of its own."""

    name: ClassVar[str] = "geometric"
    signature: ClassVar[tuple[str, ...]] = ()
    has_dispersion: ClassVar[bool] = False

    @override
    def declare(self, data: Any) -> tuple[Any, ...]:
        return ()

    @override
    def log_likelihood(self, counts: Any, data: Any, eta: Any, parameters: tuple[Any, ...]) -> Any:
        import pytensor.tensor as pt

        return counts * eta - (counts + 1) * pt.log1p(pt.exp(eta))

    @override
    def predict(self, eta, draws, arm):
        return {"frequency": np.exp(eta)}

    @override
    def draw(self, eta, draws, arm, rng):
        return rng.poisson(np.exp(eta) * rng.exponential(size=eta.shape))

    @override
    def vary(self, eta, draws, arm):
        return np.exp(eta) + np.exp(2 * eta)


@pytest.fixture(scope="module")
def fading():
    """Hazards that fall as e^-2t, of a total of 0.3 (treated) and 0.6 (others)."""
    rng = np.random.default_rng(5)
    treated = np.repeat([1, 0], [400, 800])
    hazard = rng.exponential(size=1200) / np.where(treated == 1, 0.3, 0.6)
    spent = 1 + hazard * np.expm1(-2.0)
    days = np.ceil(np.where(spent > 0, -np.log(np.maximum(spent, 1e-12)) / 2, 9) * 365)
    reoffended = (days <= 365).astype(int)
    return make_cohort(
        treated=treated, reoffended=reoffended, days=np.where(reoffended == 1, days, np.nan)
    )


def test_a_scratch_family_of_times_is_fitted_predicted_and_checked(fading):
    design = weigh(fading)
    model = SurvivalModel(family=Gompertz(Normal(-1.0, 2.0)))
    fit = fit_model(model, fading, design, inference="laplace", seed=1)
    assert fit.draws["log_hazard_slope"].mean() == pytest.approx(-2, abs=0.5)
    effects = {effect.measure: effect for effect in estimate_effects(fit)}
    assert effects[Measure.HAZARD_RATIO].estimate == pytest.approx(0.5, abs=0.1)
    days = estimate_survival(fit).table
    assert len(days) > 0
    assert check_predictions(fit, fading, design, seed=2).explains


def test_the_restricted_mean_of_the_scratch_family_is_the_area_under_its_curve():
    family, draws = Gompertz(), {"log_hazard_slope": np.array([[-1.5]])}
    eta = np.full((1, 1, 1), 0.4)
    found = family.predict(eta, draws, 1, 365.0)["rmst"].item()
    area, _ = quad(lambda share: family.survive(eta, draws, 1, 365.0, share=share).item(), 0, 1)
    assert found == pytest.approx(area, rel=1e-9)


def test_a_scratch_family_of_counts_is_fitted_predicted_and_checked():
    rng = np.random.default_rng(3)
    treated = np.repeat([1, 0], [300, 600])
    offences = rng.poisson(np.where(treated == 1, 0.8, 1.6) * rng.exponential(size=900))
    cohort = make_cohort(treated=treated, offences=offences)
    design = weigh(cohort)
    fit = fit_model(FrequencyModel(family=Geometric()), cohort, design, inference="laplace")
    (effect,) = estimate_effects(fit)
    assert effect.measure is Measure.FREQUENCY
    means = [offences[treated == arm].mean() for arm in (1, 0)]
    assert float(effect.ratio.median()) == pytest.approx(means[0] / means[1], abs=0.02)
    assert check_predictions(fit, cohort, design, seed=2).explains
