"""A fitted model: its draws, and what they predict."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desist._types import Draws, Floats
from desist.arguments import describe, find_number_faults
from desist.errors import Fault, InputError, raise_faults
from desist.estimands import Estimand
from desist.execution import on_one_thread
from desist.inference.blocks import cut_slices
from desist.inference.calibration import WeightedPeople
from desist.inference.diagnostics import Diagnostics
from desist.inference.engines import compile_alone
from desist.inference.nested_density import Grouping
from desist.models.predictors import (
    MATCHED_SET,
    Target,
    linear_predictor,
    name_effects,
    predict_linear,
)
from desist.models.protocol import Model, TimedModel
from desist.notebook import show_record

PREDICTED_AT_ONCE = 50_000  # draws times people, so that they stay near the processor
MOST_ROWS = 4_096  # people at once, so that there are draws enough beside them
# What a grouping may not be called inside a model, where variables, dimensions and data share one
# space of names. The parameters of the outcomes begin with "log_".
TAKEN = {
    "chain",
    "covariate",
    "covariates",
    "degrees_of_freedom",
    "distinct_arm",
    "distinct_count",
    "distinct_position",
    "ended",
    "ended_before",
    "draw",
    "group",
    "intercept",
    "interval_start",
    "is_open",
    "matched_set",
    "offences",
    "on_release_day",
    "on_release_day_rows",
    "outcome",
    "relative_error",
    "reoffended",
    "sample",
    "spent",
    "spent_before",
    "starts",
    "time",
    "treated",
    "treatment",
    "weight",
    "x",
}
PARTS = ("", "_intercept", "_treatment")


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
        The people behind the rows; None for published figures.
    rows : dict of str to ndarray, each with one entry a row
        What `data` was made of.
    entropy : tuple of int
        Of what is drawn from the fit later: the same for the same fit.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> fit = ds.fit_model(ds.RateModel(), cohort, design, seed=1)
    >>> sorted(fit.draws), fit.diagnostics.engine
    (['covariates', 'intercept', 'treatment'], 'laplace')
    """

    model: Model
    draws: Draws
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
    rows: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    entropy: tuple[int, ...] = ()

    @cached_property
    def pymc_model(self) -> Any:
        """The fitted model as an ordinary `pymc.Model` with one row a person, to extend.

        Its log-likelihood is that of people, each multiplied by the scaled weight. With weights
        that differ, measures made of it (LOO, WAIC) are not predictive scores.
        """
        arrays = self.data
        if self.people is not None:
            rows = {name: values[self.people.row] for name, values in self.rows.items()}
            arrays = self.model.complete_rows(rows | {"weight": self.people.weight})
        return self._build(arrays)

    @property
    def collapsed_model(self) -> Any:
        """The same as a new `pymc.Model` of the distinct rows, as the engines saw it."""
        return self._build(self.data)

    @cached_property
    def group_variables(self) -> dict[str, str]:
        """What each grouping is called in `draws` and `posterior`.

        Its own name where that can be the name of a dimension and is not taken.
        """
        return dict(zip(self.levels, name_levels(self.levels), strict=True))

    @cached_property
    def posterior(self) -> Any:
        """The draws as an ArviZ DataTree, with named dimensions."""
        import arviz as az

        dims = {"covariates": ["covariate"]}
        named = name_levels(self.levels)
        for name in named:
            dims |= {f"{name}_{part}": [name] for part in ("intercept", "treatment")}
            dims |= {f"{name}_{part}_standard": [name] for part in ("intercept", "treatment")}
        return az.from_dict(
            {"posterior": self.draws},
            coords={"covariate": list(self.covariate_names)}
            | {name: list(names) for name, names in named.items()},
            dims={name: dim for name, dim in dims.items() if name in self.draws},
        )

    def predict(self, arm: int, target: Target | None = None) -> dict[str, Floats]:
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
        raise_faults("prediction", _find_arm_faults(arm))
        with on_one_thread():
            return self._average(
                arm,
                target,
                lambda eta, draws: self.model.predict(eta, draws, arm, self.horizon),
            )

    def predict_survival(self, arm: int, days: Floats, target: Target | None = None) -> Floats:
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
        raise_faults("survival", _find_arm_faults(arm))
        model, days = require_times(self, days)
        curves = {str(position): float(day) for position, day in enumerate(days / self.horizon)}

        def survive(eta: Floats, draws: Draws) -> dict[str, Floats]:
            return {
                name: model.predict_survival(eta, draws, arm, self.horizon, share=share)
                for name, share in curves.items()
            }

        with on_one_thread():
            return np.stack(list(self._average(arm, target, survive).values()), axis=-1)

    def predict_linear(self, draws: Mapping[str, Floats], target: Target, arm: int) -> Floats:
        """Evaluate the linear predictor of some people for some draws.

        Parameters
        ----------
        draws : mapping of str to ndarray, each of shape (chains, draws, ...)
            Such as `draws`, or a few of them.
        target : Target
            The people.
        arm : {0, 1}
            1 with the programme, 0 without.

        Returns
        -------
        ndarray of float, shape (chains, draws, n_rows)
            On the scale of the model.
        """
        return predict_linear(dict(draws), target, name_levels(self.levels), arm)

    def _build(self, arrays: Mapping[str, NDArray[Any]]) -> Any:
        with compile_alone():
            return build_model(self.model, self.levels, self.covariate_names, arrays)

    def _average(
        self,
        arm: int,
        target: Target | None,
        predict: Callable[[Floats, Draws], dict[str, Floats]],
    ) -> dict[str, Floats]:
        """Average what is predicted over the target within each draw, a block at a time."""
        target = self.target if target is None else target
        found: dict[str, Floats] = {}
        for rows in cut_slices(len(target.weights), MOST_ROWS):
            part = Target(target.covariates[rows], target.groups[rows], target.weights[rows])
            blocks: dict[str, list[Floats]] = {}
            for some in cut_draws(self.draws, len(part.weights)):
                outcomes = predict(self.predict_linear(some, part, arm), some)
                for name, values in outcomes.items():
                    average = _average_logs if name.startswith("log_") else np.matmul
                    blocks.setdefault(name, []).append(average(values, part.weights))
            for name, averages in blocks.items():
                joined = np.concatenate(averages, axis=1)
                add = np.logaddexp if name.startswith("log_") else np.add
                found[name] = add(found[name], joined) if name in found else joined
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is made again when it is looked at, and may not travel."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what `__getstate__` gave."""
        vars(self).update(state)

    _repr_html_ = show_record

    def __repr__(self) -> str:
        """Say what was fitted to how many people, and how well."""
        return (
            f"<Fit of the {self.model.name} model: {self.n_treated} treated and "
            f"{self.n_comparison} comparison people, {self.estimand}, {self.diagnostics.engine}>"
        )


def cut_draws(draws: Draws, n_rows: int) -> Iterator[Draws]:
    """Cut draws so that the predictions of so many rows stay near the processor."""
    for some in cut_slices(draws["intercept"].shape[1], max(1, PREDICTED_AT_ONCE // n_rows)):
        yield {name: values[:, some] for name, values in draws.items()}


def require_times(fit: Fit, days: NDArray[Any]) -> tuple[TimedModel, Floats]:
    """Refuse days that a fit says nothing of, and fits without times."""
    if not isinstance(fit.model, TimedModel):
        fault = Fault("model", "one of the time to a reoffence", f"the {fit.model.name} model")
        raise InputError("survival", [fault])
    days = np.asarray(days)
    is_number = days.ndim == 1 and days.dtype.kind in "iuf" and days.size > 0
    if not is_number or not np.all((days > 0) & (days <= fit.horizon)):
        expected = f"days above 0 and up to {fit.horizon:g}"
        found = ", ".join(f"{day:g}" for day in days[:5]) if is_number else describe(days)
        raise InputError("survival", [Fault("days", expected, found)])
    return fit.model, days.astype(float)


def build_model(
    model: Model,
    levels: Mapping[str, tuple[str, ...]],
    covariate_names: tuple[str, ...],
    arrays: Mapping[str, NDArray[Any]],
) -> Any:
    """Build the PyMC model of some rows."""
    import pymc as pm

    named = name_levels(levels)
    coords: dict[str, Any] = {name: list(names) for name, names in named.items()}
    if covariate_names:
        coords["covariate"] = list(covariate_names)
    with pm.Model(coords=coords) as built:
        data = {name: pm.Data(name, values) for name, values in drop_empty(arrays).items()}
        eta = linear_predictor(model.priors, data, named)
        model.add_outcome(eta, data)
    return built


def name_levels(levels: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Name groupings as the dimensions and variables of a model can be named."""
    named: dict[str, tuple[str, ...]] = {}
    used: set[str] = set()
    for grouping, names in levels.items():
        name = re.sub(r"\W", "_", str(grouping)) or "group"
        if grouping != MATCHED_SET:
            while _is_taken(name) or not used.isdisjoint(_expand(name)):
                name = f"group_{name}"
        used |= _expand(name)
        named[name] = names
    return named


def list_groupings(levels: Mapping[str, tuple[str, ...]]) -> tuple[Grouping, ...]:
    """List the groupings of a model as the nested engine knows them."""
    return tuple(
        Grouping(column, len(names), name_effects(name))
        for column, (name, names) in enumerate(name_levels(levels).items())
    )


def drop_empty(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Leave out the arrays without a value, which a model cannot hold."""
    return {name: values for name, values in arrays.items() if values.size}


def _find_arm_faults(arm: object) -> list[Fault]:
    return find_number_faults("arm", arm, least=0, most=1, whole=True)


def _is_taken(name: str) -> bool:
    return name in TAKEN or name.startswith("log_")


def _expand(name: str) -> set[str]:
    return {f"{name}{part}{end}" for part in PARTS for end in ("", "_sd", "_standard")}


def _average_logs(logs: Floats, weights: Floats) -> Floats:
    """Return the log of the weighted average: survival can be too small for a number."""
    used = logs if weights.all() else logs[..., weights > 0]
    peak = used.max(axis=-1, keepdims=True, initial=-np.inf)
    peak[np.isneginf(peak)] = 0.0
    with np.errstate(divide="ignore"):  # of nobody, or where nothing is left, the log of nothing
        averaged: Floats = np.log(np.exp(used - peak) @ weights[weights > 0]) + peak[..., 0]
    return averaged
