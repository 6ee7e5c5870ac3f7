"""How the reoffences of each arm ended at court: counts of people, with their weights."""

from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.arguments import describe, find_number_faults
from desist.errors import Fault, raise_faults

TIERS = ("indictable", "either way", "summary", "none")
CUSTODY = ("custody", "none")
ARMS = ("treated", "comparison")


@dataclass(frozen=True)
class CourtCounts:
    """People of each arm by how their reoffending ended at court, one category a person.

    Attributes
    ----------
    treated, comparison : tuple of int
        People in each category, unweighted: what a rule set decides by.
    categories : tuple of str
        Their names; the last is that of everybody else ("none").
    treated_weights, comparison_weights : tuple of float, or None
        The same people weighted, on any scale: printed percentages will do. None where all
        weigh the same.
    treated_size, comparison_size : float or None
        Effective number of people of each arm; None for the number of people.

    Raises
    ------
    InputError
        If the parts contradict each other; every fault is listed.

    Examples
    --------
    >>> counts = CourtCounts((0, 4, 9, 70), (60, 700, 1658, 3096), comparison_size=1070)
    >>> counts.n_reoffenders
    (13, 2418)
    >>> counts.effective.sum(axis=1).tolist()
    [83.0, 1070.0]
    """

    treated: tuple[int, ...]
    comparison: tuple[int, ...]
    categories: tuple[str, ...] = TIERS
    treated_weights: tuple[float, ...] | None = None
    comparison_weights: tuple[float, ...] | None = None
    treated_size: float | None = None
    comparison_size: float | None = None

    def __post_init__(self) -> None:
        """Check that the parts do not contradict each other."""
        for name in ("categories", *ARMS, *(f"{arm}_weights" for arm in ARMS)):
            values = getattr(self, name)
            if isinstance(values, list | np.ndarray):
                object.__setattr__(self, name, tuple(np.asarray(values).tolist()))
        kinds, sizes = _find_kind_faults(self), _find_size_faults(self)
        raise_faults("court outcomes", kinds + sizes if kinds else [])
        faults = [fault for arm in ARMS for fault in _find_arm_faults(self, arm)] + sizes
        if len(self.categories) < 2 or len(set(self.categories)) < len(self.categories):
            found = ", ".join(self.categories) or "none"
            faults.insert(0, Fault("categories", "two or more different names", found))
        raise_faults("court outcomes", faults)

    @property
    def n_reoffenders(self) -> tuple[int, int]:
        """People outside the last category, treated first."""
        return sum(self.treated[:-1]), sum(self.comparison[:-1])

    @property
    def effective(self) -> Floats:
        """Weighted shares times effective sizes, treated first, shape (2, n_categories)."""
        return np.array([self._scale(arm) for arm in ARMS])

    def _scale(self, arm: str) -> Floats:
        people = np.array(getattr(self, arm), dtype=float)
        weights = getattr(self, f"{arm}_weights")
        weights = people if weights is None else np.array(weights, dtype=float)
        size = getattr(self, f"{arm}_size")
        scaled: Floats = weights / weights.sum() * (people.sum() if size is None else size)
        return scaled


def _find_kind_faults(counts: CourtCounts) -> list[Fault]:
    """Find parts that are no tuples of numbers or names, before they are compared."""
    names = counts.categories
    faults = []
    if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
        faults.append(Fault("categories", "a list of names", describe(names)))
    for arm in ARMS:
        people, weights = getattr(counts, arm), getattr(counts, f"{arm}_weights")
        for name, values in ((arm, people), (f"{arm}_weights", weights)):
            given = isinstance(values, tuple) and not any(
                find_number_faults(name, value) for value in values
            )
            if not given and (values is not None or name == arm):
                faults.append(Fault(name, "a list of numbers", describe(values)))
    return faults


def _find_size_faults(counts: CourtCounts) -> list[Fault]:
    sizes = {name: getattr(counts, name) for name in (f"{arm}_size" for arm in ARMS)}
    found = [find_number_faults(name, s, above=0.0, optional=True) for name, s in sizes.items()]
    return [fault for faults in found for fault in faults]


def _find_arm_faults(counts: CourtCounts, arm: str) -> list[Fault]:
    n = len(counts.categories)
    people, weights = getattr(counts, arm), getattr(counts, f"{arm}_weights")
    faults = []
    whole = all(isinstance(count, int | np.integer) and count >= 0 for count in people)
    if len(people) != n or not whole or not sum(people):
        faults.append(Fault(arm, f"{n} whole numbers from 0, some above", repr(people)))
    if weights is not None and not _are_weights(weights, n):
        faults.append(Fault(f"{arm}_weights", f"{n} numbers from 0, some above", repr(weights)))
    return faults


def _are_weights(weights: tuple[float, ...], n: int) -> bool:
    return len(weights) == n and min(weights) >= 0 and 0 < sum(weights) < np.inf
