"""A design knows the people it was built from."""

import numpy as np
import pytest

import desist as ds
from desist.checks.run import check_m_estimation
from desist.design import (
    GivenWeights,
    RadiusMatching,
    build_design,
    describe_people,
    measure_by_group,
    measure_distances,
    measure_overlap,
    measure_products,
    profile_dropped,
)
from desist.design.design import Design, find_stranger_faults
from desist.design.draws import draw_designs
from desist.design.formula import make_matrix, read_formula
from desist.design.made_from import read_design_matrix, recall_people, recall_recipe
from desist.errors import InputError
from desist.estimands import Estimand, Measure
from desist.plots import covariate_densities

TABLES = {
    "described": describe_people,
    "dropped": profile_dropped,
    "overlap": measure_overlap,
    "products": lambda *given: measure_products(*given).table,
}


@pytest.fixture
def design(cohort, formula):
    return build_design(cohort, formula, method=RadiusMatching(caliper=0.1))


@pytest.mark.parametrize("name", TABLES)
def test_the_design_alone_says_what_it_says_with_its_cohort(name, cohort, design):
    alone, beside = TABLES[name](design), TABLES[name](cohort, design)
    assert alone.equals(beside)
    assert len(alone) > 2


def test_distances_and_groups_need_no_cohort_either(cohort, design):
    assert measure_distances(design) == measure_distances(cohort=cohort, design=design)
    alone = measure_by_group(design, "race").table
    assert alone.equals(measure_by_group(cohort, design, column="race").table)


def test_a_design_made_by_hand_needs_its_cohort(cohort, design, formula):
    bare = Design(design.weights, design.treated, Estimand.ATT, formula=formula)
    assert describe_people(cohort, bare).equals(describe_people(design))
    message = "expected one that was built, found one made by hand; give the cohort before it"
    with pytest.raises(InputError, match=message):
        describe_people(bare)
    with pytest.raises(InputError, match="one made by hand; give its cohort as well"):
        covariate_densities(bare, "age")


def test_what_is_no_design_is_named(cohort):
    with pytest.raises(InputError, match="design: expected a Design, found"):
        measure_overlap(np.ones(3))
    with pytest.raises(TypeError, match="design"):
        measure_overlap(cohort)


def test_the_people_are_neither_printed_nor_part_of_the_settings(small, make_cohort):
    small["w"] = 1.0
    cohort = make_cohort(small)
    design = build_design(cohort, "age", method=GivenWeights("w"))
    assert design.covariates is not None
    assert "covariates" not in repr(design)
    assert "covariates" not in design.settings()
    assert not set(design.covariates) & {cohort.treatment, cohort.person, cohort.reoffended}


def test_designs_are_drawn_without_the_cohort_as_with_it(cohort, design):
    alone = [one.weights for one in draw_designs(design, n_draws=2, rng=3)]
    beside = [one.weights for one in draw_designs(cohort, design, n_draws=2, rng=3)]
    np.testing.assert_array_equal(alone, beside)
    assert not np.array_equal(*alone)


def test_a_drawn_design_is_still_one_of_its_people(cohort, design):
    (drawn,) = draw_designs(design, n_draws=1, rng=3)
    marks = cohort.treated, cohort.covariates, cohort.sampling_weights
    assert find_stranger_faults(drawn, *marks) == []
    assert drawn.covariates is design.covariates


def test_the_cohort_may_stand_before_the_design_wherever_that_is(cohort, design):
    outcome = np.arange(cohort.n_people, dtype=float)
    alone = check_m_estimation(outcome, design, Measure.FREQUENCY)
    assert check_m_estimation(outcome, cohort, design, Measure.FREQUENCY) == alone
    named = check_m_estimation(outcome, design=design, measure=Measure.FREQUENCY, cohort=cohort)
    assert named == alone


def test_a_cohort_of_other_people_is_refused_before_any_design(cohort, design):
    turned = ds.Cohort(cohort.people.iloc[::-1].reset_index(drop=True), **cohort.settings())
    for call in (
        lambda: measure_products(turned, design),
        lambda: draw_designs(turned, design, n_draws=1, rng=1),
        lambda: check_m_estimation(np.ones(cohort.n_people), turned, design, Measure.RATE),
    ):
        with pytest.raises(InputError, match="design: expected one of this cohort"):
            call()


def test_something_else_called_a_cohort_is_not_passed_over(design):
    with pytest.raises(TypeError, match="cohort"):
        measure_products(design, cohort="people")


def test_a_recipe_builds_the_same_design_again(cohort, design):
    again = build_design(cohort, **recall_recipe(design))
    np.testing.assert_array_equal(again.weights, design.weights)
    assert again.settings() == design.settings()


def test_a_design_made_by_hand_has_no_recipe(cohort):
    by_hand = Design(np.ones(cohort.n_people), cohort.treated, Estimand.ATT)
    with pytest.raises(InputError, match="design: expected one made by a method"):
        recall_recipe(by_hand)
    covariates = cohort.covariates
    assert recall_people(by_hand, covariates).covariates is covariates


def test_the_matrix_of_a_design_is_that_of_its_formula(cohort, design):
    formula, matrix = read_design_matrix(design)
    direct, faults = make_matrix(
        read_formula(design.formula, cohort.covariates, {})[0], cohort.covariates
    )
    assert faults == []
    np.testing.assert_array_equal(matrix.values, direct.values)
    assert formula.text == design.formula
