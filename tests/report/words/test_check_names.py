"""Every check has a name that a reader knows."""

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest

import desist
from desist import checks
from desist.checks import Finding, checks_from_published, run_checks
from desist.design.design import Design, build_design
from desist.design.weighting.by_score import InverseProbability
from desist.estimands import Estimand
from desist.report.words._check_names import CHECK_NAMES, CHECKS_OF_ORDER, name_check


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
    return found + list(checks_from_published(desist.datasets.making_connections()))


def list_written_slugs():
    """Texts in the sources of the checks that are also the name of a function that tests."""
    written = set()
    for path in Path(checks.__file__).parent.glob("*.py"):
        if path.name != "__init__.py":
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            written |= {node.value for node in nodes if isinstance(node, ast.Constant)}
    tests = {name for name in checks.__all__ if is_test(getattr(checks, name))}
    return tests & written


def is_test(member):
    return inspect.isfunction(member) and inspect.signature(member).return_annotation is Finding


def test_every_check_that_can_be_made_has_a_name(made):
    slugs = {check.check for check in made} | list_written_slugs()
    assert len(slugs) > 20
    assert slugs <= CHECK_NAMES.keys()


def test_every_name_belongs_to_a_check_and_to_no_other(made):
    assert CHECK_NAMES.keys() == {check.check for check in made} | list_written_slugs()
    assert len(set(CHECK_NAMES.values())) == len(CHECK_NAMES)
    assert CHECK_NAMES.keys() >= CHECKS_OF_ORDER


def test_an_unknown_check_is_named_in_plain_words():
    assert name_check("some_new_check") == "Some new check"
