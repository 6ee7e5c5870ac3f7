"""Errors for matching with replacement: people who are matched more than once."""

# Everybody enters once for each set that they are in. People of a set are alike, and so is a person
# with him- or herself in another set; the variance counts both and takes away what is counted
# twice,
#     V = V_set + V_person - V_(set and person).
# Austin, P. C. and Cafri, G. (2020). Statistics in Medicine 39, 1623-1640. Cameron, A. C., Gelbach,
# J. B. and Miller, D. L. (2011). JBES 29, 238-249.

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.columns import Columns, find_probability_faults
from desist.checks.finding import Finding
from desist.checks.people.weighted import clustered_difference
from desist.errors import CannotAnswerError, Fault, raise_faults


def replacement_difference(
    outcome: ArrayLike, matches: ArrayLike, probability: float = 0.95
) -> Finding:
    """Compare participants with people matched to them, some of them more than once.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        In the unit of the measure.
    matches : array_like of int, shape (n_matches, 2)
        Positions of a participant and of a comparison person matched to them; each
        participant's matches share weight 1.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the means, with errors clustered by matched set and by person.

    Raises
    ------
    InputError
        If the outcome or the list of matches cannot be read.
    CannotAnswerError
        If there are fewer than two participants or comparison people.

    References
    ----------
    Austin, P. C. and Cafri, G. (2020). Statistics in Medicine 39, 1623-1640.

    Examples
    --------
    >>> found = replacement_difference([1, 0, 2, 1, 0, 1], [[0, 3], [1, 4], [2, 3], [2, 5]])
    >>> round(found.estimate, 4)
    0.3333
    """
    columns = Columns()
    values = columns.numbers("outcome", outcome)
    columns.require(find_probability_faults(probability))
    pairs = _read_matches(matches, values.size)
    people, inverse, counts = np.unique(pairs[:, 0], return_inverse=True, return_counts=True)
    if min(people.size, np.unique(pairs[:, 1]).size) < 2:
        raise CannotAnswerError("there are fewer than two matched people in an arm")
    person = np.concatenate([people, pairs[:, 1]])
    return clustered_difference(
        values[person],
        np.arange(person.size) < people.size,
        np.concatenate([np.ones(people.size), 1 / counts[inverse]]),
        clusters=np.concatenate([np.arange(people.size), inverse]),
        second_clusters=person,
        probability=probability,
    )


def _read_matches(matches: ArrayLike, n_people: int) -> NDArray[np.int64]:
    columns = Columns()
    read = columns.matrix("matches", matches)
    columns.require()
    whole = np.array_equal(read, np.round(read)) and read.shape[1] == 2
    if not whole or read.min() < 0 or read.max() >= n_people:
        expected = f"pairs of positions from 0 to {n_people - 1:,}"
        raise_faults("check", [Fault("matches", expected, f"others, of shape {read.shape}")])
    return read.astype(np.int64)
