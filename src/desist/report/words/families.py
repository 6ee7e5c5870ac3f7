"""The checks of a measure by family: one line each, the table of all of them behind it."""

from collections.abc import Iterable

from desist.checks.agreement import AGREES
from desist.report._shown import ShownCheck
from desist.report.words._numbers import count_of, format_number

SIZE, OTHER = "differs in size", "disagrees"
# What a family answers, in the order in which a reader asks.
QUESTIONS = {
    "usual": "The usual tests",
    "small": "Small samples",
    "weights": "Weights and matched sets",
    "randomisation": "Randomisation",
}
_SMALL = (
    "newcombe agresti_caffo miettinen_nurminen mover_jeffreys exact_binomial fisher "
    "fisher_central fisher_mid_p boschloo mcnemar mcnemar_mid_p exact_rate_ratio bca_bootstrap "
    "negative_binomial_score brunner_munzel wilcoxon"
)
_WEIGHTS = (
    "weighted_difference_hc3 weighted_odds_ratio weighted_difference_clustered cr2_difference "
    "cr2_groups mantel_haenszel m_estimation m_estimation_stacked replacement_difference "
    "standardised_difference"
)
_RANDOMISATION = "randomisation permutation log_rank_permutation"
_USUAL = "rmst_difference cox log_rank welch quasi_poisson negative_binomial negative_binomial_test"
FAMILIES = {
    slug: family
    for family, slugs in (
        ("usual", _USUAL),
        ("small", _SMALL),
        ("weights", _WEIGHTS),
        ("randomisation", _RANDOMISATION),
    )
    for slug in slugs.split()
}


def say_families(checks: Iterable[ShownCheck]) -> tuple[str, ...]:
    """Say in one line a family how its checks stand to the posterior; none where none was made."""
    of_family: dict[str, list[ShownCheck]] = {family: [] for family in QUESTIONS}
    for shown in checks:
        of_family[FAMILIES.get(shown.check.check, "usual")].append(shown)
    return tuple(
        f"{QUESTIONS[family]}: {_say_family(shown)}" for family, shown in of_family.items() if shown
    )


def _say_family(checks: list[ShownCheck]) -> str:
    made = [one.check for one in checks if one.check.applicable]
    n_missing = len(checks) - len(made)
    missing = f"{count_of(n_missing, 'check')} cannot be made with these data" if n_missing else ""
    if not made:
        return f"{missing}."
    words = [check.agreement for check in made if check.agreement]
    if words in ([SIZE], [OTHER]):
        return f"{'; '.join(filter(None, (f'the one check {words[0]}', missing)))}."
    n_open = len(made) - len(words)
    parts = [
        _say_agreeing(words.count(AGREES), len(words)),
        _count_word(words.count(SIZE), SIZE, "differ in size"),
        _count_word(words.count(OTHER), OTHER, "disagree"),
        f"{format_number(n_open)} without a verdict" if n_open else "",
        missing,
    ]
    return f"{'; '.join(part for part in parts if part)}."


def _say_agreeing(n_agreeing: int, n_judged: int) -> str:
    if not n_judged:
        return ""
    if n_agreeing == n_judged:
        return {1: "the one check agrees", 2: "both checks agree"}.get(
            n_judged, f"all {n_judged} checks agree"
        )
    if not n_agreeing:
        return f"none of {count_of(n_judged, 'check')} agrees"
    return f"{n_agreeing} of {count_of(n_judged, 'check')} agree"


def _count_word(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}" if number else ""
