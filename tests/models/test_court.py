"""Court outcomes of a cohort, counted."""

import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort
from desist.cohort.court import TIERS
from desist.errors import InputError
from desist.models.court import count_court_outcomes

from .studies import weigh


def custody_cohort(**more):
    people = pd.DataFrame(
        {
            "treated": [1, 1, 1, 0, 0, 0, 0],
            "reoffended": [1, 1, 0, 1, 1, 0, 0],
            "court": ["summary", "indictable", None, "summary", "either way", None, "none"],
        }
        | more
    )
    return Cohort(people, treatment="treated", reoffended="reoffended")


def test_people_of_a_cohort_are_counted_with_and_without_their_weights():
    cohort = custody_cohort()
    weights = np.array([1.0, 1.0, 1.0, 2.0, 0.0, 1.0, 1.0])
    counts = count_court_outcomes(cohort, weigh(cohort, weights), "court")
    assert counts.categories == TIERS
    assert counts.treated == (1, 0, 1, 1)
    assert counts.comparison == (0, 0, 1, 2)
    assert counts.comparison_size == pytest.approx(16 / 6)
    np.testing.assert_allclose(counts.effective[1], np.array([0, 0, 2, 2]) / 4 * 16 / 6)
    tenfold = count_court_outcomes(cohort, weigh(cohort, 10 * weights), "court")
    np.testing.assert_allclose(tenfold.effective, counts.effective)


def test_a_court_outcome_that_is_not_known_is_refused():
    unknown = custody_cohort(court=["summary", "caution", None, None, "either way", None, "none"])
    with pytest.raises(InputError) as caught:
        count_court_outcomes(unknown, weigh(unknown), "court")
    assert str(caught.value) == (
        "court outcomes: 1 fault\n  - court: expected one of indictable, either way, summary, "
        "none, found 2 other or blank in rows 2, 4; mend them, or name them"
    )
    with pytest.raises(InputError, match="verdict: expected one of the columns"):
        count_court_outcomes(unknown, weigh(unknown), "verdict")
