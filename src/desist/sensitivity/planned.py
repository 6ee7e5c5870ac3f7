"""What a design of a size could survive, before any outcome is seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd

from desist.arguments import describe, find_number_faults, find_probability_faults
from desist.errors import Fault, raise_faults

SUBJECT = "design sensitivity"
FARTHEST = 50.0
MOST = 1_000_000  # pairs


@dataclass(frozen=True, eq=False, repr=False)
class DesignSensitivity:
    """The largest hidden bias that pairs of an expected difference could survive.

    Attributes
    ----------
    limit : float
        Design sensitivity: that of ever more pairs.
    gamma : float
        That of as many pairs as there are, with the power that was asked for; 1 where not even
        the test without bias has it.
    n_pairs : int
        Pairs.
    power : float
        Probability of a result that survives.
    table : DataFrame
        Columns "n_pairs" and "gamma".

    Examples
    --------
    >>> from desist.sensitivity import design_sensitivity
    >>> found = design_sensitivity(83, 0.16, 0.28)
    >>> found.n_pairs, found.gamma < found.limit
    (83, True)
    """

    limit: float
    gamma: float
    n_pairs: int
    power: float
    table: pd.DataFrame

    name: ClassVar[str] = "design_sensitivity"
    title: ClassVar[str] = "Hidden bias that a design of this size could survive"
    doubt: ClassVar[str] = (
        "Would a difference of the expected size be believed, were the study made?"
    )
    units: ClassVar[Mapping[str, str]] = {"n_pairs": "pairs", "gamma": "ratio of odds"}

    @property
    def sentence(self) -> str:
        """The answer in plain words."""
        if self.gamma <= 1:
            return (
                f"{self.n_pairs} pairs are too few: even without hidden bias a difference of this "
                f"size would be found with a probability below {self.power:.2f}."
            )
        return (
            f"With {self.n_pairs} pairs a difference of this size would, with probability "
            f"{self.power:.2f}, survive hidden bias of up to {self.gamma:.2f} times the odds of "
            f"taking part; with ever more pairs of up to {self.limit:.2f}."
        )

    def __repr__(self) -> str:
        """Return the two biases."""
        return f"<DesignSensitivity: {self.n_pairs} pairs {self.gamma:.3g}, limit {self.limit:.3g}>"


def design_sensitivity(
    n_pairs: int,
    treated: float,
    comparison: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    sizes: Sequence[int] = (50, 100, 200, 500, 1000, 5000),
) -> DesignSensitivity:
    r"""Find the largest hidden bias that a number of pairs could survive.

    Of pairs whose people reoffend independently with rates :math:`p_1 < p_0`, those that differ
    speak for the programme with odds :math:`\tilde\Gamma = p_0 (1 - p_1) / \{p_1 (1 - p_0)\}`,
    the design sensitivity. With n pairs the bias is the largest at which McNemar's exact test
    rejects with the power asked for.

    Parameters
    ----------
    n_pairs : int
        Pairs of the design.
    treated, comparison : float
        Expected reoffending rates, the first below the second.
    power : float
        Probability of a result that survives.
    alpha : float
        Level of the one-sided test.
    sizes : sequence of int
        Further numbers of pairs for the table.

    Returns
    -------
    DesignSensitivity
        The largest bias, and its limit.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.

    References
    ----------
    Rosenbaum, P. R. (2004). Design sensitivity in observational studies. Biometrika 91, 153-164.

    Examples
    --------
    >>> found = design_sensitivity(83, 0.16, 0.28)
    >>> round(found.limit, 2), found.gamma
    (2.04, 1.0)
    """
    faults = find_number_faults("n_pairs", n_pairs, least=1, most=MOST, whole=True)
    faults += find_number_faults("comparison", comparison, above=0, below=1)
    faults += find_number_faults("treated", treated, above=0, below=1)
    faults += find_probability_faults(power, "power") + find_probability_faults(alpha, "alpha")
    faults += _find_size_faults(sizes)
    if not faults:
        faults = find_number_faults("treated", treated, above=0, below=comparison)
    raise_faults(SUBJECT, faults)
    only_comparison, only_treated = comparison * (1 - treated), treated * (1 - comparison)
    limit = only_comparison / only_treated
    differ = only_comparison + only_treated
    find = partial(_find_gamma, differ=differ, share=only_comparison / differ)
    found = {n: find(n, power=power, alpha=alpha) for n in sorted({n_pairs, *sizes})}
    table = pd.DataFrame(list(found.items()), columns=["n_pairs", "gamma"])
    return DesignSensitivity(limit, found[n_pairs], n_pairs, power, table)


def _find_size_faults(sizes: object) -> list[Fault]:
    if isinstance(sizes, str) or not isinstance(sizes, Sequence):
        return [Fault("sizes", "a list of numbers of pairs", describe(sizes))]
    return [
        fault
        for place, size in enumerate(sizes)
        for fault in find_number_faults(f"sizes[{place}]", size, least=1, most=MOST, whole=True)
    ]


def _find_gamma(n_pairs: int, *, differ: float, share: float, power: float, alpha: float) -> float:
    """Bisect for the bias; power falls in steps, so that a root need not exist."""
    test = partial(_power_at, n_pairs, differ, share, alpha)
    if test(1.0) < power:
        return 1.0
    low, high = 1.0, FARTHEST
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if test(middle) >= power else (low, middle)
    return low


def _power_at(n_pairs: int, differ: float, share: float, alpha: float, gamma: float) -> float:
    """Average the power over how many pairs will differ."""
    from scipy.stats import binom

    numbers = np.arange(1, n_pairs + 1)
    # the fewest pairs for the programme that reject, for each number of pairs that differ
    fewest = binom.isf(alpha, numbers, gamma / (1 + gamma)) + 1
    return float(binom.pmf(numbers, n_pairs, differ) @ binom.sf(fewest - 1, numbers, share))
