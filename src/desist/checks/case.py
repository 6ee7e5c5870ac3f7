"""One measure of the people compared: what a check of the catalogue may look at."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import Arms, join_arms
from desist.checks.columns import NO_SET, Columns, find_draw_faults, find_horizon_faults
from desist.checks.designs.redraws import Redraws
from desist.design.arose import WriteEquations
from desist.design.design import Design
from desist.design.formula import ModelMatrix
from desist.design.made_from import read_design_matrix, recall_people
from desist.design.weighting.equations import WeightEquations
from desist.errors import CannotAnswerError
from desist.estimands import Measure

FEWEST_CLUSTERS = 20

Bools = NDArray[np.bool_]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Random = np.random.Generator | int | None


@dataclass(frozen=True, eq=False, repr=False)
class Background:
    """How a design was made, for the checks that ask."""

    design: Design  # as built
    covariates: pd.DataFrame | None = None  # of everybody, for the columns of the formula
    # participation drawn again; None where no randomisation test is asked for
    redraws: Redraws | None = None
    grouping: str = ""  # column of the groups that people belong to; empty where none is declared

    def __repr__(self) -> str:
        """Return the design in one line; nobody's covariates are shown."""
        return f"Background({self.design!r})"

    @cached_property
    def matrix(self) -> ModelMatrix | None:
        """The formula of the design as numbers, where a method was given one."""
        made_by_hand = self.design.method is None or self.design.formula is None
        if made_by_hand or self.covariates is None:
            return None
        return read_design_matrix(recall_people(self.design, self.covariates))[1]

    @cached_property
    def equations(self) -> WeightEquations | None:
        """The equations by which the weights were estimated; None where there are none."""
        return self._write(self.design.arose.equations)

    @cached_property
    def stacked(self) -> WeightEquations | None:
        """Those in which the means that the weights meet are estimated too."""
        return self._write(self.design.arose.stacked)

    def _write(self, equations: WriteEquations | None) -> WeightEquations | None:
        if equations is None or self.matrix is None:
            return None
        return equations(self.matrix, self.design.treated, self.design.weights)


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """One measure of the people compared.

    Attributes
    ----------
    measure : Measure
        What is compared.
    arms : Arms
        Outcome, arm and weight of the people used.
    outcome : ndarray of float, shape (n_people,)
        Of everybody who was handed in, in the unit of the measure.
    rng : numpy.random.Generator
        For checks that draw at random; one stream for all checks of a measure.
    sets : ndarray of int, shape (n_used,)
        Matched set of each person used, -1 for none.
    has_sets : bool
        Whether matched sets were given.
    events : ndarray of bool, shape (n_used,)
        Whether the days of each person used end with a reoffence.
    time_at_risk : ndarray of float, shape (n_used,)
        Days that each person used was followed.
    horizon : float
        Days up to which time counts.
    is_censored : bool
        Whether the outcome of some is known in part only, so that it is no plain number.
    background : Background or None
        How the design was made, where that is known.
    withheld : str
        Why no check of this outcome may stand, whatever it finds.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.checks.case import read_rate
    >>> case = read_rate([1, 0, 0, 1], [1, 1, 0, 0], [1.0, 1.0, 2.0, 1.0], None)
    >>> case.measure.value, case.has_sets
    ('rate', False)
    """

    measure: Measure
    arms: Arms
    outcome: Floats
    rng: np.random.Generator
    sets: Codes = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    has_sets: bool = False
    events: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    time_at_risk: Floats = field(default_factory=lambda: np.zeros(0))
    horizon: float = math.inf
    is_censored: bool = False
    background: Background | None = None
    withheld: str = ""

    def __repr__(self) -> str:
        """Return the measure and how many people there are, and nothing of any of them."""
        return f"Case({self.measure.value}, {self.arms!r})"

    @property
    def data(self) -> tuple[Floats, Bools, Floats]:
        """Outcome, arm and weight of the people used, as most formulas take them."""
        return self.arms.outcome, self.arms.treated, self.arms.weights

    @property
    def clusters(self) -> Codes | None:
        """The matched sets, where there are enough to cluster errors by."""
        return self.sets if np.unique(self.sets).size >= FEWEST_CLUSTERS else None

    @property
    def groups(self) -> Codes | None:
        """The group of each person used, where groups were declared."""
        background = self.background
        if background is None or background.covariates is None or not background.grouping:
            return None
        column = background.covariates[background.grouping].to_numpy()[self.arms.positions]
        return np.asarray(pd.factorize(column, use_na_sentinel=False)[0], dtype=np.int64)

    @property
    def made(self) -> Background:
        """How the design was made; a check that asks cannot be made without."""
        if self.background is None:
            raise CannotAnswerError("it is not known how the design was made")
        return self.background


def read_rate(
    reoffended: ArrayLike, treated: ArrayLike, weights: ArrayLike | None, sets: ArrayLike | None
) -> Case:
    """Read the rate: who reoffended."""
    columns = Columns()
    happened = columns.truths("reoffended", reoffended).astype(float)
    members = _read_sets(columns, sets)
    arms = join_arms(columns, happened, treated, weights, fewest=0)
    return _with_sets(Case(Measure.RATE, arms, happened, np.random.default_rng()), members)


def read_frequency(
    offences: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None,
    *,
    time_at_risk: ArrayLike | None,
    sets: ArrayLike | None,
    rng: Random,
) -> Case:
    """Read the frequency: how many offences, over how long."""
    columns = Columns()
    counted = columns.numbers("offences", offences, least=0.0)
    days = columns.numbers("time_at_risk", time_at_risk, above=0.0, truths=False, default=1.0)
    members = _read_sets(columns, sets)
    faults = find_draw_faults("n_draws", 1, rng)
    arms = join_arms(columns, counted, treated, weights, faults, fewest=0)
    case = Case(Measure.FREQUENCY, arms, counted, np.random.default_rng(rng))
    return replace(_with_sets(case, members), time_at_risk=days[arms.positions])


def read_times(
    days: ArrayLike,
    reoffended: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None,
    *,
    horizon: float,
    sets: ArrayLike | None,
    rng: Random,
) -> tuple[Case, Case, Case]:
    """Read the time to a first reoffence, which three measures look at."""
    columns = Columns()
    until, happened = columns.days("days", days), columns.truths("reoffended", reoffended)
    members = _read_sets(columns, sets)
    faults = find_horizon_faults(horizon) + find_draw_faults("n_draws", 1, rng)
    arms = join_arms(columns, until, treated, weights, faults, fewest=0)
    events = happened[arms.positions]
    among = Arms(
        arms.outcome[events], arms.treated[events], arms.weights[events], arms.positions[events]
    )
    cases = [
        _with_sets(Case(measure, of, until, np.random.default_rng(rng), horizon=horizon), members)
        for measure, of in (
            (Measure.RMST, arms),
            (Measure.HAZARD_RATIO, arms),
            (Measure.TIME_AMONG_REOFFENDERS, among),
        )
    ]
    return (
        replace(cases[0], events=events),
        replace(cases[1], events=events),
        replace(cases[2], events=np.ones(among.outcome.size, dtype=bool)),
    )


def read_outcome(outcome: ArrayLike, background: Background, measure: Measure) -> Case:
    """Read an outcome of everybody in a design."""
    columns, design = Columns(), background.design
    values = columns.numbers("outcome", outcome)
    arms = join_arms(columns, values, design.treated, design.weights, fewest=0)
    case = Case(measure, arms, values, np.random.default_rng(), background=background)
    return _with_sets(case, design.sets)


def _read_sets(columns: Columns, sets: ArrayLike | None) -> Codes | None:
    return None if sets is None else columns.sets("sets", sets)


def _with_sets(case: Case, members: Codes | None) -> Case:
    """Give a case the sets of the people whom it uses."""
    if members is None:
        return replace(case, sets=np.full(case.arms.positions.size, NO_SET))
    return replace(case, sets=members[case.arms.positions], has_sets=True)
