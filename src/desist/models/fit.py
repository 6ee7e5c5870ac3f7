"""From a model, people and weights to a posterior."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from desist._types import Floats, Integers, Mask
from desist.arguments import find_kind_faults, find_number_faults
from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.errors import Fault, InputError, NoEventsError, raise_faults
from desist.estimands import Estimand
from desist.inference.calibration import WeightedPeople
from desist.inference.diagnostics import require_convergence
from desist.inference.engines import Engine, choose_engine, draw_posterior, find_engine_faults
from desist.inference.rows import collapse_rows
from desist.inference.seeds import find_seed_faults, require_seed
from desist.models.fitted import Fit, build_model, drop_empty, list_groupings, name_levels
from desist.models.predictors import MATCHED_SET, Predictors, Target, make_predictors, make_target
from desist.models.protocol import Model, SettlingModel
from desist.models.settings import find_model_faults
from desist.sample import Sample, read_sample
from desist.weights import scale_weights

__all__ = ["Fit", "Model", "fit_model", "fit_rows"]


def fit_model(
    model: Model,
    sample: Sample | Cohort,
    design: Design | None = None,
    *,
    inference: str | Engine = "auto",
    horizon: float | None = None,
    seed: int | np.random.Generator = 0,
) -> Fit:
    """Fit one outcome model to the people compared.

    The weights of each arm are scaled to its effective sample size and multiply each
    person's log-likelihood.

    Parameters
    ----------
    model : RateModel, FrequencyModel or SurvivalModel
        What is assumed.
    sample : Sample or Cohort
        The people compared and their outcomes; or a cohort, beside its design.
    design : Design, optional
        Beside a cohort: the weights and the estimand.
    inference : {"auto", "nuts", "laplace", "nested"}, Nuts, Laplace or Nested
        The engine; "auto" takes Laplace, or nested where the model has groups, when its k-hat
        is below 0.5, and NUTS otherwise.
    horizon : float, optional
        Beside a cohort: days of follow-up that the predictions are for; by default the
        follow-up that all people share.
    seed : int or numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Fit
        Draws and diagnostics.

    Raises
    ------
    InputError
        If the cohort lacks the outcome, the horizon cannot be told, or an argument is of the
        wrong kind; every fault is listed.
    NoEventsError
        If nobody in the weighted sample reoffended.
    NotConvergedError
        If a convergence diagnostic failed.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> fit = ds.fit_model(ds.RateModel(), cohort, design, inference="laplace", seed=1)
    >>> fit.diagnostics.engine
    'laplace'
    """
    faults = find_model_faults(model) + _find_sample_faults(sample, design)
    faults += find_engine_faults(inference) + find_seed_faults(seed)
    raise_faults("fit", faults + find_number_faults("horizon", horizon, above=0.0, optional=True))
    people = read_sample(sample, design, horizon)
    weights = scale_weights(people.weights, people.treated)
    if isinstance(model, SettlingModel):
        model = model.settle(people.recorded, weights, people.horizon)
    columns = _read_columns(model, people)
    groups = people.cohort.groups if model.groups is None else model.groups
    predictors = make_predictors(people, model.covariates, groups)
    rows, totals, row_of_person = collapse_rows(predictors.columns() | columns, weights)
    happened = people.within.reoffended
    fit = fit_rows(
        model,
        rows | {"weight": totals},
        make_target(predictors, people.design),
        estimand=people.design.estimand,
        horizon=people.horizon,
        people=people.count(),
        reoffenders=None if happened is None else people.count(happened),
        levels=predictors.levels,
        covariate_names=predictors.covariate_names,
        weighted=_list_people(row_of_person, weights, people),
        inference=inference,
        seed=seed,
    )
    return replace(
        fit,
        constant_covariates=predictors.constant,
        group_sizes=_count_by_group(predictors, people, people.used),
        group_reoffenders={} if happened is None else _count_by_group(predictors, people, happened),
    )


def fit_rows(
    model: Model,
    rows: dict[str, NDArray[Any]],
    target: Target,
    *,
    estimand: Estimand,
    horizon: float,
    people: tuple[int, int],
    reoffenders: tuple[int, int] | None = None,
    levels: Mapping[str, tuple[str, ...]] | None = None,
    covariate_names: tuple[str, ...] = (),
    weighted: WeightedPeople | None = None,
    inference: str | Engine = "auto",
    seed: int | np.random.Generator = 0,
) -> Fit:
    """Fit one outcome model to collapsed rows, from people or from published figures."""
    levels = dict(levels or {})
    rows, data = drop_empty(rows), drop_empty(model.complete_rows(rows))
    engines = choose_engine(inference, has_groups=bool(levels))
    entropy = _find_entropy(seed, data)
    draws, diagnostics = draw_posterior(
        lambda arrays: build_model(model, levels, covariate_names, arrays),
        data,
        structure=_structure(model, levels, len(covariate_names)),
        engines=engines,
        rng=np.random.default_rng(entropy),
        people=weighted,
        groupings=list_groupings(levels),
    )
    require_convergence(diagnostics, model.name)
    return Fit(
        model,
        draws,
        diagnostics,
        data,
        target,
        estimand,
        horizon,
        *people,
        levels,
        covariate_names,
        reoffenders,
        people=weighted,
        rows=rows,
        entropy=entropy,
    )


def _find_sample_faults(sample: object, design: object) -> list[Fault]:
    if isinstance(sample, Sample):
        return []
    faults = find_kind_faults("cohort", sample, Cohort, "a Cohort", "see desist.Cohort")
    return faults + find_kind_faults(
        "design", design, Design, "a Design", "see desist.build_design"
    )


def _list_people(row_of_person: Integers, weights: Floats, sample: Sample) -> WeightedPeople:
    used = sample.used
    return WeightedPeople(row_of_person[used], weights[used], sample.clusters[used])


def _find_entropy(
    seed: int | np.random.Generator, data: Mapping[str, NDArray[Any]]
) -> tuple[int, int]:
    """Mix the data into the seed, so that fits of other people draw other numbers."""
    # Two programmes that are evaluated with the same seed are compared as if their draws were
    # independent, and must be. Weights are rounded, because their scale may not matter.
    if isinstance(seed, np.random.Generator):
        base = int(seed.integers(2**32))
    else:
        base = require_seed(seed)
    fingerprint = 0
    for name in sorted(data):
        if name not in {"x", "group", "on_release_day_rows", "ended", "spent"}:  # places of another
            fingerprint = crc32(np.round(data[name].astype(float), 3).tobytes(), fingerprint)
    return base, fingerprint


def _read_columns(model: Model, sample: Sample) -> dict[str, NDArray[Any]]:
    """Return the outcome as the likelihood reads it, or say why there is none."""
    if "offences" in model.needs and "offences" in sample.obstacles:
        expected = "the whole follow-up, over which offences are counted"
        found, advice = f"{sample.horizon:g} days", "offences are not dated"
        raise InputError(f"{model.name} model", [Fault("horizon", expected, found, advice)])
    columns = model.read_columns(sample.recorded, sample.horizon)
    if columns is None:
        expected, advice = f"a column of {model.needs}", f"give {model.needs}= to Cohort"
        raise InputError(f"{model.name} model", [Fault("cohort", expected, "none", advice)])
    _require_events(model, sample)
    return columns


def _count_by_group(
    predictors: Predictors, sample: Sample, people: Mask
) -> dict[str, dict[str, tuple[int, int]]]:
    return {
        grouping: {
            level: sample.count(people & (predictors.groups[:, position] == code))
            for code, level in enumerate(levels)
        }
        for position, (grouping, levels) in enumerate(predictors.levels.items())
        if grouping != MATCHED_SET  # the outcomes of a set are those of a person or two
    }


def _require_events(model: Model, sample: Sample) -> None:
    outcomes = sample.recorded
    happened = outcomes.reoffended if outcomes.reoffended is not None else outcomes.offences
    if happened is not None and not np.any(happened[sample.used]):
        n_people = sum(sample.count())
        raise NoEventsError(
            f"{model.name} model: none of the {n_people} people in the weighted sample reoffended; "
            "no difference can be estimated, and a longer follow-up is needed"
        )


def _structure(model: Model, levels: dict[str, tuple[str, ...]], n_covariates: int) -> Hashable:
    named = name_levels(levels)
    structure = model.structure if isinstance(model, SettlingModel) else model
    return (structure, n_covariates, tuple((name, len(names)) for name, names in named.items()))
