"""One process for rate, frequency and time: offences at a personal intensity."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats, Integers
from desist.arguments import describe, find_number_faults
from desist.cohort.outcomes import Outcomes
from desist.errors import Fault, raise_faults
from desist.inference.likelihood import negative_binomial
from desist.inference.process_likelihood import NEVER, first_offence
from desist.inference.rows import add_distinct_counts
from desist.models.predictors import FROM_DESIGN
from desist.models.priors import Normal, Priors, find_normal_faults
from desist.models.protocol import Columns, Model, TimedModel
from desist.models.restricted_means import raise_e
from desist.models.settings import find_predictor_faults, settle_groups

N_NODES = 32
STRETCH = 4  # nodes stand close together near release, where an early peak falls fastest


@dataclass(frozen=True)
class ProcessModel(Model, TimedModel):
    r"""Gamma-frailty counting process of the proven reoffences of everybody.

    Person :math:`i` offends at the intensity

    .. math:: g_i\, m_i\, k\, t^{k-1} / h^k, \quad g_i \sim \mathrm{Gamma}(a_{T_i}, a_{T_i}), \quad
        \log m_i = \eta_i

    with horizon :math:`h`: :math:`m_i` is the expected number of offences up to the horizon,
    :math:`g_i` what one person offends more or less than others alike. One mean and one
    dispersion give three measures: the count is negative binomial,

    .. math:: P(\text{any}) = 1 - (1 + m/a)^{-a}, \quad
        S(t) = \{1 + (t/h)^k\, m/a\}^{-a},

    and given :math:`n` offences within the time at risk :math:`t_i` the first of them is the
    least of :math:`n` independent times with distribution function :math:`(t/t_i)^k`. The
    likelihood is the product of the two: the count tells of :math:`m` and :math:`a`, the time
    given the count of :math:`k` alone. `check_one_process` asks whether that is enough.

    A time is recorded as a whole number of units: the first offence fell into
    :math:`[d, d + u)` days, day 0 included without a rule of its own. One that is recorded at
    the very end of follow-up fell into its last unit.

    Attributes
    ----------
    covariates : str or None
        Right-hand side of a formula; "design" for that of the design, or none where it has
        none; None leaves adjustment to the weights alone.
    groups : tuple of str or None
        Groupings with varying intercepts and programme effects; None takes the cohort's.
        "matched_set" stands for the sets of the design, which have intercepts alone.
    priors : Priors
        On the log scale of the expected offences.
    log_dispersion : Normal
        Prior of :math:`\log a` in the comparison group.
    log_dispersion_ratio : Normal or None
        Prior of the log ratio of the treated arm's :math:`a` to the comparison group's; None
        for one dispersion.
    log_shape : Normal or None
        Prior of :math:`\log k` in the comparison group; None for a constant intensity, which
        needs no days.
    log_shape_ratio : Normal or None
        Prior of the log ratio of the treated arm's :math:`k` to the comparison group's; None
        for one shape: the programme changes how much people offend and not when.
    recorded_to : float
        The unit :math:`u` of the recorded times in days: 1 for whole days, 7 for weeks, a
        small number such as 0.001 for times that were measured.

    Raises
    ------
    InputError
        If a setting is of the wrong kind, or one is given that is not read; every fault is
        listed.

    Examples
    --------
    >>> import desist as ds
    >>> ds.ProcessModel(log_shape=None).log_shape is None
    True
    """

    covariates: str | None = FROM_DESIGN
    groups: tuple[str, ...] | None = None
    priors: Priors = Priors()
    log_dispersion: Normal = Normal(0.0, 1.5)
    log_dispersion_ratio: Normal | None = Normal(0.0, 0.5)
    log_shape: Normal | None = Normal(0.0, 0.5)
    log_shape_ratio: Normal | None = None
    recorded_to: float = 1.0
    name: ClassVar[str] = "process"
    needs: ClassVar[str] = "offences, reoffended and days"

    def __post_init__(self) -> None:
        """Check the settings."""
        settle_groups(self)
        faults = find_predictor_faults(self)
        faults += find_normal_faults("log_dispersion", self.log_dispersion)
        for name in ("log_dispersion_ratio", "log_shape", "log_shape_ratio"):
            faults += find_normal_faults(name, getattr(self, name), optional=True)
        faults += find_number_faults("recorded_to", self.recorded_to, least=0.0)
        if self.log_shape is None and self.log_shape_ratio is not None:
            expected = "None: a constant intensity has no shape"
            found, advice = describe(self.log_shape_ratio), "give log_shape= too"
            faults.append(Fault("log_shape_ratio", expected, found, advice))
        raise_faults("process model", faults)

    @override
    def read_columns(self, outcomes: Outcomes, horizon: float) -> Columns | None:
        """Return the outcome columns, or None when the cohort lacks them."""
        if outcomes.offences is None:
            return None
        columns = {
            "offences": outcomes.offences.astype(float),
            "log_time_at_risk": np.log(outcomes.time_at_risk / horizon),
        }
        if self.log_shape is None:
            return columns
        return None if outcomes.days is None else columns | self._read_intervals(outcomes)

    @override
    def complete_rows(self, rows: Columns) -> Columns:
        """Add the distinct counts of each arm, where the gamma functions are evaluated."""
        return add_distinct_counts(rows)

    @override
    def add_outcome(self, eta: Any, data: Data) -> None:
        """Add the observed outcome to the PyMC model that is open."""
        import pymc as pm
        import pytensor.tensor as pt

        distinct = (data["distinct_count"], data["distinct_arm"])
        log_shape = pt.zeros_like(eta)
        if self.log_shape is not None:
            log_shape = log_shape + self.log_shape.variable("log_shape")
            if self.log_shape_ratio is not None:
                ratio = self.log_shape_ratio.variable("log_shape_ratio")
                log_shape = log_shape + ratio * data["treated"]

        def weighted(value: Any, log_mean: Any, dispersions: Any, log_shapes: Any) -> Any:
            terms = negative_binomial(
                value, log_mean, dispersions, distinct, data["distinct_position"]
            )
            if self.log_shape is not None:
                interval = (data["log_start"], data["log_end"], data["is_open"])
                terms = terms + first_offence(value, *interval, log_shapes)
            return data["weight"] * terms

        pm.CustomDist(
            "outcome",
            eta + pt.exp(log_shape) * data["log_time_at_risk"],
            pt.stack(self.add_dispersions()),
            log_shape,
            logp=weighted,
            observed=data["offences"],
            signature="(n),(d),(n)->(n)",
        )

    def add_dispersions(self) -> tuple[Any, Any]:
        """Add the log dispersions of both arms, comparison first, to the model that is open."""
        base = self.log_dispersion.variable("log_dispersion")
        if self.log_dispersion_ratio is None:
            return base, base
        return base, base + self.log_dispersion_ratio.variable("log_dispersion_ratio")

    def read_arm(self, draws: Draws, arm: int) -> tuple[Floats, Floats]:
        """Return dispersion and shape of an arm, each of shape (chains, draws)."""
        log_dispersion = draws["log_dispersion"]
        if self.log_dispersion_ratio is not None:
            log_dispersion = log_dispersion + arm * draws["log_dispersion_ratio"]
        log_shape = np.zeros_like(log_dispersion)
        if self.log_shape is not None:
            log_shape = draws["log_shape"]
            if self.log_shape_ratio is not None:
                log_shape = log_shape + arm * draws["log_shape_ratio"]
        return np.exp(log_dispersion), np.exp(log_shape)

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        """Return all measures at the horizon, each of the shape of `eta`.

        Rate, frequency, survival, and restricted mean days ("rmst"), which are the days as
        they are recorded: those of people who reoffend are half a unit less than the time.
        """
        dispersion, shape = (part[..., np.newaxis] for part in self.read_arm(draws, arm))
        mean = raise_e(eta)
        log_survival = -dispersion * np.log1p(mean / dispersion)
        survival = np.exp(log_survival)
        days = horizon * restrict(mean, dispersion, shape)
        return {
            "rate": -np.expm1(log_survival),
            "frequency": mean,
            "survival": survival,
            "log_survival": log_survival,
            "rmst": days - self.recorded_to / 2 * (1 - survival),
        }

    @override
    def predict_survival(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, share: float
    ) -> Floats:
        """Return survival after a share of the horizon, of the shape of `eta`.

        In time as it passes; days that are recorded in units of `recorded_to` are up to a unit
        less.
        """
        dispersion, shape = (part[..., np.newaxis] for part in self.read_arm(draws, arm))
        return survive(np.exp(eta) * share**shape, dispersion)

    def _read_intervals(self, outcomes: Outcomes) -> Columns:
        days, time_at_risk = np.asarray(outcomes.days), outcomes.time_at_risk
        happened = np.asarray(outcomes.offences) > 0
        start = np.clip(days, 0, np.maximum(time_at_risk - self.recorded_to, 0)) / time_at_risk
        end = (days + self.recorded_to) / time_at_risk
        is_open = happened & (end < 1)
        start = np.where(happened, start, 0.0)
        log_start = np.log(start, out=np.full(len(start), NEVER), where=start > 0)
        log_end = np.log(end, out=log_start.copy(), where=is_open)
        return {"log_start": log_start, "log_end": log_end, "is_open": is_open.astype(float)}


def survive(mean: Floats, dispersion: Floats) -> Floats:
    """Return the probability of no offence when so many are expected."""
    return np.asarray(np.exp(-dispersion * np.log1p(mean / dispersion)))


def restrict(mean: Floats, dispersion: Floats, shape: Floats) -> Floats:
    """Return the mean share of the time up to the horizon that passes before the first offence."""
    nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
    total = np.zeros(np.broadcast_shapes(mean.shape, dispersion.shape, shape.shape))
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        by_then = mean * node ** (STRETCH * shape)
        total += weight * STRETCH * node ** (STRETCH - 1) * survive(by_then, dispersion)
    return total


def draw_first(counts: Integers, shape: float, rng: np.random.Generator) -> Floats:
    """Draw the times of the first of so many offences, as fractions of the time at risk."""
    earliest: Floats = -np.expm1(np.log(rng.random(len(counts))) / counts)
    return earliest ** (1 / shape)
