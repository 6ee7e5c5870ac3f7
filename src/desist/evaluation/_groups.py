"""Where the programme and the groups that people belong to cannot be told apart."""

import re
from typing import Any

import numpy as np
import pandas as pd

from desist._types import Floats
from desist.sample import Sample

MUCH = 0.1  # of the participants' weight, in groups without comparison people
MANY_LEVELS = 10  # of a category: it is rather a place than a trait
PLACES = re.compile(
    r"(^|_)(prison|establishment|institution|centre|site|region|area|county|court|force|provider|"
    r"team|authority|district)s?($|_)",
    re.IGNORECASE,
)
# by simulation: one treated prison of twelve, outcomes alike within prisons
COVERAGE_OF_ONE = 65


def name_groups(sample: Sample) -> tuple[str, ...]:
    """Name what groups do to the answer: those of one arm, and those that were not declared."""
    return (*name_confounded(sample), *name_undeclared(sample))


def name_confounded(sample: Sample) -> tuple[str, ...]:
    """Say of each declared grouping where nothing tells the programme from its groups."""
    told = (_say_confounded(name, sample) for name in sample.cohort.groups)
    return tuple(sentence for sentence in told if sentence)


def name_undeclared(sample: Sample) -> tuple[str, ...]:
    """Name groups that stand in the design's formula and were not declared."""
    formula, frame = sample.design.formula, sample.cohort.covariates
    if formula is None:
        return ()
    words = set(re.findall(r"[^\W\d]\w*", formula))
    found = [
        str(name)
        for name in frame
        if str(name) in words
        and name not in sample.cohort.groups
        and _is_like_groups(str(name), frame[name], formula)
    ]
    return tuple(
        f"{name} stands in the design's formula and is not declared as groups: people of one "
        "may be alike, and then neither posterior nor checks know how uncertain they are. Give "
        f'groups=["{name}"] to the cohort.'
        for name in found
    )


def _is_like_groups(name: str, values: "pd.Series[Any]", formula: str) -> bool:
    is_category = not pd.api.types.is_numeric_dtype(values) or re.search(
        rf"C\(\s*{re.escape(name)}\b", formula
    )
    return bool(is_category) and (
        PLACES.search(name) is not None or values.nunique() >= MANY_LEVELS
    )


def _say_confounded(name: str, sample: Sample) -> str:
    treated, comparison = _weigh_groups(name, sample)
    n_with = int((treated > 0).sum())
    alone = float(treated[comparison == 0].sum())
    if n_with == 1:
        begin = f"{name}: all participants are in one group, and "
        return begin + (
            "nobody else is: any difference may be one of that group and not of the programme."
            if alone > 1 - 1e-9
            else "what sets it apart from the others cannot be told from the programme. Errors by "
            f"people (HC3) then cover the truth in about {COVERAGE_OF_ONE} of 100 studies where "
            "95 are claimed."
        )
    if alone > 1 - 1e-9:
        return (
            f"{name}: no group has people of both arms, so that the programme cannot be told "
            "apart from the groups; any difference may be one between them."
        )
    if alone > MUCH:
        return (
            f"{name}: {alone:.0%} of the participants' weight is in groups without comparison "
            "people; there the programme cannot be told apart from the group."
        )
    return ""


def _weigh_groups(name: str, sample: Sample) -> tuple[Floats, Floats]:
    """Return the share of each arm's weight in each group."""
    codes, levels = pd.factorize(sample.cohort.covariates[name].to_numpy(), use_na_sentinel=False)
    shares: list[Floats] = []
    for arm in (sample.treated, ~sample.treated):
        weights = np.where(arm, sample.weights, 0.0)
        shares.append(np.bincount(codes, weights, len(levels)) / weights.sum())
    return shares[0], shares[1]
