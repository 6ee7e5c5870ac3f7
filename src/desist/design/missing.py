"""Missing covariates: a level of their own, or an indicator, because the user says so."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from desist.design.formula import is_text, suggest
from desist.errors import Fault, raise_faults

NOT_KNOWN = "not known"


def mark_missing(people: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Give missing values of covariates a level of their own, or an indicator.

    Text gets the level ``not known``. A column of numbers gets a companion
    ``NAME_missing`` of 0 and 1 and its missing values the mean of the known ones; put both
    into the formula, so that the value filled in does not matter to the score (Rosenbaum
    and Rubin 1984, Journal of the American Statistical Association 79, appendix B). It
    balances what is known and that it is missing, not the values that are missing; where
    those matter, use multiple imputation.

    Parameters
    ----------
    people : DataFrame
        One row a person.
    columns : iterable of str
        Covariates to mark; those without missing values are left as they are.

    Returns
    -------
    DataFrame
        A copy.

    Raises
    ------
    InputError
        If a column is unknown, or has no value at all.

    Examples
    --------
    >>> people = pd.DataFrame({"age": [20.0, None, 30.0], "needs": ["high", None, "low"]})
    >>> mark_missing(people, ["age", "needs"])
        age      needs  age_missing
    0  20.0       high            0
    1  25.0  not known            1
    2  30.0        low            0
    """
    names = list(columns)
    raise_faults("missing covariates", _find_faults(people, names))
    marked = people.copy()
    for name in names:
        missing = people[name].isna().to_numpy()
        if not missing.any():
            continue
        if is_text(people[name]):
            marked[name] = people[name].astype(object).where(~missing, NOT_KNOWN)
            continue
        values = people[name].to_numpy(dtype=np.float64, na_value=np.nan)
        marked[name] = np.where(missing, values[~missing].mean(), values)
        marked[f"{name}_missing"] = missing.astype(np.int64)
    return marked


def _find_faults(people: pd.DataFrame, names: list[str]) -> list[Fault]:
    faults = []
    for name in names:
        if name not in people.columns:
            advice = suggest(name, people.columns)
            faults.append(Fault("columns", "columns of the people", repr(name), advice))
        elif people[name].isna().all():
            faults.append(Fault(name, "values for some people", "none", "leave it out"))
        elif f"{name}_missing" in people.columns and people[name].isna().any():
            found = f"a column {name}_missing"
            faults.append(Fault(name, "no companion yet", found, "rename it"))
    return faults
