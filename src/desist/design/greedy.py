"""Give each treated person the nearest comparison person who is left, one after another."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

ALIKE = 1e-9

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Finder(Protocol):
    """Knows who is left, and who of them is nearest to a treated person."""

    def find(self, person: int, taken: Sequence[int]) -> tuple[int, float]:
        """Return the nearest one left and the distance; -1 when there is none.

        Parameters
        ----------
        person : int
            Number of a treated person.
        taken : sequence of int
            Those whom the person has already.

        Returns
        -------
        candidate : int
            Number of a comparison person, or -1.
        distance : float
            Infinite without a candidate.
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

    Ties: at equal distance the one above; of several with the same value, the first in
    the order of rows at or above the treated person's value, the last below it (as
    MatchIt 4.7 does).

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
    """

    def __init__(self, targets: Floats, values: Floats, capacity: int, caliper: float) -> None:
        order = np.argsort(values, kind="stable")
        self._rows: list[int] = order.tolist()
        self._rank = np.empty(len(order), dtype=np.int64)
        self._rank[order] = np.arange(len(order))
        ordered = values[order]
        self._values: list[float] = ordered.tolist()
        self._targets: list[float] = targets.tolist()
        self._start: list[int] = np.searchsorted(ordered, targets, side="left").tolist()
        self._left = [capacity] * len(order)
        # links with one place before the first and one after the last, to stop at
        self._down = list(range(len(order) + 1))
        self._up = list(range(len(order) + 1))
        self._caliper = caliper

    def find(self, person: int, taken: Sequence[int]) -> tuple[int, float]:
        """Return the nearest one left and the distance.

        Parameters
        ----------
        person : int
            Number of a treated person.
        taken : sequence of int
            Those whom the person has already.

        Returns
        -------
        candidate : int
            Number of a comparison person, or -1.
        distance : float
            Infinite without a candidate.
        """
        target, start = self._targets[person], self._start[person]
        own = {int(self._rank[row]) for row in taken}
        above = _follow(self._up, start)
        while above in own:
            above = _follow(self._up, above + 1)
        below = _follow(self._down, start)
        while below - 1 in own:
            below = _follow(self._down, below - 1)
        size = len(self._values)
        up = abs(self._values[above] - target) if above < size else np.inf
        down = abs(target - self._values[below - 1]) if below > 0 else np.inf
        place, distance = (above, up) if up <= down else (below - 1, down)
        if distance > self._caliper or not np.isfinite(distance):
            return -1, np.inf
        return self._rows[place], float(distance)

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
    """

    def __init__(
        self,
        targets: Floats,
        values: Floats,
        capacity: int,
        scores: tuple[Floats, Floats] | None = None,
        caliper: float = np.inf,
    ) -> None:
        self._targets, self._values = targets, values
        self._left = np.full(len(values), capacity)
        self._scores, self._caliper = scores, caliper

    def find(self, person: int, taken: Sequence[int]) -> tuple[int, float]:
        """Return the nearest one left and the distance.

        Parameters
        ----------
        person : int
            Number of a treated person.
        taken : sequence of int
            Those whom the person has already.

        Returns
        -------
        candidate : int
            Number of a comparison person, or -1.
        distance : float
            Infinite without a candidate.
        """
        possible = self._left > 0
        possible[list(taken)] = False
        if self._scores is not None:
            inside, outside = self._scores
            possible &= np.abs(inside[person] - outside) <= self._caliper
        rows = np.flatnonzero(possible)
        if not rows.size:
            return -1, np.inf
        squares = ((self._values[rows] - self._targets[person]) ** 2).sum(axis=1)
        # people who are alike differ by rounding; the first of them in the rows is taken
        nearest = int((squares <= squares.min() * (1 + ALIKE) + ALIKE**2).argmax())
        return int(rows[nearest]), float(np.sqrt(squares[nearest]))

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
    for _ in range(ratio):
        for person in order:
            candidate, _ = finder.find(person, found[person])
            if candidate >= 0:
                finder.take(candidate)
                found[person].append(candidate)
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
    for _ in range(ratio):
        queue = []
        for person in range(n_treated):
            candidate, distance = finder.find(person, found[person])
            queue.append((distance, person, candidate))
        heapq.heapify(queue)
        while queue:
            distance, person, candidate = heapq.heappop(queue)
            again, now = finder.find(person, found[person])
            if again < 0:
                continue
            if now > distance:  # somebody else has taken the candidate
                heapq.heappush(queue, (now, person, again))
                continue
            finder.take(again)
            found[person].append(again)
    return _list_pairs(found)


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
