import numpy as np
import pytest

from desist.design.design import build_design
from desist.design.matching.radius import RadiusMatching
from desist.design.scores.propensity import PropensityScore
from desist.design.scores.support import describe_support
from desist.errors import InputError


def scores_of(values):
    values = np.array(values)
    return PropensityScore(values, np.log(values / (1 - values)))


def test_common_support_by_hand():
    treated = np.array([True] * 4 + [False] * 5)
    scores = scores_of([0.3, 0.5, 0.7, 0.9, 0.1, 0.2, 0.4, 0.6, 0.8])
    found = describe_support(scores, treated)
    assert (found.lower, found.upper) == (0.3, 0.8)
    assert (found.n_treated_below, found.n_treated_above) == (0, 1)
    assert (found.n_comparison_below, found.n_comparison_above) == (2, 0)
    assert found.quantiles.loc[0.5].tolist() == [pytest.approx(0.6), pytest.approx(0.4)]


def test_arms_that_do_not_meet_have_an_empty_range():
    treated = np.array([True, True, False, False])
    found = describe_support(scores_of([0.8, 0.9, 0.1, 0.2]), treated)
    assert found.lower > found.upper
    assert found.n_treated_above == 2
    assert found.n_comparison_below == 2


def test_common_support_is_printed_in_words(cohort, formula):
    design = build_design(cohort, formula, method=RadiusMatching())
    found = describe_support(design.scores, design.treated)
    outside = found.n_treated_below + found.n_treated_above
    others = found.n_comparison_below + found.n_comparison_above
    assert repr(found) == (
        f"Common support: outside it {outside} participants and {others} comparison people; "
        f"densities of the log odds have {found.overlap:.0%} in common"
    )
    # trapezoids of R's densities give 0.365 in common on the score itself
    assert 0.2 < found.overlap < 0.6


def test_scores_of_other_people_are_refused():
    with pytest.raises(InputError, match="scores: expected one for each person, found 2 for 3"):
        describe_support(scores_of([0.2, 0.3]), np.array([True, False, False]))
