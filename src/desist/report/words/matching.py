"""How alike the arms are, in sentences: means first, and spreads where they differ."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from desist.design.balance.table import WORDS
from desist.report.words._numbers import as_float, count_of

# Variance ratios between 4/5 and 5/4 are those of a good match (Rubin 2001, Health Services and
# Outcomes Research Methodology 2, section 3).
LEAST_RATIO, MOST_RATIO = 0.8, 1.25
MOST_NAMED = 8


def say_balance(balance: Sequence[Mapping[str, Any]]) -> str:
    """Say in one line how many covariates are matched how well."""
    counts = [sum(row["word"] == word for row in balance) for word in WORDS]
    total = sum(counts)
    if not total:
        return "No covariate can be shown"
    parts = [f"{n} {word}" for n, word in zip(counts, WORDS, strict=True) if n]
    return f"Of {count_of(total, 'covariate')}, {_join(parts)}"


def describe_matching(balance: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Describe the match in sentences: which covariates are alike, and which are not."""
    told = [row for row in balance if row["word"] in WORDS]
    if not told:
        return ()
    of_word = {word: [row["covariate"] for row in told if row["word"] == word] for word in WORDS}
    well, reasonable, poor = (of_word[word] for word in WORDS)
    sentences = [_say_well(len(well), len(told))]
    if reasonable:
        sentences.append(f"Reasonably matched: {_name(reasonable)}.")
    if poor:
        sentences.append(
            f"Poorly matched: {_name(poor)}. Where such a covariate goes with reoffending, the two "
            "groups differ for that reason as well."
        )
    return (*sentences, *_say_spread(told))


def _say_well(n_well: int, n_all: int) -> str:
    if n_well == n_all:
        return f"All {n_all} covariates are well matched on average."
    how = "Most" if 2 * n_well > n_all else "Few" if n_well else "None"
    return f"{how} of the covariates are well matched on average: {n_well} of {n_all}."


def _say_spread(told: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    apart = [row["covariate"] for row in told if _is_apart(as_float(row["variance_ratio"]))]
    if not apart:
        return ()
    return (
        f"Equal means are not enough: the spread of {_name(apart)} differs between the groups "
        "(the ratio of the variances is outside 0.80 to 1.25).",
    )


def _is_apart(ratio: float) -> bool:
    return not math.isnan(ratio) and not LEAST_RATIO <= ratio <= MOST_RATIO


def _name(covariates: Sequence[str]) -> str:
    named = [str(one) for one in covariates[:MOST_NAMED]]
    rest = len(covariates) - len(named)
    return _join([*named, *([f"{rest} more"] if rest else [])])


def _join(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
