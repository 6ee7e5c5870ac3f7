"""The columns of moderators of the studies, centred."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from desist._types import Floats
from desist.design.formula.expand import expand_formula
from desist.design.formula.reading import read_formula
from desist.errors import Fault, raise_faults
from desist.synthesis.studies import Study

SUBJECT = "moderators"


@dataclass(frozen=True, eq=False)
class DesignOfStudies:
    """A column of ones and the centred moderators, (n_studies, n_coefficients)."""

    names: tuple[str, ...]
    columns: Floats


def design_studies(studies: Sequence[Study], formula: str | None) -> DesignOfStudies:
    """Make the columns of a formula of moderators; without one, the ones alone."""
    ones = np.ones((len(studies), 1))
    if formula is None:
        return DesignOfStudies(("mean",), ones)
    frame = pd.DataFrame([dict(study.moderators) for study in studies])
    names, columns = expand_moderators(formula, frame)
    needed = columns.shape[1] + 2
    if len(studies) <= needed:
        fault = Fault("moderators", f"more studies than {needed} parameters", str(len(studies)))
        raise_faults(SUBJECT, [fault])
    return DesignOfStudies(("mean", *names), np.hstack([ones, columns - columns.mean(axis=0)]))


def list_moderators(formula: str | None, table: pd.DataFrame) -> list[str]:
    """List the columns of a table that a formula names; a wrong formula is refused."""
    found, faults = read_formula(formula, table, {})
    raise_faults(SUBJECT, faults)
    return [] if found is None else list(found.variables)


def expand_moderators(formula: str, frame: pd.DataFrame) -> tuple[tuple[str, ...], Floats]:
    """Expand a formula into named columns, without the intercept."""
    matrix = expand_formula(formula, frame, SUBJECT)
    return matrix.names[1:], np.asarray(matrix.without_intercept)
