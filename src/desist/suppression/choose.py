"""Which further numbers have to be withheld, so that those withheld by rule stay unknown."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.suppression.bounds import find_breached
from desist.suppression.span import hide_by_elimination
from desist.suppression.system import PROTECTION, System, write_sums

Sums = Sequence[tuple[str, tuple[str, ...]]]
MOVED = 1e-7  # people: a number that a pattern moves by less is not part of it


def choose_withheld(
    numbers: Mapping[str, int],
    sums: Sums,
    primary: Collection[str],
    *,
    wanted: Callable[[str], tuple[float, ...]],
    protection: float = PROTECTION,
    fewest: int = 0,
    fixed: Collection[str] = (),
) -> frozenset[str]:
    """Withhold as few further numbers as it needs; `wanted` is greater for what is to be shown."""
    primary = frozenset(primary) - set(fixed)
    if not primary:
        return frozenset()
    ordered = sorted(numbers, key=lambda name: (name in fixed, *wanted(name)), reverse=True)
    table = _Table(numbers, tuple(sums), ordered, protection, fewest, frozenset(fixed))
    starts = (hide_by_elimination(primary, sums, ordered, len(fixed)), primary)
    found = [_show_again(_hide_enough(start, table), primary, table) for start in starts]
    return min(found, key=lambda hidden: (len(hidden), sum(numbers[name] for name in hidden)))


@dataclass(frozen=True, eq=False)
class _Table:
    """The numbers of a table, how they add up, and how far apart hidden ones have to lie."""

    numbers: Mapping[str, int]
    sums: Sums
    ordered: Sequence[str]  # the ones wanted most first
    protection: float
    fewest: int  # people of several hidden numbers together, where the rest of a sum is shown
    fixed: frozenset[str]  # shown elsewhere, so that nothing is won by withholding them here

    @property
    def everything(self) -> frozenset[str]:
        """All that can be withheld."""
        return frozenset(self.numbers) - self.fixed

    def list_breached(self, hidden: Collection[str]) -> tuple[str, ...]:
        """List the hidden numbers that can be worked out within the protection."""
        system = System(
            {name: (n, n) for name, n in self.numbers.items() if name not in hidden},
            [name for name in self.numbers if name in hidden],
            tuple(self.sums),
        )
        return find_breached(system, self.protection)

    def find_small_rest(self, hidden: Collection[str]) -> tuple[str, ...] | None:
        """Find a sum whose hidden parts are few people together, as anybody can subtract."""
        for total, parts in self.sums:
            rest = [name for name in parts if name in hidden]
            people = sum(self.numbers[name] for name in rest)
            if rest and total not in hidden and people < self.fewest:
                return tuple(name for name in (total, *parts) if name not in self.fixed)
        return None


def _hide_enough(start: Collection[str], table: _Table) -> frozenset[str]:
    hidden = frozenset(start)
    while True:
        if (few := table.find_small_rest(hidden)) is not None:
            least_wanted = [name for name in reversed(table.ordered) if name in few]
            more = frozenset([name for name in least_wanted if name not in hidden][:1])
        elif breached := table.list_breached(hidden):
            more = _find_pattern(hidden, breached[0], table) - hidden
        else:
            return hidden
        if not more & table.everything:  # nothing is left that could hide it
            return table.everything
        hidden |= more & table.everything


def _find_pattern(hidden: Collection[str], name: str, table: _Table) -> frozenset[str]:
    """Find numbers that, once hidden, let one of them lie so far apart at the least cost."""
    # The relaxed problem of Fischetti and Salazar (2001, Management Science 47, 1008-1027): two
    # tables with the same sums, that differ by the protection in one place, and as little as
    # possible where numbers are shown.
    from scipy.optimize import linprog
    from scipy.sparse import block_diag, csr_array

    names = list(table.numbers)
    place = {one: at for at, one in enumerate(names)}
    n, at = len(names), place[name]
    rows = write_sums(table.sums, place)
    counts = np.array([table.numbers[one] for one in names], dtype=np.float64)
    cost = np.array([0.0 if one in hidden else 1.0 for one in names])
    # how far each number goes up and down, in the upper table and in the lower one
    apart = np.zeros((1, 4 * n))
    apart[0, [at, 3 * n + at]] = -1.0
    apart[0, [n + at, 2 * n + at]] = 1.0
    free = [one not in table.fixed for one in names]
    limits = [(0.0, table.protection * may) for may in free]
    limits += [(0.0, count * may) for count, may in zip(counts, free, strict=True)]
    found = linprog(
        np.tile(cost, 4),
        A_ub=apart,
        b_ub=[-table.protection],
        A_eq=block_diag([csr_array(np.hstack([rows, -rows]))] * 2),
        b_eq=np.zeros(2 * len(rows)),
        bounds=limits * 2,
    )
    if found.status != 0:
        return frozenset()
    moved: Floats = found.x.reshape(4, -1).max(axis=0)
    return frozenset(one for one, size in zip(names, moved, strict=True) if size > MOVED)


def _show_again(hidden: frozenset[str], primary: Collection[str], table: _Table) -> frozenset[str]:
    """Show again what need not be hidden, the ones wanted most first."""
    for name in table.ordered:
        if name in hidden and name not in primary:
            fewer = hidden - {name}
            if table.find_small_rest(fewer) is None and not table.list_breached(fewer):
                hidden = fewer
    return hidden
