"""Log-likelihoods of the time to a first reoffence, one term a row."""

# Each distribution gives the pair (log h(t), log S(t)) of hazard and survival, written so that
# neither overflows nor cancels in the tails; `first_reoffence` and `first_reoffence_within` make
# likelihood terms of it. Times are fractions of the horizon. In every distribution a larger eta
# means more hazard.

import math
from typing import Any

import numpy as np

from desist._types import Floats
from desist.inference.likelihood import log_one_plus_exp

type Terms = tuple[Any, Any]

LOGISTIC_DEVIATION = math.pi / math.sqrt(3)


def exponential(time: Any, eta: Any) -> Terms:
    """Log hazard and log survival of a constant hazard."""
    import pytensor.tensor as pt

    return eta, -pt.exp(eta) * time


def weibull(time: Any, eta: Any, log_shape: Any) -> Terms:
    """Log hazard and log survival of the Weibull distribution."""
    # Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time Data,
    # 2nd ed., section 2.2.2.
    import pytensor.tensor as pt

    log_time = pt.log(time)
    log_cumulative = eta + pt.exp(log_shape) * log_time
    return log_cumulative + log_shape - log_time, -pt.exp(log_cumulative)


def log_logistic(time: Any, eta: Any, log_shape: Any) -> Terms:
    """Log hazard and log survival of the log-logistic distribution."""
    # Kalbfleisch and Prentice (2002), section 2.2.6.
    import pytensor.tensor as pt

    log_time = pt.log(time)
    log_odds = eta + pt.exp(log_shape) * log_time
    log_survival = -log_one_plus_exp(log_odds)
    return log_shape - log_time + log_odds + log_survival, log_survival


def log_normal(time: Any, eta: Any, log_shape: Any) -> Terms:
    """Log hazard and log survival of the log-normal distribution."""
    # Kalbfleisch and Prentice (2002), section 2.2.5.
    import pytensor.tensor as pt

    log_time = pt.log(time)
    scaled = (eta + pt.exp(log_shape) * log_time) / (LOGISTIC_DEVIATION * math.sqrt(2))
    late = pt.gt(scaled, 0)
    # each branch sees harmless values where the other is taken: no gradient becomes NaN
    above, below = pt.switch(late, scaled, 0.0), pt.switch(late, 0.0, scaled)
    log_scaled_tail = pt.log(pt.erfcx(above) / 2)
    log_survival_below = pt.log1p(-pt.erfc(-below) / 2)
    log_density_ratio = pt.switch(late, -log_scaled_tail, -pt.sqr(below) - log_survival_below)
    constant = math.log(2 * math.pi) / 2 + math.log(LOGISTIC_DEVIATION)
    log_hazard = log_shape - log_time - constant + log_density_ratio
    return log_hazard, pt.switch(late, log_scaled_tail - pt.sqr(above), log_survival_below)


def piecewise_exponential(ended: Any, spent: Any, eta: Any, log_relative: Any) -> Terms:
    """Log hazard and log survival of a hazard that is constant between cut points."""
    # Holford, T. R. (1980). The analysis of rates and of survivorship using log-linear models.
    # Biometrics 36(2), 299-305. `log_relative` is the log hazard of each piece over its mean, the
    # pieces of the comparison arm first.
    import pytensor.tensor as pt

    # the parameters first: then the products of many draws lie as everything else of them does
    return eta + log_relative @ ended.T, -pt.exp(eta) * (pt.exp(log_relative) @ spent.T)


def share_out(time: Floats, starts: Floats, treated: Floats) -> tuple[Floats, Floats]:
    """Return the piece that each time ends in and the time spent in each, by arm."""
    # Nobody is ever in a piece of the other arm, so that a sum over pieces is one product. A time
    # on a cut point belongs to the piece before it, one beyond the horizon to the last.
    after = np.maximum(time[:, np.newaxis] - starts, 0.0)
    later = np.column_stack([after[:, 1:], np.zeros(len(time))])
    ended = (after > 0) & (later == 0)
    arm = np.column_stack([1 - treated, treated])[:, :, np.newaxis]
    shared = [arm * by_piece[:, np.newaxis] for by_piece in (ended, after - later)]
    return shared[0].reshape(len(time), -1), shared[1].reshape(len(time), -1)


def split_cured(eta: Any, log_odds_cured: Any) -> tuple[Any, Any]:
    """Split a population into the cured, who never reoffend, and the rest."""
    import pytensor.tensor as pt

    hazard = pt.exp(eta)
    of_the_rest = hazard + pt.log1p(pt.exp(log_odds_cured) * -pt.expm1(-hazard))
    return pt.log(of_the_rest), log_odds_cured - of_the_rest


def first_reoffence(terms: Terms, event: Any, on_release_day: Any, candidates: Any) -> Any:
    """Log-likelihood of times that are known to the day, unweighted."""
    # Kalbfleisch and Prentice (2002), section 3.2.
    import pytensor.tensor as pt

    log_hazard, log_survival = terms
    exact = event * log_hazard + log_survival
    of_the_day = pt.switch(
        pt.eq(on_release_day[candidates], 1),
        pt.log(-pt.expm1(log_survival[candidates])),
        exact[candidates],
    )
    return pt.set_subtensor(exact[candidates], of_the_day)


def first_reoffence_within(log_survival_before: Any, log_survival: Any, event: Any) -> Any:
    """Log-likelihood of times that are known to within an interval, unweighted."""
    # Kalbfleisch and Prentice (2002), section 3.9.
    import pytensor.tensor as pt

    happened = pt.eq(event, 1)
    # a censored row has no interval; any change other than 0 keeps its gradient finite
    change = pt.switch(happened, log_survival - log_survival_before, -1.0)
    return pt.switch(happened, log_survival_before + pt.log(-pt.expm1(change)), log_survival)
