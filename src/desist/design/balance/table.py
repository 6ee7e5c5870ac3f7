"""Balance: how alike the weighted arms are, covariate by covariate."""

# The standardiser is the same before and after (Stuart 2010, Statistical Science 25, section 4).
# There are no balance p-values.

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import find_choice_faults, find_number_faults
from desist.cohort.kinds import sort_labels
from desist.design.formula import is_text
from desist.errors import Fault, raise_faults
from desist.estimands import Estimand
from desist.notebook import show_record
from desist.weights import weighted_variance

WELL = 0.05
REASONABLE = 0.10
STANDARDISERS = ("treated", "comparison", "pooled")
WORDS = ("well matched", "reasonably matched", "poorly matched")

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Balance:
    """Balance of each covariate, before and after weighting.

    Attributes
    ----------
    table : DataFrame
        One row a covariate, or a level of one. Columns: covariate, mean_treated,
        mean_comparison_before, mean_comparison, smd_before, smd_after, variance_ratio
        (missing for 0/1 covariates, infinite where only the participants vary), ks, word,
        mean_treated_before, variance_ratio_before, ks_before. Standardised mean differences
        (smd) are participants minus comparison, in standard deviations.
    standardiser : str
        Whose standard deviation: "treated", "comparison" or "pooled", unadjusted.
    well, reasonable : float
        Largest absolute standardised difference that is called well, reasonably matched.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"age": [20.0, 30.0, 24.0, 26.0, 40.0]})
    >>> treated = np.array([True, True, False, False, False])
    >>> balance = measure_balance(people, ("age",), frozenset(), treated,
    ...                           np.array([1.0, 1.0, 1.0, 1.0, 0.0]))
    >>> balance.worst, balance.n_out_of_tolerance
    ('age', 0)
    """

    table: pd.DataFrame
    standardiser: str = "treated"
    well: float = WELL
    reasonable: float = REASONABLE

    @property
    def worst(self) -> str | None:
        """Name of the covariate with the largest absolute difference; None without any."""
        size = self.table["smd_after"].abs()
        return None if size.empty else str(self.table["covariate"].iloc[int(size.argmax())])

    @property
    def worst_difference(self) -> float:
        """Largest absolute difference, with its sign; missing without covariates."""
        size = self.table["smd_after"].abs()
        return (
            float("nan") if size.empty else float(self.table["smd_after"].iloc[int(size.argmax())])
        )

    @property
    def n_out_of_tolerance(self) -> int:
        """Number of covariates that are poorly matched."""
        return int((~(self.table["smd_after"].abs() <= self.reasonable)).sum())

    _repr_html_ = show_record

    def __repr__(self) -> str:
        """Return the worst covariate and the counts in words."""
        if self.worst is None:
            return "Balance: no covariates were named"
        counts = self.table["word"].value_counts()
        parts = [f"{counts[word]} {word}" for word in WORDS if word in counts]
        return f"Balance: {', '.join(parts)}; worst {self.worst} ({self.worst_difference:+.3f})"


def measure_balance(
    covariates: pd.DataFrame,
    variables: tuple[str, ...],
    categorical: frozenset[str],
    treated: NDArray[np.bool_],
    weights: Floats,
    *,
    sampling: Floats | None = None,
    standardiser: str = "treated",
    well: float = WELL,
    reasonable: float = REASONABLE,
) -> Balance:
    """Measure balance before and after weighting.

    Standardised difference: difference of weighted means over one unadjusted standard
    deviation; sqrt(p(1-p)) for 0/1 covariates; where that is zero, the pooled one.
    Variance ratio: participants over comparison, by the unbiased variance for
    reliability weights, sum w (x - m)^2 / (sum w - sum w^2 / sum w). KS: the largest
    distance of the weighted distribution functions. What is unadjusted is weighted by the
    sampling weights, where there are any.

    Parameters
    ----------
    covariates : DataFrame
        The people.
    variables : tuple of str
        The columns to compare.
    categorical : frozenset of str
        Those of them that are categories; each level becomes a row (one row for two
        levels).
    treated : ndarray of bool, shape (n_people,)
        Whether each person took part.
    weights : ndarray of float, shape (n_people,)
        Only ratios within an arm mean anything; sampling weights are in them already.
    sampling : ndarray of float, shape (n_people,), optional
        Sampling weights, for what is measured before; all people count alike when left out.
    standardiser : str
        "treated", "comparison", or "pooled" for sqrt((v1 + v0) / 2).
    well, reasonable : float
        Limits of the words.

    Returns
    -------
    Balance
        With one row for each covariate or level.

    Raises
    ------
    InputError
        If the standardiser or a limit is of the wrong kind.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import measure_balance
    >>> people = ds.datasets.lalonde()
    >>> treated = people["treat"].to_numpy() == 1
    >>> weights = (treated + 0.5 * ~treated) * 1.0
    >>> balance = measure_balance(people, ("age", "educ"), frozenset(), treated, weights)
    >>> balance.table[["covariate", "smd_before", "smd_after"]].round(3)
      covariate  smd_before  smd_after
    0       age      -0.309     -0.309
    1      educ       0.055      0.055
    """
    raise_faults("balance", _find_faults(standardiser, well, reasonable))
    arms = _Arms(treated, weights, sampling)
    rows = [
        _compare(name, values, arms, standardiser)
        for name, values in expand_columns(covariates, variables, categorical)
    ]
    for row in rows:
        row["word"] = _word(abs(row["smd_after"]), well, reasonable)
    columns = {name: [row[name] for row in rows] for name in _COLUMNS if rows}
    table = pd.DataFrame(columns, columns=_COLUMNS)
    return Balance(table, standardiser, well, reasonable)


def expand_columns(
    covariates: pd.DataFrame, variables: tuple[str, ...], categorical: frozenset[str]
) -> Iterator[tuple[str, Floats]]:
    """Yield covariates as columns of numbers, each level of a category by itself."""
    for name in variables:
        column = covariates[name]
        if name in categorical or is_text(column):
            yield from _expand_levels(name, column)
            continue
        values = column.to_numpy(dtype=np.float64)
        low, high = values.min(), values.max()
        if (low, high) != (0.0, 1.0) and bool(((values == low) | (values == high)).all()):
            yield f"{name}[{high:g}]", (values == high).astype(np.float64)
        else:
            yield name, values


def choose_standardiser(estimand: Estimand) -> str:
    """Choose whose standard deviation standardises: that of the people asked about."""
    if estimand.asked is Estimand.ATT:
        return "treated"
    return "comparison" if estimand.asked is Estimand.ATC else "pooled"


_COLUMNS = [
    "covariate",
    "mean_treated",
    "mean_comparison_before",
    "mean_comparison",
    "smd_before",
    "smd_after",
    "variance_ratio",
    "ks",
    "word",
    "mean_treated_before",
    "variance_ratio_before",
    "ks_before",
]


def _find_faults(standardiser: object, well: object, reasonable: object) -> list[Fault]:
    faults = find_choice_faults("standardiser", standardiser, STANDARDISERS)
    for where, limit in (("well", well), ("reasonable", reasonable)):
        faults += find_number_faults(where, limit, above=0)
    return faults


class _Arms:
    """The two arms and their weights, indexed once for all covariates."""

    def __init__(
        self, treated: NDArray[np.bool_], weights: Floats, sampling: Floats | None = None
    ) -> None:
        self.treated = np.flatnonzero(treated)
        self.comparison = np.flatnonzero(~treated)
        self.treated_weights = weights[self.treated] / weights[self.treated].sum()
        self.comparison_weights = weights[self.comparison] / weights[self.comparison].sum()
        self.step_before = np.where(treated, 1 / self.treated.size, -1 / self.comparison.size)
        self.before: tuple[Floats, Floats] | None = None
        if sampling is not None:
            inside, outside = sampling[self.treated], sampling[self.comparison]
            self.before = inside / inside.sum(), outside / outside.sum()
            self.step_before = self._sign(*self.before)
        self.step_after = self._sign(self.treated_weights, self.comparison_weights)

    def _sign(self, inside: Floats, outside: Floats) -> Floats:
        step = np.empty(len(inside) + len(outside))
        step[self.treated], step[self.comparison] = inside, -outside
        return step

    def means_before(self, inside: Floats, outside: Floats) -> tuple[float, float]:
        if self.before is None:
            return float(inside.mean()), float(outside.mean())
        return float(self.before[0] @ inside), float(self.before[1] @ outside)

    def variances_before(self, inside: Floats, outside: Floats) -> tuple[float, float]:
        if self.before is None:
            return _variance(inside), _variance(outside)
        shares = self.before
        return weighted_variance(inside, shares[0]), weighted_variance(outside, shares[1])


def _compare(name: str, values: Floats, arms: _Arms, standardiser: str) -> dict[str, Any]:
    inside, outside = values[arms.treated], values[arms.comparison]
    before = arms.means_before(inside, outside)
    after = float(arms.treated_weights @ inside), float(arms.comparison_weights @ outside)
    row: dict[str, Any] = {
        "covariate": name,
        "mean_treated": after[0],
        "mean_comparison_before": before[1],
        "mean_comparison": after[1],
        "mean_treated_before": before[0],
    }
    if is_binary(values):
        spread = before[0] * (1 - before[0]), before[1] * (1 - before[1])
        row |= {"variance_ratio": np.nan, "variance_ratio_before": np.nan}
        row |= {"ks": abs(after[0] - after[1]), "ks_before": abs(before[0] - before[1])}
    else:
        spread = arms.variances_before(inside, outside)
        now = (
            weighted_variance(inside, arms.treated_weights),
            weighted_variance(outside, arms.comparison_weights),
        )
        row |= {"variance_ratio": _ratio(*now), "variance_ratio_before": _ratio(*spread)}
        row["ks_before"], row["ks"] = _largest_gaps(values, arms)
    unit = _standard_deviation(*spread, standardiser)
    if _is_constant(values):  # means that differ by rounding alone do not differ
        return row | {"smd_before": 0.0, "smd_after": 0.0}
    row["smd_before"] = _standardise(before[0] - before[1], unit)
    row["smd_after"] = _standardise(after[0] - after[1], unit)
    return row


def is_binary(values: Floats) -> bool:
    """Tell whether a column holds only 0 and 1."""
    return bool(((values == 0) | (values == 1)).all())


def _largest_gaps(values: Floats, arms: _Arms) -> tuple[float, float]:
    order = np.argsort(values)
    ordered = values[order]
    ends = np.append(ordered[1:] != ordered[:-1], True)
    gaps = [
        float(np.abs(np.cumsum(step[order])[ends]).max())
        for step in (arms.step_before, arms.step_after)
    ]
    return gaps[0], gaps[1]


def _variance(values: Floats) -> float:
    """Unbiased variance; exactly 0 where nobody varies, which sums of decimals are not."""
    return 0.0 if _is_constant(values) else float(values.var(ddof=1))


def _is_constant(values: Floats) -> bool:
    return bool((values == values[0]).all())


def _standard_deviation(treated: float, comparison: float, standardiser: str) -> float:
    pooled = float(np.sqrt((treated + comparison) / 2))
    own = {"treated": np.sqrt(treated), "comparison": np.sqrt(comparison)}
    return float(own.get(standardiser, pooled)) or pooled


def _standardise(difference: float, unit: float) -> float:
    if unit > 0:
        return difference / unit
    # neither arm varies: the same value is perfect balance, and another is none at all
    return math.copysign(math.inf, difference) if difference else 0.0


def _ratio(above: float, below: float) -> float:
    if below > 0:
        return above / below
    return math.inf if above > 0 else math.nan


def _word(size: float, well: float, reasonable: float) -> str:
    if size <= well:
        return WORDS[0]
    return WORDS[1] if size <= reasonable else WORDS[2]


def _expand_levels(name: str, column: "pd.Series[Any]") -> Iterator[tuple[str, Floats]]:
    codes, levels = sort_labels(column)
    first = 1 if len(levels) == 2 else 0
    for code in range(first, len(levels)):
        yield f"{name}[{levels[code]}]", (codes == code).astype(np.float64)
