"""The result with the bias that placebo programmes show, beside the default one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.effects.effect import Effect
from desist.errors import Fault
from desist.estimands import Measure


@dataclass(frozen=True, eq=False, repr=False)
class BiasPrior:
    """What programmes that nobody gave say of the bias of a method.

    Attributes
    ----------
    measure : Measure
        What they compared.
    n_programmes : int
        How many there were.
    spread : float
        Standard deviation of the bias beyond chance, in the unit of the measure.
    spread_lower, spread_upper : float
        Where it lies, with a probability of 0.95.
    draws : ndarray of float, shape (n_draws,)
        Draws of the bias of one programme, its mean and spread uncertain.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> found = ds.sensitivity.placebo_programmes(cohort, design, n_programmes=20, seed=1)
    >>> bias = found.prior()
    >>> bias.n_programmes, bias.spread_lower <= bias.spread <= bias.spread_upper
    (20, True)
    """

    measure: Measure
    n_programmes: int
    spread: float
    spread_lower: float
    spread_upper: float
    draws: Floats

    def __repr__(self) -> str:
        """Return from how many programmes it comes, and how far their bias goes."""
        return (
            f"<BiasPrior of the {self.measure} from {self.n_programmes} placebo programmes: "
            f"standard deviation {self.spread:.2g}>"
        )


@dataclass(frozen=True)
class BiasResult:
    """One measure with the bias that placebo programmes show.

    Attributes
    ----------
    measure : Measure
        What is compared.
    n_programmes : int
        How many placebo programmes there were.
    spread, spread_lower, spread_upper : float
        Standard deviation of their bias beyond chance, and where it lies.
    estimate, lower, upper : float
        Posterior mean and limits of the difference, in the unit of the measure; NaN where there
        is no such measure.
    probability_of_benefit : float
        Posterior probability that the programme does good.
    probability : float
        Of the interval.

    Examples
    --------
    >>> from desist.estimands import Measure
    >>> print(BiasResult(Measure.RATE, 200, 0.03, 0.02, 0.04, -0.1, -0.18, -0.02))
    rate with the bias of 200 placebo programmes: -0.1 (-0.18 to -0.02)
    """

    measure: Measure
    n_programmes: int
    spread: float
    spread_lower: float
    spread_upper: float
    estimate: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    probability_of_benefit: float = math.nan
    probability: float = 0.95

    @property
    def is_known(self) -> bool:
        """Whether the measure was there."""
        return math.isfinite(self.estimate)

    def __str__(self) -> str:
        """Return the result in one sentence."""
        head = f"{self.measure} with the bias of {self.n_programmes} placebo programmes"
        if not self.is_known:
            return f"{head}: not available, as there is no {self.measure}"
        return f"{head}: {self.estimate:.3g} ({self.lower:.3g} to {self.upper:.3g})"


def find_bias_faults(bias: object) -> list[Fault]:
    """Find what is wrong with a prior of bias."""
    if bias is None or isinstance(bias, BiasPrior):
        return []
    return [Fault("bias", "a prior such as placebo.prior()", type(bias).__name__)]


def weigh_bias(
    effects: Mapping[Measure, Effect], bias: BiasPrior | None, seed: int
) -> BiasResult | None:
    """Take the bias of placebo programmes off the draws of a measure."""
    if bias is None:
        return None
    known = (bias.n_programmes, bias.spread, bias.spread_lower, bias.spread_upper)
    if bias.measure not in effects:
        return BiasResult(bias.measure, *known)
    effect = effects[bias.measure]
    draws = take_off(effect, bias.draws, seed)
    tail = (1 - effect.probability) / 2
    lower, upper = np.quantile(draws, [tail, 1 - tail], method="hazen")
    sign = -1.0 if bias.measure.benefit_is_lower else 1.0
    return BiasResult(
        bias.measure,
        *known,
        estimate=float(draws.mean()),
        lower=float(lower),
        upper=float(upper),
        probability_of_benefit=float(np.mean(sign * draws > 0)),
        probability=effect.probability,
    )


def take_off(effect: Effect, bias: Floats, seed: int) -> Floats:
    """Take a bias off each draw of an effect, drawn anew from what is known of it."""
    plain = np.ravel(effect.draws.to_numpy())
    return np.asarray(plain - np.random.default_rng(seed).choice(bias, len(plain)))
