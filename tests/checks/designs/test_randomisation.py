import itertools

import numpy as np
import pytest
from scipy.optimize import brentq

from desist.checks.designs import randomisation
from desist.checks.designs.randomisation import (
    contrast_sets,
    draw_participation,
    permute_within_sets,
    redraw_radius,
    redraw_weights,
)
from desist.checks.people.ranks import permutation
from desist.checks.people.weighted import weighted_difference
from desist.design.matching.radius import radius_weights
from desist.design.matching.within_radius import WithinRadius
from desist.errors import CannotAnswerError, InputError


def report_like(seed=1, n_people=5597, n_treated=83):
    rng = np.random.default_rng(seed)
    logit = rng.normal(-4.6, 0.8, n_people)
    chosen = np.argsort(-(rng.gumbel(size=n_people) + logit))[:n_treated]
    treated = np.zeros(n_people, dtype=bool)
    treated[chosen] = True
    outcome = (rng.random(n_people) < 0.3).astype(float)
    return outcome, treated, logit, 1 / (1 + np.exp(-logit))


def test_drawn_participation_has_the_exact_law():
    p = np.array([0.1, 0.4, 0.7, 0.25, 0.5])
    draws = draw_participation(p, 2, 40_000, rng=3)
    odds = p / (1 - p)
    pairs = list(itertools.combinations(range(5), 2))
    law = np.array([odds[list(pair)].prod() for pair in pairs])
    seen = np.array([(draws == pair).all(axis=1).mean() for pair in pairs])
    np.testing.assert_allclose(seen, law / law.sum(), atol=0.01)


def test_drawn_participation_knows_who_is_certain_to_come_and_who_never_does():
    p = np.array([0.2, 1.0, 0.5, 0.0, 0.7, 0.9, 1.0])
    draws = draw_participation(p, 4, 40_000, rng=2)
    sets = list(itertools.combinations(range(7), 4))
    law = np.array([np.prod(np.where(np.isin(np.arange(7), one), p, 1 - p)) for one in sets])
    seen = np.array([(draws == one).all(axis=1).mean() for one in sets])
    np.testing.assert_allclose(seen, law / law.sum(), atol=0.01)
    assert not seen[law == 0].any()


def test_hundreds_of_participants_are_drawn_though_few_of_many_is_no_number():
    p = np.linspace(0.2, 0.75, 1445)
    draws = draw_participation(p, 672, 400, rng=1)
    share = np.bincount(draws.ravel(), minlength=1445) / 400
    odds = p / (1 - p)
    assert (np.diff(draws, axis=1) > 0).all()
    # of independent people with odds scaled so that 672 are expected
    scale = brentq(lambda s: (s * odds / (1 + s * odds)).sum() - 672, 0.1, 10)
    expected = scale * odds / (1 + scale * odds)
    assert abs(share - expected).mean() < 0.03


def test_every_draw_has_as_many_participants_as_there_were():
    draws = draw_participation(np.linspace(0.01, 0.6, 50), 7, 300, rng=1)
    assert draws.shape == (300, 7)
    assert (np.diff(draws, axis=1) > 0).all()


def test_too_many_people_to_draw_from_is_a_refusal():
    with pytest.raises(CannotAnswerError, match="too many people"):
        draw_participation(np.full(100_000, 0.1), 10_000, 10)


def test_radius_estimate_is_that_of_the_recomputed_weights():
    outcome, treated, logit, p = report_like()
    found = redraw_radius(outcome, treated, logit, p, radius=0.04, n_draws=99, rng=1)
    weights = radius_weights(logit, treated, 0.04)
    expected = weighted_difference(outcome, treated, weights).estimate
    assert found.estimate == pytest.approx(expected, abs=1e-12)


def test_every_draw_of_radius_matching_is_that_of_the_recomputed_weights():
    outcome, treated, logit, p = report_like(n_people=300, n_treated=20)
    draws = draw_participation(p, 20, 40, rng=2)
    gaps = []
    for chosen in draws:
        arm = np.isin(np.arange(300), chosen)
        weights = radius_weights(logit, arm, 0.1)
        gaps.append(weighted_difference(outcome, arm, weights).estimate)
    observed = weighted_difference(outcome, treated, radius_weights(logit, treated, 0.1)).estimate
    below = (np.sum(np.array(gaps) <= observed + 1e-9) + 1) / 41
    above = (np.sum(np.array(gaps) >= observed - 1e-9) + 1) / 41
    found = redraw_radius(outcome, treated, logit, p, radius=0.1, draws=draws)
    assert found.p_value == pytest.approx(min(2 * min(below, above), 1))


@pytest.mark.parametrize(("n_treated", "radius"), [(3, 0.5), (60, 0.3), (150, 2.0), (150, 0.01)])
def test_matched_means_of_draws_are_those_of_their_weights_however_crowded(n_treated, radius):
    outcome, _, logit, p = report_like(n_people=400, n_treated=n_treated)
    draws = draw_participation(p, n_treated, 12, rng=5)
    found = WithinRadius(logit, radius).prepare(outcome[np.newaxis])(draws)[0]
    for chosen, difference in zip(draws, found, strict=True):
        arm = np.isin(np.arange(400), chosen)
        weights = radius_weights(logit, arm, radius)
        if not weights.any():
            assert np.isnan(difference)
            continue
        expected = np.average(outcome[arm], weights=weights[arm])
        expected -= np.average(outcome[~arm], weights=weights[~arm])
        assert difference == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC", "ATO", "ATM"])
def test_weighted_estimate_is_that_of_the_weights(estimand):
    outcome, treated, _, p = report_like(n_people=800, n_treated=60)
    least = np.minimum(p, 1 - p)
    inside, outside = {
        "ATE": (1 / p, 1 / (1 - p)),
        "ATT": (np.ones_like(p), p / (1 - p)),
        "ATC": ((1 - p) / p, np.ones_like(p)),
        "ATO": (1 - p, p),
        "ATM": (least / p, least / (1 - p)),
    }[estimand]
    weights = np.where(treated, inside, outside)
    found = redraw_weights(outcome, treated, p, estimand=estimand, n_draws=99, rng=1)
    expected = weighted_difference(outcome, treated, weights).estimate
    assert found.estimate == pytest.approx(expected, abs=1e-12)


def test_one_set_of_everybody_is_the_plain_permutation_test():
    rng = np.random.default_rng(4)
    outcome, treated = rng.integers(0, 300, 60).astype(float), np.arange(60) < 20
    exact = permutation(outcome, treated).p_value
    drawn = permute_within_sets(outcome, treated, np.zeros(60, dtype=int), n_draws=9999, rng=5)
    assert drawn.p_value == pytest.approx(exact, abs=0.03)


def test_pairs_are_signed_differences():
    outcome = np.array([3.0, 1.0, 5.0, 2.0, 4.0, 0.0])
    treated = np.array([1, 0, 1, 0, 1, 0], dtype=bool)
    found = permute_within_sets(outcome, treated, [0, 0, 1, 1, 2, 2], n_draws=8000, rng=1)
    assert found.estimate == pytest.approx((2 + 3 + 4) / 3)
    assert found.p_value == pytest.approx(2 / 8, abs=0.02)  # all signs one way: 1 of 8 a side


@pytest.mark.parametrize("n_inside", [1, 2, 3])
def test_participants_of_a_set_are_any_of_its_people_equally_often(n_inside):
    outcome, treated = np.array([1.0, 2.0, 4.0, 8.0]), np.arange(4) < n_inside
    found = contrast_sets((outcome,), treated, np.zeros(4, dtype=int), None, n_draws=40_000, rng=3)
    ways = [
        outcome[list(chosen)].mean() - np.delete(outcome, chosen).mean()
        for chosen in itertools.combinations(range(4), n_inside)
    ]
    seen = np.isclose(found.drawn[0][:, np.newaxis], ways).mean(axis=0)
    np.testing.assert_allclose(seen, 1 / len(ways), atol=0.01)


def test_many_participants_of_one_set_are_drawn_as_often_as_chance_has_it():
    outcome, treated = np.eye(1, 300)[0], np.arange(300) < 140
    found = contrast_sets((outcome,), treated, np.zeros(300, dtype=int), None, n_draws=4000, rng=3)
    assert (found.drawn[0] > 0).mean() == pytest.approx(140 / 300, abs=0.03)


def test_outcomes_compared_together_have_the_answers_of_each_alone():
    outcome, treated, _, _ = report_like(n_people=300, n_treated=30)
    sets = np.arange(300) % 15
    other = outcome * 3.0 + np.arange(300)
    together = contrast_sets((outcome, other), treated, sets, None, n_draws=99, rng=1)
    for position, column in enumerate((outcome, other)):
        alone = contrast_sets((column,), treated, sets, None, n_draws=99, rng=1)
        assert str(together.judge(position)) == str(alone.judge(0))  # as text: nan is not nan


def test_shift_of_the_participants_is_inside_the_interval_and_zero_is_not():
    outcome, treated, logit, p = report_like(n_people=1500, n_treated=60)
    shifted = outcome + 3.0 * treated
    found = redraw_radius(shifted, treated, logit, p, radius=0.1, n_draws=999, rng=1)
    assert found.p_value < 0.01
    assert found.lower < 3.0 < found.upper
    assert found.lower > 0


def test_interval_and_p_agree():
    for seed in range(5):
        outcome, treated, logit, p = report_like(seed, n_people=900, n_treated=50)
        found = redraw_radius(outcome, treated, logit, p, radius=0.1, n_draws=499, rng=seed)
        assert (found.lower <= 0 <= found.upper) == (found.p_value >= 0.05)


def test_draws_are_made_together_and_not_one_by_one(count_calls):
    outcome, treated, logit, p = report_like(n_people=300, n_treated=20)
    few, many = (
        count_calls(
            lambda n=n: redraw_radius(outcome, treated, logit, p, radius=0.04, n_draws=n, rng=1)
        )
        for n in (200, 4000)
    )
    assert many < 4 * few  # for twenty times as many


def test_the_same_seed_gives_the_same_answer():
    outcome, treated, logit, p = report_like(n_people=400, n_treated=20)
    one, other = (
        redraw_radius(outcome, treated, logit, p, radius=0.2, n_draws=199, rng=9) for _ in range(2)
    )
    assert (one.p_value, one.lower, one.upper) == (other.p_value, other.lower, other.upper)


def test_no_matches_in_any_draw_is_a_refusal():
    with pytest.raises(CannotAnswerError, match="hardly any draw"):
        redraw_radius(
            np.arange(6.0),
            [1, 0, 0, 0, 1, 0],
            np.arange(6.0),
            np.full(6, 0.3),
            radius=0.1,
            n_draws=20,
            rng=1,
        )


def test_sets_of_one_arm_only_are_a_refusal():
    with pytest.raises(CannotAnswerError, match="no matched set has people of both arms"):
        permute_within_sets([1.0, 2.0], [1, 0], [0, 1])


def test_unknown_estimand_is_refused():
    with pytest.raises(InputError, match="estimand: expected one of"):
        redraw_weights([1.0, 2.0], [1, 0], [0.5, 0.5], estimand="LATE")


@pytest.mark.parametrize("n_steps", [1, 40, 3000])
def test_levels_stand_where_bisection_of_each_finds_them(n_steps):
    rng = np.random.default_rng(n_steps)
    rising = np.sort(rng.integers(0, 30, n_steps) / 8.0)  # with ties
    rising[0] = -np.inf  # nobody stands there
    levels = np.concatenate([rng.uniform(0, 5, 500), rng.choice([0.0, *rising[1:]], 50), [np.inf]])
    expected = [np.count_nonzero(rising <= level) for level in levels]
    assert randomisation._bisect(rising, levels).tolist() == expected


def test_outcomes_of_those_who_have_nobody_near_count_in_no_mean():
    # the third participant is alone, and the fourth person is near two of the others
    values, treated = np.array([0.0, 0.1, 5.0, 0.05, 0.15]), np.array([1, 1, 1, 0, 0])
    outcome = np.array([1.0, 4.0, 100.0, 2.0, 6.0])
    draw = np.flatnonzero(treated)[np.newaxis]
    found = WithinRadius(values, 0.12).prepare(np.stack([outcome, treated]))(draw)
    # 1 against 2, and 4 against the mean of 2 and 6
    np.testing.assert_allclose(found[:, 0], [(-1 + 0) / 2, 1.0])
