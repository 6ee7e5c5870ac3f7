"""From a model, people and weights to a posterior."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from desist.cohort.cohort import Cohort
from desist.cohort.outcomes import Outcomes, cut_outcomes, read_outcomes
from desist.design.design import Design
from desist.errors import Fault, InputError, NoEventsError
from desist.estimands import Estimand
from desist.inference.calibration import WeightedPeople, list_people, scale_weights
from desist.inference.diagnostics import Diagnostics, require_convergence
from desist.inference.engines import Engine, choose_engine, draw_posterior, require_seed
from desist.inference.rows import collapse_rows
from desist.models.flexible import find_structure, settle
from desist.models.horizon import common_horizon, counts_reach_beyond
from desist.models.predictors import (
    MATCHED_SET,
    Predictors,
    Target,
    linear_predictor,
    make_predictors,
    make_target,
    predict_linear,
)
from desist.models.priors import Priors

PREDICTED_AT_ONCE = 2_000_000  # draws times people


class Model(Protocol):
    """What every outcome model offers: settings, and the steps of the way."""

    name: ClassVar[str]
    needs: ClassVar[str]

    @property
    def covariates(self) -> str | None:
        """Right-hand side of a formula, "design" for the design's, or None."""

    @property
    def groups(self) -> tuple[str, ...] | None:
        """Groupings, or None for the cohort's."""

    @property
    def priors(self) -> Priors:
        """Priors of the linear predictor."""

    def read_columns(self, outcomes: Outcomes, horizon: float) -> dict[str, NDArray[Any]] | None:
        """Return the outcome columns, or None when the cohort lacks them."""

    def complete_rows(self, rows: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Add to the collapsed rows what the likelihood needs beside them."""

    def add_outcome(self, eta: Any, data: dict[str, Any]) -> None:
        """Add the observed outcome to the PyMC model that is open."""

    def predict(
        self,
        eta: NDArray[np.float64],
        draws: dict[str, NDArray[np.float64]],
        arm: int,
        horizon: float,
    ) -> dict[str, NDArray[np.float64]]:
        """Return expected outcomes, each of the shape of `eta` (chains, draws, rows)."""


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A fitted model: draws, diagnostics, and the people it predicts for.

    Attributes
    ----------
    model : Model
        The settings.
    draws : dict of str to ndarray, each of shape (chains, draws, ...)
        Of every parameter.
    diagnostics : Diagnostics
        How well the posterior was found.
    data : dict of str to ndarray
        Distinct rows and their scaled weights, as the likelihood saw them.
    target : Target
        The people for whom outcomes are predicted.
    estimand : Estimand
        What the predictions are about.
    horizon : float
        Days of follow-up that the predictions are for.
    n_treated, n_comparison : int
        People with weight, by arm.
    reoffenders : tuple of int, or None
        Those of them who reoffended within the horizon, treated first; None where that is not
        known.
    group_sizes : dict of str to dict of str to tuple of int
        People with weight by grouping and level, treated first.
    levels : dict of str to tuple of str
        Groupings and their levels.
    covariate_names : tuple of str
        Columns of the covariate matrix.
    group_reoffenders : dict of str to dict of str to tuple of int
        Those of them who reoffended within the horizon; empty where that is not known.
    constant_covariates : tuple of str
        Columns of the design's formula that are left out, because they are the same for
        everybody who is used.
    people : WeightedPeople or None
        Those behind the rows of `data`; None for published figures and for draws from a prior.
    entropy : tuple of int
        Of what is drawn from the fit later: the same for the same fit.
    """

    model: Model
    draws: dict[str, NDArray[np.float64]]
    diagnostics: Diagnostics
    data: dict[str, NDArray[Any]]
    target: Target
    estimand: Estimand
    horizon: float
    n_treated: int
    n_comparison: int
    levels: dict[str, tuple[str, ...]]
    covariate_names: tuple[str, ...]
    reoffenders: tuple[int, int] | None = None
    group_sizes: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    group_reoffenders: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    constant_covariates: tuple[str, ...] = ()
    people: WeightedPeople | None = None
    entropy: tuple[int, ...] = ()

    @cached_property
    def pymc_model(self) -> Any:
        """The fitted model as an ordinary `pymc.Model`, to inspect or to extend."""
        return _build(self.model, self.levels, self.covariate_names, self.data)

    @cached_property
    def posterior(self) -> Any:
        """The draws as an ArviZ DataTree, with named dimensions."""
        import arviz as az

        dims = {"covariates": ["covariate"]}
        for name in self.levels:
            dims |= {f"{name}_{part}": [name] for part in ("intercept", "treatment")}
            dims |= {f"{name}_{part}_standard": [name] for part in ("intercept", "treatment")}
        return az.from_dict(
            {"posterior": self.draws},
            coords={"covariate": list(self.covariate_names)}
            | {k: list(v) for k, v in self.levels.items()},
            dims={name: dim for name, dim in dims.items() if name in self.draws},
        )

    def predict(self, arm: int, target: Target | None = None) -> dict[str, NDArray[np.float64]]:
        """Average the expected outcomes over the target within each draw.

        Parameters
        ----------
        arm : {0, 1}
            1 with the programme, 0 without.
        target : Target, optional
            Other people than the fit's own, such as those of one prison.

        Returns
        -------
        dict of str to ndarray, each of shape (chains, draws)
            Averages, in the units of the measures; of a quantity whose name begins with
            ``log_``, the log of the average.
        """
        parts: dict[str, list[NDArray[np.float64]]] = {}
        for block in self._cut_into_blocks(target):
            eta = predict_linear(self.draws, block, self.levels, arm)
            outcomes = self.model.predict(eta, self.draws, arm, self.horizon)
            for name, values in outcomes.items():
                is_log = name.startswith("log_")
                average = _average_logs if is_log else np.matmul
                parts.setdefault(name, []).append(average(values, block.weights))
        return {
            name: (np.logaddexp if name.startswith("log_") else np.add).reduce(averages)
            for name, averages in parts.items()
        }

    def predict_survival(
        self, arm: int, days: NDArray[np.float64], target: Target | None = None
    ) -> NDArray[np.float64]:
        """Average the share of the target without a reoffence, within each draw.

        Parameters
        ----------
        arm : {0, 1}
            1 with the programme, 0 without.
        days : ndarray of float, shape (n_days,)
            Above 0 and up to the horizon.
        target : Target, optional
            Other people than the fit's own.

        Returns
        -------
        ndarray of float, shape (chains, draws, n_days)
            Shares from 0 to 1.

        Raises
        ------
        InputError
            If the model has no times, or a day lies outside the horizon.
        """
        predict = getattr(self.model, "predict_survival", None)
        if predict is None:
            fault = Fault("model", "one of the time to a reoffence", f"the {self.model.name} model")
            raise InputError("survival", [fault])
        if not len(days) or not np.all((days > 0) & (days <= self.horizon)):
            expected = f"days above 0 and up to {self.horizon:g}"
            found = ", ".join(f"{day:g}" for day in days) or "none"
            raise InputError("survival", [Fault("days", expected, found)])
        shares = np.asarray(days, dtype=float) / self.horizon
        parts = []
        for block in self._cut_into_blocks(target):
            eta = predict_linear(self.draws, block, self.levels, arm)
            curve = [
                predict(eta, self.draws, arm, self.horizon, share=float(share)) @ block.weights
                for share in shares
            ]
            parts.append(np.stack(curve, axis=-1))
        return np.asarray(np.add.reduce(parts))

    def _cut_into_blocks(self, target: Target | None) -> Iterator[Target]:
        """Cut the target so that the predictions for a block, times draws, fit in memory."""
        target = self.target if target is None else target
        n_draws = self.draws["intercept"].size
        rows = max(1, PREDICTED_AT_ONCE // n_draws)
        for first in range(0, len(target.weights), rows):
            part = slice(first, first + rows)
            yield Target(target.covariates[part], target.groups[part], target.weights[part])

    def __repr__(self) -> str:
        """Say what was fitted to how many people, and how well."""
        return (
            f"<Fit of the {self.model.name} model: {self.n_treated} treated and "
            f"{self.n_comparison} comparison people, {self.estimand}, {self.diagnostics.engine}>"
        )


def fit_model(
    model: Model,
    cohort: Cohort,
    design: Design,
    *,
    inference: str | Engine = "auto",
    horizon: float | None = None,
    seed: int | np.random.Generator = 0,
) -> Fit:
    """Fit one outcome model to a cohort under a design.

    The weights of each arm are scaled to its effective sample size and multiply each
    person's log-likelihood.

    Parameters
    ----------
    model : RateModel, FrequencyModel or SurvivalModel
        What is assumed.
    cohort : Cohort
        The people and their outcomes.
    design : Design
        Their weights and the estimand.
    inference : {"auto", "nuts", "laplace"}, Nuts or Laplace
        The engine; "auto" takes Laplace when its k-hat is below 0.5 and the model has no
        groups, and NUTS otherwise.
    horizon : float, optional
        Days of follow-up that the predictions are for; by default the cohort's follow-up,
        when all people share one.
    seed : int or numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Fit
        Draws and diagnostics.

    Raises
    ------
    InputError
        If the cohort lacks the outcome, or the horizon cannot be told.
    NoEventsError
        If nobody in the weighted sample reoffended.
    NotConvergedError
        If a convergence diagnostic failed.
    """
    used = design.weights > 0
    outcomes = read_outcomes(cohort)
    horizon = common_horizon(outcomes, design, horizon)
    # the follow-up of people who are not used decides nothing
    outcomes = replace(outcomes, time_at_risk=np.where(used, outcomes.time_at_risk, horizon))
    if "offences" in model.needs and counts_reach_beyond(outcomes, used, horizon):
        expected = f"{outcomes.time_at_risk[used].max():g} days, over which offences are counted"
        fault = Fault("horizon", expected, f"{horizon:g}", "offences are not dated")
        raise InputError(f"{model.name} model", [fault])
    weights = scale_weights(design.weights, design.treated)
    model = settle(model, outcomes, weights, horizon)
    columns = model.read_columns(outcomes, horizon)
    if columns is None:
        raise InputError(
            f"{model.name} model",
            [
                Fault(
                    "cohort", f"a column of {model.needs}", "none", f"give {model.needs}= to Cohort"
                )
            ],
        )
    _require_events(model, outcomes, design)
    groups = cohort.groups if model.groups is None else model.groups
    predictors = make_predictors(cohort, design, model.covariates, groups)
    rows, totals, row_of_person = collapse_rows(predictors.columns() | columns, weights)
    happened = cut_outcomes(outcomes, horizon, used)[0].reoffended
    fit = fit_rows(
        model,
        model.complete_rows(rows | {"weight": totals}),
        make_target(predictors, design),
        estimand=design.estimand,
        horizon=horizon,
        people=_count_by_arm(design, used),
        reoffenders=None if happened is None else _count_by_arm(design, used & happened),
        levels=predictors.levels,
        covariate_names=predictors.covariate_names,
        weighted=list_people(row_of_person, weights, design.sets),
        inference=inference,
        seed=seed,
    )
    return replace(
        fit,
        constant_covariates=predictors.constant,
        group_sizes=_count_by_group(predictors, design, used),
        group_reoffenders={}
        if happened is None
        else _count_by_group(predictors, design, used & happened),
    )


def fit_rows(
    model: Model,
    data: dict[str, NDArray[Any]],
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
    """Fit one outcome model to collapsed rows, from people or from published figures.

    Parameters
    ----------
    model : Model
        What is assumed.
    data : dict of str to ndarray, each with one row
        "treated", "x", "group", "weight" and the model's outcome columns.
    target : Target
        The people for whom outcomes are predicted.
    estimand : Estimand
        What the predictions are about.
    horizon : float
        Days of follow-up.
    people : tuple of int
        Treated and comparison people with weight.
    reoffenders : tuple of int, optional
        Those of them who reoffended.
    levels : mapping of str to tuple of str, optional
        Groupings and their levels.
    covariate_names : tuple of str
        Columns of "x".
    weighted : WeightedPeople, optional
        The people behind the rows, for the sandwich.
    inference : str, Nuts or Laplace
        The engine.
    seed : int or numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Fit
        Draws and diagnostics.
    """
    levels = dict(levels or {})
    data = {name: values for name, values in data.items() if values.size}
    engines = choose_engine(inference)
    if levels:
        engines = engines[-1:]  # the scale of a hierarchy has no bell-shaped posterior
    entropy = _find_entropy(seed, data)
    draws, diagnostics = draw_posterior(
        lambda arrays: _build(model, levels, covariate_names, arrays),
        data,
        structure=_structure(model, levels, len(covariate_names)),
        engines=engines,
        rng=np.random.default_rng(entropy),
        people=weighted,
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
        entropy=entropy,
    )


def _count_by_arm(design: Design, people: NDArray[np.bool_]) -> tuple[int, int]:
    return int((people & design.treated).sum()), int((people & ~design.treated).sum())


def _average_logs(logs: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log of the weighted average: survival can be too small for a number."""
    from scipy.special import logsumexp

    averaged: NDArray[np.float64] = logsumexp(logs, b=weights, axis=-1)
    return averaged


def _find_entropy(
    seed: int | np.random.Generator, data: Mapping[str, NDArray[Any]]
) -> tuple[int, int]:
    """Mix the data into the seed, so that fits of other people draw independent numbers.

    Weights are rounded, because their scale may not matter.
    """
    if isinstance(seed, np.random.Generator):
        base = int(seed.integers(2**32))
    else:
        base = require_seed(seed)
    fingerprint = 0
    for name in sorted(data):
        if name not in {"x", "group", "on_release_day_rows"}:  # the last is another's places
            fingerprint = crc32(np.round(data[name].astype(float), 3).tobytes(), fingerprint)
    return base, fingerprint


def _count_by_group(
    predictors: Predictors, design: Design, people: NDArray[np.bool_]
) -> dict[str, dict[str, tuple[int, int]]]:
    return {
        grouping: {
            level: _count_by_arm(design, people & (predictors.groups[:, position] == code))
            for code, level in enumerate(levels)
        }
        for position, (grouping, levels) in enumerate(predictors.levels.items())
        if grouping != MATCHED_SET  # the outcomes of a set are those of a person or two
    }


def _require_events(model: Model, outcomes: Outcomes, design: Design) -> None:
    used = design.weights > 0
    happened = outcomes.reoffended if outcomes.reoffended is not None else outcomes.offences
    if happened is not None and not np.any(happened[used]):
        n_people = int(used.sum())
        raise NoEventsError(
            f"{model.name} model: none of the {n_people} people in the weighted sample reoffended; "
            "no difference can be estimated, and a longer follow-up is needed"
        )


def _structure(model: Model, levels: dict[str, tuple[str, ...]], n_covariates: int) -> Hashable:
    return (
        find_structure(model),
        n_covariates,
        tuple((name, len(names)) for name, names in levels.items()),
    )


def _build(
    model: Model,
    levels: dict[str, tuple[str, ...]],
    covariate_names: tuple[str, ...],
    arrays: Mapping[str, NDArray[Any]],
) -> Any:
    import pymc as pm

    coords: dict[str, Any] = {name: list(names) for name, names in levels.items()}
    if covariate_names:
        coords["covariate"] = list(covariate_names)
    with pm.Model(coords=coords) as built:
        data = {name: pm.Data(name, values) for name, values in arrays.items()}
        eta = linear_predictor(model.priors, data, levels)
        model.add_outcome(eta, data)
    return built
