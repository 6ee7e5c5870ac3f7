import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from desist.inference._quadrature import Link, place_points

IDENTITY = Link(lambda x: x, lambda x: x, np.ones_like)
LOGIT = Link(expit, logit, lambda x: expit(x) * (1 - expit(x)))


def quantiles(values, shares):
    return np.quantile(values, shares, method="hazen")


def test_points_of_two_normal_means_have_the_quantiles_of_their_difference():
    def log_density(points):
        return stats.norm.logpdf(points, [1.0, 3.0], [0.3, 0.4]).sum(axis=1)

    mode, covariance = np.array([1.0, 3.0]), np.diag([0.09, 0.16])
    points = place_points(log_density, mode, covariance, IDENTITY, 20_000)
    shares = [0.005, 0.025, 0.5, 0.975, 0.995]
    found = quantiles(points[:, 0] - points[:, 1], shares)
    assert found == pytest.approx(stats.norm.ppf(shares, -2.0, 0.5), abs=2e-5)
    for arm, (mean, spread) in enumerate([(1.0, 0.3), (3.0, 0.4)]):
        assert points[:, arm].mean() == pytest.approx(mean, abs=0.001)
        assert points[:, arm].std() == pytest.approx(spread, rel=0.005)


def test_points_of_two_proportions_have_the_quantiles_of_two_beta_distributions():
    # Haldane's prior on the log-odds: the posteriors are Beta(x, n - x)
    counts = np.array([[13.0, 70.0], [30.0, 70.0]])

    def log_density(points):
        rates = expit(points)
        return (counts[:, 0] * np.log(rates) + counts[:, 1] * np.log1p(-rates)).sum(axis=1)

    mode = logit(counts[:, 0] / counts.sum(axis=1))
    covariance = np.diag(counts.sum(axis=1) / counts.prod(axis=1))
    points = place_points(log_density, mode, covariance, LOGIT, 20_000)
    difference = expit(points[:, 0]) - expit(points[:, 1])
    for share in (0.025, 0.5, 0.975):
        limit = quantiles(difference, share)
        nodes = np.linspace(0, 1, 20_001)
        below = stats.beta.cdf(nodes + limit, *counts[0]) * stats.beta.pdf(nodes, *counts[1])
        assert np.trapezoid(below, nodes) == pytest.approx(share, abs=1e-6)


def test_points_do_not_depend_on_where_the_grid_is_centred():
    def log_density(points):
        return stats.t.logpdf(points, 12, [0.0, 1.0], [0.3, 0.1]).sum(axis=1)

    found = [
        quantiles(
            np.subtract(
                *place_points(log_density, np.array(mode), np.diag(spread), IDENTITY, 5_000).T
            ),
            [0.025, 0.975],
        )
        for mode, spread in (([0.0, 1.0], [0.09, 0.01]), ([0.2, 1.1], [0.2, 0.02]))
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-5)
