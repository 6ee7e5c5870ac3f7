"""The posterior of a meta-analysis on a grid, without sampling: what `pool_rates` must find."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logit
from scipy.stats import binom, halfnorm, norm

EFFECTS = np.linspace(-5.0, 4.0, 901)
MEANS = np.linspace(-2.5, 1.0, 141)
SPREADS = np.linspace(0.02, 2.5, 100)


@dataclass(frozen=True)
class GridPosterior:
    mean: float
    sd: float
    spread_mean: float
    spread_sd: float
    study_means: np.ndarray


def normal_likelihoods(estimates, errors):
    """Likelihood of each study's effect, shape (n_studies, n_effects), from an estimate."""
    return np.stack([norm.pdf(y, EFFECTS, s) for y, s in zip(estimates, errors, strict=True)])


def binomial_likelihoods(counts, baseline_scale):
    """Likelihood of each study's log odds ratio, its baseline integrated out."""
    return np.stack([_integrate_baseline(row, baseline_scale) for row in counts])


def integrate(likelihoods, *, mean_scale=np.inf, spread_scale=0.5, spreads=SPREADS):
    """Posterior over the mean and the spread, with a half-normal prior of the spread."""
    means, spreads = (grid.ravel() for grid in np.meshgrid(MEANS, spreads, indexing="ij"))
    kernel = norm.pdf(EFFECTS, means[:, np.newaxis], spreads[:, np.newaxis])
    totals = kernel @ likelihoods.T
    log_posterior = np.log(totals).sum(axis=1) + halfnorm.logpdf(spreads, scale=spread_scale)
    if np.isfinite(mean_scale):
        log_posterior += norm.logpdf(means, scale=mean_scale)
    weights = np.exp(log_posterior - log_posterior.max())
    weights /= weights.sum()
    expected_effects = kernel @ (likelihoods * EFFECTS).T / totals
    mean, spread_mean = weights @ means, weights @ spreads
    return GridPosterior(
        mean=mean,
        sd=np.sqrt(weights @ (means - mean) ** 2),
        spread_mean=spread_mean,
        spread_sd=np.sqrt(weights @ (spreads - spread_mean) ** 2),
        study_means=weights @ expected_effects,
    )


def _integrate_baseline(row, scale):
    treated, n_treated, comparison, n_comparison = row
    cells = np.array([treated, n_treated - treated, comparison, n_comparison - comparison]) + 0.5
    centre = (logit(cells[0] / cells[:2].sum()) + logit(cells[2] / cells[2:].sum())) / 2
    half_width = 6 * np.sqrt((1 / cells).sum())
    baseline = np.linspace(centre - half_width, centre + half_width, 401)[:, np.newaxis]
    log_terms = (
        binom.logpmf(treated, n_treated, 1 / (1 + np.exp(-baseline - EFFECTS / 2)))
        + binom.logpmf(comparison, n_comparison, 1 / (1 + np.exp(-baseline + EFFECTS / 2)))
        + norm.logpdf(baseline, scale=scale)
    )
    likelihood = np.exp(log_terms - log_terms.max()).sum(axis=0)
    return likelihood / likelihood.max()
