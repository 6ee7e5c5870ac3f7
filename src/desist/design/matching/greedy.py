"""Give each treated person the nearest comparison person who is left, one after another."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

ALIKE = 1e-9

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Finder(Protocol):
    """Knows who is left, and who of them is nearest to a treated person."""

    tied: set[int]  # treated people who had a choice between two places at the same distance

    def find(self, person: int, taken: Sequence[int], before: int = -1) -> tuple[int, float]:
        """Return the nearest one left and the distance; -1 when there is none."""

    def has(self, candidate: int) -> bool:
        """Tell whether a comparison person is left."""

    def take(self, candidate: int) -> None:
        """Use a comparison person once."""


class LineFinder:
    """Nearest on a line: neighbours that are used up are jumped over."""

    # Ties follow MatchIt 4.7.2. Everybody stands in one queue by value and, where values are the
    # same, by row. The search goes down and up the queue from the person, or from the person's
    # matches so far; of two candidates at the same distance the one fewer places away is taken, and
    # the lower one of two as many places away.

    def __init__(
        self,
        targets: Floats,
        values: Floats,
        capacity: int,
        caliper: float,
        *,
        queue: tuple[Integers, Integers] | None = None,
        is_allowed: Callable[[int, int], bool] | None = None,
        restarts: bool = True,
    ) -> None:
        own, other = stand_in_queue(targets, values) if queue is None else queue
        order = np.argsort(other)
        self._rows: list[int] = order.tolist()
        self._rank = np.empty(len(order), dtype=np.int64)
        self._rank[order] = np.arange(len(order))
        self._places: list[int] = other[order].tolist()
        self._values: list[float] = values[order].tolist()
        self._own_places: list[int] = own.tolist()
        self._targets: list[float] = targets.tolist()
        # each person's matches so far lie in the window from low to high
        self._low: list[int] = np.searchsorted(other[order], own).tolist()
        self._high = list(self._low)
        self._seen = [0] * len(targets)
        self._left = [capacity] * len(order)
        self._restarts = restarts
        # links with one place before the first and one after the last, to stop at
        self._down = list(range(len(order) + 1))
        self._up = list(range(len(order) + 1))
        self._caliper, self._is_allowed = caliper, is_allowed
        self.tied: set[int] = set()

    def find(self, person: int, taken: Sequence[int], before: int = -1) -> tuple[int, float]:
        """Return the nearest one left and the distance."""
        low, high = self._widen(person, taken, before)
        above, below = self._follow(person, low, high)
        target, size = self._targets[person], len(self._values)
        up = abs(self._values[above] - target) if above < size else np.inf
        down = abs(target - self._values[below]) if below >= 0 else np.inf
        goes_up = up < down or (
            up == down < np.inf and self._is_nearer_above(person, low, high, above, below)
        )
        place, distance = (above, up) if goes_up else (below, down)
        if distance > self._caliper or not np.isfinite(distance):
            return -1, np.inf
        if up == down > 0:
            self.tied.add(person)
        return self._rows[place], float(distance)

    def has(self, candidate: int) -> bool:
        """Tell whether a comparison person is left."""
        return self._left[int(self._rank[candidate])] > 0

    def take(self, candidate: int) -> None:
        """Use a comparison person once."""
        place = int(self._rank[candidate])
        self._left[place] -= 1
        if self._left[place] == 0:
            self._up[place] = place + 1
            self._down[place + 1] = place

    def _widen(self, person: int, taken: Sequence[int], before: int) -> tuple[int, int]:
        """Return the window that holds the person's matches, and the one found before."""
        for row in taken[self._seen[person] :]:
            rank = int(self._rank[row])
            self._low[person] = min(self._low[person], rank)
            self._high[person] = max(self._high[person], rank + 1)
        self._seen[person] = len(taken)
        low, high = self._low[person], self._high[person]
        if before < 0:
            return low, high
        rank = int(self._rank[before])
        return min(low, rank), max(high, rank + 1)

    def _follow(self, person: int, low: int, high: int) -> tuple[int, int]:
        """Return the first left who is allowed, above the window and below it."""
        above, below = _follow(self._up, high), _follow(self._down, low) - 1
        if self._is_allowed is not None:
            reach, target = self._caliper, self._targets[person]
            while above < len(self._rows) and not self._is_allowed(person, self._rows[above]):
                far = abs(self._values[above] - target) > reach
                above = len(self._rows) if far else _follow(self._up, above + 1)
            while below >= 0 and not self._is_allowed(person, self._rows[below]):
                far = abs(self._values[below] - target) > reach
                below = -1 if far else _follow(self._down, below) - 1
        return above, below

    def _is_nearer_above(self, person: int, low: int, high: int, above: int, below: int) -> bool:
        """Tell whether the one above is fewer places away than the one below."""
        upper = lower = self._own_places[person]
        if self._restarts and high > low:
            upper, lower = max(upper, self._places[high - 1]), min(lower, self._places[low])
        return self._places[above] - upper < lower - self._places[below]


class SpaceFinder:
    """Nearest in several dimensions, by comparison with everybody left."""

    # Ties: the first in the order of rows.

    def __init__(
        self,
        targets: Floats,
        values: Floats,
        capacity: int,
        scores: tuple[Floats, Floats] | None = None,
        caliper: float = np.inf,
        *,
        fences: Sequence[tuple[float, Floats, Floats]] = (),
    ) -> None:
        self._targets, self._values = targets, values
        self._left = np.full(len(values), capacity)
        self.tied: set[int] = set()
        self._scores, self._caliper, self._fences = scores, caliper, tuple(fences)

    def find(self, person: int, taken: Sequence[int], before: int = -1) -> tuple[int, float]:
        """Return the nearest one left and the distance."""
        del before
        possible = self._left > 0
        possible[list(taken)] = False
        if self._scores is not None:
            inside, outside = self._scores
            possible &= np.abs(inside[person] - outside) <= self._caliper
        for width, inside, outside in self._fences:
            possible &= np.abs(inside[person] - outside) <= width
        rows = np.flatnonzero(possible)
        if not rows.size:
            return -1, np.inf
        squares = ((self._values[rows] - self._targets[person]) ** 2).sum(axis=1)
        # people who are alike differ by rounding; the first of them in the rows is taken
        near = rows[squares <= squares.min() * (1 + ALIKE) + ALIKE**2]
        if len(near) > 1 and bool((self._values[near] != self._values[near[0]]).any()):
            self.tied.add(person)
        return int(near[0]), float(np.sqrt(squares.min()))

    def has(self, candidate: int) -> bool:
        """Tell whether a comparison person is left."""
        return bool(self._left[candidate] > 0)

    def take(self, candidate: int) -> None:
        """Use a comparison person once."""
        self._left[candidate] -= 1


@dataclass(frozen=True)
class Pairing:
    """Who was matched, in the numbering of the finder."""

    treated: Integers  # (n_matches,) numbers of the two people of each match
    comparison: Integers


def match_in_order(finder: Finder, order: Sequence[int], ratio: int) -> Pairing:
    """Match treated people in a fixed order, everybody once before anybody twice."""
    found: dict[int, list[int]] = {person: [] for person in order}
    hopeful = list(order)
    for _ in range(ratio):
        found_one = []
        for person in hopeful:
            candidate, _ = finder.find(person, found[person])
            if candidate >= 0:  # who finds nobody once will find nobody later
                finder.take(candidate)
                found[person].append(candidate)
                found_one.append(person)
        hopeful = found_one
    return _list_pairs(found)


def match_closest_first(finder: Finder, n_treated: int, ratio: int) -> Pairing:
    """Match the closest pair of all that are left, again and again."""
    found: dict[int, list[int]] = {person: [] for person in range(n_treated)}
    hopeful = list(range(n_treated))
    for _ in range(ratio):
        # of pairs at one distance the last that was found anew comes first, as in MatchIt
        queue = []
        for person in hopeful:
            candidate, distance = finder.find(person, found[person])
            if candidate >= 0:
                queue.append((distance, person, person, candidate))
        hopeful, renewed = [], 0
        heapq.heapify(queue)
        while queue:
            _, _, person, candidate = heapq.heappop(queue)
            if finder.has(candidate):
                finder.take(candidate)
                found[person].append(candidate)
                hopeful.append(person)
                continue
            again, distance = finder.find(person, found[person], candidate)
            if again >= 0:
                renewed -= 1
                heapq.heappush(queue, (distance, renewed, person, again))
        hopeful.sort()
    return _list_pairs(found)


def stand_in_queue(targets: Floats, values: Floats) -> tuple[Integers, Integers]:
    """Let everybody stand in one queue by value, treated people first where they are the same."""
    together = np.concatenate([targets, values])
    places = np.empty(len(together), dtype=np.int64)
    places[np.argsort(together, kind="stable")] = np.arange(len(together))
    return places[: len(targets)], places[len(targets) :]


def _follow(links: list[int], place: int) -> int:
    """Follow links to the first place that is left, and shorten them on the way."""
    end = place
    while links[end] != end:
        end = links[end]
    while links[place] != end:
        links[place], place = end, links[place]
    return end


def _list_pairs(found: dict[int, list[int]]) -> Pairing:
    treated = [person for person, matches in found.items() for _ in matches]
    comparison = [match for matches in found.values() for match in matches]
    return Pairing(np.array(treated, dtype=np.int64), np.array(comparison, dtype=np.int64))
