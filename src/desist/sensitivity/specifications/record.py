"""All specifications of an evaluation, and which choice moves the answer how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
import pandas as pd

from desist.estimands import Measure
from desist.sensitivity.result import say_difference, unit_of


@dataclass(frozen=True, eq=False, repr=False)
class Multiverse:
    """Every specification of an evaluation.

    Attributes
    ----------
    measure : Measure
        What is compared.
    dimensions : tuple of str
        What could have been decided otherwise.
    table : DataFrame
        One row a specification: names of its options, "question" (its curve), "estimand",
        "estimate", "lower", "upper", "probability_of_benefit", "effective_comparison",
        "worst_smd", "is_balanced", "marks", "khat", and "reason" where it could not be made.
    influence : DataFrame
        One row a dimension and option: how far the estimate moves from that of the first
        option when nothing else is changed, on average and at most.
    ruled_out : DataFrame
        Combinations that were ruled out, with the reason.
    balance_limit : float
        Largest absolute standardised difference of a balanced design.
    probability : float
        Of the intervals.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.sensitivity import Option, multiverse
    >>> cohort = ds.simulate_cohort(120, 600, rng=3).cohort
    >>> choices = {
    ...     "formula": [Option("full", "age + copas"), Option("few", "copas", "uncertain")],
    ...     "covariates": [Option("adjusted", "design"), Option("weights alone", None)],
    ...     "method": [Option("radius", ds.RadiusMatching(0.2))],
    ... }
    >>> found = multiverse(cohort, choices, inference="laplace")
    >>> found.dimensions, len(found.table)
    (('formula', 'method', 'covariates'), 4)
    """

    measure: Measure
    dimensions: tuple[str, ...]
    table: pd.DataFrame
    influence: pd.DataFrame
    ruled_out: pd.DataFrame
    balance_limit: float
    probability: float

    name: ClassVar[str] = "multiverse"
    title: ClassVar[str] = "Every reasonable way to make the evaluation"
    doubt: ClassVar[str] = "Another analyst would have decided otherwise."

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of each column of the table."""
        unit = unit_of(self.measure)
        return {
            **dict.fromkeys(("estimate", "lower", "upper"), unit),
            "worst_smd": "standard deviations",
            "effective_comparison": "people",
        }

    @property
    def curves(self) -> dict[str, pd.DataFrame]:
        """The specifications that were made, by question, each sorted by estimate."""
        made = self.table[self.table["reason"] == ""]
        return {
            str(question): rows.sort_values("estimate", kind="stable")
            for question, rows in made.groupby("question", sort=False)
        }

    @property
    def sentence(self) -> str:
        """What the specifications of the first question say, in plain words."""
        n_failed = int((self.table["reason"] != "").sum())
        failed = f" {n_failed} could not be made, each with its reason." if n_failed else ""
        if not self.curves:
            return f"No specification could be made.{failed}"
        question, rows = next(iter(self.curves.items()))
        good = rows[rows["is_balanced"]]
        if good.empty:
            return f"No specification of {question} meets the balance limit.{failed}"
        null = 1.0 if self.measure is Measure.HAZARD_RATIO else 0.0
        excludes = (good["lower"] > null) | (good["upper"] < null)
        low, high = good["estimate"].min(), good["estimate"].max()
        moves = self.influence.groupby("dimension")["largest"].max()
        moved = f" The choice of {moves.idxmax()} moves it most." if moves.max() > 0 else ""
        return (
            f"Of {len(rows)} ways to answer the question ({question}), {len(good)} are balanced; "
            f"their estimates run from {say_difference(low, self.measure)} to "
            f"{say_difference(high, self.measure)}, and "
            f"{int(excludes.sum())} of their intervals exclude no difference.{moved}{failed} This "
            "is a set of analyses and no better estimate than any of them."
        )

    def __repr__(self) -> str:
        """Return how many there are and what they say."""
        return f"<Multiverse of {len(self.table)} specifications: {self.sentence}>"


def measure_influence(table: pd.DataFrame, dimensions: tuple[str, ...]) -> pd.DataFrame:
    """Measure how far each option moves the estimate when nothing else is changed."""
    made = table[(table["reason"] == "") & table["is_balanced"]]
    rows = []
    for dimension in dimensions:
        others = [name for name in dimensions if name != dimension] + ["question"]
        names = list(dict.fromkeys(table[dimension]))
        by_name = {
            name: made[made[dimension] == name].set_index(others)["estimate"] for name in names
        }
        for first, second in combinations(names, 2):
            moved = (by_name[second] - by_name[first]).dropna().to_numpy()
            if moved.size:
                largest = float(np.abs(moved).max())
                rows.append((dimension, second, first, moved.size, float(moved.mean()), largest))
    columns = ["dimension", "option", "against", "pairs", "mean", "largest"]
    return pd.DataFrame(rows, columns=columns)
