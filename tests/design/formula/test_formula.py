import numpy as np
import pandas as pd
import pytest

from desist.design.design import build_design
from desist.design.formula import OWN_LEVEL, find_bad_values, make_matrix, read_formula
from desist.design.matching.radius import RadiusMatching
from desist.errors import InputError

METHOD = RadiusMatching(0.5)


def message(cohort, formula):
    with pytest.raises(InputError) as caught:
        build_design(cohort, formula, method=METHOD)
    return str(caught.value)


def test_an_unknown_column_is_named_with_a_suggestion(small, make_cohort):
    assert message(make_cohort(small), "agee + sex") == (
        "design: 1 fault\n  - formula: expected columns of the cohort, found 'agee'; "
        "did you mean 'age'?"
    )


def test_an_unknown_column_like_no_other_gets_the_list(small, make_cohort):
    assert message(make_cohort(small), "xyz") == (
        "design: 1 fault\n  - formula: expected columns of the cohort, found 'xyz'; "
        "there are: age, sex, prior"
    )


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("programme", "the treatment"),
        ("reoffended", "an outcome"),
        ("offences", "an outcome"),
        ("days", "an outcome"),
    ],
)
def test_the_design_may_not_use_the_treatment_or_an_outcome(small, make_cohort, column, role):
    assert message(make_cohort(small), f"age + {column}") == (
        "design: 1 fault\n  - formula: expected covariates known before, "
        f"found {column!r}, which is {role}; leave it out"
    )


def test_an_identifier_is_no_covariate(small, make_cohort):
    small["pnc"] = np.arange(40)
    assert "found 'pnc', which is the identifier of a person" in message(
        make_cohort(small, person="pnc"), "age + pnc"
    )


def test_the_length_of_follow_up_is_no_covariate(small, make_cohort):
    small["followed"] = 365.0
    found = message(make_cohort(small, follow_up="followed"), "followed")
    assert "found 'followed', which is the length of follow-up" in found


@pytest.mark.parametrize("text", ["", "1", "   "])
def test_an_empty_formula_is_refused(small, make_cohort, text):
    assert message(make_cohort(small), text) == (
        f"design: 1 fault\n  - formula: expected at least one covariate, found {text!r}; "
        'write it as "age + C(sex)"'
    )


def test_no_formula_is_refused_where_one_is_needed(small, make_cohort):
    assert message(make_cohort(small), None) == (
        "design: 1 fault\n  - formula: expected covariates, found None; "
        "method radius needs them: 'age + C(sex)'"
    )


@pytest.mark.parametrize("text", ["age +", "(age", "programme ~ age", "age | sex", "{age + }"])
def test_a_formula_that_cannot_be_read_is_one_fault(small, make_cohort, text):
    found = message(make_cohort(small), text)
    assert found.startswith("design: 1 fault\n  - formula: expected covariates joined as in")
    assert repr(text) in found


def test_code_in_a_formula_that_names_nothing_known_is_not_run(small, make_cohort):
    found = message(make_cohort(small), "age + {__import__('os').getpid()}")
    assert "a formula runs no code; leave the braces out" in found


def test_missing_covariates_are_counted_and_located(small, make_cohort):
    small.loc[[2, 5], "age"] = np.nan
    small.loc[7, "sex"] = None
    assert message(make_cohort(small), "age + sex + prior") == (
        "design: 2 faults\n"
        f"  - age: expected a value for everybody, found 2 missing (rows 3, 6); {OWN_LEVEL}\n"
        f"  - sex: expected a value for everybody, found 1 missing (row 8); {OWN_LEVEL}"
    )


def test_infinite_covariates_are_counted_and_located(small):
    small.loc[3, "age"] = np.inf
    assert [str(fault) for fault in find_bad_values(small, ["age", "prior"])] == [
        "age: expected finite numbers, found 1 infinite (row 4); "
        "correct them or give them as missing and impute"
    ]


def test_constant_covariates_are_refused(small, make_cohort):
    small["country"], small["one"] = "UK", 1
    assert message(make_cohort(small), "age + country + one") == (
        "design: 2 faults\n"
        "  - country: expected values that differ, found the same value for everybody; "
        "leave it out of the formula\n"
        "  - one: expected values that differ, found the same value for everybody; "
        "leave it out of the formula"
    )


def test_a_column_that_others_determine_is_named(small, make_cohort):
    small["twice"] = 2 * small["age"] + 1
    assert message(make_cohort(small), "age + twice") == (
        "design: 1 fault\n  - formula, column twice: expected information of its own, "
        "found a combination of the columns before it; leave it out, or one of the others"
    )


def test_a_transformation_that_is_not_finite_is_named(small, make_cohort):
    found = message(make_cohort(small), "age + log(prior)")
    assert "formula, column log(prior): expected finite numbers" in found


def test_a_formula_without_intercept_is_refused(small, make_cohort):
    assert "expected an intercept, found '0 + age'" in message(make_cohort(small), "0 + age")


def test_all_faults_come_together(small, make_cohort):
    small.loc[0, "age"] = np.nan
    with pytest.raises(InputError) as caught:
        build_design(
            make_cohort(small),
            "age + sexx + days",
            method=RadiusMatching(-1, "raw"),
            estimand="ATE",
        )
    where = [fault.where for fault in caught.value.faults]
    assert where == ["estimand", "formula", "formula", "age", "caliper", "scale"]


def test_text_and_marked_columns_are_categories(small):
    formula, faults = read_formula("C(prior) + sex + age + `sex`:age", small, {})
    assert not faults
    assert formula.categorical == {"prior", "sex"}
    assert formula.variables == ("age", "sex", "prior")


def test_columns_with_blanks_in_their_names_can_be_quoted(small):
    small = small.rename(columns={"age": "age at release"})
    formula, faults = read_formula("`age at release` + np.log(`age at release`)", small, {})
    assert not faults
    assert formula.variables == ("age at release",)
    matrix, faults = make_matrix(formula, small)
    assert not faults
    assert matrix.values.shape == (40, 3)


def test_splines_and_interactions_become_columns(small):
    formula, _ = read_formula("bs(age, df=4) + sex:prior + C(prior)", small, {})
    matrix, faults = make_matrix(formula, small)
    assert not faults
    assert len(matrix.names) == 1 + 4 + 3 + 2
    assert matrix.without_intercept.shape == (40, 9)


def test_truth_values_and_nullable_numbers_are_numbers(small):
    plain, nullable = small.copy(), small.copy()
    plain["flag"] = (small["age"] > 30).astype(int)
    nullable["flag"] = small["age"] > 30
    nullable["prior"] = small["prior"].astype("Int64")
    first, _ = make_matrix(read_formula("flag + prior", plain, {})[0], plain)
    second, _ = make_matrix(read_formula("flag + prior", nullable, {})[0], nullable)
    assert first.names == second.names == ("Intercept", "flag", "prior")
    np.testing.assert_array_equal(first.values, second.values)


def test_levels_that_nobody_has_make_no_column(small):
    small["sex"] = pd.Categorical(small["sex"], categories=["f", "m", "x"])
    formula, _ = read_formula("sex", small, {})
    matrix, _ = make_matrix(formula, small)
    assert matrix.names == ("Intercept", "sex[T.m]")
