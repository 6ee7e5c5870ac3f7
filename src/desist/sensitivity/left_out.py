"""Whom and what the result rests on: one left out at a time."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from desist._types import Mask
from desist.arguments import find_choice_faults, find_kind_faults, find_number_faults
from desist.design.design import build_design
from desist.design.made_from import recall_recipe
from desist.errors import CannotAnswerError, InputError, raise_faults
from desist.estimands import Measure
from desist.execution import Store, run_tasks
from desist.inference.engines import Laplace
from desist.inference.pareto import smooth_weights
from desist.models.fit import Fit, Model, fit_model, fit_rows
from desist.models.settings import find_model_faults
from desist.privacy import FEWEST_SHARING
from desist.sample import Sample, build_sample
from desist.sensitivity._flat import choose_model
from desist.sensitivity._points import Points, read_points
from desist.sensitivity._reduced import Reduced, estimate_one, reduce_fit, resample
from desist.sensitivity.result import SensitivityResult, say_difference, unit_of
from desist.sensitivity.specifications._work import mark_data

SUBJECT = "leave out"
KINDS = ("reoffenders", "participants", "heavy", "groups", "covariates")
UNTRUSTED = 0.7  # k-hat above which importance weights are not believed (Vehtari et al. 2024)
ENGINE = Laplace(draws=2000)
COLUMNS = ("kind", "label", "estimate", "lower", "upper", "khat", "is_refitted", "moved")
WORDS = {
    "reoffenders": "a participant who reoffended",
    "participants": "a participant who did not reoffend",
    "heavy": "a comparison person of large weight",
}


@dataclass(frozen=True)
class LeftOut:
    """Who or what is left out: positions of people, or a term of the formula."""

    kind: str
    label: str
    people: tuple[int, ...] = ()
    formula: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class _Everybody:
    """What a worker needs to leave one out; without points every fit is made again."""

    sample: Sample
    fit: Fit
    points: Points | None
    measure: Measure
    seed: int


def leave_out(
    sample: Sample,
    measure: Measure | str = Measure.RATE,
    *,
    kinds: Sequence[str] = ("reoffenders", "heavy", "groups", "covariates"),
    heaviest: int = 20,
    model: Model | None = None,
    name_people: bool = False,
    refit: bool = False,
    seed: int = 0,
    executor: Executor | None = None,
    store: str | Path | None = None,
) -> SensitivityResult:
    r"""Estimate the effect again with one left out at a time.

    The draws of the fit are weighted by :math:`\exp\sum_i (w'_i - w_i)\,\ell_i(\theta)`, with
    :math:`w'` the weights of those who are left, scaled anew, and the fit is made again where
    the k-hat of these weights says that they cannot be trusted. The design is that of all
    people; a covariate is left out of design and model, which are both made again.

    Parameters
    ----------
    sample : Sample
        The people compared.
    measure : Measure or str
        "rate", "frequency", "rmst" or another that the model gives.
    kinds : sequence of str
        "reoffenders": each participant who reoffended; "participants": each of the others;
        "heavy": the comparison people of largest weight; "groups": each group of the cohort;
        "covariates": each term of the design's formula.
    heaviest : int
        How many comparison people of large weight.
    model : Model, optional
        By default the usual model of the measure, without groups.
    name_people : bool
        Whether the table names people by their identifier: personal data.
    refit : bool
        Whether every fit is made again, whatever k-hat says.
    seed : int
        Of the draws.
    executor : concurrent.futures.Executor, optional
        Where the work is done; the bits are the same on any.
    store : str or Path, optional
        File that keeps what was done.

    Returns
    -------
    SensitivityResult
        One row a person, group or covariate, "moved" in posterior standard deviations. The rows
        are about single people and no part of a report; the sentence is.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If the effect cannot be had.

    References
    ----------
    Vehtari, A., Gelman, A. and Gabry, J. (2017). Practical Bayesian model evaluation using
    leave-one-out cross-validation and WAIC. Statistics and Computing 27, 1413-1432. Vehtari, A.
    et al. (2024). Pareto smoothed importance sampling. JMLR 25(72).

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = ds.build_sample(cohort, design)
    >>> found = ds.sensitivity.leave_out(sample, kinds=("heavy",), heaviest=3, seed=1)
    >>> len(found.table)
    3
    """
    faults = find_kind_faults("sample", sample, Sample, "a Sample", "see desist.sample")
    faults += [fault for one in kinds for fault in find_choice_faults("kinds", one, KINDS)]
    faults += find_number_faults("heaviest", heaviest, least=0, whole=True)
    faults += [] if model is None else find_model_faults(model)
    faults += find_number_faults("seed", seed, least=0, whole=True)
    for name, value in (("name_people", name_people), ("refit", refit)):
        faults += find_kind_faults(name, value, bool, "True or False")
    raise_faults(SUBJECT, faults)
    measure = Measure(measure)
    model = choose_model(measure) if model is None else model
    fit = fit_model(model, sample, inference=ENGINE, seed=seed)
    tasks = list_left_out(sample, kinds, heaviest)
    base = estimate_one(fit, measure)
    points = None if refit else read_points(fit)
    mark = f"{mark_data(sample.cohort)}{sample.design!r}{sample.horizon}{model!r}{seed}{refit}"
    found = run_tasks(
        partial(leave_one, _Everybody(sample, fit, points, measure, seed)),
        tasks,
        executor=executor,
        batch=10,
        progress="left out",
        store=None if store is None else Store(Path(store), mark),
    )
    spread = float(base["spread"])
    names = ("estimate", "lower", "upper", "khat", "is_refitted")
    rows = [
        (
            one.kind,
            one.label,
            *(got.get(name) for name in names),
            (got.get("estimate", np.nan) - base["estimate"]) / spread,
        )
        for one, got in zip(tasks, found, strict=True)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["reason"] = [got.get("reason", "") for got in found]
    if name_people and sample.cohort.person is not None:
        named = sample.cohort.people[sample.cohort.person]
        table["person"] = [
            named.iloc[one.people[0]] if len(one.people) == 1 else None for one in tasks
        ]
    table = table.sort_values(["kind", "estimate"], kind="stable", ignore_index=True)
    sentence = describe(table, base, measure)
    units = dict.fromkeys(("estimate", "lower", "upper"), unit_of(measure))
    title, doubt = "Whom and what the result rests on", "One or two people carry the whole result."
    units |= {"moved": "posterior standard deviations"}
    return SensitivityResult("leave_out", title, doubt, sentence, table, units)


def list_left_out(sample: Sample, kinds: Sequence[str], heaviest: int) -> list[LeftOut]:
    """List who and what is left out, one at a time."""
    used, treated, happened = sample.used, sample.treated, sample.within.reoffended
    happened = np.zeros(len(used), dtype=bool) if happened is None else happened
    weights = np.where(used & ~treated, sample.weights, -1.0)
    heavy = np.argsort(-weights, kind="stable")[: min(heaviest, int((used & ~treated).sum()))]
    people = {
        "reoffenders": np.flatnonzero(used & treated & happened),
        "participants": np.flatnonzero(used & treated & ~happened),
        "heavy": heavy,
    }
    listed = [
        LeftOut(kind, WORDS[kind], (int(place),))
        for kind in people
        if kind in kinds
        for place in people[kind]
    ]
    listed += _list_groups(sample) if "groups" in kinds else []
    return listed + (_list_terms(sample.design.formula) if "covariates" in kinds else [])


def leave_one(everybody: _Everybody, one: LeftOut) -> dict[str, Any]:
    """Estimate the effect without one, by weights where they can be trusted."""
    try:
        if one.formula:
            return _without_covariate(everybody, one.formula)
        return _without_people(everybody, one.people)
    except (CannotAnswerError, InputError) as error:
        return {"reason": " ".join(str(error).split())}


def describe(table: pd.DataFrame, base: dict[str, float], measure: Measure) -> str:
    """Say what the result rests on, by counts."""
    parts = []
    decided = base["lower"] * base["upper"] > 0
    for kind, words in _NAMED.items():
        rows = table[(table["kind"] == kind) & (table["reason"] == "")]
        if rows.empty:
            continue
        moves = rows["estimate"] - base["estimate"]
        change = moves.abs().max()
        # the interval is moved with the estimate: its own ends have the noise of the draws
        decides = (base["lower"] + moves) * (base["upper"] + moves) > 0
        turned = int((decides != decided).sum())
        number = f"any one of {len(rows)}" if len(rows) >= FEWEST_SHARING else "any one of the"
        changed = _say_turned(turned, decided=decided)
        parts.append(
            f"Leaving out {number} {words} moves the estimate by at most "
            f"{say_difference(float(change), measure)}{changed}."
        )
    return " ".join(parts) or "There was nobody and nothing to leave out."


def _say_turned(turned: int, *, decided: bool) -> str:
    if turned == 0:
        return " and changes no verdict"
    is_told = f"{turned} of them" if turned >= FEWEST_SHARING else "some of them"
    lost = "would no longer exclude" if decided else "would exclude"
    return f", and without {is_told} the interval {lost} no difference: the result rests on them"


def _without_people(everybody: _Everybody, people: tuple[int, ...]) -> dict[str, Any]:
    fit, points, measure = everybody.fit, everybody.points, everybody.measure
    left = np.ones(len(everybody.sample.weights), dtype=bool)
    left[list(people)] = False
    reduced = reduce_fit(everybody.sample, fit, left)
    khat = np.inf
    if points is not None:
        log_ratios = points.log_rows @ (reduced.totals - fit.data["weight"])
        weights, khat = smooth_weights(log_ratios)
    if points is not None and khat < UNTRUSTED:
        reweighted = replace(reduced.fit, draws=resample(fit.draws, weights))
        return estimate_one(reweighted, measure) | {"khat": khat, "is_refitted": False}
    again = _fit_again(reduced, everybody.seed)
    shown = None if np.isinf(khat) else khat
    return estimate_one(again, measure) | {"khat": shown, "is_refitted": True}


def _fit_again(reduced: Reduced, seed: int) -> Fit:
    fit = reduced.fit
    kept = reduced.totals > 0
    rows = {name: values[kept] for name, values in reduced.rows.items()}
    again = fit_rows(
        fit.model,
        rows,
        fit.target,
        estimand=fit.estimand,
        horizon=fit.horizon,
        people=(fit.n_treated, fit.n_comparison),
        reoffenders=fit.reoffenders,
        levels=fit.levels,
        covariate_names=fit.covariate_names,
        inference=ENGINE,
        seed=seed,
    )
    # rows without weight stay out, and people keep theirs
    place = np.cumsum(kept) - 1
    people = reduced.people
    return replace(again, people=replace(people, row=place[people.row]))


def _without_covariate(everybody: _Everybody, formula: str) -> dict[str, Any]:
    cohort, design = everybody.sample.cohort, everybody.sample.design
    if design.method is None:
        raise CannotAnswerError("the design was made by hand and cannot be made again")
    again = build_design(cohort, **recall_recipe(design) | {"formula": formula})
    sample = build_sample(cohort, again, everybody.sample.horizon)
    fit = fit_model(everybody.fit.model, sample, inference=ENGINE, seed=everybody.seed)
    return estimate_one(fit, everybody.measure) | {"khat": None, "is_refitted": True}


def _list_groups(sample: Sample) -> list[LeftOut]:
    listed = []
    for grouping in sample.cohort.groups:
        values = sample.cohort.covariates[grouping].astype(str).to_numpy()
        for level in sorted(set(values[sample.used])):
            inside: Mask = sample.used & (values == level)
            is_shown = inside.sum() >= FEWEST_SHARING
            label = f"{grouping}: {level if is_shown else 'a small group'}"
            listed.append(LeftOut("groups", label, tuple(np.flatnonzero(inside).tolist())))
    return listed


def _list_terms(formula: str | None) -> list[LeftOut]:
    """List the formula without each of its terms."""
    terms = split_terms(formula or "")
    if len(terms) < 2:
        return []
    return [
        LeftOut("covariates", term, (), " + ".join(other for other in terms if other != term))
        for term in terms
    ]


def split_terms(formula: str) -> list[str]:
    """Split a formula at the plus signs that stand outside brackets."""
    terms, depth, start = [], 0, 0
    for place, sign in enumerate(formula):
        depth += (sign in "([") - (sign in ")]")
        if sign == "+" and depth == 0:
            terms.append(formula[start:place].strip())
            start = place + 1
    return [term for term in [*terms, formula[start:].strip()] if term]


_NAMED = {
    "reoffenders": "participants who reoffended",
    "participants": "participants who did not reoffend",
    "heavy": "comparison people of large weight",
    "groups": "groups",
    "covariates": "covariates",
}
