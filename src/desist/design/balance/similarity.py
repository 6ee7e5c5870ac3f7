"""Further measures of how alike the arms are: products, overlap, distances, subgroups."""

# The balance table of a design says whether means agree. These say whether the shapes, the joint
# distribution and the parts of the sample do.

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.balance import Balance, expand_columns, is_binary, measure_balance
from desist.design.design import Design
from desist.design.formula import Formula
from desist.design.made_from import of_a_design, read_design_formula
from desist.design.matching.distance import find_column_faults
from desist.errors import raise_faults

GRID = 4096
MOST_FOR_ENERGY = 20_000
ROWS_AT_ONCE = 512
NOTHING = 1e-12

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BalanceDistances:
    """How far the arms are apart in all covariates together.

    Attributes
    ----------
    mahalanobis_before, mahalanobis_after : float
        Length of the difference of mean vectors, in the unadjusted covariance of the
        people who standardise; 0 when all means agree, infinite when they differ in something
        in which nobody varies within the arms.
    energy_before, energy_after : float
        Energy distance of the weighted samples, on covariates in standard deviations; 0
        when the distributions agree. Missing when not applicable.
    reason : str
        Why the energy distance is not applicable, or empty.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import measure_distances
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> found = measure_distances(design)
    >>> round(found.mahalanobis_before, 2), round(found.mahalanobis_after, 2)
    (1.32, 0.0)
    """

    mahalanobis_before: float
    mahalanobis_after: float
    energy_before: float
    energy_after: float
    reason: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class GroupBalance:
    """Balance within each group.

    Attributes
    ----------
    column : str
        What the groups are.
    groups : dict of str to Balance
        Those with at least two people of each arm in use.
    left_out : dict of str to str
        The others, with the reason.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import measure_by_group
    >>> cohort = ds.simulate_cohort(200, 800, rng=1, n_groups=2).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> found = measure_by_group(design, "prison")
    >>> found.column, list(found.groups), found.left_out
    ('prison', ['prison 1', 'prison 2'], {})
    """

    column: str
    groups: dict[str, Balance]
    left_out: dict[str, str]

    @property
    def table(self) -> pd.DataFrame:
        """All tables under each other, the group in the first column."""
        parts = [balance.table.assign(group=name) for name, balance in self.groups.items()]
        if not parts:
            return pd.DataFrame(columns=["group"])
        joined = pd.concat(parts, ignore_index=True)
        return joined[["group", *(name for name in joined.columns if name != "group")]]

    def __repr__(self) -> str:
        """Return the worst covariate of each group, and the groups left out."""
        lines = [f"Balance by {self.column}"]
        lines += [f"  {name}: {balance!r}" for name, balance in self.groups.items()]
        lines += [f"  {name}: not applicable, {why}" for name, why in self.left_out.items()]
        return "\n".join(lines)


@of_a_design
def measure_products(design: Design) -> Balance:
    """Measure balance of squares and of products of two covariates.

    Equal means do not make joint distributions equal; these are the next thing to look at.

    Parameters
    ----------
    design : Design
        Built with a formula; its cohort may stand before it, and has to for one made by hand.

    Returns
    -------
    Balance
        Rows ``age^2`` and ``age * sex[m]``; levels of one category are not multiplied.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> ds.design.measure_products(design).table["covariate"].tolist()
    ['age^2', 'copas^2', 'age * copas']
    """
    covariates, formula = read_design_formula(design)
    columns = list(_expand_each(covariates, formula))
    products = {f"{name}^2": values**2 for _, name, values in columns if not is_binary(values)}
    for (first, one, left), (second, other, right) in combinations(columns, 2):
        if first != second:
            products[f"{one} * {other}"] = left * right
    return _measure(pd.DataFrame(products), design)


@of_a_design
def measure_overlap(design: Design) -> pd.DataFrame:
    """Measure the share of each covariate's distribution that the arms have in common.

    The area under the lower of the two densities: Gaussian kernels with the normal
    reference bandwidth of the smaller arm, the same before and after. For 0/1 covariates
    ``1 - |p1 - p0|``.

    Parameters
    ----------
    design : Design
        Built with a formula; its cohort may stand before it, and has to for one made by hand.

    Returns
    -------
    DataFrame
        Columns covariate, overlap_before, overlap_after; 1 is complete overlap.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> overlap = ds.design.measure_overlap(design)
    >>> bool((overlap["overlap_after"] > 0.5).all())
    True
    """
    covariates, formula = read_design_formula(design)
    rows = []
    for name, values in expand_columns(covariates, formula.variables, formula.categorical):
        before = overlap_coefficient(values, design.treated, design.masses)
        after = overlap_coefficient(values, design.treated, design.weights)
        rows.append({"covariate": name, "overlap_before": before, "overlap_after": after})
    return pd.DataFrame(rows)


def overlap_coefficient(values: Floats, treated: NDArray[np.bool_], weights: Floats) -> float:
    """Area that two weighted densities have in common.

    Parameters
    ----------
    values : ndarray of float, shape (n_people,)
        A covariate or a score.
    treated : ndarray of bool, shape (n_people,)
        Whether each person took part.
    weights : ndarray of float, shape (n_people,)
        Only ratios within an arm mean anything.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> import desist as ds
    >>> arm = np.array([True, True, False, False])
    >>> ds.design.overlap_coefficient(np.array([0.0, 1.0, 0.0, 1.0]), arm, np.ones(4))
    1.0
    """
    if is_binary(values):
        shares = _arm_shares(treated, weights)
        return 1 - abs(float(shares[0] @ values - shares[1] @ values))
    return float(np.minimum(*_arm_densities(values, treated, weights)[1:]).sum())


def density_table(values: Floats, treated: NDArray[np.bool_], weights: Floats) -> pd.DataFrame:
    """Make the densities of a covariate or score by arm, for a picture.

    Parameters
    ----------
    values : ndarray of float, shape (n_people,)
        Numbers that vary.
    treated : ndarray of bool, shape (n_people,)
        Whether each person took part.
    weights : ndarray of float, shape (n_people,)
        Only ratios within an arm mean anything.

    Returns
    -------
    DataFrame
        Columns value, treated, comparison: a grid of values and the densities there, whose
        common area is the `overlap_coefficient`.

    Examples
    --------
    >>> import numpy as np
    >>> import desist as ds
    >>> ages, arm = np.arange(40.0), np.arange(40) < 15
    >>> ds.design.density_table(ages, arm, np.ones(40)).columns.tolist()
    ['value', 'treated', 'comparison']
    """
    grid, inside, outside = _arm_densities(values, treated, weights)
    step = grid[1] - grid[0]
    return pd.DataFrame({"value": grid, "treated": inside / step, "comparison": outside / step})


@of_a_design
def measure_distances(design: Design) -> BalanceDistances:
    """Measure how far the arms are apart in all covariates together.

    Mahalanobis distance of the means, in the pooled covariance where the people who
    standardise do not vary in what differs; energy distance 2 E|X - Y| - E|X - X'| - E|Y - Y'|
    (Szekely and Rizzo 2013, Journal of Statistical Planning and Inference 143).

    Parameters
    ----------
    design : Design
        Built with a formula; its cohort may stand before it, and has to for one made by hand.

    Returns
    -------
    BalanceDistances
        Before and after.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> far = ds.design.measure_distances(design)
    >>> far.mahalanobis_after < far.mahalanobis_before
    True
    """
    covariates, formula = read_design_formula(design)
    expanded = expand_columns(covariates, formula.variables, formula.categorical)
    values = np.column_stack([column for _, column in expanded])
    treated = design.treated
    steps = [_signed_shares(treated, weights) for weights in (design.masses, design.weights)]
    before, after = _mahalanobis(values, design, steps)
    if len(treated) > MOST_FOR_ENERGY:
        nan = float("nan")
        reason = f"{len(treated):,} people make too many pairs; the most is {MOST_FOR_ENERGY:,}"
        return BalanceDistances(before, after, nan, nan, reason)
    energy = _energy(_in_standard_deviations(values), steps)
    return BalanceDistances(before, after, energy[0], energy[1])


@of_a_design
def measure_by_group(design: Design, column: str) -> GroupBalance:
    """Measure balance within each group, such as each prison.

    Parameters
    ----------
    design : Design
        Built with a formula; its cohort may stand before it, and has to for one made by hand.
    column : str
        Column of the groups.

    Returns
    -------
    GroupBalance
        Standardised within each group.

    Raises
    ------
    InputError
        If the column is unknown.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> len(ds.design.measure_by_group(design, "ethnicity").groups)
    2
    """
    covariates, formula = read_design_formula(design)
    raise_faults("balance by group", find_column_faults("column", column, covariates))
    variables = tuple(name for name in formula.variables if name != column)
    groups: dict[str, Balance] = {}
    left_out: dict[str, str] = {}
    used = design.weights > 0
    for value in sorted(covariates[column].dropna().unique()):
        inside = (covariates[column] == value).to_numpy()
        treated = design.treated[inside]
        counts = int((treated & used[inside]).sum()), int((~treated & used[inside]).sum())
        if min(counts) < 2:
            left_out[str(value)] = f"{counts[0]} participants and {counts[1]} comparison people"
            continue
        groups[str(value)] = measure_balance(
            covariates.loc[inside],
            variables,
            formula.categorical,
            treated,
            design.weights[inside],
            sampling=None if design.sampling is None else design.sampling[inside],
            standardiser=design.balance.standardiser if design.balance else "treated",
        )
    return GroupBalance(column, groups, left_out)


def _expand_each(covariates: pd.DataFrame, formula: Formula) -> Iterator[tuple[str, str, Floats]]:
    for variable in formula.variables:
        for name, values in expand_columns(covariates, (variable,), formula.categorical):
            yield variable, name, values


def _measure(columns: pd.DataFrame, design: Design) -> Balance:
    names = tuple(columns.columns)
    standardiser = design.balance.standardiser if design.balance else "treated"
    return measure_balance(
        columns,
        names,
        frozenset(),
        design.treated,
        design.weights,
        sampling=design.sampling,
        standardiser=standardiser,
    )


def _reference_bandwidth(values: Floats) -> float:
    """1.06 min(sd, iqr / 1.34) n^(-1/5): Scott 1992, Multivariate Density Estimation."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(1.06 * min(values.std(ddof=1), (high - low) / 1.34) * len(values) ** -0.2)


def _arm_shares(treated: NDArray[np.bool_], weights: Floats) -> list[Floats]:
    return [np.where(arm, weights, 0.0) / weights[arm].sum() for arm in (treated, ~treated)]


def _arm_densities(
    values: Floats, treated: NDArray[np.bool_], weights: Floats
) -> tuple[Floats, Floats, Floats]:
    """Grid, and the probability of each arm in its cells."""
    shares = _arm_shares(treated, weights)
    smaller = treated if treated.sum() <= (~treated).sum() else ~treated
    bandwidth = _reference_bandwidth(values[smaller]) or _reference_bandwidth(values)
    if bandwidth == 0:  # most people have one value: compare the values themselves
        levels, cells = np.unique(values, return_inverse=True)
        return levels, np.bincount(cells, shares[0]), np.bincount(cells, shares[1])
    low, high = values.min() - 4 * bandwidth, values.max() + 4 * bandwidth
    inside, outside = (_density_on_grid(values, s, low, high, bandwidth) for s in shares)
    return np.linspace(low, high, GRID), inside, outside


def _density_on_grid(
    values: Floats, share: Floats, low: float, high: float, bandwidth: float
) -> Floats:
    """Probability in each cell of a grid: linear binning, then a Gaussian by FFT."""
    place = (values - low) / (high - low) * (GRID - 1)
    cell = np.floor(place).astype(np.int64)
    upper = place - cell
    mass = np.bincount(cell, share * (1 - upper), GRID + 1)
    mass += np.bincount(cell + 1, share * upper, GRID + 1)
    width = bandwidth / (high - low) * (GRID - 1)
    frequency = np.fft.rfftfreq(2 * GRID)
    smooth = np.exp(-2 * (np.pi * frequency * width) ** 2)
    return np.fft.irfft(np.fft.rfft(mass[:GRID], 2 * GRID) * smooth, 2 * GRID)[:GRID]


def _signed_shares(treated: NDArray[np.bool_], weights: Floats) -> Floats:
    inside, outside = weights[treated].sum(), weights[~treated].sum()
    return np.where(treated, weights / inside, -weights / outside)


def _mahalanobis(values: Floats, design: Design, steps: list[Floats]) -> list[float]:
    """Length of each difference of means; infinite where no covariance reaches it."""
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    differences = [step @ scaled for step in steps]
    own, pooled = _unadjusted_covariances(scaled, design)
    lengths = [_length_within(own, difference) for difference in differences]
    if not np.isfinite(lengths).all():  # the same unit before and after
        lengths = [_length_within(pooled, difference) for difference in differences]
    return lengths


def _unadjusted_covariances(values: Floats, design: Design) -> tuple[Floats, Floats]:
    """Covariance of the people who standardise, and the pooled one."""
    standardiser = design.balance.standardiser if design.balance else "treated"
    inside, outside = (
        np.atleast_2d(
            np.cov(
                values[arm],
                rowvar=False,
                aweights=None if design.sampling is None else design.sampling[arm],
            )
        )
        for arm in (design.treated, ~design.treated)
    )
    pooled = (inside + outside) / 2
    return {"treated": inside, "comparison": outside}.get(standardiser, pooled), pooled


def _length_within(covariance: Floats, difference: Floats) -> float:
    roots, axes = np.linalg.eigh(covariance)
    varies = roots > NOTHING * max(float(roots.max()), 1.0)
    along = axes.T @ difference
    if np.abs(along[~varies]).max(initial=0.0) > np.sqrt(NOTHING):
        return float("inf")
    return float(np.sqrt((along[varies] ** 2 / roots[varies]).sum()))


def _in_standard_deviations(values: Floats) -> Floats:
    spread = [column.std(ddof=0 if is_binary(column) else 1) or 1.0 for column in values.T]
    scaled: Floats = values / np.array(spread)
    return scaled


def _energy(values: Floats, steps: list[Floats]) -> list[float]:
    """Compute -s'Ds for each vector s of signed shares, a block of rows of D at a time."""
    squares = (values**2).sum(axis=1)
    totals = np.zeros(len(steps))
    for start in range(0, len(values), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        gram = values[rows] @ values.T
        distance = np.sqrt(np.maximum(squares[rows, None] + squares - 2 * gram, 0.0))
        totals -= [float(step[rows] @ distance @ step) for step in steps]
    return [max(float(total), 0.0) for total in totals]
