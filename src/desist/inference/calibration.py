"""How much a weighted sample is worth: the scale of its weights, and the sandwich.

A likelihood raised to raw probability weights has an interval that depends on the
arbitrary scale of the weights. Here each arm's weights are scaled to add up to the
arm's effective sample size, so that multiplying all weights by ten changes nothing. The
draws can also be rotated to the sandwich covariance; which of the two is the default is
decided by coverage (benchmarks/coverage.py).
"""

from dataclasses import dataclass

import numpy as np

from desist._types import Floats, Integers


@dataclass(frozen=True, eq=False, repr=False)
class WeightedPeople:
    """The people behind the rows of a likelihood.

    Attributes
    ----------
    row : ndarray of int, shape (n_people,)
        The row of each person.
    weight : ndarray of float, shape (n_people,)
        Scaled weights; those of a row's people add up to the row's.
    cluster : ndarray of int, shape (n_people,)
        Person or matched set: people in one cluster may be alike.
    """

    row: Integers
    weight: Floats
    cluster: Integers

    def __repr__(self) -> str:
        """Say how many they are, and nothing of any of them."""
        return f"<WeightedPeople: {len(self.row)} in {len(np.unique(self.cluster))} clusters>"


def sum_scores(unit_scores: Floats, people: WeightedPeople) -> Floats:
    r"""Add up people's weighted scores within clusters, and their products between them.

    Parameters
    ----------
    unit_scores : ndarray of float, shape (n_rows, d)
        Score of one person of weight 1 in each row.
    people : WeightedPeople
        Rows, weights and clusters.

    Returns
    -------
    ndarray of float, shape (d, d)
        :math:`J = \sum_c s_c s_c'`, :math:`s_c = \sum_{i \in c} w_i u_i`.
    """
    scores = people.weight[:, np.newaxis] * unit_scores[people.row]
    _, cluster = np.unique(people.cluster, return_inverse=True)
    sums = np.zeros((cluster.max(initial=-1) + 1, scores.shape[1]))
    np.add.at(sums, cluster, scores)
    return sums.T @ sums


def sandwich_covariance(curvature: Floats, scores: Floats, n_people: float) -> Floats:
    r"""Estimate the covariance of a weighted estimate without trusting its likelihood.

    Parameters
    ----------
    curvature : ndarray of float, shape (d, d)
        :math:`H`, the negative Hessian of the log posterior at its mode.
    scores : ndarray of float, shape (d, d)
        :math:`J = \sum_c s_c s_c'` with the weighted scores :math:`s_c = \sum_{i \in c} w_i
        u_i` of each person or matched set: see `sum_scores`.
    n_people : float
        Effective number of people; more than d of them.

    Returns
    -------
    ndarray of float, shape (d, d)
        :math:`\frac{n}{n - d} H^{-1} J H^{-1}`; infinite `n_people` leaves out the factor for
        small samples.

    References
    ----------
    White, H. (1982). Maximum likelihood estimation of misspecified models. Econometrica
    50(1), 1-25.
    """
    inverse = np.linalg.inv(curvature)
    factor = 1.0 if np.isinf(n_people) else n_people / (n_people - len(curvature))
    covariance: Floats = factor * inverse @ scores @ inverse
    return covariance


def rotate_draws(
    draws: Floats,
    covariance: Floats,
    wanted: Floats,
) -> Floats:
    r"""Rotate draws about their mean from one covariance to another.

    With upper Cholesky factors :math:`R_2'R_2` of the covariance and :math:`R_1'R_1` of the one
    that is wanted, a centred draw :math:`d` becomes :math:`d R_2^{-1} R_1`.

    Parameters
    ----------
    draws : ndarray of float, shape (n_draws, d)
        Of unconstrained parameters.
    covariance : ndarray of float, shape (d, d)
        Theirs.
    wanted : ndarray of float, shape (d, d)
        Such as the sandwich.

    Returns
    -------
    ndarray of float, shape (n_draws, d)
        With the same mean.

    References
    ----------
    Williams, M. R. and Savitsky, T. D. (2021). Uncertainty estimation for pseudo-Bayesian
    inference under complex sampling. International Statistical Review 89(1), 72-107, section
    3.2.
    """
    centre = draws.mean(axis=0)
    factor, target = np.linalg.cholesky(covariance).T, np.linalg.cholesky(wanted).T
    rotated: Floats = centre + (draws - centre) @ np.linalg.solve(factor, target)
    return rotated
