"""What each check is called where a reader meets it."""

CHECK_NAMES = {
    "agresti_caffo": "Agresti–Caffo interval",
    "bca_bootstrap": "BCa bootstrap",
    "boschloo": "Boschloo exact test",
    "brunner_munzel": "Brunner–Munzel test",
    "cox": "Cox model",
    "cr2_difference": "Weighted, CR2 errors",
    "exact_binomial": "Exact binomial test",
    "exact_rate_ratio": "Exact ratio of counts",
    "fisher": "Fisher exact test",
    "fisher_central": "Fisher central exact test",
    "fisher_mid_p": "Fisher mid-p test",
    "log_rank": "Log-rank test",
    "log_rank_permutation": "Permuted log-rank test",
    "m_estimation": "Estimated weights (M-estimation)",
    "m_estimation_stacked": "Estimated weights and means (M-estimation)",
    "mantel_haenszel": "Mantel–Haenszel difference",
    "mcnemar": "McNemar exact test",
    "mcnemar_mid_p": "McNemar mid-p test",
    "miettinen_nurminen": "Miettinen–Nurminen interval",
    "mover_jeffreys": "MOVER–Jeffreys interval",
    "negative_binomial": "Negative binomial model",
    "negative_binomial_score": "Negative binomial score test",
    "negative_binomial_test": "Negative binomial likelihood ratio test",
    "newcombe": "Newcombe interval",
    "permutation": "Permutation test",
    "quasi_poisson": "Quasi-Poisson model",
    "randomisation": "Randomisation test",
    "replacement_difference": "Matched more than once, two-way errors",
    "rmst_difference": "Restricted mean difference",
    "standardised_difference": "Standardised logistic model",
    "weighted_difference_clustered": "Weighted, clustered errors",
    "weighted_difference_hc3": "Weighted, HC3 errors",
    "weighted_odds_ratio": "Weighted odds ratio",
    "welch": "Welch t-test",
    "wilcoxon": "Exact Wilcoxon test",
}

# Their estimate is P(later) minus P(sooner), which has no unit.
CHECKS_OF_ORDER = frozenset({"brunner_munzel"})


def name_check(slug: str) -> str:
    """Name a check as a reader knows it."""
    return CHECK_NAMES.get(slug, slug.replace("_", " ").capitalize())
