"""Days, arms and weights of the people compared, and the interval of two bounds."""

import numpy as np

from desist.arguments import (
    describe,
)
from desist.errors import CannotAnswerError, Fault, NoEventsError, raise_faults
from desist.sample import Sample
from desist.sensitivity._outcomes import read_days
from desist.sensitivity._trimming import Reoffending
from desist.weights import effective_sample_size

SUBJECT = "bounds of the time among reoffenders"
FEWEST_IN_A_CELL = 5


def read_people(sample: Sample, cells: object) -> Reoffending:
    days, reoffended = read_days(sample, SUBJECT)
    used = sample.used
    weights = np.where(used, sample.weights, 0.0)
    for arm in (sample.treated, ~sample.treated):
        weights[arm] /= weights[arm].sum()
    labels = np.zeros(len(days), dtype=np.int64) if cells is None else np.asarray(cells)
    if labels.shape != days.shape or labels.dtype.kind not in "iu":
        fault = Fault("cells", f"a whole number for each of {len(days)} people", describe(cells))
        raise_faults(SUBJECT, [fault])
    arms = (sample.treated, ~sample.treated)
    few = [
        int(min((reoffended & used & arm & (labels == cell)).sum() for arm in arms))
        for cell in np.unique(labels[used])
    ]
    if cells is None and min(few) == 0:
        raise NoEventsError(f"{SUBJECT}: nobody in an arm reoffended, so that no time is known")
    if cells is not None and min(few) < FEWEST_IN_A_CELL:
        raise CannotAnswerError(
            f"{SUBJECT}: a cell has fewer than {FEWEST_IN_A_CELL} reoffenders of an arm; make "
            "fewer cells"
        )
    return Reoffending(
        days[used], reoffended[used], sample.treated[used], weights[used], labels[used]
    )


def describe_arms(
    people: Reoffending,
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Return rates, mean days among reoffenders and their effective numbers, participants first."""
    found = []
    for arm in (people.treated, ~people.treated):
        chosen = arm & people.reoffended
        weights = people.weights[chosen]
        mean = float(np.average(people.days[chosen], weights=weights))
        found.append((float(weights.sum()), mean, effective_sample_size(weights)))
    if min(int((arm & people.reoffended).sum()) for arm in (people.treated, ~people.treated)) < 2:
        raise CannotAnswerError(
            f"{SUBJECT}: a single person of an arm reoffended, so that their days have no error"
        )
    (p1, m1, n1), (p0, m0, n0) = found
    return (p1, p0), (m1, m0), (n1, n0)


def cover_bounds(
    lower: float, upper: float, errors: tuple[float, float], df: float, probability: float
) -> tuple[float, float]:
    """Return the interval that covers a parameter wherever between two bounds it lies."""
    # Imbens and Manski (2004), equation 7, with Student's t for the few reoffenders
    from scipy.optimize import brentq
    from scipy.special import stdtr, stdtrit

    largest = max(errors)
    if largest == 0:
        return lower, upper
    gap, freedom = max(upper - lower, 0.0) / largest, max(df, 1.0)

    def excess(c: float) -> float:
        # of what is missed on either side: near 1 a probability has lost its last digits
        return 1 - probability - float(stdtr(freedom, -(c + gap)) + stdtr(freedom, -c))

    # where the bounds lie far apart and little is asked for, they cover enough by themselves
    widest = 1.0 - float(stdtrit(freedom, (1 - probability) / 2))  # that of a gap of nothing
    c = 0.0 if excess(0.0) >= 0 else float(brentq(excess, 0.0, widest))
    return lower - c * errors[0], upper + c * errors[1]
