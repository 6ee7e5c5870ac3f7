"""The record of a predictive check, whatever was predicted."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

MOST_NAMED = 5  # in a sentence; the table names all


@dataclass(frozen=True, eq=False, repr=False)
class PredictiveCheck:
    """What was observed of each arm, beside what the fitted model predicts of such people.

    Of `check_predictions`, and of `check_one_process`: there it says whether one process suffices.

    Attributes
    ----------
    table : DataFrame
        One row an arm and statistic. Columns: arm, statistic, unit ("proportion",
        "offences", "offences squared" or "days"), observed (weighted), predicted (median),
        lower, upper (central interval of the predictions), probability (two-sided posterior
        predictive). Missing where there is nobody to take the statistic of.
    model : str
        Which model, and its family.
    n_draws : int
        Simulated cohorts, one a posterior draw.
    probability : float
        Of the intervals; a statistic outside its own is not explained.
    contrasts : DataFrame
        The same for treated minus comparison, both drawn from one posterior draw: one row a
        statistic. A model may explain both arms well enough, and not what is between them.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> fit = ds.fit_model(ds.RateModel(), cohort, design, seed=1)
    >>> check = ds.models.check_predictions(fit, cohort, design, n_draws=100)
    >>> check.explains
    True
    >>> check.table[["arm", "observed", "lower", "upper"]].round(2)
              arm  observed  lower  upper
    0     treated      0.10   0.02   0.25
    1  comparison      0.39   0.26   0.49
    """

    table: pd.DataFrame
    model: str
    n_draws: int
    probability: float = 0.95
    contrasts: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def unexplained(self) -> pd.DataFrame:
        """The rows whose two-sided probability is too small, the least likely first."""
        few = self.table[self.table["probability"] < 1 - self.probability]
        return few.sort_values("probability", kind="stable")

    @property
    def n_compared(self) -> int:
        """How many statistics were looked at."""
        return int(self.table["probability"].notna().sum())

    @property
    def explains(self) -> bool:
        """Whether every statistic is within what the model predicts."""
        return self.unexplained.empty

    @property
    def sentence(self) -> str:
        """The answer in one sentence, with how many statistics were looked at."""
        n_outside = len(self.unexplained)
        if not n_outside:
            least = self._write(self.table["probability"].min())
            return (
                f"The {self.model} model explains what was observed: each of the "
                f"{self.n_compared} statistics looked at is within what it predicts (smallest "
                f"two-sided posterior predictive probability {least})."
            )
        rows = self.unexplained.to_dict(orient="records")
        parts = [self._describe(row) for row in rows[:MOST_NAMED]]
        if n_outside > MOST_NAMED:
            parts.append(f"and {n_outside - MOST_NAMED} more")
        by_chance = self.n_compared * (1 - self.probability)
        return (
            f"The {self.model} model does not explain {n_outside} of the {self.n_compared} "
            f"statistics looked at (at most about {by_chance:.1f} would be outside by chance): "
            f"{'; '.join(parts)}."
        )

    def _describe(self, row: dict[Hashable, Any]) -> str:
        observed, lower, upper = (f"{row[name]:.3g}" for name in ("observed", "lower", "upper"))
        return (
            f"{row['statistic']}, {row['arm']}, {observed} where it predicts {lower} to {upper} "
            f"(probability {self._write(row['probability'])})"
        )

    def _write(self, probability: float) -> str:
        return write_probability(probability, 2 / self.n_draws)

    def __repr__(self) -> str:
        """Say how many statistics are not explained, and no statistic."""
        return (
            f"<PredictiveCheck of the {self.model} model: {len(self.unexplained)} of "
            f"{self.n_compared} statistics not explained, {self.n_draws} draws>"
        )


def write_probability(probability: float, smallest: float = 0.001) -> str:
    """Write a predictive probability to three decimals, as far as simulation can tell."""
    smallest = max(smallest, 0.001)
    return f"{probability:.3f}" if probability >= smallest else f"below {smallest:.3f}"
