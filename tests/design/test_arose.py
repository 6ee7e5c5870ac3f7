"""Every method says how its weights arose, which pairs it made, what it hides, what it allows."""

import pickle

import numpy as np
import pytest

from desist.checks.people.bootstrap import redo_design
from desist.cohort.cohort import Cohort
from desist.design.arose import Balanced, FromScores, FromSets, Given
from desist.design.catalogue import METHODS
from desist.design.design import Design, build_design
from desist.design.formula import make_matrix, read_formula
from desist.design.matching.nearest import NearestMatching
from desist.design.reweighing import EachDraw
from desist.design.scores.models import GivenScore, GroupedScore
from desist.design.weighting.by_score import InverseProbability
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Estimand

from .test_catalogue import FORMULA, SETTINGS, design_of, make_people, method_of

KINDS = {
    FromScores: {"radius", "ipw", "overlap", "matching_weights"},
    FromSets: {"nearest", "optimal", "full", "exact", "cem", "subclass"},
    Balanced: {"entropy", "cbps", "ipt"},
    Given: {"given"},
}
HIDDEN = {"given": {"weight": "the weight"}}
NO_BOOTSTRAP = {"nearest", "optimal", "full", "given"}
WITH_PAIRS = {"radius", "nearest", "optimal", "full"}
WITH_EQUATIONS = {"ipw", "overlap", "matching_weights", *KINDS[Balanced]}
VARIANTS = [
    InverseProbability(truncate=0.9),
    InverseProbability(trim=(0.1, 0.9)),
    InverseProbability(stabilised=True),
    InverseProbability(trim=(0.1, 0.9), truncate=0.9),
]


def cases_of(names):
    return [(name, estimand) for name in sorted(names) for estimand in METHODS[name].estimands]


@pytest.fixture(scope="module")
def people():
    return make_people()


@pytest.fixture(scope="module")
def cohort(people):
    return Cohort(people, treatment="programme", reoffended="reoffended")


def contrast_by_weights(columns, treated, weights):
    inside, outside = (
        columns[:, arm] @ weights[arm] / weights[arm].sum() for arm in (treated, ~treated)
    )
    return inside - outside


def equations_of(design, people):
    matrix = make_matrix(read_formula(FORMULA, people, {})[0], people)[0]
    return design.arose.equations(matrix, design.treated, design.weights)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_answers_all_four_questions(name, cohort, people):
    method, design = method_of(name), design_of(name, people)
    assert name in KINDS[type(design.arose)]
    assert (design.arose.obstacle == "") == (type(design.arose) in {FromScores, FromSets})
    assert (sum(len(block) for block in design.pairs()) > 0) == (name in WITH_PAIRS)
    assert method.hidden_columns() == HIDDEN.get(name, {})
    assert (method.no_bootstrap != "") == (name in NO_BOOTSTRAP)


def test_the_answers_leave_no_method_out():
    assert set.union(*KINDS.values()) == set(METHODS)
    assert set(SETTINGS) <= set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_pairs_are_of_a_participant_and_a_comparison_person_who_are_used(name, people):
    design = design_of(name, people)
    for block in design.pairs():
        assert design.treated[block[:, 0]].all()
        assert not design.treated[block[:, 1]].any()
        assert (design.weights[block] > 0).all()


@pytest.mark.parametrize("name", METHODS)
def test_what_a_method_says_holds_nobody_and_can_be_sent_to_another_process(name, people):
    design = design_of(name, people)
    assert len(repr(design.arose)) < 100
    assert pickle.dumps(design.arose)


@pytest.mark.parametrize(("name", "estimand"), cases_of(KINDS[FromScores]))
def test_weights_made_again_for_those_who_took_part_are_those_of_the_design(name, estimand, people):
    design = design_of(name, people, estimand)
    columns = np.random.default_rng(1).normal(size=(2, len(people)))
    found = design.arose.again.prepare(columns)(np.flatnonzero(design.treated)[None, :])
    expected = contrast_by_weights(columns, design.treated, design.weights)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9)


@pytest.mark.parametrize("method", VARIANTS, ids=repr)
def test_weights_that_were_cut_are_cut_again_for_every_draw(method, cohort, people):
    design = build_design(cohort, FORMULA, method=method, estimand="ATT" if method.trim else "ATE")
    columns = np.random.default_rng(1).normal(size=(2, len(people)))
    found = design.arose.again.prepare(columns)(np.flatnonzero(design.treated)[None, :])
    expected = contrast_by_weights(columns, design.treated, design.weights)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9)
    assert ("trimmed or truncated" in design.arose.no_equations) == (not method.stabilised)


def test_all_draws_at_once_are_the_draws_one_by_one(cohort, people):
    design = build_design(cohort, FORMULA, method=InverseProbability(), estimand="ATE")
    rng = np.random.default_rng(2)
    columns = rng.normal(size=(2, len(people)))
    chosen = np.array([np.sort(rng.choice(len(people), 90, replace=False)) for _ in range(20)])
    scores = design.scores.scores

    def weigh(treated):
        return np.where(treated, 1 / scores, 1 / (1 - scores))

    np.testing.assert_allclose(
        design.arose.again.prepare(columns)(chosen), EachDraw(weigh).prepare(columns)(chosen)
    )


@pytest.mark.parametrize(("name", "estimand"), cases_of(WITH_EQUATIONS))
def test_the_equations_of_a_method_sum_to_zero_at_its_weights(name, estimand, people):
    equations = equations_of(design_of(name, people, estimand), people)
    size = np.abs(equations.contributions).sum(axis=0)
    np.testing.assert_allclose(equations.contributions.sum(axis=0) / size, 0, atol=1e-8)
    assert np.linalg.matrix_rank(equations.jacobian) == len(equations.jacobian)


@pytest.mark.parametrize("name", ["cbps", "ipt"])
def test_the_equations_for_the_atc_are_those_for_the_att_of_the_other_arm(name, people):
    other = people.assign(programme=1 - people["programme"])
    one = equations_of(design_of(name, people, "ATC"), people)
    two = equations_of(design_of(name, other, "ATT"), people)
    np.testing.assert_allclose(one.contributions, -two.contributions, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(one.log_gradient, -two.log_gradient, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("score", "reason"),
    [(GroupedScore("region"), "shrunken together"), (GivenScore("chance"), "estimated elsewhere")],
)
def test_a_score_that_solves_no_plain_equations_is_said_to(people, score, reason):
    known = people.assign(chance=np.clip(people["weight"] / 3, 0.1, 0.9))
    cohort = Cohort(known, treatment="programme", reoffended="reoffended")
    design = build_design(cohort, "age + priors", method=InverseProbability(), score=score)
    assert design.arose.equations is None
    assert reason in design.arose.no_equations
    hidden = next(iter(score.hidden_columns()))
    with pytest.raises(InputError, match=score.hidden_columns()[hidden]):
        build_design(cohort, hidden, method=InverseProbability(), score=score)


def test_matching_with_replacement_says_why_participation_is_not_drawn_again(cohort):
    design = build_design(cohort, FORMULA, method=NearestMatching(replacement=True))
    assert "matched more than once" in design.arose.obstacle


def test_a_design_made_by_hand_is_given_unless_it_has_sets():
    treated = np.array([True, False, True, False])
    ones = np.ones(4)
    assert Design(ones, treated, Estimand.ATE).arose == Given()
    sets = np.array([0, 0, 1, 1])
    assert Design(ones, treated, Estimand.ATE, sets=sets).arose == FromSets()


@pytest.mark.parametrize("name", sorted(NO_BOOTSTRAP))
def test_a_bootstrap_is_refused_for_the_reason_that_the_method_gives(name, cohort, people):
    with pytest.raises(CannotAnswerError) as caught:
        redo_design(cohort, design_of(name, people), n_resamples=2)
    assert str(caught.value) == METHODS[name].no_bootstrap
