import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.checks import run_checks
from desist.design.design import Design
from desist.estimands import Estimand
from desist.evaluation._groups import name_confounded, name_undeclared
from desist.sample import build_sample

N = 240


def make_sample(treated, prison, formula=None, groups=("prison",), **columns):
    rng = np.random.default_rng(4)
    people = pd.DataFrame(
        {
            "programme": np.asarray(treated, dtype=int),
            "prison": prison,
            "reoffended": rng.random(N) < 0.5,
            "age": rng.normal(30, 5, N),
            **columns,
        }
    )
    cohort = ds.Cohort(
        people, treatment="programme", reoffended="reoffended", follow_up=365, groups=list(groups)
    )
    design = Design(np.ones(N), cohort.treated, Estimand.ATT, formula=formula)
    return build_sample(cohort, design, 365.0)


PRISONS = np.array([f"p{number:02d}" for number in range(12)]).repeat(20)
HALF_OF_EACH = np.arange(N) % 2 == 0


def test_a_programme_spread_over_all_prisons_is_not_named():
    assert name_confounded(make_sample(HALF_OF_EACH, PRISONS)) == ()


def test_a_programme_in_prisons_of_its_own_cannot_be_told_from_them():
    (told,) = name_confounded(make_sample(PRISONS < "p06", PRISONS))
    assert told == (
        "prison: no group has people of both arms, so that the programme cannot be told apart from "
        "the groups; any difference may be one between them."
    )


def test_one_treated_prison_is_named_with_what_errors_by_people_then_miss():
    (alone,) = name_confounded(make_sample(PRISONS == "p00", PRISONS))
    assert alone.startswith("prison: all participants are in one group, and nobody else is")
    some = (PRISONS == "p00") & HALF_OF_EACH
    (mixed,) = name_confounded(make_sample(some, PRISONS))
    assert "cover the truth in about 65 of 100 studies" in mixed


def test_participants_in_prisons_without_comparison_people_are_named_by_their_share():
    treated = HALF_OF_EACH | (PRISONS == "p00")  # 20 of 130
    (told,) = name_confounded(make_sample(treated, PRISONS))
    assert told.startswith("prison: 15% of the participants' weight is in groups without")


@pytest.mark.parametrize(
    ("formula", "groups", "is_named"),
    [
        ("age + C(prison)", (), True),
        ("age + prison", (), True),
        ("age + prison", ("prison",), False),
        ("age", (), False),
    ],
)
def test_groups_of_the_formula_that_were_not_declared_are_named(formula, groups, is_named):
    told = name_undeclared(make_sample(HALF_OF_EACH, PRISONS, formula, groups))
    assert len(told) == is_named
    assert all('groups=["prison"]' in one for one in told)


def find(checks, slug):
    return next(check for check in checks if check.check == slug)


def test_declared_groups_are_respected_by_a_check():
    checks = run_checks(make_sample(HALF_OF_EACH, PRISONS), rng=1)
    found = find(checks, "cr2_groups")
    assert found.applicable
    assert found.reason.startswith("errors by prison, ")
    assert found.estimate == pytest.approx(find(checks, "weighted_difference_hc3").estimate)
    without = run_checks(make_sample(HALF_OF_EACH, PRISONS, groups=()), rng=1)
    assert "cr2_groups" not in {check.check for check in without}


def test_one_treated_group_has_no_error_and_two_have_too_few_degrees_of_freedom():
    found = find(run_checks(make_sample(PRISONS == "p00", PRISONS), rng=1), "cr2_groups")
    assert not found.applicable
    assert found.reason == (
        "all treated people are in one group (prison), which errors need two of"
    )
    found = find(run_checks(make_sample(PRISONS < "p02", PRISONS), rng=1), "cr2_groups")
    assert not found.applicable
    assert found.reason.startswith("prison: the groups leave ")
    assert found.reason.endswith(" degrees of freedom; 4 are needed")
