"""What rule sets ask of the people behind the figures."""

import numpy as np
import pytest

from desist.evaluation.few import dominates


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([91, 1, 1, 1, 1, 1, 1, 1, 1, 1], True),  # two hold 92 of 100
        ([45, 45, 4, 3, 3], False),  # two hold 90 of 100, and no more
        ([46, 45, 3, 3, 3], True),
        ([100, 100, 9], True),
        ([50, 10, 4, 0.9], True),  # the others leave 4.9 of 50
        ([50, 5, 5, 5, 5], False),
        ([1, 1, 1, 0, 0, 0], False),
        ([3, 0, 0], True),  # of one person alone
        ([0, 0, 0], False),
    ],
)
def test_two_people_dominate_a_total_or_do_not(values, found):
    assert dominates(np.array(values, dtype=float)) is found
