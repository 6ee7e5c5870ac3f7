"""A check that stands here alone: registered and made, and no other file knows of it."""

import numpy as np
import pytest

import desist
from desist.checks import CATALOGUE, Case, Entry, Finding, run_checks
from desist.checks.catalogue import name_check
from desist.design.design import Design, build_design
from desist.errors import CannotAnswerError
from desist.estimands import Estimand, Measure

FEWEST = 5
SLUG = "sign_of_medians"


def compare_signs(case: Case) -> Finding:
    """Count both arms above the common median, and compare the shares by the normal law."""
    above = case.arms.outcome > np.median(case.arms.outcome)
    if not above.any():
        raise CannotAnswerError("nobody lies above the median")
    return desist.checks.newcombe(
        int(above[case.arms.treated].sum()),
        case.arms.n_treated,
        int(above[~case.arms.treated].sum()),
        case.arms.n_comparison,
    )


def need_equal_weights(case):
    return "the weights differ, and signs are counted" if case.arms.weights_differ else ""


def doubt_few(case):
    return f"an arm has fewer than {FEWEST} people" if case.arms.shortage(FEWEST) else ""


ENTRY = Entry(
    SLUG,
    "Signs about the median",
    (Measure.FREQUENCY, Measure.TIME_AMONG_REOFFENDERS),
    compare_signs,
    needs=(need_equal_weights,),
    doubts=(doubt_few,),
    note="shares above the common median",
)


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setitem(CATALOGUE, SLUG, ENTRY)


@pytest.fixture(scope="module")
def cohort():
    return desist.simulate_cohort(120, 400, rng=1, n_groups=0).cohort


def find(checks):
    return [check for check in checks if check.check == SLUG]


@pytest.mark.usefixtures("registered")
def test_it_is_made_of_its_measures_after_the_others_with_its_note(cohort):
    design = Design(np.ones(cohort.n_people), cohort.treated, Estimand.ATT)
    checks = run_checks(cohort, design, rng=1, n_draws=49)
    found = find(checks)
    assert [check.measure for check in found] == list(ENTRY.measures)
    assert all(check.applicable and check.reason == ENTRY.note for check in found)
    assert checks[-1].check == SLUG
    assert name_check(SLUG) == ENTRY.title


@pytest.mark.usefixtures("registered")
def test_what_it_needs_and_doubts_are_reasons(cohort):
    uneven = build_design(cohort, "age", method=desist.EntropyBalancing())
    even = Design(np.ones(cohort.n_people), cohort.treated, Estimand.ATT)
    assert {check.reason for check in find(run_checks(cohort, uneven, rng=1))} == {
        "the weights differ, and signs are counted"
    }
    few = np.where(cohort.treated & (np.cumsum(cohort.treated) > 3), 0.0, 1.0)
    thin = Design(few, cohort.treated, Estimand.ATT)
    assert {check.reason for check in find(run_checks(cohort, thin, rng=1))} == {
        "an arm has fewer than 5 people"
    }
    assert len(find(run_checks(cohort, even, rng=1))) == 2


@pytest.mark.usefixtures("registered")
def test_what_it_cannot_answer_is_a_reason():
    checks = desist.checks.check_frequency(np.zeros(20), np.arange(20) < 10, rng=1)
    assert find(checks)[0].reason == "nobody lies above the median"


def test_without_it_the_other_checks_are_the_same(cohort, monkeypatch):
    design = Design(np.ones(cohort.n_people), cohort.treated, Estimand.ATT)
    before = [check.to_dict() for check in run_checks(cohort, design, rng=1, n_draws=49)]
    monkeypatch.setitem(CATALOGUE, SLUG, ENTRY)
    after = run_checks(cohort, design, rng=1, n_draws=49)
    assert [check.to_dict() for check in after if check.check != SLUG] == before
