"""Court outcomes of the people compared, counted and weighted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from desist.cohort.court import ARMS, TIERS, CourtCounts
from desist.design.balance import effective_sample_size
from desist.errors import Fault, InputError, name_rows
from desist.sample import Sample, of_a_sample


@of_a_sample
def count_court_outcomes(
    sample: Sample, column: str = "court", categories: Sequence[str] = TIERS
) -> CourtCounts:
    """Count the people compared by court outcome, weighted by their design.

    Parameters
    ----------
    sample : Sample
        The people compared; or a cohort and its design in its place. People of weight zero
        are not counted.
    column : str
        An outcome: keep it out of every formula. Its values are the categories. Blank is the
        last category for those who did not reoffend.
    categories : sequence of str
        Their names, the last that of everybody else.

    Returns
    -------
    CourtCounts
        With the effective sample size of each arm.

    Raises
    ------
    InputError
        If there is no such column, or a value is blank or none of the categories.

    Examples
    --------
    >>> import pandas as pd
    >>> import desist as ds
    >>> court = ["custody", "none", "none", "custody"]
    >>> people = pd.DataFrame({"t": [1, 1, 0, 0], "w": [1.0, 1.0, 2.0, 1.0], "court": court})
    >>> cohort = ds.Cohort(people, treatment="t")
    >>> design = ds.build_design(cohort, None, method=ds.GivenWeights("w"))
    >>> counts = ds.models.count_court_outcomes(cohort, design, categories=("custody", "none"))
    >>> counts.treated, counts.comparison
    ((1, 1), (1, 1))
    """
    names = tuple(categories)
    cohort, design = sample.cohort, sample.design
    if column not in cohort.people:
        known = ", ".join(map(str, cohort.people.columns))
        raise InputError("court outcomes", [Fault(column, f"one of the columns {known}", "none")])
    values = cohort.people[column].astype("string")
    reoffended = sample.recorded.reoffended
    if reoffended is not None:
        values = values.mask(values.isna().to_numpy() & ~reoffended, names[-1])
    codes = pd.Index(names).get_indexer(pd.Index(values.astype(object)))
    unknown = np.flatnonzero(codes < 0)
    if len(unknown):
        found = f"{len(unknown)} other or blank in {name_rows(unknown)}"
        fault = Fault(column, f"one of {', '.join(names)}", found, "mend them, or name them")
        raise InputError("court outcomes", [fault])
    parts: dict[str, Any] = {}
    for arm, of_arm in zip(ARMS, (design.treated, ~design.treated), strict=True):
        used = of_arm & (design.weights > 0)
        weights = design.weights[used]
        parts[arm] = tuple(np.bincount(codes[used], minlength=len(names)).tolist())
        shares = np.bincount(codes[used], weights / weights.sum(), minlength=len(names))
        parts[f"{arm}_weights"] = tuple(shares.tolist())
        parts[f"{arm}_size"] = effective_sample_size(weights)
    return CourtCounts(categories=names, **parts)
