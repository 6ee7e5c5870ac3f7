"""Ratio of two Poisson counts over time at risk, exactly."""

import math

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from desist.arguments import find_number_faults
from desist.checks.columns import find_probability_faults
from desist.checks.counts.conditional import TIED
from desist.checks.counts.proportions import clopper_pearson
from desist.checks.counts.two_by_two import find_whole_faults, require_listable
from desist.checks.finding import Finding
from desist.errors import raise_faults


def exact_rate_ratio(
    x1: float, time1: float, x2: float, time2: float, probability: float = 0.95
) -> Finding:
    r"""Compare two Poisson counts exactly, given their total.

    If neither count is over-dispersed, :math:`X_1` given the total is binomial with
    share :math:`\phi T_1 / (\phi T_1 + T_2)`. Offences are over-dispersed as a rule, and
    then this is too sure of itself.

    Parameters
    ----------
    x1, time1 : float
        Offences and total time at risk of the participants; the count is whole.
    x2, time2 : float
        The same for the comparison group.
    probability : float
        Coverage of the interval, at least.

    Returns
    -------
    Finding
        Ratio of the rates; p adds the counts that are no more probable than the
        observed one.

    Raises
    ------
    InputError
        If a count is not whole or negative, or a time is not above 0.

    References
    ----------
    Przyborowski, J. and Wilenski, H. (1940). Biometrika 31, 313-323.

    Examples
    --------
    >>> found = exact_rate_ratio(48, 10125, 66, 9684)
    >>> round(found.estimate, 4), round(found.p_value, 4)
    (0.6956, 0.0608)
    """
    counts = {"x1": x1, "x2": x2}
    faults = [fault for name, x in counts.items() for fault in find_number_faults(name, x, least=0)]
    for name, time in (("time1", time1), ("time2", time2)):
        faults += find_number_faults(name, time, above=0.0)
    found = [*faults, *find_whole_faults(counts), *find_probability_faults(probability)]
    raise_faults("check", found)
    x1, time1, x2, time2 = (float(value) for value in (x1, time1, x2, time2))
    total = int(x1 + x2)
    if total == 0:
        return Finding(math.nan, probability=probability)
    require_listable(total, "the exact test")
    k = np.arange(total + 1)
    share = time1 / (time1 + time2)
    mass = np.exp(
        gammaln(total + 1)
        - gammaln(k + 1)
        - gammaln(total - k + 1)
        + xlogy(k, share)
        + xlog1py(total - k, -share)
    )
    p_value = min(float(mass[mass <= mass[int(x1)] * TIED].sum()), 1.0)
    limits = [
        q / (1 - q) * time2 / time1 if q < 1 else math.inf
        for q in clopper_pearson(x1, total, probability)
    ]
    ratio = (x1 / time1) / (x2 / time2) if x2 > 0 else math.inf
    return Finding(ratio, limits[0], limits[1], p_value, probability)
