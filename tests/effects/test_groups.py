"""Effects by group as rows: by hand, without fitting anything."""

import numpy as np
import pytest

from desist.effects import estimate_effects
from desist.effects.groups import tabulate_groups
from desist.estimands import Estimand, Measure
from desist.inference.calibration import WeightedPeople
from desist.inference.diagnostics import Diagnostics
from desist.models.fit import Fit
from desist.models.frequency import FrequencyModel
from desist.models.predictors import Target
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

TREATED = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0.0])
WEIGHT = np.array([1, 1, 1, 1, 1, 2, 1, 3, 1, 2.0])
PRISON = np.array([0, 0, 1, 1, 0, 0, 0, 1, 1, 1])
REOFFENDED = np.array([1, 0, 0, 1, 1, 0, 1, 1, 0, 1.0])
OUTCOMES = {
    "rate": {"reoffended": REOFFENDED},
    "frequency": {
        "offences": np.array([3, 0, 0, 1, 2, 0, 1, 5, 0, 1.0]),
        "log_time_at_risk": np.zeros(10),
    },
    "survival": {
        "time": np.array([0.2, 1, 1, 0.6, 0.1, 1, 0.5, 0.7, 1, 0.4]),
        "reoffended": REOFFENDED,
        "on_release_day": np.zeros(10),
    },
}
MODELS = {
    "rate": RateModel(),
    "frequency": FrequencyModel(),
    "survival": SurvivalModel(family="weibull"),
}
MEASURES = {"rate": Measure.RATE, "frequency": Measure.FREQUENCY, "survival": Measure.RMST}


def make_fit(kind, n_draws=400, seed=2):
    """Ten people in two prisons; Ash is the smaller part of the target."""
    rng = np.random.default_rng(seed)
    shape = (2, n_draws // 2)
    names = ("log_dispersion", "log_dispersion_ratio", "log_shape", "log_shape_ratio")
    draws = {name: 0.1 * rng.standard_normal(shape) for name in ("intercept", *names)}
    draws["treatment"] = -0.5 + 0.2 * rng.standard_normal(shape)
    draws["prison_intercept"] = 0.2 * rng.standard_normal((*shape, 2))
    draws["prison_treatment"] = 0.2 * rng.standard_normal((*shape, 2)) + [0.3, -0.3]
    data = {"treated": TREATED, "weight": WEIGHT, "group": PRISON[:, np.newaxis]}
    return Fit(
        MODELS[kind],
        draws,
        Diagnostics("laplace", khat=0.1),
        data | {"x": np.zeros((10, 0))} | OUTCOMES[kind],
        Target(np.zeros((2, 0)), np.array([[0], [1]]), np.array([0.3, 0.7])),
        Estimand.ATT,
        100.0,
        4,
        6,
        {"prison": ("Ash", "Bay")},
        (),
        group_sizes={"prison": {"Ash": (2, 3), "Bay": (2, 3)}},
        group_reoffenders={"prison": {"Ash": (1, 2), "Bay": (1, 2)}},
        people=WeightedPeople(np.arange(10), WEIGHT, np.arange(10)),
    )


@pytest.mark.parametrize("kind", MODELS)
def test_effects_by_group_average_to_the_effect_on_everybody(kind):
    fit = make_fit(kind)
    whole = {effect.measure: effect for effect in estimate_effects(fit)}
    for table in tabulate_groups(fit, "prison"):
        together = sum(row.share * row.estimate for row in table.rows)
        assert together == pytest.approx(whole[table.measure].estimate, rel=1e-6)
        assert sum(row.share for row in table.rows) == pytest.approx(1)


def test_each_measure_with_a_difference_that_is_an_effect_has_a_table():
    found = {kind: [table.measure for table in tabulate_groups(make_fit(kind), "prison")]
             for kind in MODELS}  # fmt: skip
    assert found == {kind: [measure] for kind, measure in MEASURES.items()}


def test_what_a_group_shows_alone_is_the_difference_of_its_weighted_means():
    rows = {row.level: row for row in tabulate_groups(make_fit("rate"), "prison")[0].rows}
    # Ash: 1 of 2 with the programme; of weights 1, 2, 1 the first and last reoffended
    assert rows["Ash"].raw == pytest.approx(1 / 2 - 2 / 4)
    # Bay: 1 of 2; of weights 3, 1, 2 the first and last
    assert rows["Bay"].raw == pytest.approx(1 / 2 - 5 / 6)
    days = {row.level: row for row in tabulate_groups(make_fit("survival"), "prison")[0].rows}
    assert days["Ash"].raw == pytest.approx((20 + 100) / 2 - (10 + 2 * 100 + 50) / 4)


def test_a_group_with_nobody_in_an_arm_shows_nothing_alone():
    fit = make_fit("rate")
    sizes = {"prison": {"Ash": (2, 0), "Bay": (2, 3)}}
    keep = ~((PRISON == 0) & (TREATED == 0))
    data = {name: values[keep] for name, values in fit.data.items()}
    people = WeightedPeople(np.arange(keep.sum()), WEIGHT[keep], np.arange(keep.sum()))
    lone = Fit(**(vars(fit) | {"data": data, "group_sizes": sizes, "people": people}))
    rows = {row.level: row for row in tabulate_groups(lone, "prison")[0].rows}
    assert np.isnan(rows["Ash"].raw)
    assert np.isfinite(rows["Ash"].estimate)


def test_a_group_in_which_nobody_reoffends_shows_that_alone():
    fit = make_fit("survival")
    happened = np.where(PRISON == 0, 0.0, REOFFENDED)
    time = np.where(PRISON == 0, 1.0, fit.data["time"])
    calm = Fit(**(vars(fit) | {"data": fit.data | {"reoffended": happened, "time": time}}))
    rows = {row.level: row for row in tabulate_groups(calm, "prison")[0].rows}
    assert rows["Ash"].raw == 0.0


def test_the_most_favourable_group_comes_first():
    for kind, measure in MEASURES.items():
        rows = tabulate_groups(make_fit(kind), "prison")[0].rows
        estimates = [row.estimate for row in rows]
        assert estimates == sorted(estimates, reverse=not measure.benefit_is_lower)


def test_the_spread_is_that_of_the_effects_within_each_draw():
    (table,) = tabulate_groups(make_fit("rate", n_draws=2), "prison", calibrated=False)
    fit = make_fit("rate", n_draws=2)
    shape = (2, 1, 1)
    eta = fit.draws["intercept"].reshape(shape) + fit.draws["prison_intercept"]
    gain = fit.draws["treatment"].reshape(shape) + fit.draws["prison_treatment"]
    effect = 1 / (1 + np.exp(-eta - gain)) - 1 / (1 + np.exp(-eta))
    # of two groups with shares 0.3 and 0.7 the standard deviation is the gap times a half-width
    spread = np.abs(effect[..., 0] - effect[..., 1]) * np.sqrt(0.3 * 0.7)
    assert table.spread == pytest.approx(np.median(spread))
    assert table.probability_differs == (effect[..., 1] < effect[..., 0]).mean()


def test_the_fewest_people_of_a_group_are_those_of_either_arm_and_outcome():
    rows = tabulate_groups(make_fit("rate"), "prison")[0].rows
    assert [row.fewest for row in rows] == [1, 1]
