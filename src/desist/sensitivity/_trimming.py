"""Trimming bounds within cells of people, with what each person adds to their error."""

# Among those who would reoffend with and without the programme, the mean days of an arm lie between
# those of its fastest and of its slowest share (Zhang and Rubin 2003; Lee 2009), and within cells
# of covariates between the averages of such means, which is never wider (Lee 2009, section 2.3;
# Semenova 2020, arXiv 2008.12720). Errors are sums of squared influence functions (Lee 2009,
# proposition 3), each divided by one less its leverage as in HC3.

from dataclasses import dataclass

import numpy as np

from desist._types import Floats, Integers, Mask


@dataclass(frozen=True, eq=False, repr=False)
class Reoffending:
    """Days, who reoffended, arm, weights that add up to 1 in each arm, and cells of the people."""

    days: Floats
    reoffended: Mask
    treated: Mask
    weights: Floats
    cells: Integers

    def __repr__(self) -> str:
        """Say how many people there are."""
        return f"<Reoffending of {len(self.days)} people>"

    def swap(self) -> "Reoffending":
        """Exchange the arms."""
        return Reoffending(self.days, self.reoffended, ~self.treated, self.weights, self.cells)

    def turn(self) -> "Reoffending":
        """Turn the days round, so that the slowest come first."""
        return Reoffending(-self.days, self.reoffended, self.treated, self.weights, self.cells)


@dataclass(frozen=True, eq=False, repr=False)
class Side:
    """One end of the bounds: value, influence of each person, shares at their ceiling of 1."""

    value: float
    influence: Floats
    n_capped: int = 0

    @property
    def error(self) -> float:
        """Standard error."""
        return float(np.sqrt(np.square(self.influence).sum()))


def bound_earliest(people: Reoffending, caused: float) -> Side:
    """Bound from below: the fastest treated less the slowest comparison reoffenders."""
    # with the days turned round the slowest come first, as minus their days
    first = trim_treated(people, 1 - caused)
    slowest = trim_comparison(people.turn(), caused)
    return Side(first.value + slowest.value, first.influence + slowest.influence, slowest.n_capped)


def trim_treated(people: Reoffending, share: float) -> Side:
    """Average the days of the fastest share of the treated reoffenders."""
    chosen = people.treated & people.reoffended
    total = people.weights[chosen].sum()
    masses = people.weights[chosen] / total
    mean, edge = _fastest(people.days[chosen], masses, share)
    below = np.minimum(people.days[chosen] - edge, 0.0) - share * (mean - edge)
    influence = np.zeros(len(people.days))
    influence[chosen] = masses * below / share / (1 - masses)
    return Side(mean, influence)


def trim_comparison(people: Reoffending, caused: float) -> Side:
    """Average the days of the fastest comparison people who would reoffend either way."""
    arm, weights = people.treated, people.weights
    total = float(weights[arm & people.reoffended].sum())
    parts = [
        (_trim_cell(people, people.cells == cell, caused), float(weights[inside].sum()) / total)
        for cell in np.unique(people.cells[arm & people.reoffended])
        for inside in [arm & people.reoffended & (people.cells == cell)]
    ]
    value = sum(part.value * mass for part, mass in parts)
    influence = np.sum([part.influence * mass for part, mass in parts], axis=0)
    for cell, (part, _) in zip(
        np.unique(people.cells[arm & people.reoffended]), parts, strict=True
    ):
        inside = arm & people.reoffended & (people.cells == cell)  # the mass of a cell varies too
        influence[inside] += weights[inside] * (part.value - value) / total
    return Side(value, influence, sum(part.n_capped for part, _ in parts))


def _trim_cell(people: Reoffending, inside: Mask, caused: float) -> Side:
    days, happened, arm = people.days, people.reoffended, people.treated
    rates, slopes = {}, {}
    for name, members in (("treated", inside & arm), ("comparison", inside & ~arm)):
        masses = np.where(members, people.weights, 0.0) / people.weights[members].sum()
        rates[name] = float(masses @ happened)
        slopes[name] = masses * (happened - rates[name]) / (1 - masses) * members
    chosen = inside & ~arm & happened
    masses = people.weights[chosen] / people.weights[chosen].sum()
    share = (1 - caused) * rates["treated"] / rates["comparison"]
    capped, share = int(share > 1), min(share, 1.0)
    mean, edge = _fastest(days[chosen], masses, share)
    influence = np.zeros(len(days))
    below = np.minimum(days[chosen] - edge, 0.0) - share * (mean - edge)
    influence[chosen] = masses * below / share / np.maximum(1 - masses, 0.5)
    if not capped:
        by_share = (edge - mean) / share * share
        influence += by_share * slopes["treated"] / rates["treated"]
        influence -= by_share * slopes["comparison"] / rates["comparison"]
    return Side(mean, influence, capped)


def _fastest(days: Floats, masses: Floats, share: float) -> tuple[float, float]:
    """Return the mean of the smallest days that make up a share, and the largest of them."""
    order = np.argsort(days, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(masses[order])[:-1]])
    counted = np.clip(share - before, 0.0, masses[order])
    last = int(np.flatnonzero(counted > 0)[-1])
    return float(days[order] @ counted / counted.sum()), float(days[order][last])
