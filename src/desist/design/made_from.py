"""Functions of a design know its people from the design."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate

import pandas as pd

from desist.arguments import find_kind_faults
from desist.cohort.cohort import Cohort
from desist.design.design import Design, find_stranger_faults
from desist.design.formula import Formula, read_formula
from desist.errors import Fault, InputError, raise_faults


def recall_people(cohort: Cohort, design: Design) -> Design:
    """Return a design that knows its people, also one made by hand, which cannot know them."""
    raise_faults("design", find_stranger_faults(cohort, design))
    return (
        design if design.covariates is not None else replace(design, covariates=cohort.covariates)
    )


def of_a_design[**P, R](
    function: Callable[Concatenate[Design, P], R],
) -> Callable[Concatenate[Design, P], R]:
    """Let a function of a design be called with its cohort in front as well."""

    @wraps(function)
    def call(*given: Any, **settings: Any) -> R:
        # a design made by hand knows its people only from the cohort
        rest = list(given)
        led = bool(rest) and isinstance(rest[0], Cohort)
        cohort = rest.pop(0) if led else settings.pop("cohort", None)
        if cohort is not None and (rest or "design" in settings):
            design = settings.pop("design") if "design" in settings else rest.pop(0)
            rest.insert(0, recall_people(cohort, design))
        return function(*rest, **settings)

    return call


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
    raise_faults("balance", faults)
    if formula is None:
        raise ValueError("a formula without faults was expected")
    return design.covariates, formula
