r"""The exact count of participants against an uncertain comparison rate.

The participants' count is whole and exact; the comparison rate is a weighted one, known
only as well as its effective sample size allows. If the rates are the same, the count is

.. math:: X \sim \text{Binomial}(n_1, p), \qquad
          p \sim \text{Beta}(x_2 + \tfrac12,\; n_2 - x_2 + \tfrac12)

with :math:`n_2` the effective size and :math:`x_2 = n_2 \hat p_2`: a beta-binomial count.
A known rate (:math:`n_2 \to \infty`) gives the ordinary exact binomial test.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, xlog1py, xlogy

from desist.checks.check import Finding
from desist.checks.two_proportions import mover_exact
from desist.errors import Fault, raise_faults


def exact_binomial(
    x1: float, n1: float, x2: float, n2: float, probability: float = 0.95
) -> Finding:
    """Test an exact count against a weighted rate, the rate's uncertainty included.

    Parameters
    ----------
    x1, n1 : float
        Reoffenders and people among the participants, whole numbers.
    x2, n2 : float
        Effective count and effective size of the comparison group; an infinite size
        with `x2` the rate itself makes it a known rate.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the rates; p is twice the smaller tail; the interval joins
        Clopper and Pearson's limits of the participants with Jeffreys limits of the
        comparison rate (`mover_exact`).

    Raises
    ------
    InputError
        If the participants' count is not whole.

    References
    ----------
    Aitchison, J. and Dunsmore, I. R. (1975). Statistical Prediction Analysis, section
    2.3 (the beta-binomial predictive distribution).

    Examples
    --------
    >>> round(exact_binomial(13, 83, 1533, 5514).p_value, 4)
    0.0148
    """
    require_whole({"x1": x1, "n1": n1})
    support = np.arange(int(n1) + 1)
    if math.isinf(n2):
        log_mass = _log_choose(int(n1), support) + xlogy(support, x2) + xlog1py(n1 - support, -x2)
        difference = x1 / n1 - x2
    else:
        a, b = x2 + 0.5, n2 - x2 + 0.5
        log_mass = _log_choose(int(n1), support) + betaln(support + a, n1 - support + b)
        log_mass = log_mass - betaln(a, b)
        difference = x1 / n1 - x2 / n2
    mass = np.exp(log_mass)
    tails = (float(mass[: int(x1) + 1].sum()), float(mass[int(x1) :].sum()))
    p_value = min(2 * min(tails), 1.0)
    # a rate known without error is one of a billion people to the accuracy of a double
    known = (x2 * 1e9, 1e9) if math.isinf(n2) else (x2, n2)
    limits = mover_exact(x1, n1, *known, probability)
    return Finding(difference, limits.lower, limits.upper, p_value, probability)


def require_whole(counts: dict[str, float]) -> None:
    """Raise unless every count is a whole number, 0 or more.

    Parameters
    ----------
    counts : dict of str to float
        Name and value of each count.

    Raises
    ------
    InputError
        Lists every count that is not whole: an exact test of a weighted pseudo-count is
        not a test of anything.
    """
    faults = [
        Fault(
            name,
            "a whole number, 0 or more",
            repr(value),
            "a weighted count is not one of people; use an interval with effective counts",
        )
        for name, value in counts.items()
        if value < 0 or value != round(value)
    ]
    raise_faults("check", faults)


def _log_choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
