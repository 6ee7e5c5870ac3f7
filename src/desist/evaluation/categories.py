"""Which categories of a design, and which outcomes, too few people share to be spoken of."""

# A level that few people have is withheld together with the other levels of its covariate: shares
# of levels add up to 1, and one that is left out could be worked out from the others.

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desist.cohort.outcomes import Outcomes
from desist.design.balance import expand_columns, is_binary
from desist.design.design import Design
from desist.design.made_from import read_design_formula, recall_people
from desist.privacy import FEWEST_SHARING
from desist.sample import Sample

WITHHELD = "withheld"
TOO_FEW = f"fewer than {FEWEST_SHARING}"
FIGURES = ("smd_before", "smd_after", "variance_ratio", "ks")


def count_levels(sample: Sample) -> dict[str, tuple[str, int | None]]:
    """Count the fewest people, in either arm, who have a level or have it not."""
    design = sample.design
    if design.balance is None or design.formula is None:
        return {}
    covariates, formula = read_design_formula(recall_people(design, sample.cohort.covariates))
    counted: dict[str, tuple[str, int | None]] = {}
    for name in formula.variables:
        columns = dict(expand_columns(covariates, (name,), formula.categorical))
        is_category = all(is_binary(values) for values in columns.values())
        fewest = min((_count_fewest(one, design) for one in columns.values()), default=0)
        counted |= dict.fromkeys(columns, (name, fewest if is_category else None))
    return counted


def withhold_rows(
    rows: Iterable[Mapping[str, Any]], fewest: int = FEWEST_SHARING
) -> list[dict[str, Any]]:
    """Put one row without figures in place of the levels of a covariate that has a small one."""
    shown: dict[str, dict[str, Any]] = {}
    for row in rows:
        size = row.get("fewest")
        if size is not None and size < fewest:
            name = str(row["variable"])
            shown[f"{WITHHELD} {name}"] = _withhold(name)
        else:
            shown[str(row["covariate"])] = dict(row)
    return list(shown.values())


def find_worst(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Find the least alike covariate of those that are shown."""
    sizes = {
        str(row["covariate"]): abs(float(row["smd_after"]))
        for row in rows
        if row["smd_after"] is not None
    }
    return max(sizes, key=lambda name: (not np.isnan(sizes[name]), sizes[name]), default=None)


def find_smallest_group(sample: Sample) -> int | str | None:
    """Find the fewest people of an arm who reoffended, or who did not."""
    outcomes, treated = sample.recorded, sample.treated
    known = _mark_reoffenders(outcomes)
    if known is None:
        return None
    marks = [known]
    if outcomes.days is not None:
        marks.append(known & (outcomes.days < sample.horizon))
    sizes = [
        int((sample.used & arm & group).sum())
        for mark in marks
        for arm in (treated, ~treated)
        for group in (mark, ~mark)
    ]
    return min(sizes) if min(sizes) >= FEWEST_SHARING else TOO_FEW


def _mark_reoffenders(outcomes: Outcomes) -> NDArray[np.bool_] | None:
    if outcomes.reoffended is not None:
        return outcomes.reoffended
    return None if outcomes.offences is None else outcomes.offences > 0


def _count_fewest(values: NDArray[np.float64], design: Design) -> int:
    has, used = values == 1, design.weights > 0
    return min(
        int((people & arm & level).sum())
        for people in (np.ones_like(used), used)
        for arm in (design.treated, ~design.treated)
        for level in (has, ~has)
    )


def _withhold(name: str) -> dict[str, Any]:
    return {
        "covariate": name,
        **dict.fromkeys(FIGURES),
        "word": f"{WITHHELD}: a level has too few people",
    }
