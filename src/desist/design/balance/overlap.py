"""How far the scores of the arms overlap, in classes that hold many people of each arm."""

import numpy as np
from numpy.typing import NDArray

from desist.design.design import Design
from desist.privacy import FEWEST_SHARING

N_CLASSES = 10  # of a probability, before those with few people are joined


def tabulate_overlap(design: Design) -> list[dict[str, float]]:
    """Tabulate the shares of each arm by class of the score, in whole hundredths; none without."""
    if design.scores is None:
        return []
    places = np.clip((design.scores.scores * N_CLASSES).astype(int), 0, N_CLASSES - 1)
    treated, used = np.asarray(design.treated, dtype=bool), design.weights > 0
    # participants who are compared, all comparison people, and those of them who weigh anything
    groups = (treated & used, ~treated, ~treated & used)
    classes = _join([_count(places, group) for group in groups])
    if len(classes) < 2:
        return []
    weighed = np.bincount(places[groups[2]], design.weights[groups[2]], N_CLASSES)
    counts = [_count(places, groups[0]), _count(places, groups[1]), weighed]
    return [_tell(first, last, counts) for first, last in classes]


def _count(places: NDArray[np.int_], group: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.bincount(places[group], minlength=N_CLASSES).astype(np.float64)


def _join(counts: list[NDArray[np.float64]]) -> list[tuple[int, int]]:
    """Join neighbours until each class holds enough people of every group."""
    classes: list[tuple[int, int]] = []
    first = 0
    for last in range(N_CLASSES):
        if min(count[first : last + 1].sum() for count in counts) >= FEWEST_SHARING:
            classes.append((first, last))
            first = last + 1
    if classes and first < N_CLASSES:  # what is left goes with the last class
        classes[-1] = (classes[-1][0], N_CLASSES - 1)
    return classes


def _tell(first: int, last: int, counts: list[NDArray[np.float64]]) -> dict[str, float]:
    shares = [round(float(one[first : last + 1].sum() / one.sum()), 2) for one in counts]
    names = ("treated", "comparison", "weighted")
    limits = {"lower": first / N_CLASSES, "upper": (last + 1) / N_CLASSES}
    return limits | dict(zip(names, shares, strict=True))
