"""Weighted log-likelihoods, one term a row, for the models and for every engine."""

# A row stands for all people who share its values; its weight is the sum of theirs. The functions
# take and return PyTensor expressions and are written so that each costs as little as it can: gamma
# functions only at the distinct counts.

from typing import Any


def bernoulli_logit(reoffended: Any, eta: Any) -> Any:
    """Log-likelihood of one 0/1 outcome per row, unweighted."""
    # Rows that share a pattern and an outcome are collapsed, so that the weighted sum over rows is
    # the binomial log-likelihood by covariate pattern.
    return reoffended * eta - log_one_plus_exp(eta)


def negative_binomial(
    counts: Any, eta: Any, log_dispersion: Any, distinct: tuple[Any, Any], position: Any
) -> Any:
    """Log-likelihood of one count per row, unweighted."""
    # Hilbe, J. M. (2011). Negative Binomial Regression, 2nd ed., section 8.2 (NB2).
    import pytensor.tensor as pt

    count, which = distinct
    log_a = log_dispersion[which]
    a = pt.exp(log_a)
    gammas = pt.gammaln(count + a) - pt.gammaln(a) - pt.gammaln(count + 1)
    # log(a + m) - log(a) is taken from eta - log(a): no loss of digits at either end
    log_odds = eta - log_a[position]
    log_total = log_one_plus_exp(log_odds)
    return gammas[position] + counts * log_odds - (count + a)[position] * log_total


def poisson(counts: Any, eta: Any) -> Any:
    """Log-likelihood of one count per row, unweighted."""
    import pytensor.tensor as pt

    return counts * eta - pt.exp(eta) - pt.gammaln(counts + 1)


def log_probability_of_none(eta: Any, log_dispersion: Any) -> Any:
    """Log-probability of no offence under the negative binomial distribution."""
    import pytensor.tensor as pt

    return -pt.exp(log_dispersion) * log_one_plus_exp(eta - log_dispersion)


def add_never(term: Any, happened: Any, log_odds_never: Any) -> Any:
    """Let a fraction of people be such that it never happens to them."""
    # Cured people in a survival model, structural zeros in a model of counts.
    # Lambert, D. (1992). Technometrics 34(1), 1-14, section 2. Maller, R. and Zhou, X. (1996).
    # Survival Analysis with Long-Term Survivors, section 5.1.
    import pytensor.tensor as pt

    either = log_odds_never + log_one_plus_exp(term - log_odds_never)
    return pt.switch(pt.eq(happened, 1), term, either) - log_one_plus_exp(log_odds_never)


def hurdle(positive: Any, happened: Any, log_none: Any, log_hazard: Any) -> Any:
    """Log-likelihood of a count whose first offence has a probability of its own."""
    # Mullahy, J. (1986). Journal of Econometrics 33(3), 341-365, section 2.
    import pytensor.tensor as pt

    hazard = pt.exp(log_hazard)
    some = pt.log(-pt.expm1(-hazard)) + positive - pt.log(-pt.expm1(log_none))
    return pt.switch(pt.eq(happened, 1), some, -hazard)


def log_one_plus_exp(value: Any) -> Any:
    """Take the logarithm of one plus the exponential, without overflow."""
    import pytensor.tensor as pt

    # Compiling backends make a softplus of this; the Python linker has no fast one. The
    # minimum keeps the gradient of the branch that is not taken finite.
    return pt.switch(pt.gt(value, 40), value, pt.log1p(pt.exp(pt.minimum(value, 40.0))))
