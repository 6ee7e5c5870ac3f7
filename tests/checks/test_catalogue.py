"""The catalogue names every check once, and every check that is made is in it."""

import inspect

import numpy as np
import pytest

import desist
from desist import checks
from desist.checks import CATALOGUE, Finding, checks_from_published, run_checks
from desist.checks.catalogue import is_of_order, name_check
from desist.design.design import Design, build_design
from desist.design.weighting.by_score import InverseProbability
from desist.estimands import Estimand, Measure


@pytest.fixture(scope="module")
def made():
    """Checks of a cohort under designs of every kind, and of a report."""
    cohort = desist.simulate_cohort(40, 200, rng=1, n_groups=0).cohort
    even, sets = np.ones(cohort.n_people), np.arange(cohort.n_people) % 25
    designs = [
        Design(even, cohort.treated, Estimand.ATT),
        Design(even, cohort.treated, Estimand.ATT, sets=sets),
        build_design(cohort, "age + copas", method=desist.RadiusMatching(caliper=0.5)),
        build_design(cohort, "age + copas", method=InverseProbability()),
        build_design(cohort, "age + copas", method=desist.EntropyBalancing()),
        build_design(cohort, "age + copas", method=desist.NearestMatching(replacement=True)),
    ]
    found = [check for design in designs for check in run_checks(cohort, design, rng=1)]
    grouped = desist.simulate_cohort(40, 200, rng=1, n_groups=6).cohort
    unweighted = Design(np.ones(grouped.n_people), grouped.treated, Estimand.ATT)
    found += run_checks(grouped, unweighted, rng=1)
    return found + list(checks_from_published(desist.datasets.making_connections()))


def test_every_entry_is_made_of_all_its_measures_on_its_scale(made):
    listed = {
        (entry.slug, measure, entry.scale)
        for entry in CATALOGUE.values()
        for measure in entry.measures
    }
    assert {(check.check, check.measure, check.scale) for check in made} == listed
    assert len(CATALOGUE) > 30


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.slug)
def test_an_entry_says_what_it_is(entry):
    assert CATALOGUE[entry.slug] is entry
    assert entry.title
    assert entry.measures
    assert entry.needs, "some data leave every check without an answer"
    assert set(entry.measures) <= set(Measure)
    assert entry.title in repr(entry)


def test_no_two_checks_have_one_title():
    titles = [entry.title for entry in CATALOGUE.values()]
    assert len(set(titles)) == len(titles)


def test_a_slug_that_is_also_a_public_name_is_a_function_that_gives_a_finding():
    named = [getattr(checks, slug) for slug in CATALOGUE if slug in checks.__all__]
    assert len(named) > 25
    for function in named:
        if function is not checks.cox:  # which gives the whole regression
            assert inspect.signature(function).return_annotation is Finding


def test_names_are_those_of_the_catalogue_or_plain_words():
    assert name_check("welch") == "Welch t-test"
    assert name_check("some_new_check") == "Some new check"


def test_one_check_has_an_estimate_without_a_unit():
    assert [slug for slug in CATALOGUE if is_of_order(slug)] == ["brunner_munzel"]
    assert not is_of_order("some_new_check")
