"""Every check that can be made: one entry each, in the order in which they are listed."""

from collections.abc import Iterable

from desist.checks import _formulas as of
from desist.checks import _reasons as why
from desist.checks.case import Case
from desist.checks.check import Check
from desist.checks.counts.conditional import fisher, fisher_central, fisher_mid_p
from desist.checks.counts.exact_binomial import exact_binomial
from desist.checks.counts.mcnemar import mcnemar, mcnemar_mid_p
from desist.checks.counts.two_proportions import (
    agresti_caffo,
    miettinen_nurminen,
    mover_jeffreys,
    newcombe,
)
from desist.checks.counts.unconditional import boschloo
from desist.checks.entry import Entry, make_check
from desist.checks.offences.negative_binomial import negative_binomial
from desist.checks.offences.quasi_poisson import quasi_poisson
from desist.checks.people.ranks import brunner_munzel
from desist.checks.people.weighted import weighted_difference
from desist.checks.people.welch import welch
from desist.estimands import Measure, Scale


def make_checks(cases: Iterable[Case]) -> tuple[Check, ...]:
    """Make every check of the catalogue that somebody would look for."""
    asked = list(cases)
    return tuple(
        make_check(entry, case)
        for entry in CATALOGUE.values()
        for case in asked
        if case.measure in entry.measures and entry.given(case)
    )


def name_check(slug: str) -> str:
    """Name a check as a reader knows it."""
    entry = CATALOGUE.get(slug)
    return slug.replace("_", " ").capitalize() if entry is None else entry.title


def is_of_order(slug: str) -> bool:
    """Tell whether the estimate of a check is P(later) minus P(sooner), which has no unit."""
    entry = CATALOGUE.get(slug)
    return entry is not None and entry.is_of_order


def _has_sets(case: Case) -> bool:
    return case.has_sets


def _has_groups(case: Case) -> bool:
    return case.groups is not None


def _has_redraws(case: Case) -> bool:
    return case.background is not None and case.background.redraws is not None


def _has_covariates(case: Case) -> bool:
    return case.background is not None and case.background.covariates is not None


def _expects_equations(case: Case) -> bool:
    """Whether somebody would expect the weights to solve equations."""
    if not _has_covariates(case) or case.is_censored:
        return False
    made = case.made
    return bool(made.design.arose.no_equations) or made.equations is not None


def _has_stacked(case: Case) -> bool:
    return _has_covariates(case) and not case.is_censored and case.made.stacked is not None


def _lists_matches(case: Case) -> bool:
    """Whether people were matched more than once, and so have no sets."""
    if case.background is None or case.is_censored:
        return False
    design = case.background.design
    return design.matches is not None and design.sets is None


RATE, FREQUENCY, RMST = (Measure.RATE,), (Measure.FREQUENCY,), (Measure.RMST,)
HAZARD, AMONG = (Measure.HAZARD_RATIO,), (Measure.TIME_AMONG_REOFFENDERS,)
VARYING, TESTED = (why.need_varying_arms,), (why.need_two_arms, why.need_varying_times)
EXACT = (why.need_somebody, why.need_people)
PAIRED = (why.need_one_each, why.need_people)

_ENTRIES = (
    # time, of everybody
    Entry(
        "rmst_difference",
        "Restricted mean difference",
        RMST,
        of.compare_restricted_means,
        needs=(why.need_reoffences, why.need_two_arms, why.need_follow_up),
        shortfall=why.miss_time,
        note=of.note_horizon,
    ),
    Entry(
        "cox",
        "Cox model",
        HAZARD,
        of.compare_hazards,
        scale=Scale.RATIO,
        needs=TESTED,
        shortfall=why.miss_risk,
        note=of.note_scale,
    ),
    Entry(
        "log_rank",
        "Log-rank test",
        HAZARD,
        of.score_hazards,
        scale=Scale.RATIO,
        needs=TESTED,
        shortfall=why.miss_risk,
        note=of.note_scale,
    ),
    Entry(
        "log_rank_permutation",
        "Permuted log-rank test",
        HAZARD,
        of.permute_hazards,
        scale=Scale.RATIO,
        needs=(
            why.need_two_arms,
            why.need_exchangeable,
            why.need_reoffences,
            why.need_varying_times,
            why.need_equal_follow_up,
        ),
        shortfall=why.miss_risk,
    ),
    # means, of any measure that has them
    Entry(
        "welch",
        "Welch t-test",
        (*RATE, *FREQUENCY, *AMONG),
        of.OfMeans(welch),
        needs=VARYING,
        doubts=(why.doubt_raw_numbers, why.doubt_normality),
        shortfall=why.miss_reoffenders,
    ),
    Entry(
        "weighted_difference_hc3",
        "Weighted, HC3 errors",
        (*RATE, *FREQUENCY, *AMONG),
        of.OfMeans(weighted_difference),
        needs=VARYING,
        doubts=(why.doubt_normality,),
        shortfall=why.miss_error,
    ),
    Entry(
        "bca_bootstrap",
        "BCa bootstrap",
        (*FREQUENCY, *AMONG),
        of.resample,
        needs=VARYING,
        doubts=(why.doubt_normality,),
        note="the weights count as known",
    ),
    # two counts
    Entry(
        "newcombe",
        "Newcombe interval",
        RATE,
        of.OfCounts(newcombe),
        needs=(why.need_somebody,),
        note=of.note_effective,
    ),
    Entry(
        "agresti_caffo",
        "Agresti–Caffo interval",
        RATE,
        of.OfCounts(agresti_caffo),
        needs=(why.need_somebody,),
        note=of.note_effective,
    ),
    Entry(
        "miettinen_nurminen",
        "Miettinen–Nurminen interval",
        RATE,
        of.OfCounts(miettinen_nurminen),
        needs=(why.need_somebody,),
        note=of.note_effective,
    ),
    Entry(
        "mover_jeffreys",
        "MOVER–Jeffreys interval",
        RATE,
        of.OfCounts(mover_jeffreys),
        needs=(why.need_somebody,),
        note=of.note_effective,
    ),
    Entry(
        "exact_binomial",
        "Exact binomial test",
        RATE,
        of.OfCounts(exact_binomial),
        needs=(why.need_somebody, why.need_whole_count),
        note=of.note_effective,
    ),
    Entry(
        "weighted_odds_ratio",
        "Weighted odds ratio",
        RATE,
        of.compare_odds,
        scale=Scale.RATIO,
        needs=VARYING,
        doubts=(why.doubt_normality,),
        note=of.note_odds,
        is_of_odds=True,
    ),
    # matched sets
    Entry(
        "weighted_difference_clustered",
        "Weighted, clustered errors",
        (*RATE, *FREQUENCY),
        of.cluster,
        needs=VARYING,
        doubts=(why.doubt_normality, why.doubt_few_sets),
        given=_has_sets,
    ),
    Entry(
        "cr2_difference",
        "Weighted, CR2 errors",
        (*RATE, *FREQUENCY),
        of.correct_clusters,
        needs=VARYING,
        doubts=(why.doubt_normality,),
        shortfall=why.miss_degrees,
        note=of.note_degrees,
        given=_has_sets,
    ),
    # groups that people belong to
    Entry(
        "cr2_groups",
        "Weighted, CR2 errors by group",
        (*RATE, *FREQUENCY, *RMST),
        of.correct_groups,
        needs=(why.need_known_outcomes, why.need_groups, *VARYING),
        doubts=(why.doubt_normality,),
        shortfall=why.miss_group_degrees,
        note=of.note_group_degrees,
        given=_has_groups,
    ),
    Entry(
        "mantel_haenszel",
        "Mantel–Haenszel difference",
        RATE,
        of.compare_within_sets,
        needs=(why.need_equal_sampling, why.need_one_each),
        shortfall=why.miss_mixed_sets,
        note="sets weighted by n1 n0 / (n1 + n0), people within a set equally",
        given=_has_sets,
    ),
    Entry(
        "mcnemar",
        "McNemar exact test",
        RATE,
        of.OfPairs(mcnemar),
        scale=Scale.RATIO,
        needs=PAIRED,
        note="the ratio is an odds ratio given the pair",
        given=_has_sets,
        same_size=False,
    ),
    Entry(
        "mcnemar_mid_p",
        "McNemar mid-p test",
        RATE,
        of.OfPairs(mcnemar_mid_p),
        scale=Scale.RATIO,
        needs=PAIRED,
        note="the ratio is an odds ratio given the pair",
        given=_has_sets,
        same_size=False,
    ),
    # exact tests of counts of people
    Entry(
        "fisher",
        "Fisher exact test",
        RATE,
        of.OfCounts(fisher),
        scale=Scale.RATIO,
        needs=EXACT,
        shortfall=why.miss_odds,
        note=of.ODDS_NOTE,
        is_of_odds=True,
    ),
    Entry(
        "fisher_central",
        "Fisher central exact test",
        RATE,
        of.OfCounts(fisher_central),
        scale=Scale.RATIO,
        needs=EXACT,
        shortfall=why.miss_odds,
        note=of.ODDS_NOTE,
        is_of_odds=True,
    ),
    Entry(
        "fisher_mid_p",
        "Fisher mid-p test",
        RATE,
        of.OfCounts(fisher_mid_p),
        scale=Scale.RATIO,
        needs=EXACT,
        shortfall=why.miss_odds,
        note=of.ODDS_NOTE,
        is_of_odds=True,
    ),
    Entry(
        "boschloo",
        "Boschloo exact test",
        RATE,
        of.OfCounts(boschloo),
        needs=EXACT,
    ),
    # offences over time at risk
    Entry(
        "negative_binomial_score",
        "Negative binomial score test",
        FREQUENCY,
        of.score_ratio,
        scale=Scale.RATIO,
        needs=VARYING,
    ),
    Entry(
        "quasi_poisson",
        "Quasi-Poisson model",
        FREQUENCY,
        of.OfRates(quasi_poisson),
        scale=Scale.RATIO,
        needs=VARYING,
        doubts=(why.doubt_normality,),
        shortfall=why.miss_ratio_error,
    ),
    Entry(
        "negative_binomial",
        "Negative binomial model",
        FREQUENCY,
        of.OfRates(negative_binomial),
        scale=Scale.RATIO,
        needs=VARYING,
        doubts=(why.doubt_normality,),
        shortfall=why.miss_ratio_error,
    ),
    Entry(
        "negative_binomial_test",
        "Negative binomial likelihood ratio test",
        FREQUENCY,
        of.compare_likelihoods,
        scale=Scale.RATIO,
        needs=(*VARYING, why.need_exchangeable),
        doubts=(why.doubt_normality,),
    ),
    Entry(
        "exact_rate_ratio",
        "Exact ratio of counts",
        FREQUENCY,
        of.divide_totals,
        scale=Scale.RATIO,
        needs=(*VARYING, why.need_exchangeable),
        doubts=(why.doubt_poisson,),
        shortfall=why.miss_offences,
    ),
    # ranks and permutations
    Entry(
        "brunner_munzel",
        "Brunner–Munzel test",
        AMONG,
        of.OfMeans(brunner_munzel),
        needs=(why.need_varying_outcomes,),
        doubts=(why.doubt_few_ranked,),
        shortfall=why.miss_overlap,
        note=f"{of.RANK_NOTE}; {of.DESCRIPTIVE}",
        is_of_order=True,
        same_size=False,
    ),
    Entry(
        "wilcoxon",
        "Exact Wilcoxon test",
        AMONG,
        of.rank,
        needs=(why.need_varying_outcomes, why.need_exchangeable),
        note=of.DESCRIPTIVE,
        same_size=False,
    ),
    Entry(
        "permutation",
        "Permutation test",
        (*FREQUENCY, *AMONG),
        of.permute,
        needs=(why.need_varying_outcomes, why.need_exchangeable),
        note=of.note_descriptive,
    ),
    # what knows how the design was made
    Entry(
        "m_estimation",
        "Estimated weights (M-estimation)",
        (*RATE, *FREQUENCY, *RMST),
        of.solve_equations,
        needs=(why.need_equations, *VARYING),
        doubts=(why.doubt_normality,),
        note=of.note_means,
        given=_expects_equations,
    ),
    Entry(
        "m_estimation_stacked",
        "Estimated weights and means (M-estimation)",
        (*RATE, *FREQUENCY, *RMST),
        of.solve_stacked,
        needs=VARYING,
        doubts=(why.doubt_normality,),
        note="the weights count as estimated, the means that they meet as estimated too",
        given=_has_stacked,
    ),
    Entry(
        "replacement_difference",
        "Matched more than once, two-way errors",
        (*RATE, *FREQUENCY, *RMST),
        of.compare_matches,
        needs=(why.need_errors_of_sampling, *VARYING),
        doubts=(why.doubt_normality, why.doubt_few_matched),
        shortfall=why.miss_variance,
        note="errors by matched set and by person",
        given=_lists_matches,
    ),
    Entry(
        "standardised_difference",
        "Standardised logistic model",
        RATE,
        of.standardise,
        needs=VARYING,
        doubts=(why.doubt_normality, why.doubt_no_covariates, why.doubt_many_columns),
        note=of.note_standardised,
        given=_has_covariates,
    ),
    Entry(
        "randomisation",
        "Randomisation test",
        (*RATE, *FREQUENCY, *RMST),
        of.randomise,
        needs=(why.need_known_outcomes, why.need_redraws, why.need_varying_cohort),
        note=of.note_redraws,
        given=_has_redraws,
    ),
)
CATALOGUE = {entry.slug: entry for entry in _ENTRIES}
