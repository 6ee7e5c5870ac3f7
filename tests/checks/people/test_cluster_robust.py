import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desist.checks import cr2_difference, weighted_difference, welch
from desist.errors import CannotAnswerError


def by_dense_matrices(y, z, w, clusters):
    """Bell and McCaffrey's formulas as they are written, with matrices of n by n."""
    x = np.column_stack([np.ones(len(y)), z])
    bread = np.linalg.inv(x.T @ (x * w[:, None]))
    left = np.eye(len(y)) - x @ bread @ x.T * w
    residuals = left @ y
    variance, rows = 0.0, []
    for label in np.unique(clusters):
        members = np.flatnonzero(clusters == label)
        values, vectors = np.linalg.eigh(left[members] @ left[members].T)
        roots = [1 / np.sqrt(v) if v > 1e-10 else 0.0 for v in values]
        adjust = vectors @ np.diag(roots) @ vectors.T
        one = (bread @ (x[members] * w[members, None]).T)[1] @ adjust
        variance += float(one @ residuals[members]) ** 2
        rows.append(one @ left[members])
    gram = np.array(rows) @ np.array(rows).T
    return np.sqrt(variance), np.trace(gram) ** 2 / (gram**2).sum()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n_clusters=st.integers(2, 12), equal=st.booleans())
def test_error_and_degrees_of_freedom_are_those_of_the_dense_formulas(seed, n_clusters, equal):
    rng = np.random.default_rng(seed)
    n = 30
    arm, clusters = rng.permutation(n) < 10, rng.permutation(np.arange(n) % n_clusters)
    y = rng.poisson(1.0, n) + rng.normal(size=n)
    # each arm's weights sum to 1, as only their ratios within an arm may matter
    w = np.ones(n) if equal else rng.exponential(size=n) + 0.1
    w = w / np.where(arm, w[arm].sum(), w[~arm].sum())
    found = cr2_difference(y, arm, w, clusters=clusters)
    error, df = by_dense_matrices(y, arm.astype(float), w, clusters)
    assert found.standard_error == pytest.approx(error, rel=1e-8)
    assert found.df == pytest.approx(df, rel=1e-8)


def test_without_clusters_it_is_hc2():
    rng = np.random.default_rng(3)
    y, arm, weights = rng.normal(size=40), np.arange(40) < 15, rng.exponential(size=40) + 0.2
    found = cr2_difference(y, arm, clusters=np.arange(40))
    assert found.standard_error == pytest.approx(
        weighted_difference(y, arm, kind="HC2").standard_error
    )
    assert found.standard_error == pytest.approx(welch(y, arm).standard_error)
    # two arms of n people each, equal spreads assumed: Satterthwaite by hand
    by_hand = (1 / 15 + 1 / 25) ** 2 / (1 / (15**2 * 14) + 1 / (25**2 * 24))
    assert found.df == pytest.approx(by_hand)
    assert cr2_difference(y, arm, weights, clusters=np.arange(40)).df < by_hand


def test_weights_of_either_arm_times_a_constant_change_nothing():
    rng = np.random.default_rng(4)
    y, arm, clusters = rng.normal(size=60), np.arange(60) < 20, np.arange(60) % 9
    weights = rng.exponential(size=60) + 0.1
    one = cr2_difference(y, arm, weights, clusters=clusters)
    other = cr2_difference(y, arm, weights * np.where(arm, 1e4, 10), clusters=clusters)
    assert one.standard_error == pytest.approx(other.standard_error)
    assert one.df == pytest.approx(other.df)


def test_few_treated_clusters_leave_few_degrees_of_freedom():
    rng = np.random.default_rng(5)
    prisons = np.repeat(np.arange(20), 30)
    y = rng.normal(size=600) + rng.normal(size=20)[prisons]
    assert cr2_difference(y, prisons < 2, clusters=prisons).df < 2
    assert cr2_difference(y, prisons < 10, clusters=prisons).df > 15


def test_a_single_cluster_is_refused():
    with pytest.raises(CannotAnswerError, match="everybody is in one cluster"):
        cr2_difference([1, 2, 3, 4], [1, 1, 0, 0], clusters=["a"] * 4)
