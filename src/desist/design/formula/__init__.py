"""Formulas: a language of its own, checked before anything is worked out."""

from desist.design.formula.functions import FUNCTIONS, Function
from desist.design.formula.matrix import ModelMatrix, make_matrix
from desist.design.formula.reading import Formula, read_formula
from desist.design.formula.values import OWN_LEVEL, find_bad_values, is_text, suggest

__all__ = [
    "FUNCTIONS",
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
