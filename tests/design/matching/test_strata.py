import numpy as np
import pandas as pd
import pytest

from desist.design.design import build_design
from desist.design.matching.strata import (
    CoarsenedExactMatching,
    ExactMatching,
    Subclassification,
    cut_column,
    weigh_strata,
)
from desist.errors import CannotAnswerError, InputError, NoOverlapError
from desist.estimands import Estimand

from .matchit import assert_same_balance, assert_same_counts, read_units, share_weights

CUTS = {"age": 4, "educ": 3, "re74": 4, "re75": 4}
REFERENCES = {
    "exact_race_married": ExactMatching(),
    "cem_cut": CoarsenedExactMatching(CUTS),
    "subclass6": Subclassification(6),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_weights_and_sets_equal_those_of_matchit(cohort, formula, name):
    text = "race + married + nodegree" if name == "exact_race_married" else formula
    design = build_design(cohort, text, method=REFERENCES[name])
    units = read_units(name)
    np.testing.assert_allclose(design.weights, share_weights(units), atol=1e-12)
    # the same sets, whatever their numbers
    pairs = set(zip(design.sets, units["subclass"].fillna(-1), strict=True))
    assert len(pairs) == len(np.unique(design.sets)) == units["subclass"].fillna(-1).nunique()
    assert_same_counts(design, name)
    assert_same_balance(design, name)


def test_the_limits_of_the_subclasses_are_those_of_matchit(cohort, formula, results):
    # MatchIt's limits are quantiles of the participants' scores
    limits = results("match/matchit_results.json")["subclass6"]["q_cut"]
    design = build_design(cohort, formula, method=Subclassification(6))
    scores = design.scores.scores[design.treated]
    for number in range(6):
        inside = scores[design.sets[design.treated] == number]
        assert limits[number] - 1e-8 <= inside.min()
        assert inside.max() <= limits[number + 1] + 1e-8


STRATA = np.array([0, 0, 0, 1, 1, 1, 2])
TREATED = np.array([1, 0, 0, 1, 1, 0, 0], dtype=bool)


def test_weights_of_strata_by_hand():
    #  stratum 0: one participant, two others; stratum 1: two and one; stratum 2: nobody took part
    att = weigh_strata(STRATA, TREATED, Estimand.ATT)
    assert att.weights.tolist() == [1, 0.5, 0.5, 1, 1, 2, 0]
    assert att.sets.tolist() == [0, 0, 0, 1, 1, 1, -1]
    ate = weigh_strata(STRATA[:6], TREATED[:6], Estimand.ATE)
    assert ate.weights.tolist() == [3, 1.5, 1.5, 1.5, 1.5, 3]
    atc = weigh_strata(STRATA[:6], TREATED[:6], Estimand.ATC)
    assert atc.weights.tolist() == [2, 1, 1, 0.5, 0.5, 1]


@pytest.mark.parametrize(("estimand"), ["ATE", "ATC"])
def test_losing_people_whom_the_estimand_is_about_is_refused(estimand):
    with pytest.raises(CannotAnswerError) as caught:
        weigh_strata(STRATA, TREATED, Estimand(estimand))
    assert str(caught.value) == (
        f"1 people whom the {estimand} is about have no counterpart in their stratum; ask for "
        "the ATT, or use fewer or coarser covariates"
    )


def test_losing_participants_renames_the_att(cohort, formula):
    design = build_design(cohort, formula, method=CoarsenedExactMatching(CUTS))
    assert design.estimand is Estimand.MATCHED_ATT
    assert design.n_treated_dropped == 40


def test_strata_with_one_arm_only_are_refused(small, make_cohort):
    small["region"] = np.where(small["programme"] == 1, "north", "south")
    with pytest.raises(NoOverlapError) as caught:
        build_design(make_cohort(small), "region", method=ExactMatching())
    assert str(caught.value) == (
        "no stratum holds both participants and comparison people; use fewer or coarser "
        "covariates, or match on the score"
    )


def test_exact_matching_balances_its_covariates_exactly(cohort):
    design = build_design(cohort, "race + married + nodegree", method=ExactMatching())
    assert design.balance.table["smd_after"].abs().max() < 1e-12


def test_bins_of_equal_width_and_cut_points():
    values = np.array([0.0, 2.5, 5.0, 7.5, 10.0])
    assert cut_column(values, 4).tolist() == [0, 1, 2, 3, 3]
    assert cut_column(values, (5.0, 9.0)).tolist() == [0, 0, 1, 1, 2]
    # Sturges: ceil(log2(5) + 1) = 4
    assert cut_column(values, None).tolist() == [0, 1, 2, 3, 3]


def test_columns_of_numbers_read_as_categories_are_not_cut(small, make_cohort):
    first = build_design(make_cohort(small), "C(prior)", method=CoarsenedExactMatching())
    second = build_design(make_cohort(small), "prior", method=ExactMatching())
    np.testing.assert_array_equal(first.weights, second.weights)


def test_bad_bins_are_named(small, make_cohort):
    method = CoarsenedExactMatching({"agee": 3, "sex": 2, "prior": 0, "age": (30, 20)})
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(small), "age + sex", method=method)
    assert str(caught.value) == (
        "design: 4 faults\n"
        "  - bins: expected columns of the cohort, found 'agee'; did you mean 'age'?\n"
        "  - bins of sex: expected a column of numbers, found text; "
        "categories are matched exactly; leave it out of the bins\n"
        "  - bins of prior: expected a number of bins, at least 1, or rising cut points, found 0\n"
        "  - bins of age: expected a number of bins, at least 1, or rising cut points, "
        "found (30, 20)"
    )


@pytest.mark.parametrize("number", [1, 11, 2.5])
def test_a_senseless_number_of_subclasses_is_refused(small, make_cohort, number):
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(small), "age", method=Subclassification(number))
    assert str(caught.value) == (
        "design: 1 fault\n  - n_subclasses: expected a whole number from 2 to the 10 "
        f"participants, found {number}; 5 or 6 are usual"
    )


@pytest.mark.parametrize("estimand", ["ATE", "ATC"])
def test_subclasses_have_the_same_shares_in_both_arms(cohort, formula, estimand):
    design = build_design(cohort, formula, method=Subclassification(3), estimand=estimand)
    shares = pd.DataFrame({"set": design.sets, "arm": design.treated, "w": design.weights})
    table = shares.pivot_table(index="set", columns="arm", values="w", aggfunc="sum")
    np.testing.assert_allclose(table[True] / table[True].sum(), table[False] / table[False].sum())
