"""Two weighted arms: the data that every check starts from."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.columns import Columns
from desist.errors import CannotAnswerError, Fault
from desist.weights import are_equal, effective_sample_size


@dataclass(frozen=True, eq=False)
class Arms:
    """Outcome, arm and weight of the people who are used (weight above 0).

    Attributes
    ----------
    outcome : ndarray of float, shape (n_used,)
        In the unit of the measure.
    treated : ndarray of bool, shape (n_used,)
        Whether each person took part.
    weights : ndarray of float, shape (n_used,)
        Positive; only their ratios within an arm mean anything.
    positions : ndarray of int, shape (n_used,)
        Place of each person among those who were handed in.

    Examples
    --------
    >>> import desist as ds
    >>> arms = ds.checks.read_arms([1, 0, 0, 1], [1, 1, 0, 0], [1.0, 1.0, 2.0, 1.0])
    >>> arms.n_treated, arms.weights_differ
    (2, True)
    """

    outcome: NDArray[np.float64]
    treated: NDArray[np.bool_]
    weights: NDArray[np.float64]
    positions: NDArray[np.int64]

    def __repr__(self) -> str:
        """Say how many people there are, and nothing of any of them."""
        return f"Arms({self.n_treated} participants, {self.n_comparison} comparison people)"

    @property
    def n_treated(self) -> int:
        """People who took part and are used."""
        return int(self.treated.sum())

    @property
    def n_comparison(self) -> int:
        """Comparison people who are used."""
        return int((~self.treated).sum())

    @property
    def effective_sizes(self) -> tuple[float, float]:
        """Effective sample size of the participants and of the comparison people."""
        treated, comparison = self.weights[self.treated], self.weights[~self.treated]
        return effective_sample_size(treated), effective_sample_size(comparison)

    @property
    def weights_differ(self) -> bool:
        """Whether the weights within either arm are unequal."""
        members = (self.treated, ~self.treated)
        return not all(are_equal(self.weights[arm]) for arm in members)

    @property
    def obstacle(self) -> str:
        """Why no two-sample method can be used; empty when one can."""
        shortage = self.shortage(2)
        if not shortage and np.ptp(self.outcome) == 0:
            return "everybody has the same outcome: there is no variation to judge a difference by"
        return shortage

    def shortage(self, fewest: int) -> str:
        """Say which arm has fewer people than are needed; empty when neither has."""
        for name, count in (("treated", self.n_treated), ("comparison", self.n_comparison)):
            if count < fewest:
                people, are = "person" if count == 1 else "people", "is" if fewest == 1 else "are"
                return f"the {name} arm has {count} {people}; at least {fewest} {are} needed"
        return ""

    def arm(self, *, treated: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return outcome and weights of one arm, the weights summing to 1."""
        members = self.treated if treated else ~self.treated
        weights = self.weights[members]
        return self.outcome[members], weights / weights.sum()


def read_arms(outcome: ArrayLike, treated: ArrayLike, weights: ArrayLike | None = None) -> Arms:
    """Validate an outcome with its arms and weights; leave out people of weight 0.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        Finite numbers for everybody with a positive weight.
    treated : array_like, shape (n_people,)
        True or 1 for participants, False or 0 for comparison people.
    weights : array_like, shape (n_people,), optional
        Not negative, finite. All equal when left out.

    Returns
    -------
    Arms
        The people with a positive weight; there may be none.

    Raises
    ------
    InputError
        If lengths differ, a weight is negative or not finite, an outcome is not finite or
        an arm is neither 0 nor 1; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> ds.checks.read_arms([1, 0, 0, 1], [1, 1, 0, 0], [1.0, 1.0, 2.0, 1.0]).weights
    array([1., 1., 2., 1.])
    """
    columns = Columns()
    values = columns.numbers("outcome", outcome)
    return join_arms(columns, values, treated, weights, fewest=0)


def join_arms(
    columns: Columns,
    values: NDArray[np.float64],
    treated: ArrayLike,
    weights: ArrayLike | None,
    faults: Iterable[Fault] = (),
    *,
    fewest: int = 1,
) -> Arms:
    """Join an outcome that was read with arms and weights; raise all faults of the call."""
    # With `fewest` above 0 each arm needs so many people, and else nobody at all will do.
    arm = columns.truths("treated", treated)
    masses = columns.weights(weights)
    positions = columns.require(faults, nobody=fewest == 0)
    arms = Arms(values[positions], arm[positions], masses[positions], positions)
    shortage = arms.shortage(fewest)
    if shortage:
        raise CannotAnswerError(shortage)
    return arms
