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
    """Knows who is left, and who of them is nearest to a treated person.

    Attributes
    ----------
    tied : set of int
        Treated people who had a choice between two places at the same distance.
    """

    tied: set[int]

    def find(self, person: int, taken: Sequence[int], before: int = -1) -> tuple[int, float]:
        """Return the nearest one left and the distance; -1 when there is none.

        Parameters
        ----------
        person : int
            Number of a treated person.
        taken : sequence of int
            Those whom the person has already; it only grows from call to call.
        before : int
            Who was found the last time and is not left any more, or -1.

        Returns
        -------
        candidate : int
            Number of a comparison person, or -1.
        distance : float
            Infinite without a candidate.
        """

    def has(self, candidate: int) -> bool:
        """Tell whether a comparison person is left.

        Parameters
        ----------
        candidate : int
            Number of a comparison person.

        Returns
        -------
        bool
            Whether they can be used once more.
        """

    def take(self, candidate: int) -> None:
        """Use a comparison person once.

        Parameters
        ----------
        candidate : int
            Number of a comparison person.
        """


class LineFinder:
    """Nearest on a line: neighbours that are used up are jumped over.

    Ties follow MatchIt 4.7.2. Everybody stands in one queue by value and, where values are
    the same, by row. The search goes down and up the queue from the person, or from the
    person's matches so far; of two candidates at the same distance the one fewer places away
    is taken, and the lower one of two as many places away.

    Parameters
    ----------
    targets : ndarray of float, shape (n_treated,)
        Scores or log odds of treated people.
    values : ndarray of float, shape (n_comparison,)
        Of comparison people.
    capacity : int
        How often each may be used.
    caliper : float
        Largest distance, included; infinite for none.
    queue : tuple of ndarray of int, optional
        Places of treated and of comparison people in the queue; by default the treated people
        come first where values are the same.
    is_allowed : callable, optional
        Whether a treated and a comparison person may be matched; by default always.
    restarts : bool
        Whether places are counted from the person's matches so far rather than from the person.
    """

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
        """Return the nearest one left and the distance.

        Parameters
        ----------
        person : int
            Number of a treated person.
        taken : sequence of int
            Those whom the person has already; it only grows from call to call.
        before : int
            Who was found the last time and is not left any more, or -1.

        Returns
        -------
        candidate : int
            Number of a comparison person, or -1.
        distance : float
            Infinite without a candidate.
        """
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
        """Tell whether a comparison person is left.

        Parameters
        ----------
        candidate : int
            Number of a comparison person.

        Returns
        -------
        bool
            Whether they can be used once more.
        """
        return self._left[int(self._rank[candidate])] > 0

    def take(self, candidate: int) -> None:
        """Use a comparison person once.

        Parameters
        ----------
        candidate : int
            Number of a comparison person.
        """
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
    """Nearest in several dimensions, by comparison with everybody left.

    Ties: the first in the order of rows.

    Parameters
    ----------
    targets : ndarray of float, shape (n_treated, n_dimensions)
        Treated people.
    values : ndarray of float, shape (n_comparison, n_dimensions)
        Comparison people.
    capacity : int
        How often each may be used.
    scores : tuple of ndarray, optional
        Scores of treated and of comparison people, for a caliper.
    caliper : float
        Largest difference of scores, included.
    fences : sequence of (float, ndarray, ndarray)
        Largest difference of a covariate, included, and its values in both arms.
    """

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
        """Return the nearest one left and the distance.

        Parameters
        ----------
        person : int
            Number of a treated person.
        taken : sequence of int
            Those whom the person has already.
        before : int
            Not looked at.

        Returns
        -------
        candidate : int
            Number of a comparison person, or -1.
        distance : float
            Infinite without a candidate.
        """
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
        """Tell whether a comparison person is left.

        Parameters
        ----------
        candidate : int
            Number of a comparison person.

        Returns
        -------
        bool
            Whether they can be used once more.
        """
        return bool(self._left[candidate] > 0)

    def take(self, candidate: int) -> None:
        """Use a comparison person once.

        Parameters
        ----------
        candidate : int
            Number of a comparison person.
        """
        self._left[candidate] -= 1


@dataclass(frozen=True)
class Pairing:
    """Who was matched, in the numbering of the finder.

    Attributes
    ----------
    treated, comparison : ndarray of int, shape (n_matches,)
        Numbers of the two people of each match.
    """

    treated: Integers
    comparison: Integers


def match_in_order(finder: Finder, order: Sequence[int], ratio: int) -> Pairing:
    """Match treated people in a fixed order, everybody once before anybody twice.

    Parameters
    ----------
    finder : Finder
        Knows who is left.
    order : sequence of int
        Numbers of the treated people, first to last.
    ratio : int
        Matches for each.

    Returns
    -------
    Pairing
        In the order in which they were made.
    """
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
    """Match the closest pair of all that are left, again and again.

    Parameters
    ----------
    finder : Finder
        Knows who is left.
    n_treated : int
        Number of treated people.
    ratio : int
        Matches for each; everybody is matched once before anybody twice.

    Returns
    -------
    Pairing
        By treated person.
    """
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
    """Let everybody stand in one queue by value, treated people first where they are the same.

    Parameters
    ----------
    targets, values : ndarray of float
        Of treated and of comparison people.

    Returns
    -------
    own, other : ndarray of int
        Places of the treated and of the comparison people.
    """
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
