"""A design knows the people it was built from."""

import numpy as np
import pytest

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
from desist.design.design import Design
from desist.errors import InputError
from desist.estimands import Estimand
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
