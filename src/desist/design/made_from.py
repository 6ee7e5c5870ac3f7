"""Functions of a design know its people from the design."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial, wraps
from typing import Any

import pandas as pd

from desist.arguments import find_kind_faults
from desist.cohort.cohort import Cohort
from desist.design.design import Design, find_stranger_faults
from desist.design.formula import Formula, ModelMatrix, make_matrix, read_formula
from desist.errors import Fault, InputError, raise_faults


def recall_people(design: Design, covariates: pd.DataFrame) -> Design:
    """Return a design that knows its people, also one made by hand, which cannot know them."""
    return design if design.covariates is not None else replace(design, covariates=covariates)


def recall_recipe(design: Design) -> dict[str, Any]:
    """Return what `build_design` was told beside the people, to make it again for others."""
    if design.method is None:
        advice = "see build_design"
        raise InputError("design", [Fault("design", "one made by a method", "none", advice)])
    return {
        "formula": design.formula,
        "method": design.method,
        "estimand": design.estimand_asked,
        "score": design.score_model,
    }


def of_a_design[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Let a function of a design be called with its cohort before it as well."""

    @wraps(function)
    def call(*given: Any, **settings: Any) -> R:
        # a design made by hand knows its people only from the cohort
        cohorts = [one for one in (*given, *settings.values()) if isinstance(one, Cohort)]
        if not cohorts:
            return function(*given, **settings)
        know, cohort = partial(_know, cohorts[0]), cohorts[0]
        rest = [know(one) for one in given if one is not cohort]
        named = {name: know(one) for name, one in settings.items() if one is not cohort}
        return function(*rest, **named)

    return call


def _know(cohort: Cohort, one: object) -> Any:
    if not isinstance(one, Design):
        return one
    marks = cohort.treated, cohort.covariates, cohort.sampling_weights
    raise_faults("design", find_stranger_faults(one, *marks))
    return recall_people(one, cohort.covariates)


def read_design_formula(design: Design) -> tuple[pd.DataFrame, Formula]:
    """Read the formula of a design against the people it was made from."""
    raise_faults("balance", find_kind_faults("design", design, Design, "a Design"))
    if design.covariates is None:
        found, advice = "one made by hand", "give the cohort before it, or build it"
        raise InputError("balance", [Fault("design", "one that was built", found, advice)])
    formula, faults = read_formula(design.formula, design.covariates, {})
    if formula is None and not faults:
        advice = "name covariates when the design is built"
        faults.append(Fault("formula", "the covariates of the design", "None", advice))
    if formula is None or faults:
        raise InputError("balance", faults)
    return design.covariates, formula


def read_design_matrix(design: Design) -> tuple[Formula, ModelMatrix]:
    """Read the formula of a design as the numbers of the people it was made from."""
    covariates, formula = read_design_formula(design)
    matrix, faults = make_matrix(formula, covariates)
    if matrix is None or faults:
        raise InputError("design", faults)
    return formula, matrix
