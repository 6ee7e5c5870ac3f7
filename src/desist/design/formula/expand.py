"""From the text of a formula to its columns, in one step."""

import pandas as pd

from desist.design.formula.matrix import ModelMatrix, make_matrix
from desist.design.formula.reading import read_formula
from desist.errors import raise_faults


def expand_formula(text: str, frame: pd.DataFrame, subject: str) -> ModelMatrix:
    """Return the model matrix of a formula; all its faults are listed together."""
    read, faults = read_formula(text, frame, {})
    matrix = None
    if read is not None and not faults:
        matrix, faults = make_matrix(read, frame)
    raise_faults(subject, faults)
    if matrix is None:
        raise TypeError("a formula without faults has columns")
    return matrix
