"""Where randomness comes from: one generator, from one seed."""

import numpy as np

from desist.arguments import find_number_faults
from desist.errors import Fault, raise_faults


def require_seed(seed: object) -> int:
    """Return a seed that is a whole number, 0 or more."""
    raise_faults("seed", find_seed_faults(seed))
    return int(seed)  # type: ignore[call-overload,no-any-return]


def find_seed_faults(seed: object) -> list[Fault]:
    """Find what is wrong with a seed."""
    if isinstance(seed, np.random.Generator):
        return []
    return find_number_faults("seed", seed, least=0, whole=True)


def make_generator(seed: int | np.random.Generator) -> np.random.Generator:
    """Return a source of randomness from a seed, or the one that was given.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        A whole number, 0 or more.

    Returns
    -------
    numpy.random.Generator
        The same seed gives the same numbers.

    Raises
    ------
    InputError
        If it is anything else.

    Examples
    --------
    >>> import desist as ds
    >>> first, again = (ds.inference.make_generator(2017) for _ in range(2))
    >>> bool(first.normal() == again.normal())
    True
    """
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.default_rng(require_seed(seed))
