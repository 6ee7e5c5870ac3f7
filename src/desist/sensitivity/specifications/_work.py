"""One specification from people to numbers, as a worker of any executor does it."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np

from desist.cohort.cohort import Cohort
from desist.design.balance import choose_standardiser, measure_balance
from desist.design.design import Design, build_design
from desist.design.formula import read_formula
from desist.effects.effect import Effect, contrast_measures
from desist.errors import CannotAnswerError, InputError, raise_faults
from desist.models.fit import fit_model
from desist.sample import Sample, build_sample
from desist.sensitivity._flat import choose_model
from desist.sensitivity.specifications.choices import Specification

DESIGNS_KEPT = 8
# specifications that share a design share its balance: both are kept by the process that made them
_DESIGNS: OrderedDict[tuple[str, ...], Design] = OrderedDict()
_WORST: OrderedDict[tuple[str, ...], float] = OrderedDict()


def mark_data(cohort: Cohort) -> str:
    """Return a hash of the people, the roles of their columns and the version."""
    import pandas as pd

    people = np.asarray(pd.util.hash_pandas_object(cohort.people, index=False), dtype=np.uint64)
    settings = repr(sorted(cohort.settings().items()))
    return hashlib.sha256(people.tobytes() + f"{settings}{version('desist')}".encode()).hexdigest()


def answer(cohort: Cohort, mark: str, one: Specification) -> dict[str, Any]:
    """Return the numbers of one specification, or the reason why there are none."""
    try:
        design = find_design(cohort, mark, one)
        sample = build_sample(cohort, design, one.values.get("horizon"))
        effect = _estimate(sample, one)
    except (CannotAnswerError, InputError) as error:
        return {"reason": " ".join(str(error).split())}
    return _describe(sample, mark, one) | {
        "estimate": effect.estimate,
        "lower": effect.interval.lower,
        "upper": effect.interval.upper,
        "probability_of_benefit": effect.probability_of_benefit,
        "khat": float(effect.diagnostics.khat),
        "reason": "",
    }


def find_design(cohort: Cohort, mark: str, one: Specification) -> Design:
    """Build the design of a specification, or take the one that this process has built."""
    return _keep(_DESIGNS, (mark, repr(one.design)), partial(build_of, cohort, one))


def build_of(cohort: Cohort, one: Specification) -> Design:
    """Build the design of a specification."""
    values = one.values
    return build_design(
        cohort,
        values["formula"],
        method=values["method"],
        estimand=values.get("estimand"),
        score=values.get("score"),
    )


def _estimate(sample: Sample, one: Specification) -> Effect:
    values = one.values
    model: Any = values.get("model") or choose_model(one.measure)
    if "covariates" in values:
        model = replace(model, covariates=values["covariates"])
    fit = fit_model(model, sample, inference=one.inference, seed=one.seed)
    effects, reasons = contrast_measures(
        fit, probability=one.probability, calibrated=values.get("calibrated", True)
    )
    for effect in effects:
        if effect.measure == one.measure:
            return effect
    why = next((why for name, why in reasons.items() if name == one.measure), "its model has none")
    raise CannotAnswerError(f"no {one.measure}: {why}")


def _keep[Made](
    kept: OrderedDict[tuple[str, ...], Made], key: tuple[str, ...], make: Callable[[], Made]
) -> Made:
    """Return what was made before, or make it and forget the oldest."""
    if key not in kept:
        kept[key] = make()
        while len(kept) > DESIGNS_KEPT:
            kept.popitem(last=False)
    return kept[key]


def _describe(sample: Sample, mark: str, one: Specification) -> dict[str, Any]:
    design = sample.design
    key = (mark, repr(one.design), one.balanced_on)
    return {
        "estimand": str(design.estimand),
        "effective_comparison": design.effective_sample_size_comparison,
        "worst_smd": _keep(_WORST, key, partial(_find_worst, sample, one.balanced_on)),
    }


def _find_worst(sample: Sample, balanced_on: str) -> float:
    """Return the largest difference left of any covariate that some specification names."""
    covariates, design = sample.cohort.covariates, sample.design
    formula, faults = read_formula(balanced_on or design.formula, covariates, {})
    raise_faults("balance", faults)
    if formula is None:
        return float("nan")
    balance = measure_balance(
        covariates,
        formula.variables,
        formula.categorical,
        design.treated,
        design.weights,
        sampling=design.sampling,
        standardiser=choose_standardiser(design.estimand),
    )
    return float(balance.table["smd_after"].abs().max())
