"""Common support: where the scores of the two arms overlap, in numbers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.balance.similarity import overlap_coefficient
from desist.design.scores.propensity import PropensityScore
from desist.errors import Fault, InputError

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, eq=False, repr=False)
class CommonSupport:
    """Where the scores of the two arms overlap.

    Attributes
    ----------
    lower, upper : float
        Range of scores in which both arms have people.
    n_treated_below, n_treated_above : int
        Participants outside it.
    n_comparison_below, n_comparison_above : int
        Comparison people outside it.
    overlap : float
        Area that the two densities of the log odds have in common, from 0 to 1.
    quantiles : DataFrame
        Quantiles of the score, one row for each, columns treated and comparison.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import describe_support
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> found = describe_support(design.scores, design.treated)
    >>> round(found.lower, 2), round(found.upper, 2), round(found.overlap, 2)
    (0.02, 0.7, 0.56)
    """

    lower: float
    upper: float
    n_treated_below: int
    n_treated_above: int
    n_comparison_below: int
    n_comparison_above: int
    overlap: float
    quantiles: pd.DataFrame

    def __repr__(self) -> str:
        """Return who is outside, in words; the limits are single people's scores."""
        outside = self.n_treated_below + self.n_treated_above
        others = self.n_comparison_below + self.n_comparison_above
        return (
            f"Common support: outside it {outside:,} participants and {others:,} comparison "
            f"people; densities of the log odds have {self.overlap:.0%} in common"
        )


def describe_support(scores: PropensityScore, treated: NDArray[np.bool_]) -> CommonSupport:
    """Describe where the scores of the two arms overlap.

    Parameters
    ----------
    scores : PropensityScore
        Of everybody.
    treated : ndarray of bool, shape (n_people,)
        Whether each person took part.

    Returns
    -------
    CommonSupport
        A range that is empty (lower above upper) when the arms do not meet.

    Raises
    ------
    InputError
        If the number of scores is not that of the people.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> support = ds.design.describe_support(design.scores, design.treated)
    >>> support.lower < support.upper
    True
    """
    if len(scores.scores) != len(treated):
        found = f"{len(scores.scores):,} for {len(treated):,} people"
        raise InputError("common support", [Fault("scores", "one for each person", found)])
    inside, outside = scores.scores[treated], scores.scores[~treated]
    lower, upper = max(inside.min(), outside.min()), min(inside.max(), outside.max())
    table = pd.DataFrame(
        {"treated": np.quantile(inside, QUANTILES), "comparison": np.quantile(outside, QUANTILES)},
        index=pd.Index(QUANTILES, name="quantile"),
    )
    return CommonSupport(
        float(lower),
        float(upper),
        int((inside < lower).sum()),
        int((inside > upper).sum()),
        int((outside < lower).sum()),
        int((outside > upper).sum()),
        overlap_coefficient(scores.logit, treated, np.ones(len(treated))),
        table,
    )
