"""How many participants, how much power, and how far off a significant result can be."""

# All from a table: the difference expected, the spread of the outcome in each arm, the numbers of
# people (effective ones for weighted comparison people). Normal approximations throughout: plans do
# not deserve more.

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from desist.arguments import describe, find_number_faults
from desist.checks.columns import Columns, find_probability_faults
from desist.checks.counts.two_proportions import newcombe
from desist.checks.finding import Finding
from desist.checks.people.welch import welch_from_summary
from desist.errors import CannotAnswerError, Fault, raise_faults

Floats = NDArray[np.float64]
MOST_PARTICIPANTS = 10_000_000
LARGEST = 1e100  # of a difference or deviation: their squares have to be numbers too


@dataclass(frozen=True, eq=False)
class PowerCurve:
    """What a number of participants would buy.

    Attributes
    ----------
    n_treated : ndarray of int, shape (n_points,)
        Participants.
    standard_error : ndarray of float, shape (n_points,)
        Of the difference.
    power : ndarray of float, shape (n_points,)
        Probability of a conclusive result if the difference is as expected.
    assurance : ndarray of float, shape (n_points,)
        The same, averaged over what the difference may be; equal to the power when
        there is no uncertainty about it.
    expected_width : ndarray of float, shape (n_points,)
        Of the interval.

    Examples
    --------
    >>> import desist as ds
    >>> curve = ds.checks.power_curve(-0.12, 0.36, 0.45, 1070, [40, 83, 160])
    >>> curve.expected_width.round(2).tolist()
    [0.23, 0.16, 0.12]
    """

    n_treated: NDArray[np.int64]
    standard_error: Floats
    power: Floats
    assurance: Floats
    expected_width: Floats


@dataclass(frozen=True)
class DesignErrors:
    """How a significant result of a small study can mislead.

    Attributes
    ----------
    power : float
        Probability of a significant result.
    wrong_sign : float
        Probability that a significant result points the wrong way (type S).
    exaggeration : float
        Mean size of a significant estimate over the true size (type M); over the mean
        true size when the truth has a prior.

    Examples
    --------
    >>> import desist as ds
    >>> found = ds.checks.design_errors(-0.05, 0.05)
    >>> round(found.power, 2), round(found.wrong_sign, 3), round(found.exaggeration, 1)
    (0.17, 0.009, 2.5)
    """

    power: float
    wrong_sign: float
    exaggeration: float


def smallest_conclusive_rate(p1: float, p2: float, n2: float, probability: float = 0.95) -> int:
    """Find the fewest participants for whom the same rates would be conclusive.

    Parameters
    ----------
    p1, p2 : float
        Reoffending rates of the participants and of the comparison people.
    n2 : float
        Effective size of the comparison group.
    probability : float
        Coverage of Newcombe's interval, which has to exclude 0.

    Returns
    -------
    int
        Participants.

    Raises
    ------
    InputError
        If a rate, a deviation, a size or the coverage is not usable.
    CannotAnswerError
        If no number of participants would do: the comparison group is too small.

    Examples
    --------
    >>> smallest_conclusive_rate(13 / 83, 0.278, 1070)
    55
    """
    faults = [
        *find_number_faults("p1", p1, least=0.0, most=1.0),
        *find_number_faults("p2", p2, least=0.0, most=1.0),
        *find_number_faults("n2", n2, above=0.0),
        *find_probability_faults(probability),
    ]
    raise_faults("check", faults)
    return _smallest(lambda n: newcombe(p1 * n, n, p2 * n2, n2, probability))


def smallest_conclusive_mean(
    difference: float, sd1: float, sd2: float, n2: float, probability: float = 0.95
) -> int:
    """Find the fewest participants for whom the same difference would be conclusive.

    Parameters
    ----------
    difference : float
        Participants minus comparison, in the unit of the measure.
    sd1, sd2 : float
        Standard deviation of the outcome in each arm.
    n2 : float
        Effective size of the comparison group.
    probability : float
        Coverage of Welch's interval, which has to exclude 0.

    Returns
    -------
    int
        Participants.

    Raises
    ------
    InputError
        If a rate, a deviation, a size or the coverage is not usable.
    CannotAnswerError
        If no number of participants would do.

    Examples
    --------
    >>> smallest_conclusive_mean(-67.9, 77.7, 77.7, 470)
    8
    """
    raise_faults("check", _find_plan_faults(difference, sd1, sd2, n2, probability))
    return _smallest(lambda n: welch_from_summary(difference, sd1, n, 0.0, sd2, n2, probability))


def power_curve(
    difference: float,
    sd1: float,
    sd2: float,
    n2: float,
    n_treated: Sequence[int] | NDArray[np.int64],
    *,
    difference_sd: float = 0.0,
    probability: float = 0.95,
) -> PowerCurve:
    r"""Compute power, assurance and expected width for numbers of participants.

    With standard error :math:`\sigma_n = \sqrt{s_1^2 / n + s_2^2 / n_2}` and a difference
    :math:`\delta \sim N(d, \tau^2)` the estimate is :math:`N(d, \tau^2 + \sigma_n^2)`, and
    assurance is the probability that it passes :math:`\pm z \sigma_n`.

    Parameters
    ----------
    difference : float
        Expected difference, in the unit of the measure.
    sd1, sd2 : float
        Standard deviation of the outcome in each arm; for a rate the square root of
        p (1 - p).
    n2 : float
        Effective size of the comparison group.
    n_treated : sequence of int
        Numbers of participants.
    difference_sd : float
        Uncertainty about the difference, such as its posterior standard deviation.
    probability : float
        Coverage of the interval.

    Returns
    -------
    PowerCurve
        One point a number.

    Raises
    ------
    InputError
        If a number of participants is below 1 or not whole, or another number is not
        usable.

    References
    ----------
    O'Hagan, A., Stevens, J. W. and Campbell, M. J. (2005). Pharmaceutical Statistics 4,
    187-201 (assurance).

    Examples
    --------
    >>> curve = power_curve(-0.12, 0.36, 0.45, 1070, [40, 83, 160])
    >>> curve.power.round(2).tolist()
    [0.54, 0.82, 0.97]
    """
    n = _read_numbers_treated(
        n_treated,
        [
            *_find_plan_faults(difference, sd1, sd2, n2, probability),
            *find_number_faults("difference_sd", difference_sd, least=0.0),
        ],
    )
    error = np.sqrt(sd1**2 / n + sd2**2 / n2)
    z = float(ndtri((1 + probability) / 2))
    total = np.sqrt(error**2 + difference_sd**2)
    return PowerCurve(
        n,
        error,
        _beyond(difference, error, z * error),
        _beyond(difference, total, z * error),
        2 * z * error,
    )


def design_errors(
    true_difference: ArrayLike, standard_error: float, probability: float = 0.95
) -> DesignErrors:
    """Compute power, type S and type M errors of a study with this standard error.

    Parameters
    ----------
    true_difference : array_like
        What the difference may really be: one number, or draws from a prior. Not the
        estimate of the study itself.
    standard_error : float
        Of the study's estimate.
    probability : float
        Coverage of the interval that has to exclude 0.

    Returns
    -------
    DesignErrors
        Averaged over the draws; those of the type are shares of the significant
        results.

    Raises
    ------
    InputError
        If the standard error is not above 0, or a difference is not a finite number.

    References
    ----------
    Gelman, A. and Carlin, J. (2014). Perspectives on Psychological Science 9, 641-651.
    Lu, J., Qiu, Y. and Deng, A. (2019). BJMSP 72, 1-17 (closed forms).

    Examples
    --------
    >>> errors = design_errors(0.1, 3.28)
    >>> round(errors.wrong_sign, 2), round(errors.exaggeration)
    (0.46, 77)
    """
    columns = Columns()
    read = columns.numbers("true_difference", np.atleast_1d(true_difference), truths=False)
    faults = find_number_faults("standard_error", standard_error, above=0.0)
    columns.require([*faults, *find_probability_faults(probability)])
    with np.errstate(over="ignore"):
        size = np.abs(read) / standard_error
    if size.max(initial=0.0) > LARGEST:
        expected = f"at least {1 / LARGEST:g} of the largest difference"
        raise_faults("check", [Fault("standard_error", expected, describe(standard_error))])
    z = float(ndtri((1 + probability) / 2))
    right, wrong = ndtr(size - z), ndtr(-size - z)
    # mean absolute significant estimate: the parts of a normal beyond z and below -z
    height = _density(z - size) + _density(z + size) + size * (right - wrong)
    power = float((right + wrong).mean())
    mean_size = float(size.mean())
    exaggeration = float(height.mean()) / power / mean_size if mean_size > 0 else math.inf
    return DesignErrors(power, float(wrong.mean()) / power, exaggeration)


def _find_plan_faults(
    difference: object, sd1: object, sd2: object, n2: object, probability: object
) -> list[Fault]:
    faults = [
        *find_number_faults("difference", difference, least=-LARGEST, most=LARGEST),
        *find_number_faults("sd1", sd1, least=0.0, most=LARGEST),
        *find_number_faults("sd2", sd2, least=0.0, most=LARGEST),
        *find_number_faults("n2", n2, above=1.0),
        *find_probability_faults(probability),
    ]
    if not faults and sd1 == sd2 == 0:
        faults.append(Fault("sd1, sd2", "one of them above 0", "two outcomes that do not vary"))
    return faults


def _read_numbers_treated(n_treated: ArrayLike, faults: list[Fault]) -> NDArray[np.int64]:
    columns = Columns()
    n = columns.numbers("n_treated", n_treated, truths=False)
    if n.size and n.min() < 1:
        faults = [*faults, Fault("n_treated", "1 or more", describe(float(n.min())))]
    elif n.size and n.max() > MOST_PARTICIPANTS:
        expected = f"{MOST_PARTICIPANTS:,} or fewer"
        faults = [*faults, Fault("n_treated", expected, describe(float(n.max())))]
    elif np.isfinite(n).all() and not np.array_equal(n, np.round(n)):
        faults = [*faults, Fault("n_treated", "whole numbers", "others")]
    columns.require(faults)
    return n.astype(np.int64)


def _smallest(find: Callable[[int], Finding]) -> int:
    def conclusive(n: int) -> bool:
        found = find(n)
        return found.lower > 0 or found.upper < 0

    high = 2
    while not conclusive(high):
        high *= 2
        if high > MOST_PARTICIPANTS:
            raise CannotAnswerError(
                "no number of participants would make this difference conclusive: the comparison "
                "group is too small, or there is no difference"
            )
    low = 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if conclusive(middle) else (middle + 1, high)
    return high


def _beyond(centre: float, spread: Floats, cut: Floats) -> Floats:
    return np.asarray(ndtr((centre - cut) / spread) + ndtr((-centre - cut) / spread))


def _density(z: Floats) -> Floats:
    return np.asarray(np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))
