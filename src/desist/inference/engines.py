"""How a posterior is obtained: NUTS, or Laplace with importance correction."""

# Both engines work from the same PyMC model. Compilation is paid once per structure of a model and
# kept; a refit only hands over new data. A compiled model holds the data of one fit at a time, so
# that threads take turns at it: no fit sees another's data.

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from desist._types import Data, Draws, Floats
from desist.arguments import find_kind_faults, find_number_faults
from desist.errors import Fault, InputError, NotConvergedError, raise_faults
from desist.execution import on_one_thread
from desist.inference.calibration import (
    WeightedPeople,
    rotate_draws,
    sandwich_covariance,
    sum_scores,
)
from desist.inference.diagnostics import Diagnostics
from desist.inference.laplace import (
    LogDensity,
    correct_by_importance,
    find_mode,
    measure_curvature,
)
from desist.inference.nested import Nested, draw_nested
from desist.inference.nested_density import GroupedDensity, Grouping
from desist.inference.products import SEVERAL

type Build = Callable[[Data], Any]

FEWEST_DRAWS = 4  # split R-hat halves each chain and wants a variance of each half
MOST_DRAWS, FEWEST_BY_DEFAULT = 10_000, 4_000
ROWS_TIMES_DRAWS = 8_000_000  # of the default: no slower than 4,000 draws of a large study
MOST_REPROPOSALS = 3
PATIENT_TARGET_ACCEPT = 0.99
COMPILED_MODELS_KEPT = 32
ROWS_TIMES_DRAWS_AT_ONCE = 80_000  # what fits in a core's cache


@dataclass(frozen=True)
class Nuts:
    """Settings of the No-U-Turn sampler, run by nutpie.

    A run that fails the convergence gate is made once more, with a target acceptance nearer
    to 1 and twice the tuning, before it is given up.

    Attributes
    ----------
    draws, tune : int
        Draws kept and tuning draws thrown away, per chain.
    chains : int
        Chains, at least 2 for R-hat.
    target_accept : float
        Target acceptance rate; higher for difficult posteriors.

    Raises
    ------
    InputError
        If a setting is not such a number; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> ds.Nuts(draws=2000)
    Nuts(draws=2000, tune=1000, chains=4, target_accept=0.95)
    """

    draws: int = 1000
    tune: int = 1000
    chains: int = 4
    target_accept: float = 0.95
    name: ClassVar[str] = "nuts"

    def __post_init__(self) -> None:
        """Check that the settings are such numbers."""
        faults = [
            *find_number_faults("draws", self.draws, least=FEWEST_DRAWS, whole=True),
            *find_number_faults("tune", self.tune, least=1, whole=True),
            *find_number_faults("chains", self.chains, least=2, whole=True),
            *find_number_faults("target_accept", self.target_accept, above=0.0, below=1.0),
        ]
        raise_faults("Nuts", faults)


@dataclass(frozen=True)
class Laplace:
    """Settings of the Laplace engine.

    The posterior's mode and curvature give a multivariate t proposal; its draws are
    weighted by the ratio of posterior to proposal, the weights' tail is Pareto-smoothed,
    and the draws are resampled. Where k-hat is 0.5 or more, this is done again from the mean
    and covariance of those draws, three times at most, as long as k-hat falls.

    Attributes
    ----------
    draws : int or None
        Draws proposed and draws returned. They are independent, and so one chain. By default as
        many as are cheap: 10,000, and down to 4,000 where many people differ from each other.
    degrees_of_freedom : float
        Of the proposal; heavier tails than the posterior's keep the weights bounded.
    sandwich : bool
        Whether the draws are rotated to the sandwich covariance of the weighted people, or of
        matched sets where the design has them. Off by default: with few participants its
        intervals cover too seldom.

    Raises
    ------
    InputError
        If a setting is not such a number; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> ds.Laplace(draws=2000)
    Laplace(draws=2000, degrees_of_freedom=4.0, sandwich=False)
    """

    draws: int | None = None
    degrees_of_freedom: float = 4.0
    sandwich: bool = False
    name: ClassVar[str] = "laplace"

    def __post_init__(self) -> None:
        """Check that the settings are such numbers."""
        freedom = self.degrees_of_freedom
        faults = [
            *find_number_faults("draws", self.draws, least=FEWEST_DRAWS, whole=True, optional=True),
            *find_number_faults("degrees_of_freedom", freedom, above=0.0),
            *find_kind_faults("sandwich", self.sandwich, bool, "True or False"),
        ]
        raise_faults("Laplace", faults)


type Engine = Nuts | Laplace | Nested

ENGINES: Mapping[str, type[Nuts | Laplace | Nested]] = {
    "nuts": Nuts,
    "laplace": Laplace,
    "nested": Nested,
}
KHAT_FOR_AUTO = 0.5
# With fewer groups the scale's long tail decides, and limits of the nested engine were off by up to
# a quarter of a posterior standard deviation.
FEWEST_GROUPS_FOR_AUTO = 5


def choose_engine(inference: str | Engine, *, has_groups: bool = False) -> tuple[Engine, ...]:
    """Turn what the user asked for into the engines to try, in order."""
    if isinstance(inference, Nuts | Laplace | Nested):
        return (inference,)
    raise_faults("inference", find_engine_faults(inference))
    if inference == "auto":
        # the scale of a hierarchy has no bell-shaped posterior
        return (Nested() if has_groups else Laplace(), Nuts())
    return (ENGINES[inference](),)


def find_engine_faults(inference: object) -> list[Fault]:
    """Find what is wrong with what was asked for as an engine."""
    if isinstance(inference, str) and inference in {"auto", *ENGINES}:
        return []
    expected = "auto, nuts, laplace or nested, or a settings record"
    return find_kind_faults("inference", inference, (Nuts, Laplace, Nested), expected)


def draw_posterior(
    build: Build,
    data: Data,
    *,
    structure: Hashable,
    engines: tuple[Engine, ...],
    rng: np.random.Generator,
    people: WeightedPeople | None = None,
    groupings: tuple[Grouping, ...] = (),
) -> tuple[Draws, Diagnostics]:
    """Draw from a posterior with the first engine that can be trusted."""
    compiled = _compile_once(structure, build, data, groupings)
    with compiled.turn:
        compiled.starts, refused = None, []
        for engine in engines[:-1]:
            few = min((one.n_levels for one in groupings), default=FEWEST_GROUPS_FOR_AUTO)
            if isinstance(engine, Nested) and few < FEWEST_GROUPS_FOR_AUTO:
                refused.append(f"nested has {few} groups, {FEWEST_GROUPS_FOR_AUTO} are needed")
                continue
            try:
                draws, diagnostics = _run(engine, compiled, data, rng, people)
            except NotConvergedError:
                refused.append(f"{engine.name} found no mode")
                continue
            told = f"{engine.name} has k-hat {diagnostics.khat:.2f}, limit {KHAT_FOR_AUTO:g}"
            if diagnostics.khat < KHAT_FOR_AUTO:
                return draws, replace(diagnostics, reason=told)
            refused.append(told)
        draws, diagnostics = _run(engines[-1], compiled, data, rng, people)
        return draws, replace(diagnostics, reason=", ".join(refused) or "asked for")


@contextmanager
def lend_density(build: Build, data: Data, *, structure: Hashable) -> Iterator[LogDensity]:
    """Lend the compiled log density of a model, with the data of one fit, to one thread."""
    compiled = _compile_once(structure, build, data, ())
    with compiled.turn, on_one_thread():
        yield _prepare_density(compiled, data)


@contextmanager
def compile_alone() -> Iterator[None]:
    """Keep other threads from building or compiling a model meanwhile."""
    # PyMC and PyTensor keep settings and databases for the whole process while they compile. Noting
    # for each node of a graph which line made it takes a fifth of the time, and nobody reads it.
    from pytensor import config

    with _COMPILING, config.change_flags(traceback__limit=0):
        yield


def forget_compiled_models() -> None:
    """Free the memory of all compiled models; fits that are under way keep theirs.

    Examples
    --------
    >>> import desist as ds
    >>> ds.inference.forget_compiled_models()
    """
    with _COMPILING:
        _COMPILED.clear()


@dataclass(eq=False)
class _Compiled:
    model: Any
    groupings: tuple[Grouping, ...]
    density: Any = None
    grouped: Any = None
    sampler: Any = field(default=None)
    starts: Floats | None = None  # points of an engine that was tried before the sampler
    turn: Any = field(default_factory=threading.RLock)

    def with_data(self, data: Data) -> None:
        import pymc as pm

        with self.model:
            pm.set_data(dict(data))


_COMPILED: OrderedDict[Hashable, _Compiled] = OrderedDict()
_COMPILING = threading.RLock()


def _compile_once(
    structure: Hashable, build: Build, data: Data, groupings: tuple[Grouping, ...]
) -> _Compiled:
    with _COMPILING:
        if structure not in _COMPILED:
            with compile_alone():
                _COMPILED[structure] = _Compiled(build(data), groupings)
            while len(_COMPILED) > COMPILED_MODELS_KEPT:
                _COMPILED.popitem(last=False)
        _COMPILED.move_to_end(structure)
        return _COMPILED[structure]


def _start_afresh() -> None:
    """Give a forked process locks of its own: a thread that held one is not in it."""
    global _COMPILING  # noqa: PLW0603
    _COMPILING = threading.RLock()
    _COMPILED.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)


def _run(
    engine: Engine,
    compiled: _Compiled,
    data: Data,
    rng: np.random.Generator,
    people: WeightedPeople | None,
) -> tuple[Draws, Diagnostics]:
    with on_one_thread():
        if isinstance(engine, Nuts):
            return _run_nuts(engine, compiled, data, rng)
        if isinstance(engine, Nested):
            return _run_nested(engine, compiled, data, rng)
        return _run_laplace(engine, compiled, data, rng, people)


def _run_nuts(
    settings: Nuts, compiled: _Compiled, data: Data, rng: np.random.Generator
) -> tuple[Draws, Diagnostics]:
    draws, diagnostics = _sample(settings, compiled, data, rng)
    if not (diagnostics.problems or diagnostics.divergences):
        return draws, diagnostics
    patient = replace(
        settings,
        tune=2 * settings.tune,
        target_accept=max(PATIENT_TARGET_ACCEPT, settings.target_accept),
    )
    again, better = _sample(patient, compiled, data, rng)
    is_better = len(better.problems) <= len(diagnostics.problems)
    return (again, better) if is_better else (draws, diagnostics)


def _sample(
    settings: Nuts, compiled: _Compiled, data: Data, rng: np.random.Generator
) -> tuple[Draws, Diagnostics]:
    import arviz as az
    import nutpie

    if compiled.sampler is None:
        with compile_alone():
            compiled.sampler = nutpie.compile_pymc_model(compiled.model)
    sampler = compiled.sampler
    # nutpie knows the arrays that the density is made of, and no others
    known = {variable.name for variable in sampler.shared_var_keys}
    if compiled.starts is not None:
        sampler = replace(sampler, initial_point_func=_PickStart(compiled.starts))
    tree = nutpie.sample(
        sampler.with_data(**{name: data[name] for name in data if name in known}),
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=settings.chains,
        seed=int(rng.integers(2**31)),
        target_accept=settings.target_accept,
        save_warmup=False,
        progress_bar=sys.stderr.isatty(),
    )
    posterior = tree["posterior"].to_dataset()
    draws = {
        str(name): posterior[name].to_numpy()
        for name in posterior.data_vars
        if str(name) in _parameter_names(compiled.model)
    }
    names = list(draws)
    diagnostics = Diagnostics(
        engine="nuts",
        rhat_max=_extreme(az.rhat(tree, var_names=names), max),
        ess_bulk_min=_extreme(az.ess(tree, var_names=names, method="bulk"), min),
        ess_tail_min=_extreme(az.ess(tree, var_names=names, method="tail"), min),
        divergences=int(tree["sample_stats"]["diverging"].sum()),
        n_draws=settings.draws * settings.chains,
        ebfmi_min=float(np.min(_energy_fraction(tree["sample_stats"]["energy"].to_numpy()))),
    )
    return draws, diagnostics


@dataclass(frozen=True)
class _PickStart:
    """Start a chain at one of some points, by its seed."""

    points: Floats

    def __call__(self, seed: Any) -> Floats:
        position = int(np.random.default_rng(seed).integers(len(self.points)))
        return np.ascontiguousarray(self.points[position])


def _parameter_names(model: Any) -> set[str]:
    return {variable.name for variable in [*model.free_RVs, *model.deterministics]}


def _extreme(figures: Any, pick: Callable[[list[float]], float]) -> float:
    dataset = figures.to_dataset() if hasattr(figures, "to_dataset") else figures
    dataset = dataset.get("posterior", dataset)
    return pick([float(pick(list(figure.to_numpy().ravel()))) for figure in dataset.values()])


def _energy_fraction(energy: Floats) -> Floats:
    # Betancourt (2016), arXiv:1604.00695, eq. 3.
    fraction: Floats = np.square(np.diff(energy, axis=1)).mean(axis=1) / energy.var(axis=1, ddof=1)
    return fraction


def _run_laplace(
    settings: Laplace,
    compiled: _Compiled,
    data: Data,
    rng: np.random.Generator,
    people: WeightedPeople | None,
) -> tuple[Draws, Diagnostics]:
    n_rows = max(len(np.atleast_1d(values)) for values in data.values())
    at_once = max(1, ROWS_TIMES_DRAWS_AT_ONCE // n_rows)
    mode, covariance = find_mode(_prepare_density(compiled, data))
    if at_once < SEVERAL:
        with compile_alone():  # the first time
            compiled.density.compile_many_rows()
    correct = partial(
        correct_by_importance,
        compiled.density,
        n_draws=settings.draws or _choose_draws(n_rows),
        degrees_of_freedom=settings.degrees_of_freedom,
        at_once=at_once,
        rng=rng,
    )
    points, khat, n_effective = correct(mode, covariance)
    for _ in range(MOST_REPROPOSALS):
        if khat < KHAT_FOR_AUTO:
            break
        # a skewed posterior: propose about the mean and spread just found, not about the mode
        try:
            again = correct(points.mean(axis=0), np.atleast_2d(np.cov(points.T)))
        except np.linalg.LinAlgError:  # too few distinct points to have a covariance
            break
        if not again[1] < khat:
            break
        points, khat, n_effective = again
    if settings.sandwich:
        points = _rotate_to_sandwich(points, compiled.density, mode, data, people)
    diagnostics = Diagnostics(
        engine="laplace", khat=khat, ess_bulk_min=n_effective, ess_tail_min=_count_tails(points)
    )
    return compiled.density.parameters(points, 1), diagnostics


def _choose_draws(n_rows: int) -> int:
    return int(np.clip(ROWS_TIMES_DRAWS // n_rows, FEWEST_BY_DEFAULT, MOST_DRAWS))


def _count_tails(points: Floats) -> float:
    """Count the draws that the 5% and 95% points of a parameter are worth, at the fewest."""
    # The variance of a share p of N draws, of which some stand c times, is the average of
    # c (I - p)^2 over N (Owen 2013, Monte Carlo theory, section 9.3).
    _, places, counts = np.unique(points[:, 0], return_inverse=True, return_counts=True)
    times, fewest = counts[places], float(len(points))
    for share in (0.05, 0.95):
        beyond = points <= np.quantile(points, share, axis=0)
        spread = (times[:, np.newaxis] * np.square(beyond - share)).mean(axis=0)
        fewest = min(fewest, len(points) * share * (1 - share) / float(spread.max()))
    return fewest


def _prepare_density(compiled: _Compiled, data: Data) -> LogDensity:
    compiled.with_data(data)
    if compiled.density is None:
        with compile_alone():
            compiled.density = LogDensity(compiled.model)
    density: LogDensity = compiled.density
    return density


def _run_nested(
    settings: Nested, compiled: _Compiled, data: Data, rng: np.random.Generator
) -> tuple[Draws, Diagnostics]:
    if not compiled.groupings:
        fault = Fault("inference", "a model with groups", "one without", "take laplace")
        raise InputError("nested engine", [fault])
    compiled.with_data(data)
    if compiled.grouped is None:
        with compile_alone():
            compiled.grouped = GroupedDensity(compiled.model, compiled.groupings)
    points, khat, n_effective = draw_nested(
        compiled.grouped,
        data,
        n_draws=settings.draws,
        degrees_of_freedom=settings.degrees_of_freedom,
        rng=rng,
    )
    compiled.starts = points
    diagnostics = Diagnostics(
        engine="nested", khat=khat, ess_bulk_min=n_effective, ess_tail_min=_count_tails(points)
    )
    return compiled.grouped.parameters(points, 1), diagnostics


def _rotate_to_sandwich(
    points: Floats,
    density: LogDensity,
    mode: Floats,
    data: Data,
    people: WeightedPeople | None,
) -> Floats:
    if people is None:
        fault = Fault("sandwich", "people with weights", "rows without them", "fit people")
        raise InputError("inference", [fault])
    # a row's score is that of all its people together; one person's is their share of it
    with compile_alone():  # the first time
        density.compile_rows()
    scores = density.row_scores(mode) / data["weight"][:, np.newaxis]
    between = sum_scores(scores, people)
    wanted = sandwich_covariance(
        measure_curvature(density, mode), between, float(data["weight"].sum())
    )
    return rotate_draws(points, np.cov(points.T), wanted)
