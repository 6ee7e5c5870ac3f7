"""Posterior predictive checks: what is explained, what is not, and what must not matter."""

import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort
from desist.errors import InputError
from desist.models import fitted
from desist.models.families import SURVIVAL_FAMILIES as FAMILIES
from desist.models.families import Pieces
from desist.models.fit import fit_model
from desist.models.frequency import FrequencyModel
from desist.models.predictive import (
    PredictiveCheck,
    check_one_process,
    check_predictions,
    simulation,
)
from desist.models.predictive.record import write_probability
from desist.models.predictive.simulation import compare_prediction
from desist.models.process import ProcessModel
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

from ..studies import make_cohort, weigh

PROCESS = ProcessModel()
COLUMNS = ["arm", "statistic", "unit", "observed", "predicted", "lower", "upper", "probability"]


def check(cohort, model, weights=None, *, inference="laplace", **settings):
    design = weigh(cohort, weights)
    fitted = fit_model(model, cohort, design, inference=inference, seed=1)
    return check_predictions(fitted, cohort, design, **settings)


def flagged(found):
    return {(row.arm, row.statistic) for row in found.unexplained.itertuples()}


@pytest.fixture(scope="module")
def early():
    """Reoffences that come early: a Weibull of shape 0.4, half of all within the year."""
    rng = np.random.default_rng(12)
    days = 365 * (rng.exponential(1, 900) / np.log(2)) ** (1 / 0.4)
    reoffended = days <= 365
    return make_cohort(
        treated=np.repeat([1, 0], [300, 600]),
        reoffended=reoffended.astype(int),
        days=np.where(reoffended, days, np.nan),
    )


@pytest.mark.parametrize(
    ("model", "n_statistics"),
    [
        (RateModel(covariates="age"), 2),
        (FrequencyModel(covariates="age"), 8),
        (SurvivalModel(covariates="age"), 10),
    ],
    ids=lambda value: getattr(value, "family", getattr(value, "name", None)),
)
def test_people_from_the_model_are_explained(people, model, n_statistics):
    found = check(make_cohort(**people), model, people["weight"])
    assert list(found.table.columns) == COLUMNS
    assert found.explains
    assert found.n_compared == n_statistics
    assert f"each of the {n_statistics} statistics looked at is within" in found.sentence
    assert (found.table["lower"] <= found.table["predicted"]).all()


def test_poisson_counts_do_not_explain_people_who_differ(people):
    found = check(make_cohort(**people), FrequencyModel(family="poisson"))
    assert {
        ("treated", "variance"),
        ("comparison", "variance"),
        ("comparison", "share with none"),
    } <= flagged(found)
    assert ("comparison", "mean") not in flagged(found)
    assert found.sentence.startswith("The frequency (poisson) model does not explain ")
    assert (
        "of the 8 statistics looked at (at most about 0.4 would be outside by chance): "
        in found.sentence
    )
    assert "(probability below 0.007)" in found.sentence


def test_a_constant_hazard_does_not_explain_reoffences_that_come_early(early):
    found = check(early, SurvivalModel(family="exponential"))
    first = {(arm, "share by 91 days") for arm in ("treated", "comparison")}
    days = {(arm, "mean days among reoffenders") for arm in ("treated", "comparison")}
    assert first | days <= flagged(found)


def draw_counts(family, rng):
    """Offences of 1,200 people from a family, by its definition."""
    if family == "poisson":
        return rng.poisson(1.3, 1200)
    counts = rng.poisson(rng.gamma(2.0, 1.5, 2400))
    if family == "zero_inflated":
        return np.where(rng.random(1200) < 0.4, 0, counts[:1200])
    return np.where(rng.random(1200) < 0.5, 0, counts[counts > 0][:1200])


@pytest.mark.parametrize("family", ["poisson", "zero_inflated", "hurdle"])
def test_counts_from_a_family_are_explained_by_it(family):
    offences = draw_counts(family, np.random.default_rng(21))
    cohort = make_cohort(treated=np.repeat([1, 0], [400, 800]), offences=offences)
    assert check(cohort, FrequencyModel(family=family)).explains


def draw_times(family, rng):
    """Days to a first reoffence of 900 people from a family, by its definition."""
    exponential = rng.exponential(1, 900)
    return {
        "weibull": 300 * exponential**2.5,
        "exponential": 300 * exponential,
        "log_logistic": 300 * rng.pareto(1, 900) ** 1.5,  # the odds of a uniform variable
        "log_normal": 300 * rng.lognormal(0, 2, 900),
        "piecewise_exponential": np.interp(exponential, [0, 0.4, 0.6, 9], [0, 91, 182, 4000]),
        "flexible": np.interp(exponential, [0, 0.5, 0.6, 9], [0, 60, 240, 4000]),
        "mixture_cure": np.where(rng.random(900) < 0.4, np.inf, 60 * exponential),
    }[family]


@pytest.mark.parametrize("family", [*FAMILIES, "flexible"])
def test_times_from_a_family_are_explained_by_it(family):
    days = np.floor(draw_times(family, np.random.default_rng(7)))
    cohort = make_cohort(
        treated=np.repeat([1, 0], [300, 600]),
        reoffended=(days <= 365).astype(int),
        days=np.where(days <= 365, days, np.nan),
    )
    is_cut = family == "piecewise_exponential"
    assert check(cohort, SurvivalModel(family=Pieces((91.0, 182.0)) if is_cut else family)).explains


def test_what_was_observed_is_the_weighted_statistic_of_the_people(people):
    comparison = people["treated"] == 0
    weights = people["weight"][comparison]

    def observed(model):
        table = check(make_cohort(**people), model, people["weight"], n_draws=5).table
        return table[table["arm"] == "comparison"]["observed"].tolist()

    offences = people["offences"][comparison]
    mean = np.average(offences, weights=weights)
    assert observed(FrequencyModel()) == pytest.approx(
        [
            mean,
            np.average(offences == 0, weights=weights),
            np.average(offences >= 5, weights=weights),
            np.average((offences - mean) ** 2, weights=weights),
        ]
    )
    days = people["days"][comparison]
    again = ~np.isnan(days)
    by_then = [np.average(days <= end, weights=weights) for end in (91, 182, 273, 365)]
    mean_days = np.average(days[again], weights=weights[again])
    assert observed(SurvivalModel()) == pytest.approx([*by_then, mean_days])
    rate = np.average(people["reoffended"][comparison], weights=weights)
    assert observed(RateModel()) == pytest.approx([rate])


def test_a_rate_is_predicted_with_the_spread_of_a_beta_binomial():
    # 13 of 83 treated: under a prior that hardly matters the posterior is near Beta(13, 70)
    treated = np.repeat([1, 0], [83, 400])
    reoffended = np.concatenate([np.arange(83) < 13, np.arange(400) < 150]).astype(int)
    cohort = make_cohort(treated=treated, reoffended=reoffended)
    row = check(cohort, RateModel(), n_draws=4000).table.iloc[0]
    p = 13 / 83
    deviation = np.sqrt(2 * p * (1 - p) / 83)  # of a new sample about this one
    assert row["observed"] == pytest.approx(p)
    assert row["upper"] - row["lower"] == pytest.approx(2 * 1.96 * deviation, rel=0.1)


def test_uneven_weights_widen_the_predictions_as_the_effective_size_says(people):
    uneven = np.where(np.arange(400) % 8, 0.05, 1.0)
    cohort = make_cohort(**people)
    tables = [check(cohort, RateModel(), w, n_draws=2000).table for w in (None, uneven)]
    even_width, width = (table.iloc[1]["upper"] - table.iloc[1]["lower"] for table in tables)
    weights = uneven[people["treated"] == 0]
    effective = weights.sum() ** 2 / (weights**2).sum()
    assert width / even_width == pytest.approx(np.sqrt(320 / effective), rel=0.15)


def test_weights_times_ten_change_nothing(people):
    cohort = make_cohort(**people)
    for model in (RateModel(), FrequencyModel(), SurvivalModel()):
        first, second = (
            check(cohort, model, factor * people["weight"], n_draws=40) for factor in (1, 10)
        )
        pd.testing.assert_frame_equal(first.table, second.table, rtol=1e-7)


def test_people_of_weight_zero_change_nothing(people):
    more = {name: np.concatenate([values, values[-50:]]) for name, values in people.items()}
    weights = np.concatenate([people["weight"], np.zeros(50)])
    model = FrequencyModel(covariates="age")
    first = check(make_cohort(**people), model, people["weight"], n_draws=40)
    second = check(make_cohort(**more), model, weights, n_draws=40)
    pd.testing.assert_frame_equal(first.table, second.table, rtol=1e-7)


def test_the_follow_up_of_people_of_weight_zero_does_not_matter(people):
    columns = {name: people[name] for name in ("treated", "reoffended")}
    frame = pd.DataFrame(columns | {"follow_up": 365.0})
    briefly = pd.DataFrame({"treated": [0], "reoffended": [0], "follow_up": [30.0]})
    roles = {"treatment": "treated", "reoffended": "reoffended", "follow_up": "follow_up"}
    cohort = Cohort(frame, **roles)
    larger = Cohort(pd.concat([frame, briefly], ignore_index=True), **roles)
    fitted = fit_model(RateModel(), cohort, weigh(cohort), inference="laplace")
    first = check_predictions(fitted, cohort, weigh(cohort), n_draws=40)
    unused = weigh(larger, np.arange(401) < 400)
    second = check_predictions(fitted, larger, unused, n_draws=40)
    pd.testing.assert_frame_equal(first.table, second.table)


def test_the_same_seed_gives_the_same_table(people):
    cohort = make_cohort(**people)
    design = weigh(cohort)
    fitted = fit_model(FrequencyModel(), cohort, design, inference="laplace")
    first, again, other = (
        check_predictions(fitted, cohort, design, n_draws=20, seed=seed).table
        for seed in (4, np.random.default_rng(4), 5)
    )
    assert first.equals(again)
    assert not first.equals(other)


def test_as_many_people_tie_whoever_they_are():
    # 3 of 10 people is not the same sum of tenths in every order
    treated = np.repeat([1, 0], [10, 30])
    reoffended = np.tile([0, 1, 0, 0, 1, 0, 0, 0, 0, 1], 4)
    found = check(make_cohort(treated=treated, reoffended=reoffended), RateModel(), n_draws=4000)
    # ties count on both sides: a middle count has a probability of 1
    assert found.table.iloc[0]["probability"] == 1.0
    assert found.table["predicted"].iloc[0] == 0.3


def test_each_group_has_its_own_rate(people):
    prison = np.array(["a", "b", "c", "d", "e"])[np.arange(400) % 5]
    prison[(people["treated"] == 1) & (prison == "d")] = "c"
    # prison b is hard on those who come from it
    reoffended = np.where((prison == "b") & (np.arange(400) % 3 > 0), 1, people["reoffended"])
    cohort = make_cohort(treated=people["treated"], reoffended=reoffended, prison=prison)
    found = check(cohort, RateModel(), people["weight"], inference="nested")
    table = found.table.set_index(["arm", "statistic"])
    names = ["rate", *(f"rate, prison {name}" for name in "abcde")]
    assert found.table["statistic"].tolist() == names * 2
    in_b = (prison == "b") & (people["treated"] == 0)
    expected = np.average(reoffended[in_b], weights=people["weight"][in_b])
    assert table.loc[("comparison", "rate, prison b"), "observed"] == pytest.approx(expected)
    # no treated person was in prison d
    assert np.isnan(table.loc[("treated", "rate, prison d"), "probability"])
    assert found.n_compared == 11
    assert found.explains
    assert table.loc[("comparison", "rate, prison b"), "predicted"] > 0.7


def test_time_at_risk_is_part_of_the_prediction():
    follow_up = np.tile([73.0, 365.0], 300)
    offences = np.random.default_rng(1).poisson(follow_up / 100)
    people = pd.DataFrame(
        {"treated": np.repeat([1, 0], 300), "offences": offences, "follow_up": follow_up}
    )
    cohort = Cohort(people, treatment="treated", offences="offences", follow_up="follow_up")
    design = weigh(cohort)
    fitted = fit_model(
        FrequencyModel(family="poisson"), cohort, design, horizon=365.0, inference="laplace"
    )
    assert check_predictions(fitted, cohort, design).explains


def test_an_arm_without_reoffenders_has_no_days_to_compare():
    reoffended = np.concatenate([np.zeros(10, dtype=int), np.tile([0, 1, 1], 20)])
    days = np.where(reoffended == 1, 5.0 * np.arange(70), np.nan)
    cohort = make_cohort(treated=np.repeat([1, 0], [10, 60]), reoffended=reoffended, days=days)
    found = check(cohort, SurvivalModel(), n_draws=50)
    assert np.isnan(found.table.iloc[4]["observed"])
    assert np.isnan(found.table.iloc[4]["probability"])
    assert found.n_compared == 9


def test_the_print_has_no_figures_of_people(people):
    found = check(make_cohort(**people), FrequencyModel(family="poisson"), n_draws=50)
    assert repr(found) == (
        f"<PredictiveCheck of the frequency (poisson) model: {len(found.unexplained)} of 8 "
        "statistics not explained, 50 draws>"
    )
    assert "400" not in repr(found)


def test_a_sentence_names_the_least_likely_and_counts_the_rest():
    rows = [
        {"arm": "treated", "statistic": f"rate, prison {place}", "unit": "proportion"}
        | compare_prediction(0.5, np.linspace(0.1, 0.5 + 0.001 * place, 400), 0.95)
        for place in range(7)
    ]
    sentence = PredictiveCheck(pd.DataFrame(rows), "rate", 400).sentence
    assert sentence.startswith(
        "The rate model does not explain 7 of the 7 statistics looked at (at most about 0.4 "
        "would be outside by chance): rate, prison 0, treated, 0.5 where it predicts 0.11 to "
        "0.49 (probability 0.005); "
    )
    assert sentence.endswith("; and 2 more.")


def test_a_probability_is_written_as_far_as_the_draws_can_tell():
    assert write_probability(0.0, 2 / 300) == "below 0.007"
    assert write_probability(0.02, 2 / 300) == "0.020"
    assert write_probability(0.0, 2 / 10_000) == "below 0.001"


def test_a_fit_of_another_model_is_refused(people):
    cohort = make_cohort(**people)
    design = weigh(cohort)
    fitted = fit_model(ProcessModel(), cohort, design, inference="laplace")
    with pytest.raises(InputError) as caught:
        check_predictions(fitted, cohort, design, n_draws=0, probability=95.0)
    assert str(caught.value) == (
        "posterior predictive check: 3 faults\n"
        "  - fit: expected a fit of RateModel, FrequencyModel or SurvivalModel, found one of "
        "the process model; see check_one_process\n"
        "  - n_draws: expected a whole number of at least 1, found 0\n"
        "  - probability: expected a number above 0 and below 1, found 95; write 0.95"
    )


def test_other_people_than_those_fitted_are_refused(people):
    cohort = make_cohort(**people)
    fitted = fit_model(RateModel(), cohort, weigh(cohort), inference="laplace")
    fewer = weigh(cohort, np.arange(400) >= 10)
    with pytest.raises(InputError) as caught:
        check_predictions(fitted, cohort, fewer)
    assert str(caught.value) == (
        "posterior predictive check: 1 fault\n"
        "  - design: expected the 80 treated and 320 comparison people fitted, "
        "found 70 and 320 with weight"
    )


def test_a_cohort_without_the_outcome_is_refused(people):
    cohort = make_cohort(**people)
    fitted = fit_model(FrequencyModel(), cohort, weigh(cohort), inference="laplace")
    without = make_cohort(treated=people["treated"], reoffended=people["reoffended"])
    with pytest.raises(InputError, match="cohort: expected a column of offences, found none"):
        check_predictions(fitted, without, weigh(without))


def test_the_picture_has_a_panel_a_unit_and_a_row_an_arm_and_statistic(people):
    from desist.plots import predicted_and_observed

    found = check(make_cohort(**people), FrequencyModel(family="poisson"))
    figure = predicted_and_observed(found)
    assert [ax.get_xlabel() for ax in figure.axes] == ["offences", "proportion", "offences squared"]
    labels = [text.get_text() for text in figure.axes[1].get_yticklabels()]
    assert labels == [
        "share with none, treated",
        "share with none, comparison",
        "share with 5 or more, treated",
        "share with 5 or more, comparison",
    ]
    shapes = [line.get_marker() for ax in figure.axes for line in ax.lines]
    assert shapes.count("D") == len(found.unexplained)
    assert shapes.count("o") == 8 - len(found.unexplained)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["95% of predictions", "observed, within", "observed, outside"]


@pytest.mark.parametrize(
    "model",
    [RateModel(covariates="age"), FrequencyModel(covariates="age"), SurvivalModel(), PROCESS],
    ids=lambda model: model.name,
)
def test_people_drawn_a_few_draws_at_a_time_are_the_same(people, model, monkeypatch):
    cohort = make_cohort(**people)
    fit = fit_model(model, cohort, weigh(cohort), inference="laplace", seed=1)
    look_up = check_one_process if model is PROCESS else check_predictions
    at_once = look_up(fit, cohort, weigh(cohort), n_draws=20, seed=5)
    n_people = len(cohort.people)
    monkeypatch.setattr(fitted, "PREDICTED_AT_ONCE", 3 * n_people)
    by_block = look_up(fit, cohort, weigh(cohort), n_draws=20, seed=5)
    pd.testing.assert_frame_equal(at_once.table, by_block.table)
    pd.testing.assert_frame_equal(at_once.contrasts, by_block.contrasts)


def test_draws_are_chosen_once_each_while_they_last():
    draws = {
        "intercept": np.arange(6.0).reshape(2, 3),
        "covariates": np.arange(12.0).reshape(2, 3, 2),
    }
    chosen = simulation.choose_draws(draws, 6, np.random.default_rng(1))
    assert sorted(chosen["intercept"][0]) == list(range(6))
    # the parameters of one draw stay together
    np.testing.assert_array_equal(chosen["covariates"][0, :, 0], 2 * chosen["intercept"][0])
    assert simulation.choose_draws(draws, 9, np.random.default_rng(1))["intercept"].shape == (1, 9)
