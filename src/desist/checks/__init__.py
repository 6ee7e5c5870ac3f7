"""Frequentist checks that stand beside every posterior."""

from desist.checks.agreement import Agreement, compare_with_posterior, judge_agreement
from desist.checks.arms import Arms, read_arms
from desist.checks.by_measure import check_frequency, check_rate, check_time
from desist.checks.case import Case
from desist.checks.catalogue import CATALOGUE
from desist.checks.check import Check, not_applicable
from desist.checks.counts.conditional import fisher, fisher_central, fisher_mid_p
from desist.checks.counts.exact_binomial import exact_binomial
from desist.checks.counts.exact_rate_ratio import exact_rate_ratio
from desist.checks.counts.mcnemar import mcnemar, mcnemar_mid_p
from desist.checks.counts.proportions import agresti_coull, clopper_pearson, jeffreys, wilson
from desist.checks.counts.ratios import odds_log, odds_score, ratio_log, ratio_score
from desist.checks.counts.two_by_two import TwoByTwo
from desist.checks.counts.two_proportions import (
    agresti_caffo,
    chi_squared,
    mee,
    miettinen_nurminen,
    mover_jeffreys,
    newcombe,
    wald,
)
from desist.checks.counts.unconditional import barnard, boschloo
from desist.checks.designs.matched_twice import replacement_difference
from desist.checks.designs.randomisation import permute_within_sets, redraw_radius, redraw_weights
from desist.checks.designs.redraws import redraw
from desist.checks.entry import Entry, make_check
from desist.checks.finding import Finding
from desist.checks.multiplicity import AdjustedP, adjust, benjamini_hochberg, holm
from desist.checks.offences.negative_binomial import negative_binomial, negative_binomial_test
from desist.checks.offences.quasi_poisson import overdispersion, quasi_poisson
from desist.checks.people.bootstrap import bca_bootstrap, redo_design
from desist.checks.people.cluster_robust import cr2_difference
from desist.checks.people.estimating import WeightedFit, fit_weighted
from desist.checks.people.mantel_haenszel import mantel_haenszel, mantel_haenszel_odds
from desist.checks.people.pairs import count_discordant
from desist.checks.people.ranks import brunner_munzel, kolmogorov_smirnov, permutation, wilcoxon
from desist.checks.people.standardised import standardised_difference, weighted_odds_ratio
from desist.checks.people.weighted import clustered_difference, weighted_difference
from desist.checks.people.welch import welch, welch_from_counts, welch_from_summary
from desist.checks.planning import (
    DesignErrors,
    PowerCurve,
    design_errors,
    power_curve,
    smallest_conclusive_mean,
    smallest_conclusive_rate,
)
from desist.checks.published import checks_from_published
from desist.checks.run import check_m_estimation, check_randomisation, run_checks
from desist.checks.times.cox import CoxFit, baseline_hazard, cox
from desist.checks.times.cox_exact import cox_exact
from desist.checks.times.kaplan_meier import (
    SurvivalCurve,
    kaplan_meier,
    restricted_mean,
    rmst_difference,
    rmst_ratio,
)
from desist.checks.times.log_rank import LogRank, count_log_rank, log_rank
from desist.checks.times.log_rank_permutation import log_rank_permutation
from desist.checks.times.proportional import ProportionalHazards, proportional_hazards
from desist.checks.times.restricted_regression import rmst_regression
from desist.weights import effective_sample_size

__all__ = [
    "CATALOGUE",
    "AdjustedP",
    "Agreement",
    "Arms",
    "Case",
    "Check",
    "CoxFit",
    "DesignErrors",
    "Entry",
    "Finding",
    "LogRank",
    "PowerCurve",
    "ProportionalHazards",
    "SurvivalCurve",
    "TwoByTwo",
    "WeightedFit",
    "adjust",
    "agresti_caffo",
    "agresti_coull",
    "barnard",
    "baseline_hazard",
    "bca_bootstrap",
    "benjamini_hochberg",
    "boschloo",
    "brunner_munzel",
    "check_frequency",
    "check_m_estimation",
    "check_randomisation",
    "check_rate",
    "check_time",
    "checks_from_published",
    "chi_squared",
    "clopper_pearson",
    "clustered_difference",
    "compare_with_posterior",
    "count_discordant",
    "count_log_rank",
    "cox",
    "cox_exact",
    "cr2_difference",
    "design_errors",
    "effective_sample_size",
    "exact_binomial",
    "exact_rate_ratio",
    "fisher",
    "fisher_central",
    "fisher_mid_p",
    "fit_weighted",
    "holm",
    "jeffreys",
    "judge_agreement",
    "kaplan_meier",
    "kolmogorov_smirnov",
    "log_rank",
    "log_rank_permutation",
    "make_check",
    "mantel_haenszel",
    "mantel_haenszel_odds",
    "mcnemar",
    "mcnemar_mid_p",
    "mee",
    "miettinen_nurminen",
    "mover_jeffreys",
    "negative_binomial",
    "negative_binomial_test",
    "newcombe",
    "not_applicable",
    "odds_log",
    "odds_score",
    "overdispersion",
    "permutation",
    "permute_within_sets",
    "power_curve",
    "proportional_hazards",
    "quasi_poisson",
    "ratio_log",
    "ratio_score",
    "read_arms",
    "redo_design",
    "redraw",
    "redraw_radius",
    "redraw_weights",
    "replacement_difference",
    "restricted_mean",
    "rmst_difference",
    "rmst_ratio",
    "rmst_regression",
    "run_checks",
    "smallest_conclusive_mean",
    "smallest_conclusive_rate",
    "standardised_difference",
    "wald",
    "weighted_difference",
    "weighted_odds_ratio",
    "welch",
    "welch_from_counts",
    "welch_from_summary",
    "wilcoxon",
    "wilson",
]
