"""How closely a reader can work a withheld number out, by linear programming."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from desist._types import Floats
from desist.errors import CannotAnswerError
from desist.suppression.system import PROTECTION, System, write_sums

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SLACK = 1e-6  # solvers are exact to about 1e-7
MOST = 1e7  # people: above what any withheld number may be
INFEASIBLE = 2


def find_breached(
    system: System, protection: float = PROTECTION, names: Sequence[str] | None = None
) -> tuple[str, ...]:
    """List the withheld numbers, or some of them, that what is shown determines too closely."""
    known = [*system.shown, *system.withheld]
    place = {name: at for at, name in enumerate(known)}
    solve = _Solver.of(system, place)
    # Every solution is a table that a reader has to reckon with: one found for another number may
    # show that this one is protected.
    least, most = np.full(len(known), np.inf), np.full(len(known), -np.inf)
    breached = []
    for name in system.withheld if names is None else names:
        for sign in (1.0, -1.0):
            if most[place[name]] - least[place[name]] < protection - SLACK:
                table = solve.push(place[name], sign)
                least, most = np.minimum(least, table), np.maximum(most, table)
        if most[place[name]] - least[place[name]] < protection - SLACK:
            breached.append(name)
    return tuple(breached)


def bound_numbers(system: System, names: Collection[str]) -> dict[str, tuple[float, float]]:
    """Find the least and the greatest value that each of some numbers can take."""
    place = {name: at for at, name in enumerate([*system.shown, *system.withheld])}
    solve = _Solver.of(system, place)
    return {
        name: (
            float(solve.push(place[name], 1.0)[place[name]]),
            float(solve.push(place[name], -1.0)[place[name]]),
        )
        for name in names
    }


@dataclass(frozen=True, eq=False)
class _Solver:
    """Every table that is shown so, for the linear programmes."""

    rows: "csr_array[np.float64]"
    bounds: Floats

    @staticmethod
    def of(system: System, place: Mapping[str, int]) -> "_Solver":
        """Write a system as rows and bounds."""
        from scipy.sparse import csr_array

        unknown = [(0.0, MOST)] * len(system.withheld)
        bounds = np.array([*system.shown.values(), *unknown], dtype=np.float64)
        return _Solver(csr_array(write_sums(system.sums, place)), bounds)

    def push(self, at: int, sign: float) -> Floats:
        """Return a table with one number as small as can be, or as large with a sign of -1."""
        from scipy.optimize import linprog

        goal = np.zeros(len(self.bounds))
        goal[at] = sign
        nothing = np.zeros(self.rows.shape[0])
        found = linprog(goal, A_eq=self.rows, b_eq=nothing, bounds=self.bounds, method="highs-ds")
        if found.status == INFEASIBLE:
            raise CannotAnswerError(
                "the numbers that are shown contradict each other: look at the sums and at how "
                "each number was rounded"
            )
        table: Floats = found.x
        return table
