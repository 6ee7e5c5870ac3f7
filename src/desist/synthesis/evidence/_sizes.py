"""How large a study was: a number of people, or a range when it is not told."""

from collections.abc import Callable

import numpy as np

from desist._types import Floats
from desist.arguments import describe, find_number_faults
from desist.errors import Fault

NODES_OF_A_RANGE = 9

type Size = float | tuple[float, float]


def list_sizes(size: Size) -> Floats:
    """List the sizes to average over: one, or equally spaced logarithms of a range."""
    if isinstance(size, tuple):
        return np.unique(np.round(np.geomspace(*size, NODES_OF_A_RANGE)))
    return np.array([float(size)])


def find_size_faults(where: str, size: object, *, optional: bool = False) -> list[Fault]:
    """Find what is wrong with a size or a range of sizes."""
    if optional and size is None:
        return []
    if not isinstance(size, tuple):
        return find_number_faults(where, size, least=1)
    is_range = len(size) == 2 and not any(find_number_faults("", end, least=1) for end in size)
    if is_range and size[0] < size[1]:
        return []
    expected = "a number of people, or the fewest and the most it may have been"
    return [Fault(where, expected, describe(size))]


def average_over(sizes: Floats, log_likelihood: Callable[[float], Floats]) -> Floats:
    """Average a likelihood over sizes that are equally likely."""
    terms = np.stack([log_likelihood(float(size)) for size in sizes])
    return np.asarray(np.logaddexp.reduce(terms, axis=0) - np.log(len(sizes)))
