"""How much a weighted sample is worth: the scale of its weights, and the sandwich."""

# A likelihood raised to raw probability weights has an interval that depends on the arbitrary scale
# of the weights. Here each arm's weights are scaled to add up to the arm's effective sample size,
# so that multiplying all weights by ten changes nothing. The draws can also be rotated to the
# sandwich covariance; which of the two is the default is decided by coverage
# (benchmarks/coverage.py).

from dataclasses import dataclass

import numpy as np

from desist._types import Floats, Integers


@dataclass(frozen=True, eq=False, repr=False)
class WeightedPeople:
    """The people behind the rows of a likelihood."""

    row: Integers  # (n_people,) the row of each person
    weight: Floats  # (n_people,) scaled weights; those of a row's people add up to the row's
    cluster: Integers  # (n_people,) person or matched set: people in one cluster may be alike

    def __repr__(self) -> str:
        """Say how many they are, and nothing of any of them."""
        return f"<WeightedPeople: {len(self.row)} in {len(np.unique(self.cluster))} clusters>"


def sum_scores(unit_scores: Floats, people: WeightedPeople) -> Floats:
    """Add up people's weighted scores within clusters, and their products between them."""
    scores = people.weight[:, np.newaxis] * unit_scores[people.row]
    _, cluster = np.unique(people.cluster, return_inverse=True)
    sums = np.zeros((cluster.max(initial=-1) + 1, scores.shape[1]))
    np.add.at(sums, cluster, scores)
    return sums.T @ sums


def sandwich_covariance(curvature: Floats, scores: Floats, n_people: float) -> Floats:
    """Estimate the covariance of a weighted estimate without trusting its likelihood."""
    # White, H. (1982). Maximum likelihood estimation of misspecified models. Econometrica 50(1),
    # 1-25.
    inverse = np.linalg.inv(curvature)
    factor = 1.0 if np.isinf(n_people) else n_people / (n_people - len(curvature))
    covariance: Floats = factor * inverse @ scores @ inverse
    return covariance


def rotate_draws(
    draws: Floats,
    covariance: Floats,
    wanted: Floats,
) -> Floats:
    """Rotate draws about their mean from one covariance to another."""
    # With upper Cholesky factors R_2'R_2 of the covariance and R_1'R_1 of the one that is wanted, a
    # centred draw d becomes d R_2^(-1) R_1.
    # Williams, M. R. and Savitsky, T. D. (2021). Uncertainty estimation for pseudo-Bayesian
    # inference under complex sampling. International Statistical Review 89(1), 72-107, section 3.2.
    centre = draws.mean(axis=0)
    factor, target = np.linalg.cholesky(covariance).T, np.linalg.cholesky(wanted).T
    rotated: Floats = centre + (draws - centre) @ np.linalg.solve(factor, target)
    return rotated
