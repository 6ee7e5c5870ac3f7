"""Programmes that nobody gave: what the same pipeline finds where there is nothing to find."""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from desist._types import Floats, Mask
from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.checks.people.weighted import weighted_difference
from desist.cohort.cohort import Cohort
from desist.design.design import build_design
from desist.design.made_from import recall_recipe
from desist.effects.effect import Effect
from desist.errors import CannotAnswerError, Fault, InputError, raise_faults
from desist.estimands import Measure
from desist.evaluation.with_bias import BiasPrior, take_off
from desist.execution import Store, run_tasks
from desist.inference.engines import Laplace
from desist.models.fit import Model, fit_model
from desist.sample import Sample, build_sample, of_a_sample
from desist.sensitivity._outcomes import read_measure, read_outcome
from desist.sensitivity._reduced import estimate_one
from desist.sensitivity.result import SensitivityResult, say_difference, summarise, unit_of
from desist.sensitivity.specifications._work import mark_data

SUBJECT = "placebo programmes"
ENGINE = Laplace(draws=1000)
MOST_OF_COMPARISON = 0.5  # of the comparison people who may stand for participants
FEWEST = 10
GRID = 400
LARGEST_SPREAD = 4.0  # times the spread of the placebo estimates


@dataclass(frozen=True)
class Placebo:
    """One placebo programme: its seed is all that it depends on besides the people."""

    seed: int
    number: int


@dataclass(frozen=True, eq=False, repr=False)
class PlaceboProgrammes:
    """What the pipeline finds for programmes that nobody gave.

    Attributes
    ----------
    measure : Measure
        What is compared.
    table : DataFrame
        One row a placebo programme: "estimate", "standard_error", "excludes_nothing", "reason".
    false_positives, error : float
        Share of intervals that exclude no difference, and its standard error.
    bias : tuple of float
        Mean and standard deviation of the bias beyond chance.
    bias_interval : tuple of float
        Where the standard deviation lies, with a probability of 0.95.
    size : int
        Placebo participants of each.
    draws : ndarray of float, shape (n_draws,)
        Draws of the bias of one programme, its mean and spread uncertain.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> found = ds.sensitivity.placebo_programmes(cohort, design, n_programmes=20, seed=1)
    >>> len(found.table), found.size
    (20, 60)
    """

    measure: Measure
    table: pd.DataFrame
    false_positives: float
    error: float
    bias: tuple[float, float]
    bias_interval: tuple[float, float]
    size: int
    draws: Floats

    name: ClassVar[str] = "placebo_programmes"
    title: ClassVar[str] = "Programmes that nobody gave"
    doubt: ClassVar[str] = "The method finds effects where there are none."

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of each column of the table."""
        return dict.fromkeys(("estimate", "standard_error"), unit_of(self.measure))

    @property
    def sentence(self) -> str:
        """What was found where nothing was to find."""
        made = int((self.table["reason"] == "").sum())
        return (
            f"Of {made} programmes that nobody gave, {100 * self.false_positives:.1f} in 100 "
            f"(standard error {100 * self.error:.1f}) seemed to change something; 5 would be "
            "expected. Beyond chance their estimates differ by "
            f"{say_difference(self.bias[1], self.measure)} (standard deviation; up to "
            f"{say_difference(self.bias_interval[1], self.measure)})."
        )

    def prior(self) -> BiasPrior:
        """Return what they say of the bias of the method, for the evaluation of the programme.

        Returns
        -------
        BiasPrior
            Goes to ``ds.evaluate(..., bias=)``, which shows the result with it beside the default
            one.
        """
        n_made = int((self.table["reason"] == "").sum())
        return BiasPrior(self.measure, n_made, self.bias[1], *self.bias_interval, self.draws)

    def __repr__(self) -> str:
        """Return what was found."""
        return f"<PlaceboProgrammes: {self.sentence}>"


@of_a_sample
def placebo_programmes(
    sample: Sample,
    measure: Measure | str = Measure.RATE,
    *,
    n_programmes: int = 200,
    by: str | None = None,
    size: int | None = None,
    model: Model | None = None,
    seed: int = 0,
    executor: Executor | None = None,
    store: str | Path | None = None,
) -> PlaceboProgrammes:
    """Run the whole pipeline for programmes that nobody gave.

    Comparison people alone are kept. Some of them stand for participants: those whom the
    propensity score makes likely, or, `by` a grouping, those of as many groups as the
    programme had. Scores, weights and effect are made again for each. They share people, so that
    their spread is known less well than as many separate studies would tell.

    Parameters
    ----------
    sample : Sample
        Of the evaluation; formula and method of its design are used again, and its horizon. A
        cohort and its design may stand in its place, with `horizon`.
    measure : Measure or str
        "rate", "frequency" or "rmst".
    n_programmes : int
        How many.
    by : str, optional
        Grouping whose groups have a programme, such as "prison".
    size : int, optional
        Placebo participants; by default as many as took part, and at most half of the people.
    model : Model, optional
        An outcome model to fit each time; by default the weighted difference with its robust
        error, which is quicker.
    seed : int
        Of the choice of people.
    executor : concurrent.futures.Executor, optional
        Where the work is done; the bits are the same on any.
    store : str or Path, optional
        File that keeps what was done.

    Returns
    -------
    PlaceboProgrammes
        Estimates, false positives, and the spread of the bias.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If there are too few comparison people, or hardly a placebo can be made.

    References
    ----------
    Schuemie, M. J. et al. (2014). Interpreting observational studies: why empirical calibration is
    needed to correct p-values. Statistics in Medicine 33, 209-218.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> found = ds.sensitivity.placebo_programmes(cohort, design, n_programmes=20, seed=1)
    >>> found.table.columns.tolist()
    ['estimate', 'standard_error', 'excludes_nothing', 'reason']
    """
    faults = _find_faults(sample, n_programmes=n_programmes, by=by, size=size, seed=seed)
    raise_faults(SUBJECT, faults)
    asked, cohort = read_measure(measure, SUBJECT), sample.cohort
    n_comparison = int((~cohort.treated).sum())
    most = int(MOST_OF_COMPARISON * n_comparison)
    size = min(int(cohort.treated.sum()), most) if size is None else size
    if size > most or size < FEWEST:
        raise CannotAnswerError(
            f"{SUBJECT}: of {n_comparison} comparison people {size} cannot stand for participants; "
            f"at least {FEWEST} and at most half of them can"
        )
    pipeline = _Pipeline(sample, asked, by, size, model)
    mark = f"{mark_data(cohort)}{sample.design!r}{asked}{by}{size}{model!r}{sample.horizon}"
    found = run_tasks(
        partial(run_placebo, pipeline),
        [Placebo(seed, number) for number in range(n_programmes)],
        executor=executor,
        batch=10,
        progress="placebo programmes",
        store=None if store is None else Store(Path(store), mark),
    )
    return _gather(pd.DataFrame(found), asked, size, seed)


def apply_bias(effect: Effect, placebo: PlaceboProgrammes, *, seed: int = 0) -> SensitivityResult:
    """Give an effect the bias of placebo programmes as an empirical prior.

    Parameters
    ----------
    effect : Effect
        Of the same measure.
    placebo : PlaceboProgrammes
        From the same comparison people.
    seed : int
        Of the order in which the draws meet.

    Returns
    -------
    SensitivityResult
        The effect without and with the uncertainty of bias, with draws.

    Raises
    ------
    InputError
        If they are not of one measure.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> placebo = ds.sensitivity.placebo_programmes(cohort, design, n_programmes=20, seed=1)
    >>> ds.sensitivity.apply_bias(rate, placebo).table["label"].tolist()
    ['as estimated', 'with the bias of placebo programmes']
    """
    faults = find_kind_faults("effect", effect, Effect, "an Effect")
    faults += find_kind_faults("placebo", placebo, PlaceboProgrammes, "PlaceboProgrammes")
    if not faults and (effect.measure is not placebo.measure or effect.difference is None):
        faults = [Fault("placebo", f"one of the {effect.measure}", str(placebo.measure))]
    raise_faults(SUBJECT, faults)
    plain = np.ravel(effect.draws.to_numpy())
    moved = take_off(effect, placebo.draws, seed)
    draws = {"as estimated": plain, "with the bias of placebo programmes": moved}
    rows = [(label, *summarise(values, effect.probability)) for label, values in draws.items()]
    table = pd.DataFrame(rows, columns=["label", "estimate", "lower", "upper"])
    estimate, low, high = (say_difference(value, effect.measure) for value in rows[1][1:])
    sentence = (
        f"With the bias that placebo programmes show, the effect is {estimate} ({low} to {high})."
    )
    units = dict.fromkeys(("estimate", "lower", "upper"), unit_of(effect.measure))
    title = "The effect with the bias that placebo programmes show"
    doubt = PlaceboProgrammes.doubt
    return SensitivityResult("apply_bias", title, doubt, sentence, table, units, draws)


def estimate_bias(
    estimates: Floats, errors: Floats, rng: np.random.Generator, n_draws: int = 4000
) -> tuple[Floats, Floats, Floats]:
    """Estimate mean and spread of the bias beyond chance, with their uncertainty."""
    # d_i ~ N(m, s_i^2 + tau^2), m flat, tau uniform, integrated on a grid
    grid = np.linspace(0, LARGEST_SPREAD * float(np.std(estimates)) + 1e-12, GRID)
    variance = np.square(errors) + np.square(grid)[:, np.newaxis]
    precision = (1 / variance).sum(axis=1)
    mean = (estimates / variance).sum(axis=1) / precision
    squares = (np.square(estimates - mean[:, np.newaxis]) / variance).sum(axis=1)
    log_density = -0.5 * (np.log(variance).sum(axis=1) + np.log(precision) + squares)
    mass = np.exp(log_density - log_density.max())
    chosen = rng.choice(GRID, n_draws, p=mass / mass.sum())
    means = rng.normal(mean[chosen], 1 / np.sqrt(precision[chosen]))
    spreads = grid[chosen]
    return means, spreads, rng.normal(means, spreads)


@dataclass(frozen=True, eq=False, repr=False)
class _Pipeline:
    """What a worker needs to run a placebo programme."""

    sample: Sample
    measure: Measure
    by: str | None
    size: int
    model: Model | None


def run_placebo(pipeline: _Pipeline, one: Placebo) -> dict[str, Any]:
    """Choose people, and make design and effect again."""
    try:
        return _run(pipeline, np.random.default_rng([one.seed, one.number]))
    except (CannotAnswerError, InputError) as error:
        nothing = {"estimate": math.nan, "standard_error": math.nan, "excludes_nothing": False}
        return nothing | {"reason": " ".join(str(error).split())}


def _run(pipeline: _Pipeline, rng: np.random.Generator) -> dict[str, Any]:
    cohort, design = pipeline.sample.cohort, pipeline.sample.design
    stays = ~cohort.treated
    chosen = _choose(pipeline, stays, rng)
    people = cohort.people.loc[stays].reset_index(drop=True)
    people[cohort.treatment] = chosen[stays]
    placebo = Cohort(people, **vars(cohort.roles))
    made = build_design(placebo, **recall_recipe(design))
    sample = build_sample(placebo, made, pipeline.sample.horizon)
    if pipeline.model is None:
        _, outcome = read_outcome(sample, pipeline.measure, SUBJECT)
        used = sample.used
        found = weighted_difference(outcome[used], sample.treated[used], sample.weights[used])
        numbers = (found.estimate, found.standard_error, found.lower, found.upper)
    else:
        fit = fit_model(pipeline.model, sample, inference=ENGINE, seed=int(rng.integers(2**31)))
        got = estimate_one(fit, pipeline.measure)
        numbers = (got["estimate"], got["spread"], got["lower"], got["upper"])
    estimate, error, low, high = numbers
    if not error > 0:
        raise CannotAnswerError("nobody or everybody of an arm has the outcome")
    excludes = bool(low > 0 or high < 0)
    names = {"estimate": estimate, "standard_error": error}
    return names | {"excludes_nothing": excludes, "reason": ""}


def _choose(pipeline: _Pipeline, stays: Mask, rng: np.random.Generator) -> Mask:
    """Choose who stands for a participant: by the score, of all groups or of some."""
    cohort, scores = pipeline.sample.cohort, pipeline.sample.design.scores
    liability = np.zeros(len(stays)) if scores is None else scores.logit
    liability = np.where(stays, liability + rng.logistic(size=len(stays)), -np.inf)
    if pipeline.by is not None:
        groups = cohort.covariates[pipeline.by].astype(str).to_numpy()
        n_groups = len(set(groups[cohort.treated]))
        available = np.array(sorted(set(groups[stays])))
        if n_groups >= len(available):
            raise CannotAnswerError(f"{SUBJECT}: too few groups without participants")
        picked = rng.choice(available, n_groups, replace=False)
        liability = np.where(np.isin(groups, picked), liability, -np.inf)
    size = min(pipeline.size, int(np.isfinite(liability).sum()))
    chosen = np.zeros(len(stays), dtype=bool)
    chosen[np.argsort(-liability, kind="stable")[:size]] = True
    return chosen


def _gather(table: pd.DataFrame, measure: Measure, size: int, seed: int) -> PlaceboProgrammes:
    made = table[table["reason"] == ""]
    if len(made) < max(FEWEST, len(table) // 2):
        reasons = table["reason"][table["reason"] != ""].value_counts()
        raise CannotAnswerError(
            f"{SUBJECT}: only {len(made)} of {len(table)} could be made; most often because "
            f"{reasons.index[0]}"
        )
    share = float(made["excludes_nothing"].mean())
    rng = np.random.default_rng([seed, len(table)])
    columns = (made["estimate"].to_numpy(), made["standard_error"].to_numpy())
    means, spreads, biases = estimate_bias(*columns, rng)
    low, high = np.quantile(spreads, [0.025, 0.975])
    return PlaceboProgrammes(
        measure,
        table,
        share,
        _find_error(int(made["excludes_nothing"].sum()), len(made)),
        (float(means.mean()), float(np.median(spreads))),
        (float(low), float(high)),
        size,
        biases,
    )


def _find_error(n_found: int, n_made: int) -> float:
    # with two more of either kind, so that a share of nothing has an error too (Agresti and
    # Coull 1998, American Statistician 52, 119-126)
    share = (n_found + 2) / (n_made + 4)
    return math.sqrt(share * (1 - share) / (n_made + 4))


def _find_faults(
    sample: Sample,
    *,
    n_programmes: object,
    by: object,
    size: object,
    seed: object,
) -> Sequence[Fault]:
    faults = find_number_faults("n_programmes", n_programmes, least=FEWEST, whole=True)
    faults += find_number_faults("size", size, least=1, whole=True, optional=True)
    faults += find_number_faults("seed", seed, least=0, whole=True)
    if sample.design.method is None:
        faults.append(Fault("design", "one made by a method", "one made by hand"))
    if by is not None and by not in sample.cohort.covariates:
        faults.append(Fault("by", "a column of the cohort", describe(by)))
    return faults
