"""Frequentist checks that stand beside every posterior."""

from desist.checks.arms import Arms, effective_sample_size, read_arms
from desist.checks.check import Check, Finding, not_applicable
from desist.checks.conditional import fisher, fisher_mid_p
from desist.checks.counts import quasi_poisson
from desist.checks.cox import CoxFit, cox
from desist.checks.exact_binomial import exact_binomial
from desist.checks.frequency import check_frequency
from desist.checks.kaplan_meier import (
    SurvivalCurve,
    kaplan_meier,
    restricted_mean,
    rmst_difference,
)
from desist.checks.log_rank import LogRank, count_log_rank, log_rank
from desist.checks.proportions import agresti_coull, clopper_pearson, jeffreys, wilson
from desist.checks.ranks import brunner_munzel, permutation, wilcoxon
from desist.checks.rate import check_rate
from desist.checks.run import run_checks
from desist.checks.time import check_time
from desist.checks.two_proportions import (
    agresti_caffo,
    chi_squared,
    mee,
    miettinen_nurminen,
    mover_jeffreys,
    newcombe,
    wald,
)
from desist.checks.unconditional import barnard, boschloo
from desist.checks.weighted import clustered_difference, weighted_difference
from desist.checks.welch import welch, welch_from_counts, welch_from_summary

__all__ = [
    "Arms",
    "Check",
    "CoxFit",
    "Finding",
    "LogRank",
    "SurvivalCurve",
    "agresti_caffo",
    "agresti_coull",
    "barnard",
    "boschloo",
    "brunner_munzel",
    "check_frequency",
    "check_rate",
    "check_time",
    "chi_squared",
    "clopper_pearson",
    "clustered_difference",
    "count_log_rank",
    "cox",
    "effective_sample_size",
    "exact_binomial",
    "fisher",
    "fisher_mid_p",
    "jeffreys",
    "kaplan_meier",
    "log_rank",
    "mee",
    "miettinen_nurminen",
    "mover_jeffreys",
    "newcombe",
    "not_applicable",
    "permutation",
    "quasi_poisson",
    "read_arms",
    "restricted_mean",
    "rmst_difference",
    "run_checks",
    "wald",
    "weighted_difference",
    "welch",
    "welch_from_counts",
    "welch_from_summary",
    "wilcoxon",
    "wilson",
]
