import numpy as np
import pandas as pd
import pytest

from desist.checks.offences.quasi_poisson import quasi_poisson
from desist.checks.people.estimating import fit_weighted
from desist.checks.run import check_m_estimation, run_checks
from desist.checks.times.cox import cox
from desist.cohort.cohort import Cohort
from desist.design.design import Design, build_design
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.radius import RadiusMatching
from desist.design.matching.strata import Subclassification
from desist.design.scores.models import GroupedScore
from desist.design.weighting.by_score import InverseProbability, OverlapWeights
from desist.design.weighting.entropy import EntropyBalancing
from desist.design.weighting.given import GivenWeights
from desist.design.weighting.tilting import BalancingScore, ProbabilityTilting
from desist.errors import InputError
from desist.estimands import Estimand, Measure

from .conftest import REFERENCE

METHODS = [
    RadiusMatching(caliper=0.2),
    InverseProbability(),
    OverlapWeights(),
    EntropyBalancing(),
    Subclassification(),
    NearestMatching(),
    GivenWeights("w"),
]


@pytest.fixture(scope="module")
def cohort():
    rng = np.random.default_rng(3)
    age = rng.normal(35, 8, 500)
    treated = rng.random(500) < 1 / (1 + np.exp(-(age - 45) / 8))
    offences = rng.negative_binomial(0.6, 0.4, 500)
    days = np.where(offences > 0, np.ceil(rng.uniform(0, 364, 500)), np.nan)
    people = pd.DataFrame(
        {
            "age": age,
            "programme": treated.astype(int),
            "reoffended": (offences > 0).astype(int),
            "offences": offences,
            "days": days,
            "w": np.where(treated, 1.0, rng.exponential(size=500)),
        }
    )
    return Cohort(
        people,
        treatment="programme",
        reoffended="reoffended",
        offences="offences",
        days="days",
        follow_up=365,
    )


def slugs(checks, measure, *, applicable=True):
    return {c.check for c in checks if c.measure is measure and c.applicable == applicable}


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_every_measure_has_a_valid_weighted_check_by_every_method(cohort, method):
    formula = None if method.name == "given" else "age"
    design = build_design(cohort, formula, method=method)
    checks = run_checks(cohort, design, rng=1, n_draws=199)
    for measure, slug in (
        (Measure.RATE, "weighted_difference_hc3"),
        (Measure.FREQUENCY, "quasi_poisson"),
        (Measure.RMST, "rmst_difference"),
        (Measure.HAZARD_RATIO, "cox"),
        (Measure.TIME_AMONG_REOFFENDERS, "brunner_munzel"),
    ):
        assert slug in slugs(checks, measure)
    drawn = "randomisation" in slugs(checks, Measure.RATE)
    assert drawn == (method.name not in {"entropy", "given"})
    stacked = {c.check for c in checks if c.check == "m_estimation"}
    assert bool(stacked) == (method.name in {"ipw", "overlap", "entropy"})


def test_m_estimation_knows_the_weights_that_build_design_makes(cohort):
    design = build_design(cohort, "age", method=EntropyBalancing())
    outcome = cohort.people["offences"].to_numpy()
    check = check_m_estimation(outcome, cohort, design, Measure.FREQUENCY)
    known = fit_weighted(outcome, design.treated, design.weights)
    half = (check.upper - check.lower) / 2
    assert check.estimate == pytest.approx(known.coefficients[1])
    assert half < 2.1 * known.standard_errors[1]


def test_measures_without_their_column_get_no_check(cohort):
    people = cohort.people.drop(columns=["offences", "days"])
    bare = Cohort(people, treatment="programme", reoffended="reoffended")
    design = build_design(bare, "age", method=RadiusMatching(caliper=0.2))
    checks = run_checks(bare, design, rng=1, n_draws=49)
    assert {check.measure for check in checks} == {Measure.RATE}


def test_unadjusted_cox_of_rossi_equals_r_as_a_check():
    people = pd.read_csv(REFERENCE / "survival" / "rossi.csv")
    people["fin"] = (people["fin"] == "yes").astype(int)
    people["week"] = people["week"].where(people["arrest"] == 1)
    cohort = Cohort(
        people[["fin", "arrest", "week", "age"]],
        treatment="fin",
        reoffended="arrest",
        days="week",
        follow_up=52,
    )
    design = Design(np.ones(432), cohort.treated, Estimand.ATE)
    cox = next(c for c in run_checks(cohort, design, rng=1) if c.check == "cox")
    assert np.log(cox.estimate) == pytest.approx(-0.369069210275513, abs=1e-9)


def test_follow_up_that_differs_needs_a_horizon(cohort):
    people = cohort.people.assign(followed=np.where(np.arange(500) % 2, 365.0, 400.0))
    people["days"] = cohort.people["days"]
    uneven = Cohort(
        people,
        treatment="programme",
        reoffended="reoffended",
        offences="offences",
        days="days",
        follow_up="followed",
    )
    design = build_design(uneven, "age", method=RadiusMatching(caliper=0.2))
    with pytest.raises(InputError, match=r"follow-up that differs between people .* give horizon="):
        run_checks(uneven, design, rng=1, n_draws=49)
    with_one = run_checks(uneven, design, rng=1, n_draws=49, horizon=365)
    assert "rmst_difference" in slugs(with_one, Measure.RMST)


def test_the_same_seed_gives_the_same_checks(cohort):
    design = build_design(cohort, "age", method=RadiusMatching(caliper=0.2))
    one, other = (run_checks(cohort, design, rng=5, n_draws=99) for _ in range(2))
    assert [c.to_dict() for c in one] == [c.to_dict() for c in other]


def test_errors_are_clustered_by_matched_pair(cohort):
    design = build_design(cohort, "age", method=NearestMatching())
    checks = {(c.measure, c.check): c for c in run_checks(cohort, design, rng=1, n_draws=49)}
    people = cohort.people
    used = design.weights > 0
    fit = cox(
        people["days"].fillna(365)[used],
        people["reoffended"][used],
        design.treated[used],
        clusters=design.sets[used],
    )
    found = checks[Measure.HAZARD_RATIO, "cox"]
    half = np.log(found.upper / found.lower) / 2
    assert half == pytest.approx(1.959963985 * fit.robust_errors[0], rel=1e-6)
    ratio = quasi_poisson(people["offences"], design.treated, design.weights, clusters=design.sets)
    assert checks[Measure.FREQUENCY, "quasi_poisson"].p_value == pytest.approx(ratio.p_value)


@pytest.mark.parametrize(
    ("method", "slug", "measures"),
    [
        (EntropyBalancing(), "m_estimation_stacked", 3),
        (NearestMatching(replacement=True), "replacement_difference", 3),
        (NearestMatching(), "mcnemar", 1),
        (NearestMatching(), "mcnemar_mid_p", 1),
        (NearestMatching(), "cr2_difference", 2),
        (InverseProbability(), "weighted_odds_ratio", 1),
        (InverseProbability(), "standardised_difference", 1),
    ],
)
def test_checks_of_a_design_are_made_where_it_allows_them(cohort, method, slug, measures):
    made = run_checks(cohort, build_design(cohort, "age", method=method), rng=1)
    found = [check for check in made if check.check == slug]
    assert len(found) == measures
    for check in found:
        assert check.applicable or check.measure is Measure.FREQUENCY, check.reason
        if check.applicable and not np.isnan(check.lower):
            assert check.lower < check.estimate < check.upper


def test_stacked_and_fixed_entropy_errors_say_which_they_are(cohort):
    design = build_design(cohort, "age", method=EntropyBalancing())
    notes = {c.check: c.reason for c in run_checks(cohort, design, rng=1) if c.applicable}
    assert notes["m_estimation"].endswith("the means that they meet as known")
    assert notes["m_estimation_stacked"].endswith("the means that they meet as estimated too")


def test_a_design_without_covariates_has_no_standardised_rates(cohort):
    design = Design(np.ones(500), cohort.treated, Estimand.ATT)
    made = {c.check: c for c in run_checks(cohort, design, rng=1)}
    assert made["standardised_difference"].reason == "the design has no covariates"
    assert "m_estimation_stacked" not in made
    assert "replacement_difference" not in made


def test_a_score_with_intercepts_of_groups_has_checks_and_says_what_it_has_not(cohort):
    people = cohort.people.assign(prison=np.tile(["a", "b", "c", "d"], 125))
    grouped = Cohort(people, treatment="programme", reoffended="reoffended", follow_up=365)
    score = GroupedScore("prison")
    design = build_design(grouped, "age", method=OverlapWeights(), score=score)
    checks = {check.check: check for check in run_checks(grouped, design, rng=1, n_draws=49)}
    assert checks["randomisation"].applicable
    assert "shrunken together" in checks["m_estimation"].reason


@pytest.mark.parametrize("method", [BalancingScore(), ProbabilityTilting()], ids=lambda m: m.name)
@pytest.mark.parametrize("estimand", ["ATT", "ATE", "ATC"])
def test_scores_that_balance_have_errors_that_know_it(cohort, method, estimand):
    design = build_design(cohort, "age", method=method, estimand=estimand)
    checks = {c.check: c for c in run_checks(cohort, design, rng=1, n_draws=49)}
    check = check_m_estimation(cohort.people["reoffended"], cohort, design, Measure.RATE)
    assert check.applicable
    assert check.reason == "the weights count as estimated"
    assert "m_estimation_stacked" not in checks
    assert "chosen to balance" in checks["randomisation"].reason
