"""Nearest matching pair by pair where scores tie and participants stand anywhere in the rows.

The rule is that of MatchIt 4.7.2 (`find_control_vec`, `nn_matchC_vec`, `nn_matchC_vec_closest`),
written here as a search through everybody: of those left, the nearest; of those as near, the one
fewest places away in the queue of everybody by score and row; of two as many places away, the
lower one. Places are counted from the person, or from the person's matches where a comparison
person can be used up. Against a transcription of MatchIt's own code 6,000 random matches of up to
25 people agreed pair by pair.
"""

import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort
from desist.design.design import build_design
from desist.design.matching.nearest import NearestMatching
from desist.design.scores.models import GivenScore
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Estimand


def search_everybody(scores, focal, *, order, ratio, reuse, caliper, strata):
    """Match by the rule; pairs of the one asked about and of the other."""
    place = np.argsort(np.argsort(scores, kind="stable"))
    people = np.flatnonzero(focal)
    if order == "largest":
        people = people[np.argsort(-scores[people], kind="stable")]
    elif order == "smallest":
        people = people[np.argsort(scores[people], kind="stable")]
    left = np.where(focal, 0, reuse)
    found = {person: [] for person in people}
    for _ in range(ratio):
        for person in people:
            own = [place[other] for other in found[person]] if reuse < focal.sum() else []
            low, high = min([place[person], *own]), max([place[person], *own])
            best = None
            for other in np.flatnonzero(left > 0):
                gap = abs(scores[other] - scores[person])
                if other in found[person] or strata[other] != strata[person] or gap > caliper:
                    continue
                is_above = place[other] > place[person]
                steps = place[other] - high if is_above else low - place[other]
                best = min(best or (np.inf,), (gap, steps, is_above, other))
            if best is not None:
                found[person].append(best[-1])
                left[best[-1]] -= 1
    return {(int(a), int(b)) for a, others in found.items() for b in others}


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("estimand", [Estimand.ATT, Estimand.ATC])
def test_pairs_follow_the_rule_of_matchit_wherever_participants_stand(seed, estimand):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(16, 40))
    people = pd.DataFrame({"programme": rng.permutation((np.arange(size) < size // 3).astype(int))})
    levels = int(rng.choice([2, 4, 8]))
    people["score"] = rng.integers(1, levels + 1, size) / (levels + 1)
    people["score"] = people["score"].round(6)
    people["age"], people["wing"] = rng.integers(20, 50, size), rng.choice(["n", "s"], size)
    focal = people["programme"].to_numpy() == (1 if estimand is Estimand.ATT else 0)
    replacement = estimand is Estimand.ATC or bool(rng.random() < 0.5)
    settings = {
        "order": str(rng.choice(["largest", "smallest", "data"])),
        "ratio": int(rng.integers(1, 4)),
        "caliper": float(rng.choice([0.3, 1.0])),
    }
    reuse = int(rng.choice([4, 10**6])) if replacement else 1
    exact = ("wing",) if rng.random() < 0.5 else ()
    method = NearestMatching(
        **settings,
        scale="score",
        replacement=replacement,
        exact=exact,
        reuse=reuse if replacement else None,
    )
    strata = pd.factorize(people["wing"])[0] if exact else np.zeros(size)
    wanted = search_everybody(
        people["score"].to_numpy(), focal, reuse=reuse, strata=strata, **settings
    )
    cohort, score = Cohort(people, treatment="programme"), GivenScore("score")
    if estimand is Estimand.ATC and len({a for a, _ in wanted}) < focal.sum():
        with pytest.raises(CannotAnswerError, match="whom the ATC is about find no match"):
            build_design(cohort, "age", method=method, estimand=estimand, score=score)
        return
    matches = build_design(cohort, "age", method=method, estimand=estimand, score=score).matches
    if estimand is Estimand.ATC:
        matches = matches[:, ::-1]
    assert {(int(a), int(b)) for a, b in matches} == wanted


def build_turned(cohort, formula, **settings):
    """The ATC, and the ATT of the same people with the arms exchanged."""
    method, score = NearestMatching(**settings), GivenScore("score")
    scores = build_design(cohort, formula, method=NearestMatching()).scores.scores
    people = cohort.covariates.assign(score=scores, treat=cohort.treated.astype(int))
    turned = people.assign(treat=1 - people["treat"])
    return (
        build_design(
            Cohort(people, treatment="treat"), formula, method=method, estimand="ATC", score=score
        ),
        build_design(Cohort(turned, treatment="treat"), formula, method=method, score=score),
    )


@pytest.mark.parametrize("settings", [{}, {"ratio": 2}, {"scale": "score"}])
def test_the_atc_is_the_att_of_the_arms_exchanged(cohort, formula, settings):
    design, turned = build_turned(cohort, formula, replacement=True, order="data", **settings)
    np.testing.assert_allclose(design.weights, turned.weights)
    assert design.estimand is Estimand.ATC
    assert (design.weights[~design.treated] == 1).all()
    assert design.treated[design.matches[:, 0]].all()
    assert not design.treated[design.matches[:, 1]].any()


def test_the_smallest_score_chooses_first_for_the_atc(cohort, formula):
    settings = {"replacement": True, "reuse": 5, "ratio": 1}
    first, second = (
        build_design(
            cohort, formula, method=NearestMatching(order=order, **settings), estimand="ATC"
        )
        for order in (None, "smallest")
    )
    np.testing.assert_array_equal(first.matches, second.matches)


def test_too_few_participants_for_the_atc_are_counted(cohort, formula):
    with pytest.raises(InputError) as caught:
        build_design(cohort, formula, method=NearestMatching(), estimand="ATC")
    assert str(caught.value) == (
        "design: 1 fault\n  - participants: expected at least as many as the 429 comparison "
        "people can use, found 185; match with replacement=True or by RadiusMatching, or weight"
    )


@pytest.mark.parametrize("arms", ["treated", "comparison", "both"])
def test_people_outside_common_support_are_left_out(cohort, formula, arms):
    plain = build_design(cohort, formula, method=NearestMatching(replacement=True))
    design = build_design(cohort, formula, method=NearestMatching(replacement=True, discard=arms))
    scores, treated = plain.scores.scores, cohort.treated
    low = {"treated": scores[~treated].min(), "comparison": scores[treated].min()}
    high = {"treated": scores[~treated].max(), "comparison": scores[treated].max()}
    limits = (max(low.values()), min(high.values())) if arms == "both" else (low[arms], high[arms])
    outside = (scores < limits[0]) | (scores > limits[1])
    assert (design.weights[outside] == 0).all()
    assert (design.weights[treated & ~outside] == 1).all()
    counts = (outside & treated).sum(), (outside & ~treated).sum()
    assert design.notes[0].startswith(
        f"{counts[0]} participants and {counts[1]} comparison people were discarded"
    )
    np.testing.assert_array_equal(design.scores.scores, scores)
    assert (design.estimand is Estimand.MATCHED_ATT) == bool(counts[0])


def test_the_score_is_estimated_again_without_those_left_out(cohort, formula):
    method = NearestMatching(replacement=True, discard="both", reestimate=True)
    design = build_design(cohort, formula, method=method)
    plain = build_design(cohort, formula, method=NearestMatching(replacement=True))
    scores, treated = plain.scores.scores, cohort.treated
    low = max(scores[treated].min(), scores[~treated].min())
    high = min(scores[treated].max(), scores[~treated].max())
    kept = (scores >= low) & (scores <= high)
    part = Cohort(
        cohort.covariates.assign(treat=treated.astype(int))[kept].reset_index(drop=True),
        treatment="treat",
    )
    alone = build_design(part, formula, method=NearestMatching(replacement=True))
    np.testing.assert_allclose(design.weights[kept], alone.weights)
    np.testing.assert_allclose(design.scores.scores[kept], alone.scores.scores, rtol=1e-9)


def test_scores_from_elsewhere_cannot_be_estimated_again(small, make_cohort):
    small["score"] = np.tile(np.linspace(0.2, 0.8, 8), 5)
    method = NearestMatching(discard="comparison", reestimate=True)
    with pytest.raises(InputError, match="reestimate: expected False where the score is not a"):
        build_design(make_cohort(small), "age", method=method, score=GivenScore("score"))


def test_the_atc_keeps_everybody_it_is_about(cohort, formula):
    method = NearestMatching(replacement=True, discard="comparison")
    with pytest.raises(CannotAnswerError, match="whom the ATC is about are outside common supp"):
        build_design(cohort, formula, method=method, estimand="ATC")


def test_covariate_calipers_hold_and_leave_the_nearest_within_them(cohort, formula):
    age = cohort.covariates["age"].to_numpy()
    design = build_design(
        cohort, formula, method=NearestMatching(replacement=True, calipers={"age": 2})
    )
    logit, treated = design.scores.logit, cohort.treated
    for one, other in design.matches:
        within = np.flatnonzero(~treated & (np.abs(age - age[one]) <= 2))
        assert other in within
        gaps = np.abs(logit[within] - logit[one])
        assert abs(logit[other] - logit[one]) == pytest.approx(gaps.min())
    in_space = NearestMatching(distance="mahalanobis", calipers={"age": 0}, replacement=True)
    matches = build_design(cohort, formula, method=in_space).matches
    assert (age[matches[:, 0]] == age[matches[:, 1]]).all()


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"calipers": 2}, "calipers"),
        ({"calipers": None}, "calipers"),
        ({"calipers": {"agee": 2}}, "calipers"),
        ({"calipers": {"sex": 2}}, "caliper of sex"),
        ({"calipers": {"age": -1}}, "caliper of 'age'"),
        ({"calipers": {"age": "2"}}, "caliper of 'age'"),
        ({"calipers": {"age": float("nan")}}, "caliper of 'age'"),
        ({"discard": "control"}, "discard"),
        ({"discard": True}, "discard"),
        ({"reestimate": True}, "reestimate"),
        ({"discard": "both", "reestimate": "yes"}, "reestimate"),
    ],
)
def test_settings_of_calipers_and_support_of_the_wrong_kind(small, make_cohort, settings, where):
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(small), "age", method=NearestMatching(**settings))
    assert [fault.where for fault in caught.value.faults] == [where]
