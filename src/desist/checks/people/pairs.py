"""Matched pairs: in which of them one of the two reoffended."""

import numpy as np
from numpy.typing import ArrayLike

from desist.checks.arms import join_arms
from desist.checks.columns import NO_SET, Columns
from desist.errors import CannotAnswerError

NOT_PAIRS = "a set is not a pair of one participant and one comparison person"


def count_discordant(reoffended: ArrayLike, treated: ArrayLike, sets: ArrayLike) -> tuple[int, int]:
    """Count the matched pairs in which one of the two reoffended.

    Parameters
    ----------
    reoffended : array_like, shape (n_people,)
        True or 1 for a proven reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    sets : array_like of int, shape (n_people,)
        Matched pair of each person, -1 for none.

    Returns
    -------
    tuple of int
        Pairs in which the participant alone, and the comparison person alone, reoffended.

    Raises
    ------
    InputError
        If a column cannot be read.
    CannotAnswerError
        If a set is not a pair of one participant and one comparison person.

    Examples
    --------
    >>> count_discordant([1, 0, 0, 1, 1, 1], [1, 0, 1, 0, 1, 0], [0, 0, 1, 1, 2, 2])
    (1, 1)
    """
    columns = Columns()
    events = columns.truths("reoffended", reoffended)
    label = columns.sets("sets", sets)
    arms = join_arms(columns, events.astype(float), treated, None)
    paired = label != NO_SET
    if not paired.any():
        raise CannotAnswerError("nobody is in a matched set")
    group = np.unique(label[paired], return_inverse=True)[1]
    y, z = arms.outcome[paired], arms.treated[paired]
    sizes, n_treated = np.bincount(group), np.bincount(group, z)
    if (sizes != 2).any() or (n_treated != 1).any():
        raise CannotAnswerError(NOT_PAIRS)
    own, other = np.bincount(group, y * z), np.bincount(group, y * ~z)
    return int((own > other).sum()), int((own < other).sum())
