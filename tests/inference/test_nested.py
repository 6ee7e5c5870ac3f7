"""The nested engine against long runs of NUTS, kept in `tests/reference/hierarchies.json`."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from desist.errors import InputError, NotConvergedError
from desist.inference import nested
from desist.inference.nested import Nested, _choose_draws, draw_nested
from desist.models.fit import fit_model

from .hierarchies import FOLLOW_UP, MODELS, make_study

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "hierarchies.json").read_text(encoding="utf-8")
)
QUICK = Nested(draws=1000)
LEFT_TO_NUTS = {"hurdle, weighted"}  # k-hat is 0.5 or more, where `auto` takes NUTS


def fit_study(model, shape, settings=QUICK, seed=1, **changes):
    cohort, design = make_study(shape)
    return fit_model(
        MODELS[model],
        cohort,
        replace(design, **changes),
        horizon=FOLLOW_UP,
        seed=seed,
        inference=settings,
    )


@pytest.mark.parametrize("case", sorted(LEFT_TO_NUTS))
def test_what_nested_does_not_find_has_a_k_hat_that_leaves_it_to_nuts(case):
    # by the draws that `auto` makes of so many rows
    assert fit_study(*case.split(", "), Nested()).diagnostics.khat >= 0.5


@pytest.mark.slow
@pytest.mark.parametrize("case", sorted(REFERENCE.keys() - LEFT_TO_NUTS))
def test_nested_agrees_with_long_runs_of_nuts(case):
    fit = fit_study(*case.split(", "), Nested(draws=16_000))
    assert fit.diagnostics.engine == "nested"
    assert fit.diagnostics.khat < 0.5
    # beside the bounds, what so many effective draws of the long run leave to chance
    n_effective = REFERENCE[case]["ess_bulk_min"]
    outside: list[float] = []
    for name, expected in REFERENCE[case]["parameters"].items():
        drawn = fit.draws[name].reshape(-1, *fit.draws[name].shape[2:])
        unit, noise = np.array(expected["sd"]), 1 / np.sqrt(n_effective)
        assert (np.abs(drawn.mean(axis=0) - expected["mean"]) / unit).max() < 0.05 + noise, name
        assert np.abs(drawn.std(axis=0) / unit - 1).max() < 0.05 + noise, name
        for limit, shares in (("low", (0.01, 0.025, 0.05)), ("high", (0.95, 0.975, 0.99))):
            below, found, above = np.quantile(drawn, shares, axis=0)
            # of a quantile by its density; Stuart and Ord (1994), vol. 1, section 10.10
            error = np.sqrt(0.025 * 0.975 / n_effective) * (above - below) / 0.04
            gap = np.abs(found - expected[limit])
            assert np.all(gap < 0.1 * unit + 3 * error), (name, limit)
            beyond = drawn < expected[limit] if limit == "low" else drawn > expected[limit]
            outside += np.ravel(beyond.mean(axis=0)).tolist()
    # chance moves single limits more than what lies beyond all of them; 0.1 of a deviation is 0.006
    assert abs(np.mean(outside) - 0.025) < 0.002


def test_the_draws_are_those_that_a_sampler_gives():
    draws = fit_study("rate", "sparse").draws
    assert draws["prison_intercept_sd"].shape == (1, 1000)
    assert draws["prison_treatment"].shape == (1, 1000, 10)
    scaled = draws["prison_intercept_sd"][..., np.newaxis] * draws["prison_intercept_standard"]
    np.testing.assert_allclose(draws["prison_intercept"], scaled)


def test_the_same_seed_gives_the_same_bits_whatever_else_runs():
    def fit(number):
        return fit_study("plain_rate", ("two groups", "groups of one")[number % 2], seed=number)

    alone = [fit(number) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fit, range(4)))
    for one, other in zip(alone, together, strict=True):
        for name, drawn in one.draws.items():
            assert np.array_equal(drawn, other.draws[name]), name


def test_weights_times_ten_change_nothing():
    design = make_study("sparse")[1]
    weights = np.where(design.treated, 1.0, 1.0 + np.arange(len(design.weights)) % 3)
    one, ten = (fit_study("rate", "sparse", weights=factor * weights) for factor in (1.0, 10.0))
    np.testing.assert_allclose(one.draws["treatment"], ten.draws["treatment"], atol=1e-8)


def test_more_scales_than_a_grid_can_take_are_refused():
    class Many:
        effects = tuple("abcdefgh")

    with pytest.raises(NotConvergedError, match="takes 6 scales of hierarchies at most"):
        draw_nested(Many(), {}, n_draws=8, degrees_of_freedom=15, rng=np.random.default_rng(1))


def test_settings_that_are_no_such_numbers_are_refused_together():
    with pytest.raises(InputError) as caught:
        Nested(draws=3, degrees_of_freedom=0.0)
    assert [fault.where for fault in caught.value.faults] == ["draws", "degrees_of_freedom"]


def test_draws_are_as_many_as_are_cheap():
    assert [_choose_draws(rows) for rows in (10, 25_000, 50_000, 10**6)] == [
        4000,
        4000,
        2000,
        1000,
    ]


@pytest.mark.parametrize(
    ("model", "shape", "read"), [("rate", "even", 5), ("plain_rate", "all events in one group", 9)]
)
def test_groups_that_are_far_from_normal_are_read_at_more_nodes(monkeypatch, model, shape, read):
    chosen = []
    choose = nested.choose_nodes

    def keep(*arguments):
        chosen.append(choose(*arguments))
        return chosen[-1]

    monkeypatch.setattr(nested, "choose_nodes", keep)
    with suppress(NotConvergedError):  # of so few draws
        fit_study(model, shape, Nested(draws=200))
    assert (chosen[0].read <= read) if shape == "even" else (chosen[0].read >= read)
