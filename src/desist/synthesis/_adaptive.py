"""Integrals over tau by panels that are halved until halving changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from desist._types import Floats

NODES = 8
MOST_HALVINGS = 40
MOST_DOUBLINGS = 60
FIRST_EDGES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
_RULE = np.polynomial.legendre.leggauss(NODES)


@dataclass(frozen=True, eq=False)
class Panel[Slice]:
    """A stretch of tau with Gauss and Legendre's nodes in it."""

    low: float
    high: float
    slices: tuple[Slice, ...]
    log_heights: Floats

    @property
    def middle(self) -> float:
        """Where the panel is halved."""
        return (self.low + self.high) / 2

    @property
    def log_mass(self) -> float:
        """Log of the integral over the panel."""
        half = (self.high - self.low) / 2
        return float(np.logaddexp.reduce(self.log_heights + np.log(_RULE[1] * half)))


def integrate_panels[Slice](
    evaluate: Callable[[float], tuple[Slice, float]], scale: float, *, tolerance: float
) -> list[Panel[Slice]]:
    """Find panels of tau that carry all but a negligible part of what is integrated."""

    def make(low: float, high: float) -> Panel[Slice]:
        found = [evaluate(float(tau)) for tau in place_nodes(low, high)]
        return Panel(low, high, tuple(one for one, _ in found), np.array([log for _, log in found]))

    open_panels = _cover(make, scale, tolerance)
    done: list[Panel[Slice]] = []
    for _ in range(MOST_HALVINGS):
        total = float(np.logaddexp.reduce([panel.log_mass for panel in [*open_panels, *done]]))
        rough = [panel for panel in open_panels if not _is_smooth(panel, total, tolerance)]
        done += [panel for panel in open_panels if panel not in rough]
        open_panels = [
            part
            for panel in rough
            for part in (make(panel.low, panel.middle), make(panel.middle, panel.high))
        ]
        if not open_panels:
            break
    return sorted([*done, *open_panels], key=lambda panel: panel.low)


def place_nodes(low: float, high: float, n_nodes: int = NODES) -> Floats:
    """Return the nodes of a panel."""
    nodes = np.polynomial.legendre.leggauss(n_nodes)[0]
    return np.asarray(low + (high - low) * (nodes + 1) / 2)


def weigh_nodes[Slice](panels: Sequence[Panel[Slice]]) -> Floats:
    """Return the probability of each node of all panels; they sum to 1."""
    logs = np.concatenate(
        [panel.log_heights + np.log(_RULE[1] * (panel.high - panel.low) / 2) for panel in panels]
    )
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def _is_smooth[Slice](panel: Panel[Slice], log_total: float, tolerance: float) -> bool:
    """Say whether a panel is negligible, or its last Legendre coefficients are."""
    # The rule integrates twice the degree that the coefficients stand for: the square of what
    # is left of them is of the size of its error.
    if panel.log_mass < log_total + np.log(tolerance):
        return True
    heights = np.exp(panel.log_heights - log_total) * (panel.high - panel.low)
    series = np.polynomial.legendre.legfit(_RULE[0], heights, NODES - 1)
    return bool(np.abs(series[-2:]).sum() < np.sqrt(tolerance))


def _cover[Slice](
    make: Callable[[float, float], Panel[Slice]], scale: float, tolerance: float
) -> list[Panel[Slice]]:
    """Add panels outwards until the next has a negligible mass and less than the last."""
    edges = [scale * edge for edge in FIRST_EDGES]
    panels = [make(low, high) for low, high in pairwise(edges)]
    for _ in range(MOST_DOUBLINGS):
        total = np.logaddexp.reduce([panel.log_mass for panel in panels])
        last = panels[-1]
        if last.log_mass < total + np.log(tolerance / 100) and last.log_mass < panels[-2].log_mass:
            break
        panels.append(make(last.high, 2 * last.high))
    return panels
