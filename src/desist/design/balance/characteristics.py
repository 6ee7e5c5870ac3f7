"""Tables of people: who they are before and after, and who was dropped."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.balance import expand_columns, is_binary
from desist.design.design import Design
from desist.design.made_from import of_a_design, read_design_formula

Floats = NDArray[np.float64]


@of_a_design
def describe_people(design: Design) -> pd.DataFrame:
    """Describe the arms before and after weighting ("table one").

    Parameters
    ----------
    design : Design
        Built with a formula; its cohort may stand before it, and has to for one made by hand.

    Returns
    -------
    DataFrame
        One row a covariate or level. Columns: covariate, kind ("number": mean and standard
        deviation; "share": proportion, no standard deviation), and mean and sd of
        participants_before, participants, comparison_before, comparison. The first row
        counts people, the second has effective sample sizes.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> ds.design.describe_people(design)["covariate"].tolist()
    ['people', 'effective sample size', 'age', 'copas']
    """
    covariates, formula = read_design_formula(design)
    everybody = design.masses
    groups = {
        "participants_before": np.where(design.treated, everybody, 0.0),
        "participants": np.where(design.treated, design.weights, 0.0),
        "comparison_before": np.where(design.treated, 0.0, everybody),
        "comparison": np.where(design.treated, 0.0, design.weights),
    }
    rows = [
        {"covariate": "people", "kind": "count"}
        | {f"{name}_mean": float((weights > 0).sum()) for name, weights in groups.items()},
        {"covariate": "effective sample size", "kind": "count"}
        | {
            f"{name}_mean": weights.sum() ** 2 / (weights**2).sum()
            for name, weights in groups.items()
        },
    ]
    for name, values in expand_columns(covariates, formula.variables, formula.categorical):
        row: dict[str, object] = {"covariate": name}
        row["kind"] = "share" if is_binary(values) else "number"
        for group, weights in groups.items():
            row[f"{group}_mean"], row[f"{group}_sd"] = _mean_and_spread(values, weights)
        rows.append(row)
    columns = [f"{group}_{part}" for group in groups for part in ("mean", "sd")]
    return pd.DataFrame(rows, columns=["covariate", "kind", *columns])


@of_a_design
def profile_dropped(design: Design) -> pd.DataFrame:
    """Describe the participants who were dropped against those who were kept.

    Parameters
    ----------
    design : Design
        Built with a formula; its cohort may stand before it, and has to for one made by hand.

    Returns
    -------
    DataFrame
        Columns covariate, n_kept, n_dropped, mean_kept, mean_dropped, and smd: dropped
        minus kept in standard deviations of all participants; missing where nobody was
        dropped.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> ds.design.profile_dropped(design)["covariate"].tolist()
    ['age', 'copas']
    """
    covariates, formula = read_design_formula(design)
    kept = design.treated & (design.weights > 0)
    dropped = design.treated & (design.weights == 0)
    rows = []
    for name, values in expand_columns(covariates, formula.variables, formula.categorical):
        spread = _measure_spread(values, design)
        means = [_measure_mean(values, who, design) for who in (kept, dropped)]
        rows.append(
            {
                "covariate": name,
                "n_kept": int(kept.sum()),
                "n_dropped": int(dropped.sum()),
                "mean_kept": means[0],
                "mean_dropped": means[1],
                "smd": _standardise(means[1] - means[0], spread),
            }
        )
    return pd.DataFrame(rows)


def _measure_mean(values: Floats, who: NDArray[np.bool_], design: Design) -> float:
    """Measure the mean of some people before the design; missing for nobody."""
    if not who.any():
        return float("nan")
    masses = None if design.sampling is None else design.sampling[who]
    return float(np.average(values[who], weights=masses))


def _measure_spread(values: Floats, design: Design) -> float:
    """Measure the standard deviation of all participants before the design."""
    inside = values[design.treated]
    if np.ptp(inside) == 0:
        return 0.0
    if design.sampling is None:
        return float(inside.std(ddof=0 if is_binary(values) else 1))
    mean, spread = _mean_and_spread(values, np.where(design.treated, design.sampling, 0.0))
    return float(np.sqrt(mean * (1 - mean))) if is_binary(values) else spread


def _standardise(difference: float, spread: float) -> float:
    """In standard deviations; participants who do not vary do not differ."""
    return difference / spread if spread > 0 else 0.0 * difference


def _mean_and_spread(values: Floats, weights: Floats) -> tuple[float, float]:
    """Weighted mean, and standard deviation for reliability weights (missing for shares)."""
    shares = weights / weights.sum()
    mean = float(shares @ values)
    left = 1 - float(shares @ shares)
    if is_binary(values) or left <= 0:
        return mean, float("nan")
    return mean, float(np.sqrt(shares @ (values - mean) ** 2 / left))
