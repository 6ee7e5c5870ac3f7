import numpy as np
import pytest

from desist.design.balance.characteristics import describe_people, profile_dropped
from desist.design.design import build_design
from desist.design.matching.radius import RadiusMatching
from desist.design.weighting.given import GivenWeights


@pytest.fixture
def weighted(small, make_cohort):
    small["w"] = np.r_[[0, 0], np.ones(8), np.tile([1.0, 2.0, 0.0], 10)]
    small["age"] = np.r_[[20.0] * 5, [30.0] * 5, np.tile([20.0, 40.0, 90.0], 10)]
    cohort = make_cohort(small)
    return cohort, build_design(cohort, "age + sex", method=GivenWeights("w"))


def test_table_one_by_hand(weighted):
    table = describe_people(*weighted).set_index("covariate")
    people = table.loc["people"]
    assert people["participants_before_mean"] == 10
    assert people["participants_mean"] == 8
    assert people["comparison_before_mean"] == 30
    assert people["comparison_mean"] == 20
    # (10 + 20)^2 / (10 + 40)
    assert table.loc["effective sample size", "comparison_mean"] == pytest.approx(18)
    age = table.loc["age"]
    assert age["kind"] == "number"
    assert age["participants_before_mean"] == 25
    assert age["participants_mean"] == pytest.approx((3 * 20 + 5 * 30) / 8)
    assert age["comparison_before_mean"] == 50
    assert age["comparison_mean"] == pytest.approx((20 + 2 * 40) / 3)
    assert age["participants_before_sd"] == pytest.approx(np.sqrt(250 / 9))
    sex = table.loc["sex[m]"]
    assert sex["kind"] == "share"
    assert np.isnan(sex["participants_sd"])
    assert sex["participants_before_mean"] == 0.5


def test_the_profile_of_the_dropped_by_hand(weighted):
    table = profile_dropped(*weighted).set_index("covariate")
    age = table.loc["age"]
    assert (age["n_kept"], age["n_dropped"]) == (8, 2)
    assert age["mean_dropped"] == 20
    assert age["mean_kept"] == pytest.approx(210 / 8)
    assert age["smd"] == pytest.approx((20 - 26.25) / np.sqrt(250 / 9))


def test_nobody_dropped_leaves_the_profile_empty(cohort, formula):
    design = build_design(cohort, formula, method=RadiusMatching(caliper=2.0))
    table = profile_dropped(cohort, design)
    assert (table["n_dropped"] == 0).all()
    assert table["mean_dropped"].isna().all()


def test_the_means_of_table_one_are_those_of_the_balance(cohort, formula):
    design = build_design(cohort, formula, method=RadiusMatching(caliper=0.1))
    people = describe_people(cohort, design).set_index("covariate")
    balance = design.balance.table.set_index("covariate")
    np.testing.assert_allclose(
        people.loc[balance.index, "comparison_mean"].astype(float), balance["mean_comparison"]
    )
