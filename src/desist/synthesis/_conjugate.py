"""Studies with normal likelihoods: given tau the posterior is normal, and tau is integrated."""

from dataclasses import dataclass

import numpy as np

from desist._types import Floats
from desist.synthesis._adaptive import Panel, integrate_panels, weigh_nodes
from desist.synthesis.priors import (
    SynthesisPriors,
    log_density_of_spread,
    precision_of,
)

TOLERANCE = 1e-11
NEARLY_FLAT = 1e-14


@dataclass(frozen=True, eq=False)
class NormalStudies:
    """Estimates, their variances and the columns of their moderators, the first of ones."""

    estimates: Floats
    variances: Floats
    columns: Floats


@dataclass(frozen=True, eq=False)
class Slice:
    """The normal posterior of the coefficients at one tau."""

    tau: float
    mean: Floats
    covariance: Floats


@dataclass(frozen=True, eq=False)
class Conjugate:
    """The posterior of coefficients and tau, as a mixture over tau."""

    panels: list[Panel[Slice]]
    weights: Floats
    taus: Floats
    means: Floats  # (n_taus, n_coefficients)
    covariances: Floats
    log_evidence: float


def integrate_normal(studies: NormalStudies, priors: SynthesisPriors) -> Conjugate:
    """Integrate over tau; all else is known in closed form."""

    def evaluate(tau: float) -> tuple[Slice, float]:
        return _solve(studies, priors, tau)

    panels = integrate_panels(evaluate, find_scale(studies), tolerance=TOLERANCE)
    slices = [one for panel in panels for one in panel.slices]
    return Conjugate(
        panels,
        weigh_nodes(panels),
        np.array([one.tau for one in slices]),
        np.array([one.mean for one in slices]),
        np.array([one.covariance for one in slices]),
        float(np.logaddexp.reduce([panel.log_mass for panel in panels])),
    )


def find_scale(studies: NormalStudies) -> float:
    """Return a tau of the size that the data speak of, to begin with."""
    typical = 1 / np.mean(1 / studies.variances)
    excess = np.var(studies.estimates) - np.mean(studies.variances)
    return float(np.sqrt(max(excess, typical / 4)))


def shrink(studies: NormalStudies, found: Conjugate) -> tuple[Floats, Floats]:
    """Return each study's mean and standard deviation at each tau, (n_taus, n_studies)."""
    share = found.taus[:, None] ** 2 / (studies.variances + found.taus[:, None] ** 2)
    expected = found.means @ studies.columns.T
    means = share * studies.estimates + (1 - share) * expected
    known = np.einsum("ij,tjk,ik->ti", studies.columns, found.covariances, studies.columns)
    return means, np.sqrt(share * studies.variances + (1 - share) ** 2 * known)


def _solve(studies: NormalStudies, priors: SynthesisPriors, tau: float) -> tuple[Slice, float]:
    # Rover (2020), Journal of Statistical Software 93 (6), section 2: the mean integrated out.
    variances = studies.variances + tau**2
    precision = _prior_precision(studies, priors)
    start = np.zeros(studies.columns.shape[1])
    start[0] = priors.mean.mean
    weighted = studies.columns / variances[:, None]
    inverse = weighted.T @ studies.columns + np.diag(precision)
    covariance = np.linalg.inv(inverse)
    mean = covariance @ (weighted.T @ studies.estimates + precision * start)
    away = studies.estimates - studies.columns @ mean
    squares = away @ (away / variances) + precision @ (mean - start) ** 2
    proper = precision > NEARLY_FLAT
    log_height = (
        -(
            np.log(2 * np.pi * variances).sum()
            + squares
            + np.linalg.slogdet(inverse)[1]
            - np.log(precision[proper]).sum()
            - (~proper).sum() * np.log(2 * np.pi)
        )
        / 2
    )
    log_prior = log_density_of_spread(priors.heterogeneity, tau)
    return Slice(tau, mean, covariance), float(log_height + log_prior)


def _prior_precision(studies: NormalStudies, priors: SynthesisPriors) -> Floats:
    """Return the prior precision of each coefficient; a moderator's is by its spread."""
    spreads = studies.columns.std(axis=0)
    precision = precision_of(priors.moderator) * spreads**2
    precision[0] = precision_of(priors.mean)
    return np.asarray(precision)
