"""Whether a printed difference in time can be selection alone, for stated shapes."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import (
    describe,
    find_kind_faults,
    find_probability_faults,
)
from desist.cohort.published import PublishedStudy
from desist.errors import Fault, raise_faults
from desist.estimands import Measure
from desist.sensitivity._days import SUBJECT, cover_bounds
from desist.sensitivity.result import SensitivityResult
from desist.sensitivity.selection import (
    SHAPES,
    SHAPES_IN_WORDS,
    SelectionBounds,
    bound_published_time,
    exact_frequency,
    require_printed,
)
from desist.sensitivity.shapes import AnyShape, Shape, WeibullShape
from desist.sensitivity.time_bounds import TimeBounds

DEFAULT_SHAPES = (AnyShape(), WeibullShape(), WeibullShape(0.6))


def bound_published_effect(
    study: PublishedStudy,
    *,
    shapes: Sequence[Shape] | None = None,
    follow_up: float = 365.0,
    probability: float = 0.95,
) -> SensitivityResult:
    """Bound the effect on the days from the printed figures, for stated shapes.

    Rates have binomial errors. The error of the participants' mean days is taken from the
    printed interval of the difference, which is that of the few: it counts the comparison
    group's once more, and so errs on the wide side.

    Parameters
    ----------
    study : PublishedStudy
        With the rate and the time among reoffenders.
    shapes : sequence of Shape, optional
        Of the days of the comparison reoffenders; by default any, exponential, and early.
    follow_up : float
        Days.
    probability : float
        Of the interval.

    Returns
    -------
    SensitivityResult
        One row a shape, in days.

    Raises
    ------
    InputError
        If a figure that is needed is not printed, or a shape cannot have the printed mean.

    Examples
    --------
    >>> from desist.datasets import making_connections
    >>> found = bound_published_effect(making_connections())
    >>> found.table[["lower", "upper"]].round().values.tolist()[1]
    [-140.0, 8.0]
    """
    faults = find_kind_faults("study", study, PublishedStudy, "a PublishedStudy")
    chosen = DEFAULT_SHAPES if shapes is None else shapes
    if not isinstance(chosen, list | tuple) or not chosen:
        expected, advice = "a list of shapes, one or more", "write [WeibullShape()]"
        raise_faults(SUBJECT, [*faults, Fault("shapes", expected, describe(shapes), advice)])
    for place, shape in enumerate(chosen):
        faults += find_kind_faults(f"shapes[{place}]", shape, SHAPES, SHAPES_IN_WORDS)
    raise_faults(SUBJECT, faults + find_probability_faults(probability))
    rows = [_bound_shape(study, shape, follow_up, probability) for shape in chosen]
    names = ["label", "lower", "upper", "interval_lower", "interval_upper"]
    table = pd.DataFrame(rows, columns=names)
    n_selection = int(((table["interval_lower"] <= 0) & (table["interval_upper"] >= 0)).sum())
    _, time = require_printed(study)
    sooner = "sooner" if time.treated < time.comparison else "later"
    sentence = (
        f"Participants who reoffended did so {abs(time.treated - time.comparison):.0f} days "
        f"{sooner}; under {n_selection} of {len(table)} shapes of the days, that may be selection "
        "alone, because the programme may have kept others from reoffending at all."
    )
    units = dict.fromkeys(names[1:], "days")
    return SensitivityResult(
        "time_bounds", TimeBounds.title, TimeBounds.doubt, sentence, table, units
    )


def _bound_shape(
    study: PublishedStudy, shape: Shape, follow_up: float, probability: float
) -> tuple[str, float, float, float, float]:
    found = bound_published_time(study, shape=shape, follow_up=follow_up)
    errors = _errors_of_shape(study, found, shape, follow_up)
    _, time = require_printed(study)
    low, high = found.difference
    ends = cover_bounds(low, high, errors, time.n_treated - 1, probability)
    return (str(shape), low, high, *ends)


def _errors_of_shape(
    study: PublishedStudy, found: SelectionBounds, shape: Shape, follow_up: float
) -> tuple[float, float]:
    """Carry the errors of the printed rates and means to the bounds, by differences."""
    from scipy.special import stdtrit

    rate, time = require_printed(study)
    t = float(stdtrit(time.n_treated - 1, 0.975))
    of_means = (time.upper - time.lower) / (2 * t)
    trimmed_mean = found.comparison if found.trimmed == "comparison" else found.treated
    trimmed_rate = found.rate_comparison if found.trimmed == "comparison" else found.rate_treated
    share_error = found.share * math.sqrt(
        (1 - found.rate_treated) / (found.rate_treated * rate.n_treated)
        + (1 - found.rate_comparison) / (found.rate_comparison * rate.n_comparison)
    )
    frequency = study.find(Measure.FREQUENCY)
    offences = math.nan if frequency is None else exact_frequency(frequency, found.trimmed)
    step = min(1e-4, found.share / 2)

    def bound(share: float) -> NDArray[np.float64]:
        ends = shape.bound(
            share, mean=trimmed_mean, follow_up=follow_up, rate=trimmed_rate, frequency=offences
        )
        return np.array(ends)

    at = min(found.share, 1 - step)
    slopes = (bound(at + step) - bound(at - step)) / (2 * step)
    lower, upper = (float(np.hypot(of_means, slope * share_error)) for slope in slopes)
    # the upper bound of the days is the lower bound of the difference
    return (upper, lower) if found.trimmed == "comparison" else (lower, upper)
