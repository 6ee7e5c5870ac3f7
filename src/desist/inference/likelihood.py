"""Weighted log-likelihoods, one term a row, for the models and for every engine.

A row stands for all people who share its values; its weight is the sum of theirs. The
functions take and return PyTensor expressions and are written so that each costs as
little as it can: gamma functions only at the distinct counts.
"""

from typing import Any


def bernoulli_logit(reoffended: Any, eta: Any) -> Any:
    r"""Log-likelihood of one 0/1 outcome per row, unweighted.

    Rows that share a pattern and an outcome are collapsed, so that the weighted sum over
    rows is the binomial log-likelihood by covariate pattern.

    Parameters
    ----------
    reoffended : tensor, shape (n_rows,)
        1 for those who reoffended.
    eta : tensor, shape (n_rows,)
        Log-odds of reoffending.

    Returns
    -------
    tensor, shape (n_rows,)
        :math:`y\eta - \log(1 + e^\eta)`.
    """
    return reoffended * eta - _log_one_plus_exp(eta)


def negative_binomial(
    counts: Any, eta: Any, log_dispersion: Any, distinct: tuple[Any, Any], position: Any
) -> Any:
    r"""Log-likelihood of one count per row, unweighted.

    Parameters
    ----------
    counts : tensor, shape (n_rows,)
        Offences.
    eta : tensor, shape (n_rows,)
        Log of the expected number of offences :math:`m`, the time at risk included.
    log_dispersion : tensor, shape (n_dispersions,)
        Log of :math:`a`; the variance of a count is :math:`m + m^2/a`.
    distinct : pair of tensors, each of shape (n_distinct,)
        The distinct pairs of a count and the index of its dispersion.
    position : tensor of int, shape (n_rows,)
        Where each row's pair stands in `distinct`.

    Returns
    -------
    tensor, shape (n_rows,)
        :math:`\log\Gamma(y+a) - \log\Gamma(a) - \log\Gamma(y+1) + a\log\frac{a}{a+m}
        + y\log\frac{m}{a+m}`.

    References
    ----------
    Hilbe, J. M. (2011). Negative Binomial Regression, 2nd ed., section 8.2 (NB2).
    """
    import pytensor.tensor as pt

    count, which = distinct
    log_a = log_dispersion[which]
    a = pt.exp(log_a)
    gammas = pt.gammaln(count + a) - pt.gammaln(a) - pt.gammaln(count + 1)
    log_a_of_row = log_a[position]
    # log(a + m) - log(a) is taken from eta - log(a): no loss of digits at either end
    log_odds = eta - log_a_of_row
    log_total = _log_one_plus_exp(log_odds)
    return gammas[position] - pt.exp(log_a_of_row) * log_total + counts * (log_odds - log_total)


def weibull(time: Any, event: Any, eta: Any, log_shape: Any, on_release_day: Any) -> Any:
    r"""Log-likelihood of one time to first reoffence per row, unweighted.

    Parameters
    ----------
    time : tensor, shape (n_rows,)
        Time as a fraction of the horizon; for a reoffence on the day of release, which is
        known to within half a day only, the end of that half day.
    event : tensor, shape (n_rows,)
        1 for a reoffence, 0 for a time censored at the end of follow-up.
    eta : tensor, shape (n_rows,)
        Log of the cumulative hazard at the horizon.
    log_shape : tensor, scalar or shape (n_rows,)
        Log of the Weibull shape :math:`k`.
    on_release_day : tensor, shape (n_rows,)
        1 for a reoffence on the day of release.

    Returns
    -------
    tensor, shape (n_rows,)
        With :math:`H = e^\eta t^k`: :math:`\eta + \log k + (k-1)\log t - H` for a reoffence,
        :math:`-H` for a censored time, :math:`\log(1 - e^{-H})` for the day of release.

    References
    ----------
    Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time
    Data, 2nd ed., sections 2.2.2 and 3.2.
    """
    import pytensor.tensor as pt

    shape = pt.exp(log_shape)
    log_time = pt.log(time)
    hazard = pt.exp(eta + shape * log_time)
    exact = event * (eta + log_shape + (shape - 1) * log_time) - hazard
    return pt.switch(pt.eq(on_release_day, 1), pt.log(-pt.expm1(-hazard)), exact)


def _log_one_plus_exp(value: Any) -> Any:
    # Compiling backends rewrite this to softplus; the Python linker has no fast softplus.
    import pytensor.tensor as pt

    return pt.log1p(pt.exp(value))
