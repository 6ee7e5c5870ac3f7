"""What the pages of the method say is refused or not applicable, where no other test holds it."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.checks import CATALOGUE, rmst_difference
from desist.checks.by_measure import check_frequency, check_rate, check_time
from desist.checks.case import Background, read_outcome
from desist.checks.entry import make_check
from desist.effects import estimate_effects
from desist.effects._corrected import correct_fit
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Estimand, Measure
from desist.evaluation.record import Evaluation
from desist.inference.calibration import WeightedPeople
from desist.inference.diagnostics import Diagnostics
from desist.models.fit import Fit
from desist.models.predictors import Target
from desist.models.process import ProcessModel
from desist.report import RULE_SETS
from desist.report.view import make_view

PAGE = Path(__file__).parents[2] / "docs" / "method" / "checks.rst"
SECTIONS = re.split(r"^\.\. _([a-z_0-9]+):$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
EQUAL_ONLY = {
    slug
    for slug, text in zip(SECTIONS[1::2], SECTIONS[2::2], strict=True)
    if "qual weights only" in text
}
ARM = np.repeat([1, 0], [40, 80])
PAIRS = np.r_[np.arange(40), np.arange(40), np.full(40, -1)]


@pytest.fixture
def people():
    """Forty participants and eighty comparison people; offences are Poisson."""
    rng = np.random.default_rng(5)
    offences = rng.poisson(0.8, ARM.size)
    return pd.DataFrame(
        {
            "programme": ARM,
            "age": rng.normal(size=ARM.size),
            "priors": rng.normal(size=ARM.size),
            "offences": offences,
            "reoffended": offences > 0,
            "days": np.where(offences > 0, np.ceil(rng.uniform(1, 364, ARM.size)), 365.0),
        }
    )


def check_everything(people, weights=None):
    return (
        *check_rate(people["reoffended"], ARM, weights, sets=PAIRS),
        *check_frequency(people["offences"], ARM, weights, sets=PAIRS, rng=1),
        *check_time(people["days"], people["reoffended"], ARM, weights, horizon=365, rng=1),
    )


def by_slug(checks):
    return {check.check: check for check in checks}


def check_one(slug, outcome, cohort, design):
    background = Background(design, cohort.covariates)
    return make_check(CATALOGUE[slug], read_outcome(outcome, background, Measure.RATE))


# Checks


def test_the_page_names_every_check_that_needs_equal_weights_and_no_other(people):
    weights = np.random.default_rng(6).exponential(size=ARM.size) + 0.2
    for check in check_everything(people, weights):
        assert ("weights differ" in check.reason) == (check.check in EQUAL_ONLY), check
        assert not (check.applicable and check.check in EQUAL_ONLY), check
    for check in check_everything(people):
        assert check.applicable or check.check not in EQUAL_ONLY, check


def test_no_test_of_a_mean_stands_on_fewer_than_ten_effective_people(people):
    weights = np.where(np.arange(ARM.size) % 40 < 8, 100.0, 0.01 * (1 + ARM))
    made = by_slug(check_everything(people, weights))
    for slug in ("weighted_difference_hc3", "weighted_difference_clustered", "cr2_difference"):
        assert "effective people; 10 are needed" in made[slug].reason, slug
    for slug in ("weighted_odds_ratio", "quasi_poisson", "negative_binomial", "bca_bootstrap"):
        assert "effective people; 10 are needed" in made[slug].reason, slug


def test_errors_clustered_by_sets_need_twenty_of_them(people):
    for n_sets in (19, 20):
        sets = np.arange(ARM.size) % n_sets
        made = by_slug(check_rate(people["reoffended"], ARM, sets=sets))
        found = made["weighted_difference_clustered"]
        assert found.applicable == (n_sets == 20)
        assert found.applicable or "fewer than 20 sets" in found.reason


def test_cr2_errors_need_four_degrees_of_freedom():
    y, prisons = np.random.default_rng(5).random(600) < 0.4, np.repeat(np.arange(20), 30)
    few = by_slug(check_rate(y, prisons < 2, sets=prisons))["cr2_difference"]
    assert "degrees of freedom; 4 are needed" in few.reason
    assert by_slug(check_rate(y, prisons < 10, sets=prisons))["cr2_difference"].applicable


@pytest.mark.parametrize("n_treated", [19, 20])
def test_errors_of_matching_with_replacement_need_twenty_sets(n_treated):
    rng = np.random.default_rng(8)
    people = pd.DataFrame({"programme": np.arange(300) < n_treated, "age": rng.normal(size=300)})
    cohort = ds.Cohort(people.astype(float), treatment="programme")
    method = ds.NearestMatching(replacement=True)
    design = ds.build_design(cohort, "age", method=method)
    found = check_one("replacement_difference", np.arange(300) % 2, cohort, design)
    assert found.applicable == (n_treated == 20)
    assert found.applicable or "fewer than 20 sets" in found.reason


@pytest.mark.parametrize("outcome", [0, 1])
@pytest.mark.parametrize("slug", ["fisher", "fisher_central", "fisher_mid_p"])
def test_there_is_no_odds_ratio_where_nobody_reoffended_or_everybody(slug, outcome):
    found = by_slug(check_rate(np.full(ARM.size, outcome), ARM))[slug]
    assert not found.applicable
    assert found.reason == "nobody reoffended, or everybody: there is no odds ratio"


@pytest.mark.parametrize("outcome", [0, 1])
def test_a_standardised_difference_needs_five_people_of_either_outcome_a_column(people, outcome):
    cohort = ds.Cohort(people[["programme", "age", "priors"]], treatment="programme")
    design = ds.build_design(cohort, "age + priors", method=ds.OverlapWeights())
    for n_people in (14, 15):  # two covariates and the arm
        few = np.random.default_rng(9).permutation(ARM.size) < n_people
        found = check_one("standardised_difference", few == outcome, cohort, design)
        assert found.applicable == (n_people == 15)
        assert found.applicable or "needs 15 people of either outcome" in found.reason


def test_an_exact_rate_ratio_is_not_made_of_offences_that_vary_more_than_poisson():
    offences = np.random.default_rng(3).negative_binomial(0.5, 0.3, ARM.size)
    found = by_slug(check_frequency(offences, ARM, rng=1))["exact_rate_ratio"]
    assert "times as much as Poisson ones" in found.reason


def test_a_horizon_that_nobody_reached_is_refused_unless_all_had_reoffended():
    days, arm = np.tile([50.0, 100.0, 200.0], 8), np.repeat([1, 0], 12)
    with pytest.raises(InputError, match="a day up to which somebody in the treated arm"):
        rmst_difference(days, days < 200, arm, horizon=365)
    everybody = np.ones(24, dtype=bool)
    assert rmst_difference(days, everybody, arm, horizon=365).estimate == pytest.approx(0)
    made = by_slug(check_time(days, everybody, arm, horizon=365, rng=1))
    assert "was followed" not in made["rmst_difference"].reason


# Effects


def make_fit(reoffended):
    """Draws of a rate model that fit nothing."""
    draws = np.random.default_rng(3).normal(size=(2, 2, 100))
    rows = {"treated": ARM * 1.0, "weight": np.ones(ARM.size), "reoffended": reoffended * 1.0}
    return Fit(
        ds.RateModel(),
        {"intercept": draws[0], "treatment": draws[1]},
        Diagnostics("laplace", khat=0.1),
        rows | {"x": np.zeros((ARM.size, 0))},
        Target(np.zeros((1, 0)), np.zeros((1, 0), dtype=np.int64), np.ones(1)),
        Estimand.ATT,
        365.0,
        40,
        80,
        {},
        (),
        people=WeightedPeople(np.arange(ARM.size), np.ones(ARM.size), np.arange(ARM.size)),
    )


def test_an_arm_in_which_everybody_reoffended_is_not_corrected_and_named(people):
    fit = make_fit(people["reoffended"].to_numpy() | (ARM == 0))
    (effect,), (alone,) = estimate_effects(fit), estimate_effects(fit, calibrated=False)
    assert effect.correction.not_corrected == ("comparison",)
    np.testing.assert_allclose(effect.comparison, alone.comparison)


def test_the_process_model_is_not_corrected(people):
    fit = make_fit(people["reoffended"].to_numpy())
    assert correct_fit(fit) is not None
    assert correct_fit(replace(fit, model=ProcessModel())) is None


# Statements


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_study_of_few_comparison_people_is_not_reported(rules):
    design = {"n_treated": 60, "n_comparison": 9}
    few = Evaluation("A programme", Estimand.ATT, (), (), {}, design, None, {}, 1)
    with pytest.raises(CannotAnswerError, match="fewer than 10 comparison people are compared"):
        make_view(few, rules=rules)
