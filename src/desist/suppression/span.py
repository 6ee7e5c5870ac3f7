"""Which hidden numbers follow exactly from the shown ones, by Gaussian elimination."""

# Langsrud, Ø. (2024) Secondary cell suppression by Gaussian elimination: an algorithm suitable for
# handling issues with zeros and singletons. Privacy in Statistical Databases, LNCS 14915, 91-101: a
# hidden number is given away where it lies in the span of the shown ones.

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from desist._types import Floats
from desist.suppression.system import write_sums

SMALLEST_PIVOT = 1e-9


def find_determined(
    hidden: Collection[str], sums: Sequence[tuple[str, tuple[str, ...]]], names: Sequence[str]
) -> frozenset[str]:
    """Find the hidden numbers that all sums and the other numbers together determine."""
    place = {name: at for at, name in enumerate(names)}
    columns = [name for name in names if name in hidden]
    if not columns:
        return frozenset()
    rows = write_sums(sums, place)[:, [place[name] for name in columns]]
    reduced = eliminate(rows)
    # a row with one entry alone is an equation in one unknown
    alone = reduced[(np.abs(reduced) > SMALLEST_PIVOT).sum(axis=1) == 1]
    return frozenset(columns[int(at)] for at in np.abs(alone).argmax(axis=1))


def hide_by_elimination(
    primary: Collection[str],
    sums: Sequence[tuple[str, tuple[str, ...]]],
    ordered: Iterable[str],
    n_fixed: int = 0,
) -> frozenset[str]:
    """Show numbers one by one, the ones wanted most first, unless one of the primary follows."""
    names = [*ordered]
    hidden = set(names[n_fixed:])
    for name in names[n_fixed:]:
        if name not in primary:
            hidden.discard(name)
            if find_determined(hidden, sums, names) & set(primary):
                hidden.add(name)
    return frozenset(hidden)


def eliminate(rows: Floats) -> Floats:
    """Bring rows to the reduced form in which every leading column has one entry."""
    reduced, top = rows.astype(np.float64), 0
    for column in range(reduced.shape[1]):
        if top == len(reduced):
            break
        best = top + int(np.abs(reduced[top:, column]).argmax())
        if abs(reduced[best, column]) < SMALLEST_PIVOT:
            continue
        reduced[[top, best]] = reduced[[best, top]]
        reduced[top] /= reduced[top, column]
        others = np.arange(len(reduced)) != top
        reduced[others] -= np.outer(reduced[others, column], reduced[top])
        top += 1
    return reduced[:top]
