"""What groupings a model may have."""

from dataclasses import replace

import numpy as np
import pytest

from desist.errors import InputError
from desist.models.predictors import make_predictors
from desist.models.priors import HalfNormal, HalfStudentT

from .conftest import make_cohort, weigh


def test_groupings_that_are_not_there_are_named_together():
    cohort = make_cohort(treated=[1, 0], reoffended=[1, 0], prison=["Ash", "Bay"])
    with pytest.raises(InputError) as refusal:
        make_predictors(cohort, weigh(cohort), None, ("prisn", "matched_set", "prison"))
    assert "expected columns of the cohort, found 'prisn'" in str(refusal.value)
    assert "matched_set: expected a design with matched sets, found one without" in str(
        refusal.value
    )


def test_everybody_who_is_used_needs_a_set():
    cohort = make_cohort(treated=[1, 0, 0], reoffended=[1, 0, 0])
    design = replace(weigh(cohort), sets=np.array([0, 0, -1]))
    with pytest.raises(InputError, match="a set for everybody who is used, found 1 in none"):
        make_predictors(cohort, design, None, ("matched_set",))


def test_scales_between_groups_are_printed_as_they_are():
    assert str(HalfNormal(0.5)) == "HalfNormal(0.5)"
    assert str(HalfStudentT(0.5)) == "HalfStudentT(3, 0.5)"
