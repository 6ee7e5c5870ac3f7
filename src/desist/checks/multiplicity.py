"""Several measures at once: p-values adjusted for how many were tested."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.arguments import find_kind_faults
from desist.checks.check import Check, find_text_faults
from desist.checks.columns import Columns
from desist.errors import raise_faults
from desist.estimands import Measure

EXPECTED = "numbers between 0 and 1"


@dataclass(frozen=True)
class AdjustedP:
    """The p-value of one measure, raw and adjusted.

    Attributes
    ----------
    measure : Measure
        What was tested.
    check : str
        The test that the raw p comes from.
    p_value : float
        Raw.
    holm : float
        Adjusted by Holm: bounds the chance of any false finding among the measures.
    benjamini_hochberg : float
        Adjusted by Benjamini and Hochberg: bounds the share of false ones among the
        findings.
    n_tested : int
        Measures tested.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.checks.check import label
    >>> found = ds.checks.Finding(-0.10, -0.18, -0.02, 0.01), ds.checks.Finding(-0.3, -0.6, 0, 0.04)
    >>> measures = ds.Measure.RATE, ds.Measure.FREQUENCY
    >>> tested = tuple(label(one, measure, "welch") for one, measure in zip(found, measures))
    >>> [round(one.holm, 2) for one in ds.checks.adjust(tested, slug="welch")]
    [0.02, 0.04]
    """

    measure: Measure
    check: str
    p_value: float
    holm: float
    benjamini_hochberg: float
    n_tested: int


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values by Holm's step-down method.

    Parameters
    ----------
    p_values : array_like, shape (n_tests,)
        Between 0 and 1.

    Returns
    -------
    ndarray of float, shape (n_tests,)
        In the same order.

    Raises
    ------
    InputError
        If a p-value is not between 0 and 1.

    References
    ----------
    Holm, S. (1979). Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    p = _read(p_values)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    return _unsort(np.minimum(stepped, 1.0), order)


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values by Benjamini and Hochberg's step-up method.

    Parameters
    ----------
    p_values : array_like, shape (n_tests,)
        Between 0 and 1.

    Returns
    -------
    ndarray of float, shape (n_tests,)
        In the same order.

    Raises
    ------
    InputError
        If a p-value is not between 0 and 1.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). JRSS B 57, 289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    p = _read(p_values)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * p.size / np.arange(1, p.size + 1)
    stepped = np.minimum.accumulate(scaled[::-1])[::-1]
    return _unsort(np.minimum(stepped, 1.0), order)


def adjust(checks: tuple[Check, ...], *, slug: str) -> tuple[AdjustedP, ...]:
    """Adjust the p-values of one kind of check over the measures that it was made for.

    Parameters
    ----------
    checks : tuple of Check
        Any; those of other kinds and those not applicable are left out.
    slug : str
        The kind of check, fixed in advance: picking the smallest p of each measure
        first would undo the adjustment.

    Returns
    -------
    tuple of AdjustedP
        One for each measure tested, with their number.

    Raises
    ------
    InputError
        If `checks` are no checks or the slug is no text.

    Examples
    --------
    >>> adjust((), slug="welch")
    ()
    """
    checks = tuple(checks)
    faults = find_text_faults("slug", slug)
    for check in checks:
        faults += find_kind_faults("checks", check, Check, "records of checks")
    raise_faults("check", faults)
    tested = [c for c in checks if c.check == slug and c.applicable and not math.isnan(c.p_value)]
    p_values = np.array([check.p_value for check in tested])
    return tuple(
        AdjustedP(check.measure, slug, check.p_value, float(h), float(b), len(tested))
        for check, h, b in zip(tested, holm(p_values), benjamini_hochberg(p_values), strict=True)
    )


def _read(p_values: ArrayLike) -> NDArray[np.float64]:
    columns = Columns()
    p = columns.numbers("p_values", p_values, least=0.0, most=1.0, truths=False, expected=EXPECTED)
    columns.require(nobody=True)
    return p


def _unsort(values: NDArray[np.float64], order: NDArray[np.intp]) -> NDArray[np.float64]:
    result = np.empty_like(values)
    result[order] = values
    return result
