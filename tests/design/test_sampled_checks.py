"""What may be said with weights that hold sampling weights: errors, tests, what is refused."""

import numpy as np
import pytest

import desist as ds
from desist.checks import (
    check_m_estimation,
    check_randomisation,
    fit_weighted,
    redo_design,
    redraw,
    run_checks,
)
from desist.checks.case import Background
from desist.design.analyses import Analysis, build_analyses
from desist.design.arose import Sampled
from desist.design.catalogue import METHODS
from desist.design.design import build_design
from desist.design.formula import make_matrix, read_formula
from desist.design.weighting.by_score import InverseProbability, OverlapWeights
from desist.errors import InputError
from desist.estimands import Estimand, Measure
from desist.sample import build_sample

from .test_catalogue import FORMULA, make_people
from .test_sampling import TAKE_THEM, cohort_of, contrast, sample_people, weigh

SMOOTH = {"ipw", "overlap", "matching_weights", "entropy", "cbps", "ipt"}


@pytest.fixture(scope="module")
def people():
    return sample_people()


def influences(people, name, estimand, outcome, step=1e-5):
    """Derivatives of the difference with respect to the logarithm of each sampling weight."""
    start, ends = contrast(outcome, weigh(people, name, estimand)), []
    for person in range(len(people)):
        moved = people["sampled"].astype(float)
        moved.loc[person] *= np.exp(step)
        ends.append(contrast(outcome, weigh(people.assign(sampled=moved), name, estimand)))
    return (np.array(ends) - start) / step


@pytest.mark.parametrize(
    ("name", "estimand"), [(name, one) for name, one in TAKE_THEM if name in SMOOTH]
)
def test_errors_by_m_estimation_are_the_sum_of_the_squared_influences(name, estimand):
    source = np.random.default_rng(8)
    few = make_people(seed=3, n_people=44).drop(columns="weight")
    # two regions, so that nobody is told apart perfectly
    few = few.assign(
        sampled=source.uniform(0.5, 3, 44), region=np.where(np.arange(44) % 2, "north", "south")
    )
    outcome = few["priors"].to_numpy() + source.normal(size=44)
    cohort, design = cohort_of(few), weigh(few, name, estimand)
    assert isinstance(design.arose, Sampled)
    equations = Background(design, cohort.covariates).equations
    if design.arose.stacked is not None:
        read, _ = read_formula(FORMULA, cohort.covariates, {})
        matrix = make_matrix(read, cohort.covariates)[0]
        equations = design.arose.stacked(matrix, design.treated, design.weights)
    np.testing.assert_allclose(equations.contributions.sum(axis=0), 0, atol=1e-5)
    fit = fit_weighted(outcome, design.treated, design.weights, equations=equations)
    wanted = np.sqrt((influences(few, name, estimand, outcome) ** 2).sum())
    assert fit.standard_errors[1] == pytest.approx(wanted, rel=1e-4)


def test_errors_with_known_means_leave_out_only_the_means(people):
    few = people.head(60)
    outcome = few["priors"].to_numpy() * 1.0
    cohort, design = cohort_of(few), weigh(few, "entropy", Estimand.ATT)
    equations = Background(design, cohort.covariates).equations
    fit = fit_weighted(outcome, design.treated, design.weights, equations=equations)
    squares = influences(few, "entropy", Estimand.ATT, outcome) ** 2
    arm = design.treated
    share = design.weights[arm] / design.weights[arm].sum()
    own = share * (outcome[arm] - share @ outcome[arm])
    wanted = np.sqrt(squares[~arm].sum() + (own**2).sum())
    assert fit.standard_errors[1] == pytest.approx(wanted, rel=1e-4)


def test_trimmed_weights_have_no_equations_as_without_them(people):
    cohort = cohort_of(people)
    design = build_design(cohort, "age", method=InverseProbability(truncate=0.9))
    check = check_m_estimation(people["reoffended"], cohort, design, Measure.RATE)
    assert not check.applicable
    assert "trimmed or truncated" in check.reason


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"given"}))
def test_a_randomisation_test_is_not_applicable_and_says_why(people, name):
    design = weigh(people, name)
    outcome = people["reoffended"].to_numpy(dtype=float)
    check = check_randomisation(outcome, design, Measure.RATE, redraw(design, n_draws=9, rng=1))
    assert not check.applicable
    assert "sampled with unequal chances" in check.reason


def test_errors_of_matching_with_replacement_are_not_applicable(people):
    design = weigh(people, "nearest", replacement=True)
    made = {check.check: check for check in run_checks(cohort_of(people), design, rng=1)}
    check = made["replacement_difference"]
    assert not check.applicable
    assert "sampling weights" in check.reason


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"given"}))
def test_every_check_that_is_made_is_of_the_weighted_difference(people, name):
    cohort, design = cohort_of(people), weigh(people, name)
    wanted = contrast(people["reoffended"].to_numpy(dtype=float), design)
    made = run_checks(build_sample(cohort, design), n_draws=9, rng=1)
    differences = [one for one in made if one.applicable and one.scale.value == "difference"]
    assert differences
    adjusted_again = {"standardised_difference"}
    for check in differences:
        if check.check not in adjusted_again:
            assert check.estimate == pytest.approx(wanted, abs=1e-6), check.check
    if design.sets is not None:
        sets = next(one for one in made if one.check == "mantel_haenszel")
        assert not sets.applicable
        assert "not by sampling weights" in sets.reason


def test_a_bootstrap_makes_the_weighted_design_again(people):
    cohort = cohort_of(people)
    design = build_design(cohort, "age", method=OverlapWeights())
    found = redo_design(cohort, design, n_resamples=20, rng=1)[Measure.RATE]
    assert found.estimate == pytest.approx(
        contrast(people["reoffended"].to_numpy(dtype=float), design)
    )
    other = redo_design(
        cohort_of(people.assign(sampled=people["sampled"] * 10)), design, n_resamples=20, rng=1
    )
    assert other[Measure.RATE].standard_error == pytest.approx(found.standard_error)
    plain = ds.Cohort(
        people.drop(columns="sampled"), treatment="programme", reoffended="reoffended"
    )
    unweighted = build_design(plain, "age", method=OverlapWeights())
    error = redo_design(plain, unweighted, n_resamples=20, rng=1)[Measure.RATE].standard_error
    assert abs(error - found.standard_error) > 1e-4


def test_analyses_of_some_of_the_people_keep_them(people):
    analyses = [Analysis("north", "age", OverlapWeights(), same="region", most_kept=1)]
    made = build_analyses(cohort_of(people), analyses).made["north"]
    assert made.cohort.sampling_weight == "sampled"
    assert made.design.sampling is not None


def test_a_design_is_not_used_with_other_sampling_weights(people):
    design = weigh(people, "overlap")
    build_sample(cohort_of(people.assign(sampled=people["sampled"] * 10)), design)
    for other in (
        people.assign(sampled=people["sampled"].to_numpy()[::-1]),
        people.assign(sampled=1.0),
    ):
        with pytest.raises(InputError, match="or of other sampling weights"):
            build_sample(cohort_of(other), design)
