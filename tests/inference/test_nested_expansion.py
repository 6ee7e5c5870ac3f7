import numpy as np

from desist.inference.nested_expansion import Arrow, factorise


class OneScaleEach:
    """Two common parameters without a prior here, and two effects of each of three groups."""

    scale_of_common = np.array([-1, -1])
    is_outer = np.array([False, False])

    @staticmethod
    def stretch(scales):
        return np.ones(2), scales


def test_groups_are_eliminated_as_from_the_whole_matrix():
    rng = np.random.default_rng(1)
    root = rng.standard_normal((8, 8))
    whole = root @ root.T + np.eye(8)
    for g in range(3):  # groups do not meet
        own = slice(2 + 2 * g, 4 + 2 * g)
        others = np.setdiff1d(np.arange(2, 8), np.arange(own.start, own.stop))
        whole[own, others] = whole[others, own] = 0.0
    whole += 8 * np.eye(8)
    arrow = Arrow(
        whole[:2, :2],
        np.array([whole[:2, 2 + 2 * g : 4 + 2 * g] for g in range(3)]),
        np.array([whole[2 + 2 * g : 4 + 2 * g, 2 + 2 * g : 4 + 2 * g] for g in range(3)]),
    )
    scales = np.array([0.7, 0.3])
    stretch = np.concatenate([np.ones(2), np.tile(scales, 3)])
    standard = whole * np.outer(stretch, stretch) + np.diag([0, 0, *np.ones(6)])
    found = factorise(arrow, OneScaleEach, scales)
    np.testing.assert_allclose(np.linalg.inv(found.schur), np.linalg.inv(standard)[:2, :2])
    right = rng.standard_normal(8)
    common = np.linalg.solve(found.schur, found.eliminate(right[:2], right[2:].reshape(3, 2)))
    groups = found.follow(common, right[2:].reshape(3, 2))
    solution = np.linalg.solve(standard, right)
    np.testing.assert_allclose(common, solution[:2])
    np.testing.assert_allclose(groups.ravel(), solution[2:])
