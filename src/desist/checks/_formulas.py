"""What the formulas of the catalogue are given of a case, and what a reader has to know."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from desist.checks._reasons import read_covariates
from desist.checks.arms import Arms
from desist.checks.case import Case
from desist.checks.counts.exact_rate_ratio import exact_rate_ratio
from desist.checks.designs.matched_twice import replacement_difference
from desist.checks.designs.redraws import compare_redrawn
from desist.checks.finding import Finding, exponentiate, from_standard_error
from desist.checks.offences.negative_binomial import negative_binomial_score, negative_binomial_test
from desist.checks.people.bootstrap import bca_bootstrap
from desist.checks.people.cluster_robust import cr2_difference
from desist.checks.people.estimating import fit_weighted
from desist.checks.people.mantel_haenszel import mantel_haenszel
from desist.checks.people.pairs import count_discordant
from desist.checks.people.ranks import permutation, wilcoxon
from desist.checks.people.standardised import standardised_difference, weighted_odds_ratio
from desist.checks.people.weighted import clustered_difference
from desist.checks.times.cox import cox
from desist.checks.times.kaplan_meier import rmst_difference
from desist.checks.times.log_rank import log_rank
from desist.checks.times.log_rank_permutation import log_rank_permutation
from desist.design.arose import FromScores
from desist.design.weighting.equations import WeightEquations
from desist.errors import CannotAnswerError
from desist.estimands import Estimand, Measure
from desist.weights import effective_sample_size, scale_weights

Counts = tuple[float, float, float, float]
STANDARDS = {
    Estimand.ATT: "treated",
    Estimand.ATC: "comparison",
}
DESCRIPTIVE = "descriptive: only those who reoffended are compared"
ODDS_NOTE = "the ratio is an odds ratio"
RANK_NOTE = "the estimate is P(later) minus P(sooner), not days"
BY_SCORE = "participation drawn again from the propensity score, weights recomputed"
BY_SETS = "participants drawn again within matched sets"


@dataclass(frozen=True)
class OfMeans:
    """A formula of outcome, arm and weight."""

    formula: Callable[..., Finding]

    def __call__(self, case: Case) -> Finding:
        """Give it the people used."""
        return self.formula(*case.data)


@dataclass(frozen=True)
class OfCounts:
    """A formula of two counts and two sizes, which a printed table gives as well."""

    formula: Callable[..., Finding]

    def __call__(self, case: Case) -> Finding:
        """Give it the effective counts."""
        return self.formula(*effective_counts(case.arms))


@dataclass(frozen=True)
class OfPairs:
    """A formula of the pairs in which one of the two reoffended."""

    formula: Callable[..., Finding]

    def __call__(self, case: Case) -> Finding:
        """Count them."""
        counts = count_discordant(case.arms.outcome, case.arms.treated, case.sets)
        if not sum(counts):
            raise CannotAnswerError("in no pair one of the two reoffended alone")
        return self.formula(*counts)


@dataclass(frozen=True)
class OfRates:
    """A formula of offences over time at risk, with clusters where there are enough."""

    formula: Callable[..., Finding]

    def __call__(self, case: Case) -> Finding:
        """Give it the people used."""
        return self.formula(*case.data, time_at_risk=case.time_at_risk, clusters=case.clusters)


def effective_counts(arms: Arms) -> Counts:
    """Return count and size of the participants, and of the comparison people."""
    # The raw ones where the weights of an arm are equal; else weighted shares of effective sizes.
    counts: list[float] = []
    for is_treated in (True, False):
        values, shares = arms.arm(treated=is_treated)
        size = effective_sample_size(shares)
        raw = float(values.size)
        if math.isclose(size, raw, rel_tol=1e-9):
            counts += [float(values.sum()), raw]
        else:
            # a share of 1 plus rounding would put the count above the size
            counts += [min(float(shares @ values), 1.0) * size, size]
    return counts[0], counts[1], counts[2], counts[3]


def cluster(case: Case) -> Finding:
    """Compare means, errors clustered by matched set."""
    return clustered_difference(*case.data, clusters=case.sets)


def correct_clusters(case: Case) -> Finding:
    """Compare means with CR2 errors."""
    return cr2_difference(*case.data, clusters=case.sets)


def correct_groups(case: Case) -> Finding:
    """Compare means with CR2 errors of the groups that people belong to."""
    if case.groups is None:
        raise CannotAnswerError("no groups were declared")
    return cr2_difference(*case.data, clusters=case.groups)


def resample(case: Case) -> Finding:
    """Draw people again for a BCa interval."""
    return bca_bootstrap(*case.data, rng=case.rng)


def compare_odds(case: Case) -> Finding:
    """Compare odds, errors clustered where there are enough sets."""
    return weighted_odds_ratio(*case.data, clusters=case.clusters)


def compare_within_sets(case: Case) -> Finding:
    """Compare rates within sets as Mantel and Haenszel do."""
    return mantel_haenszel(case.arms.outcome, case.arms.treated, case.sets)


def score_ratio(case: Case) -> Finding:
    """Test a negative binomial ratio by its score."""
    return negative_binomial_score(*case.data, time_at_risk=case.time_at_risk)


def compare_likelihoods(case: Case) -> Finding:
    """Test a negative binomial ratio by its likelihood, of unweighted people."""
    arms = case.arms
    return negative_binomial_test(arms.outcome, arms.treated, time_at_risk=case.time_at_risk)


def divide_totals(case: Case) -> Finding:
    """Compare offences over time at risk exactly."""
    y, t, arm = case.arms.outcome, case.time_at_risk, case.arms.treated
    totals = [float(column[members].sum()) for members in (arm, ~arm) for column in (y, t)]
    return exact_rate_ratio(*totals)


def permute(case: Case) -> Finding:
    """Permute who took part."""
    return permutation(case.arms.outcome, case.arms.treated, rng=case.rng)


def rank(case: Case) -> Finding:
    """Rank people of both arms."""
    return wilcoxon(case.arms.outcome, case.arms.treated, rng=case.rng)


def compare_restricted_means(case: Case) -> Finding:
    """Compare restricted means."""
    outcome, treated, weights = case.data
    return rmst_difference(
        outcome, case.events, treated, weights, horizon=case.horizon, small_sample=True
    )


def compare_hazards(case: Case) -> Finding:
    """Compare hazards by Cox regression, with robust errors."""
    outcome, treated, weights = case.data
    scaled = scale_weights(weights, treated)
    fit = cox(outcome, case.events, treated, scaled, clusters=case.clusters)
    found = from_standard_error(float(fit.coefficients[0]), float(fit.robust_errors[0]))
    return exponentiate(found)


def score_hazards(case: Case) -> Finding:
    """Compare hazards by the log-rank test."""
    outcome, treated, weights = case.data
    scaled = scale_weights(weights, treated) if case.arms.weights_differ else None
    return log_rank(outcome, case.events, treated, scaled)


def permute_hazards(case: Case) -> Finding:
    """Permute who took part, and compare hazards."""
    return log_rank_permutation(case.arms.outcome, case.events, case.arms.treated, rng=case.rng)


def solve_equations(case: Case) -> Finding:
    """Compare weighted means, the weights counting as estimated."""
    return _solve(case, case.made.equations)


def solve_stacked(case: Case) -> Finding:
    """Solve them with the means that the weights meet as estimated too."""
    return _solve(case, case.made.stacked)


def compare_matches(case: Case) -> Finding:
    """Compare people matched more than once, with two-way errors."""
    design = case.made.design
    if design.matches is None:
        raise CannotAnswerError("the design lists no matches")
    used = np.where(design.weights > 0, case.outcome, 0.0)
    return replacement_difference(used, design.matches)


def standardise(case: Case) -> Finding:
    """Standardise rates by a logistic model."""
    outcome, treated, weights = case.data
    target = STANDARDS.get(case.made.design.estimand.asked, "everybody")
    return standardised_difference(
        outcome, treated, read_covariates(case), weights, target=target, clusters=case.clusters
    )


def randomise(case: Case) -> Finding:
    """Compare with redrawn participants."""
    redraws = case.made.redraws
    if redraws is None:
        raise CannotAnswerError("participation was not drawn again")
    return compare_redrawn(case.outcome, redraws)


def _solve(case: Case, equations: WeightEquations | None) -> Finding:
    treated, weights = case.made.design.treated, case.made.design.weights
    try:
        fit = fit_weighted(case.outcome, treated, weights, equations=equations)
    except np.linalg.LinAlgError:
        raise CannotAnswerError("the balanced columns determine each other") from None
    df = max(min(case.arms.effective_sizes) - 1, 1.0)
    return from_standard_error(float(fit.coefficients[1]), float(fit.standard_errors[1]), df)


# What a reader has to know.


def note_effective(case: Case, _: Finding) -> str:
    """Say that the counts are effective ones."""
    if not case.arms.weights_differ:
        return ""
    counts = effective_counts(case.arms)
    return (
        f"with effective counts: {counts[1]:.0f} participants and {counts[3]:.0f} comparison people"
    )


def note_degrees(_: Case, found: Finding) -> str:
    """Say how many degrees of freedom the sets leave."""
    return f"{found.df:.1f} degrees of freedom"


def note_group_degrees(case: Case, found: Finding) -> str:
    """Say which groups, and how many degrees of freedom they leave."""
    return f"errors by {case.made.grouping}, {found.df:.1f} degrees of freedom"


def note_odds(case: Case, _: Finding) -> str:
    """Say that the ratio is one of odds, and which errors it has."""
    return f"{ODDS_NOTE}, errors {_errors(case)}"


def note_horizon(case: Case, _: Finding) -> str:
    """Say how far time counts."""
    return f"up to {case.horizon:g} days"


def note_scale(case: Case, _: Finding) -> str:
    """Say that the weights of each arm were scaled."""
    scaled = "weights of each arm scaled to its effective sample size"
    return scaled if case.arms.weights_differ else ""


def note_descriptive(case: Case, _: Finding) -> str:
    """Say that only those who reoffended are compared."""
    return DESCRIPTIVE if case.measure is Measure.TIME_AMONG_REOFFENDERS else ""


def note_means(case: Case, _: Finding) -> str:
    """Say whether the means that the weights meet count as known."""
    known = case.made.design.arose.stacked is not None
    means = ", the means that they meet as known" if known else ""
    return f"the weights count as estimated{means}"


def note_standardised(case: Case, _: Finding) -> str:
    """Say which model it was, and which errors it has."""
    model = "by a logistic model of the covariates"
    return f"{model}, errors {_errors(case)}; the weights count as known"


def note_redraws(case: Case, _: Finding) -> str:
    """Say how participation was drawn again."""
    return BY_SCORE if isinstance(case.made.design.arose, FromScores) else BY_SETS


def _errors(case: Case) -> str:
    return "HC3" if case.clusters is None else "clustered by set"
