"""Multiply the factors of each term, so that no column follows from the others by its making."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, reduce
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.formula.coding import Category, Numbers

Floats = NDArray[np.float64]
# the factors that are multiplied, by their places, and whether each leaves out a level
type Product = tuple[tuple[int, bool], ...]


def multiply_out(
    terms: Sequence[Sequence[int]], factors: Sequence[Numbers | Category], n_people: int
) -> tuple[Floats, tuple[str, ...]]:
    """Return the columns, the intercept first, and their names; factors are called v0, v1, ..."""
    categories = tuple(isinstance(factor, Category) for factor in factors)
    columns: dict[str, Floats] = {"Intercept": np.ones(n_people)}
    coded: dict[tuple[int, bool], dict[str, Floats]] = {}
    for one in plan_products(tuple(map(tuple, terms)), categories):
        for place, reduced in one:
            if (place, reduced) not in coded:
                parts = factors[place].code(reduced=reduced).items()
                coded[place, reduced] = {f"v{place}{label}": values for label, values in parts}
        columns |= _multiply([coded[part] for part in one])
    # row by row and turned, so that each column is stored in one piece
    return np.array(list(columns.values())).T, tuple(columns)


# nothing of anybody is kept here: which factors are multiplied, and which are categories
@lru_cache(maxsize=256)
def plan_products(
    terms: tuple[tuple[int, ...], ...], categories: tuple[bool, ...]
) -> tuple[Product, ...]:
    """Ask formulaic which products a formula has, and where a category leaves out a level."""
    # It sees two made-up people and names made here, so it evaluates no expression, and no name of
    # a column or level can be taken for another.
    import formulaic

    number, category = [0.0, 1.0], pd.Categorical.from_codes([0, 1], categories=pd.RangeIndex(2))
    people = {f"v{place}": category if one else number for place, one in enumerate(categories)}
    text = " + ".join(["1", *(":".join(f"v{place}" for place in term) for term in terms)])
    made = formulaic.model_matrix(text, pd.DataFrame(people, index=[0, 1]), context={})
    return tuple(
        tuple((int(part.factor.expr[1:]), bool(part.reduced)) for part in one.factors)
        for term in made.model_spec.structure
        for one in term.scoped_terms
        if one.factors
    )


def _multiply(factors: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    """Multiply each column of a factor with each of the others."""
    # The first factor varies fastest, as in R. Factors of one column are multiplied first: with
    # three factors the last bit of a product depends on the order.
    names = [":".join(reversed(some)) for some in product(*reversed(factors))]
    wide = [tuple(one.values()) for one in factors if len(one) != 1]
    single = [values for one in factors if len(one) == 1 for values in one.values()]
    if single:
        wide.append((reduce(np.multiply, single),))
    values = [reduce(np.multiply, reversed(some)) for some in product(*reversed(wide))]
    return dict(zip(names, values, strict=True))
