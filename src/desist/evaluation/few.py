"""What rule sets ask of the people behind the figures, as facts that name nobody."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from desist._types import Floats
from desist.estimands import Measure
from desist.evaluation.categories import find_smallest_group
from desist.models.fit import Fit
from desist.sample import Sample

# The dominance rules of output checkers, with the thresholds of ACRO's default
# configuration: the two largest contributors hold more than 90 % of a total, or what the others
# leave is under 10 % of the largest.
N_LARGEST, LARGEST_SHARE, LEAST_REST = 2, 0.9, 0.1


def find_facts(sample: Sample, fits: Sequence[Fit]) -> dict[str, Any]:
    """Find what the rules ask for beside the number of people."""
    return {
        "smallest_group": find_smallest_group(sample),
        "dominated": find_dominated(sample),
        "degrees_of_freedom": min(map(_count_degrees, fits), default=None),
    }


def find_dominated(sample: Sample) -> tuple[Measure, ...]:
    """Find the measures of which one or two people of an arm make nearly all of the total."""
    found = dict.fromkeys(measure for measure, values in _list_totals(sample) if dominates(values))
    return tuple(found)


def dominates(values: Floats) -> bool:
    """Say whether one or two people make nearly all of a total."""
    largest = np.sort(values[values > 0])[::-1]
    if not largest.size:
        return False
    total, rest = largest.sum(), largest[N_LARGEST:].sum()
    return bool(total - rest > LARGEST_SHARE * total or rest < LEAST_REST * largest[0])


def _list_totals(sample: Sample) -> Iterator[tuple[Measure, Floats]]:
    outcomes = sample.recorded
    for arm in (sample.treated, ~sample.treated):
        used = sample.used & arm
        if outcomes.offences is not None:
            yield Measure.FREQUENCY, outcomes.offences[used].astype(np.float64)
        if outcomes.days is not None and outcomes.reoffended is not None:
            happened = used & outcomes.reoffended
            yield Measure.TIME_AMONG_REOFFENDERS, outcomes.days[happened].astype(np.float64)


def _count_degrees(fit: Fit) -> int:
    """Count the people less what is estimated of them: two means and the covariates."""
    return fit.n_treated + fit.n_comparison - len(fit.covariate_names) - 2
