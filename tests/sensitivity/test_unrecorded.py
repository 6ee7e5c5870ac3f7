import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from desist.checks.counts.ratios import odds_log, ratio_log
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Measure
from desist.models.priors import Normal
from desist.sensitivity.unrecorded import (
    BinaryConfounder,
    NormalConfounder,
    Share,
    adjust_ratio,
    confounder,
    tipping_map,
)

from .effects import draw_rates, make_effect

FOLDER = Path(__file__).parents[1] / "reference" / "sensitivity"
PUBLISHED = json.loads((FOLDER / "published.json").read_text())["sensitivity"]["binary_confounder"]
KNOWN = 1e-9  # scale of a prior that is a number


def known(share):
    return Share(share, math.inf)


def ratio_with(prior, ratio=0.5634, comparison=0.05):
    effect = make_effect(ratio * comparison, comparison)
    draws = confounder(effect, prior).draws["with the confounder"]
    return ratio * comparison / (ratio * comparison - draws.mean())


def test_the_published_binary_confounder_in_the_limit():
    bias, table = PUBLISHED["bias"], PUBLISHED["table"]
    cases = [table["exposed_cases"], table["unexposed_cases"]]
    totals = [
        cases[0] + table["exposed_noncases"],
        cases[1] + table["unexposed_noncases"],
    ]
    crude = (cases[0] / totals[0]) / (cases[1] / totals[1])
    assert round(crude, 4) == PUBLISHED["crude_rr"][0]
    prior = BinaryConfounder(
        known(bias["prevalence_exposed"]),
        known(bias["prevalence_unexposed"]),
        Normal(math.log(bias["rr_confounder_outcome"]), KNOWN),
    )
    adjusted = ratio_with(prior, crude, cases[1] / totals[1])
    assert round(adjusted, 4) == PUBLISHED["adjusted_rr"]
    assert round(crude / adjusted, 4) == PUBLISHED["rr_due_to_confounding"]
    found = adjust_ratio(crude, 0.8, 0.05, 0.63)
    assert found == pytest.approx(adjusted, rel=1e-6)
    counts = (cases[0], totals[0], cases[1], totals[1])
    ratio = ratio_log(*counts)
    assert [round(limit, 4) for limit in (ratio.lower, ratio.upper)] == PUBLISHED["crude_rr"][1:]
    odds = odds_log(*counts).estimate
    assert round(odds, 4) == PUBLISHED["crude_or"]
    assert round(adjust_ratio(odds, 0.8, 0.05, 0.63), 4) == PUBLISHED["adjusted_or"]
    difference = cases[0] / totals[0] - cases[1] / totals[1]
    assert round(difference, 4) == PUBLISHED["risk_difference"]


@pytest.mark.parametrize(
    "row", pd.read_csv(FOLDER / "binary_confounder_adjustment.csv").to_dict("records")
)
def test_binary_confounders_meet_the_reference(row):
    prior = BinaryConfounder(known(row["p1"]), known(row["p0"]), Normal(math.log(row["g"]), KNOWN))
    assert ratio_with(prior, row["rr"]) == pytest.approx(row["rr_adjusted"], rel=1e-6)
    assert adjust_ratio(row["rr"], row["p1"], row["p0"], row["g"]) == pytest.approx(
        row["rr_adjusted"], rel=1e-6
    )


@pytest.mark.parametrize(
    "row", pd.read_csv(FOLDER / "continuous_confounder_adjustment.csv").to_dict("records")
)
def test_normal_confounders_meet_the_reference(row):
    prior = NormalConfounder(Normal(row["smd"], KNOWN), Normal(math.log(row["g"]), KNOWN))
    assert ratio_with(prior, row["rr"]) == pytest.approx(row["rr_adjusted"], rel=1e-6)


def test_odds_by_hand():
    # comparison: half have it, 0.2 without and 1/2 with it (odds times 4): 0.35 together
    effect = make_effect(0.35, 0.35)
    prior = BinaryConfounder(known(0.999999999), known(0.5), Normal(math.log(4), KNOWN), "odds")
    found = confounder(effect, prior).table["estimate"].iloc[1]
    assert found == pytest.approx(0.35 - 0.5, abs=1e-6)


def test_a_normal_confounder_on_the_odds_scale_meets_quadrature():
    from scipy.integrate import quad
    from scipy.special import expit
    from scipy.stats import norm

    def average(level, mean):
        return quad(lambda u: expit(level + 0.7 * u) * norm.pdf(u, mean), -12, 12)[0]

    prior = NormalConfounder(Normal(0.4, KNOWN), Normal(0.7, KNOWN), "odds")
    effect = make_effect(0.3, average(-1.0, 0.0))
    found = confounder(effect, prior).table["estimate"].iloc[1]
    assert found == pytest.approx(0.3 - average(-1.0, 0.4), abs=1e-5)


def test_a_vague_prior_widens_and_one_that_is_sure_of_nothing_changes_nothing():
    effect = draw_rates(400, 80, 2000, 560)
    none = BinaryConfounder(Share(0.3), Share(0.3), Normal(0, KNOWN))
    table = confounder(effect, none).table
    assert table["estimate"].iloc[0] == pytest.approx(table["estimate"].iloc[1], abs=1e-8)
    widths = [
        np.ptp(confounder(effect, BinaryConfounder(Share(0.3, n), Share(0.3, n), Normal(0, s)))
               .table[["lower", "upper"]].iloc[1])
        for n, s in ((math.inf, KNOWN), (50, 0.5), (10, 1.0))
    ]  # fmt: skip
    assert widths[0] < widths[1] < widths[2]


def test_draws_that_no_rate_allows_are_left_out_and_counted():
    effect = make_effect(0.5, 0.6)
    prior = BinaryConfounder(Share(0.5), Share(0.1), Normal(math.log(2), 0.5))
    found = confounder(effect, prior)
    assert len(found.draws["with the confounder"]) < 400
    assert "of its draws did not agree with the rates" in found.sentence
    with pytest.raises(CannotAnswerError, match="rarer or weaker"):
        confounder(effect, BinaryConfounder(Share(0.5), Share(0.1), Normal(math.log(9), KNOWN)))


def test_coverage_with_a_hidden_confounder_whose_prior_is_right():
    # two arms without covariates, so that a beta posterior stands for the fit
    rng = np.random.default_rng(11)
    q1, q0, g, without, effect = 0.6, 0.3, 2.0, 0.15, -0.05
    truth = effect
    prior = BinaryConfounder(Share(q1, 60), Share(q0, 60), Normal(math.log(g), 0.2))
    covered = {"as estimated": 0, "with the confounder": 0}
    for seed in range(200):
        # the truth of each study is drawn from the prior, as a right prior says
        p1, p0 = rng.beta(60 * q1, 60 * (1 - q1)), rng.beta(60 * q0, 60 * (1 - q0))
        ratio = math.exp(rng.normal(math.log(g), 0.2))
        base = without
        rates = [base * (1 + p1 * (ratio - 1)) + effect, base * (1 + p0 * (ratio - 1))]
        counts = rng.binomial([500, 1500], rates)
        found = confounder(draw_rates(500, counts[0], 1500, counts[1], seed), prior, seed=seed)
        for row in found.table.itertuples():
            covered[row.label] += row.lower <= truth <= row.upper
    assert covered["with the confounder"] >= 180
    assert covered["as estimated"] < 150


def test_the_map_by_hand():
    found = tipping_map(
        make_effect(0.2, 0.3), comparison=0.0, shares=[0.0, 0.5], strengths=[1, 0.2]
    )
    table = found.table.set_index(["share", "strength"])["estimate"]
    assert table[(0.0, 0.2)] == pytest.approx(-0.1)
    # half of the participants have what cuts the risk to a fifth: 0.3 would be 0.18
    assert table[(0.5, 0.2)] == pytest.approx(0.2 - 0.18)
    assert found.table["verdict"].tolist() == ["holds", "holds", "holds", "turned round"]


def test_the_map_says_what_cannot_be():
    found = tipping_map(make_effect(0.5, 0.6), comparison=0.1, shares=[0.2], strengths=[5.0])
    assert found.table["verdict"].tolist() == ["impossible"]


def test_a_frequency_has_no_ceiling_and_times_have_no_confounder():
    prior = BinaryConfounder(known(0.5), known(0.1), Normal(math.log(5), KNOWN))
    found = confounder(make_effect(0.5, 0.9, Measure.FREQUENCY), prior)
    assert found.table["estimate"].iloc[1] == pytest.approx(0.5 - 0.9 * 3 / 1.4)
    with pytest.raises(CannotAnswerError, match="it is for the rate or frequency"):
        confounder(make_effect(300.0, 290.0, Measure.RMST), prior)


def test_faults_are_listed():
    with pytest.raises(InputError) as error:
        BinaryConfounder(0.3, 0.2, 2.0, "log")
    assert len(error.value.faults) == 4
    with pytest.raises(InputError) as error:
        Share(1.5, 0)
    assert len(error.value.faults) == 2
    with pytest.raises(InputError, match="prior: expected a BinaryConfounder"):
        confounder(make_effect(0.1, 0.2), 3)
    with pytest.raises(InputError, match='scale: expected "risk" for a number of offences'):
        confounder(
            make_effect(0.5, 0.9, Measure.FREQUENCY),
            NormalConfounder(Normal(0, 1), Normal(0, 1), "odds"),
        )
