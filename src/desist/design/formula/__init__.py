"""Formulas: a language of its own, checked before anything is worked out."""

from desist.design.formula.functions import FUNCTIONS, Function
from desist.design.formula.matrix import MOST_COLUMNS, ModelMatrix, make_matrix
from desist.design.formula.parser import DEEPEST
from desist.design.formula.reading import Formula, read_formula
from desist.design.formula.terms import MOST_TERMS, MOST_TOGETHER
from desist.design.formula.tokens import MOST_CHARACTERS
from desist.design.formula.values import (
    MOST_LEVELS,
    OWN_LEVEL,
    find_bad_values,
    is_text,
    suggest,
)

LIMITS = {
    "characters": MOST_CHARACTERS,
    "parts within each other": DEEPEST,
    "terms": MOST_TERMS,
    "covariates in one product": MOST_TOGETHER,
    "columns of numbers": MOST_COLUMNS,
    "levels of a category": MOST_LEVELS,
}

__all__ = [
    "FUNCTIONS",
    "LIMITS",
    "OWN_LEVEL",
    "Formula",
    "Function",
    "ModelMatrix",
    "find_bad_values",
    "is_text",
    "make_matrix",
    "read_formula",
    "suggest",
]
