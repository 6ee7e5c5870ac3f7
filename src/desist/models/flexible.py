"""One flexible hazard: pieces that end where the reoffences are.

Knots stand at quantiles of the days of reoffences, never of censored days, which all fall on the
last one. The log hazard is a random walk over the pieces, and so is its difference between the
arms, which is shrunk towards proportional hazards.
"""

from collections.abc import Hashable
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from desist.cohort.outcomes import Outcomes
from desist.models.priors import Normal

EVENTS_A_PIECE = 8
FEWEST_PIECES = 2  # below which there is no shape to see
MOST_PIECES = 10
STEPS_OF_THE_PRIOR = 3  # the prior of a step is that of a walk of so many
TOWARDS_PROPORTIONAL = 0.5  # of the scale of the arms' difference


@runtime_checkable
class Settling(Protocol):
    """A model some of whose settings may be taken from the data."""

    @property
    def structure(self) -> Hashable:
        """What the compiled model depends on."""

    def settle(self, outcomes: Outcomes, weights: NDArray[np.float64], horizon: float) -> Any:
        """Return the model that is fitted."""


def settle[M](model: M, outcomes: Outcomes, weights: NDArray[np.float64], horizon: float) -> M:
    """Return the model that is fitted: with what it takes from the data.

    Parameters
    ----------
    model : Model
        What was asked for.
    outcomes : Outcomes
        Of everybody.
    weights : ndarray of float, shape (n_people,)
        On the scale of the likelihood; people of weight 0 have no say.
    horizon : float
        Days.

    Returns
    -------
    Model
        Most often the same.
    """
    if not isinstance(model, Settling):
        return model
    settled: M = model.settle(outcomes, weights, horizon)
    return settled


def find_structure(model: Any) -> Hashable:
    """Return what the compiled form of a model depends on: fits that share it compile once.

    Parameters
    ----------
    model : Model
        Settled.

    Returns
    -------
    Hashable
        The model itself, but for settings that are data to it.
    """
    structure: Hashable = model.structure if isinstance(model, Settling) else model
    return structure


def choose_cuts(
    days: NDArray[np.float64], weights: NDArray[np.float64], horizon: float
) -> tuple[float, ...]:
    """Choose the days at which the hazard may change.

    Parameters
    ----------
    days : ndarray of float, shape (n_events,)
        Of the first reoffences up to the horizon.
    weights : ndarray of float, shape (n_events,)
        Effective people: on the scale of the likelihood.
    horizon : float
        Days.

    Returns
    -------
    tuple of float
        Ascending, between 0 and the horizon; empty where there are too few reoffences, or all
        on a day or two, to see a shape.

    References
    ----------
    Jackson, C. H. (2023). survextrap: a package for flexible and transparent survival
    extrapolation. BMC Medical Research Methodology 23, 282.

    Examples
    --------
    >>> choose_cuts(np.arange(1.0, 41.0), np.ones(40), 100.0)
    (8.0, 16.0, 24.0, 32.0)
    """
    n_pieces = min(MOST_PIECES, int(weights.sum() // EVENTS_A_PIECE))
    if n_pieces < FEWEST_PIECES:
        return ()
    order = np.argsort(days, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    wanted = np.arange(1, n_pieces) / n_pieces
    # a sum of floats may stop just short of the share it is meant to reach
    found = days[order][np.searchsorted(reached, wanted - 1e-9)]
    cuts = np.unique(found)
    return tuple(float(cut) for cut in cuts if 0 < cut < horizon)


def walk(prior: Normal, n_steps: int) -> Normal:
    """Return the prior of one of so many steps, so that the walk as a whole varies as much.

    Parameters
    ----------
    prior : Normal
        Of a step of a walk of three.
    n_steps : int
        Steps.

    Returns
    -------
    Normal
        Narrower for more steps.
    """
    return Normal(prior.mean, prior.scale * float(np.sqrt(STEPS_OF_THE_PRIOR / n_steps)))
