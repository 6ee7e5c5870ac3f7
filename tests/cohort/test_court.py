"""Counts of people by court outcome: what they are worth, and what contradicts itself."""

import numpy as np
import pytest

from desist.cohort.court import CUSTODY, CourtCounts
from desist.errors import InputError


def test_effective_counts_are_weighted_shares_of_the_effective_size():
    counts = CourtCounts(
        (1, 3), (10, 10), CUSTODY, comparison_weights=(27.8, 72.2), comparison_size=10.0
    )
    np.testing.assert_allclose(counts.effective, [[1, 3], [2.78, 7.22]])
    assert counts.n_reoffenders == (1, 10)
    assert CourtCounts(np.array([1, 3]), [10, 10], list(CUSTODY)) == CourtCounts(
        (1, 3), (10, 10), CUSTODY
    )


def test_every_fault_of_the_counts_is_listed():
    with pytest.raises(InputError) as caught:
        CourtCounts(
            (1, -2), (0, 0, 0), ("none", "none"), treated_weights=(0.0, 0.0), comparison_size=0
        )
    assert str(caught.value) == (
        "court outcomes: 5 faults\n"
        "  - categories: expected two or more different names, found none, none\n"
        "  - treated: expected 2 whole numbers from 0, some above, found (1, -2)\n"
        "  - treated_weights: expected 2 numbers from 0, some above, found (0.0, 0.0)\n"
        "  - comparison: expected 2 whole numbers from 0, some above, found (0, 0, 0)\n"
        "  - comparison_size: expected a number above 0 or None, found 0"
    )
