"""One process behind a report: what its rate and frequency say of its time."""

import math
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from desist._types import Floats
from desist.arguments import find_kind_faults, find_number_faults
from desist.cohort.published import PUBLISHED_MEASURES, PublishedMeasure, PublishedStudy
from desist.errors import Fault, InputError, raise_faults
from desist.estimands import Estimand, Measure
from desist.inference.blocks import cut_slices
from desist.inference.engines import Engine
from desist.inference.process_likelihood import expand_counts
from desist.models._integrated import EVERYBODY, QUADRATURE, spread_rows
from desist.models.fit import Fit, fit_rows
from desist.models.predictive.record import write_probability
from desist.models.process import ProcessModel, survive
from desist.models.process_moments import YEAR, expect_days, solve_dispersion, solve_shape
from desist.models.process_published import PublishedProcessModel

SUBJECT = "one process of a report"
DRAWN_AT_ONCE = 100_000  # people times draws, so that they stay near the processor
CODES = {"treated": 1, "comparison": 0}


@dataclass(frozen=True, eq=False, repr=False)
class ProcessOfReport:
    """What one process, fitted to a report's rate and frequency, says of its time.

    Attributes
    ----------
    study : PublishedStudy
        The report.
    fit : Fit
        The posterior; `estimate_effects` gives all measures from it.
    draws : xarray.Dataset, dims (arm, chain, draw)
        mean (offences per person), dispersion, rate, days (expected, among reoffenders), and
        mean_days (of as many reoffenders as the report has, simulated).
    table : DataFrame
        One row an arm. Columns: arm; dispersion_solved and days_solved, from the printed rate
        and frequency alone; dispersion, dispersion_lower, dispersion_upper, days, days_lower,
        days_upper, the posterior medians and intervals; n_reoffenders (effective),
        mean_days_lower, mean_days_upper, the interval of their simulated mean; days_printed;
        probability_at_most, that their mean is the printed one or less; shape_for_days, of the
        intensity that would give the printed days. Missing where the report prints no time.
    probability : float
        Of the intervals.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.effects import fit_process_published
    >>> found = fit_process_published(ds.datasets.making_connections(), seed=1)
    >>> found.table["dispersion_solved"].round(3).tolist()
    [0.153, 0.161]
    """

    study: PublishedStudy
    fit: Fit
    draws: xr.Dataset
    table: pd.DataFrame
    probability: float = 0.95

    @property
    def sentence(self) -> str:
        """The table in words."""
        parts = []
        for row in self.table.dropna(subset="days_printed").to_dict(orient="records"):
            reached = float(row["probability_at_most"])
            beyond = ("or less", reached) if reached <= 0.5 else ("or more", 1 - reached)
            parts.append(
                f"{row['days']:.0f} days among {row['arm']} reoffenders where "
                f"{row['days_printed']:.1f} are printed (a mean of that {beyond[0]} from "
                f"{row['n_reoffenders']:,} people has probability {write_probability(beyond[1])})"
            )
        if not parts:
            return "The report prints no time to compare with what rate and frequency imply."
        return f"Rate and frequency together imply {', and '.join(parts)}."

    def __repr__(self) -> str:
        """Return the study and the sentence."""
        return f"<ProcessOfReport {self.study.name}: {self.sentence}>"


def fit_process_published(
    study: PublishedStudy,
    *,
    model: PublishedProcessModel | None = None,
    comparison_size: float | None = None,
    inference: str | Engine = QUADRATURE,
    probability: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> ProcessOfReport:
    r"""Fit one process to a report's rate and frequency, and predict its time.

    Two figures of each arm, the rate and the frequency, determine the mean and the dispersion
    of a gamma-frailty process of constant intensity; its days among reoffenders are then no
    longer free. They are predicted, and held against the printed ones. The printed comparison
    figures are taken as exact means: their rounding is small beside their standard errors.

    Parameters
    ----------
    study : PublishedStudy
        What the report prints: at least rate and frequency, with the treated counts.
    model : PublishedProcessModel, optional
        The priors.
    comparison_size : float, optional
        Effective number of comparison people; by default the lower end of the study's range,
        or the number of records where it has none.
    inference : {"quadrature", "auto", "nuts", "laplace"}, Nuts or Laplace
        How the posterior is obtained; by default 16,384 points are spread evenly over it.
    probability : float
        Of the intervals.
    seed : int or numpy.random.Generator
        Of the draws of another engine. Without one, all is the same for every seed: the mean days
        of as many reoffenders are then simulated from one fixed stream.

    Returns
    -------
    ProcessOfReport
        Draws, a table with one row an arm, and a sentence.

    Raises
    ------
    InputError
        If rate or frequency is missing, the treated counts are not known or contradict each
        other, or an argument is of the wrong kind; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.effects import fit_process_published
    >>> found = fit_process_published(ds.datasets.making_connections(), seed=1)
    >>> found.table[["arm", "days_solved", "days_printed"]].round(1)
              arm  days_solved  days_printed
    0     treated        143.7          75.0
    1  comparison        115.0         142.9
    """
    kinds = find_kind_faults("study", study, PublishedStudy, "a PublishedStudy")
    faults = _find_option_faults(model, comparison_size, probability, seed)
    raise_faults(SUBJECT, kinds + faults if kinds else [])
    printed = _read_figures(study, comparison_size, faults)
    rng = np.random.default_rng(0 if inference == QUADRATURE else seed)
    chosen = model or PublishedProcessModel()
    fit = _fit(chosen, printed, inference, rng)
    unit = chosen.process.recorded_to
    draws = _draw_measures(fit, chosen.process, printed.sizes, rng)
    rows = [_make_row(arm, printed, draws.sel(arm=arm), unit, probability) for arm in CODES]
    return ProcessOfReport(study, fit, draws, pd.DataFrame(rows), probability)


def _fit(
    model: PublishedProcessModel,
    printed: "_Printed",
    inference: str | Engine,
    rng: np.random.Generator,
) -> Fit:
    time = printed.time
    known: _Known = {
        "estimand": Estimand.MATCHED_ATT,
        "horizon": YEAR,
        "people": (printed.n_treated, printed.n_comparison),
        "reoffenders": None if time is None else (time.n_treated, time.n_comparison),
    }
    if inference == QUADRATURE:
        return spread_rows(model, _make_rows(printed), **known)
    return fit_rows(model, _make_rows(printed), EVERYBODY, inference=inference, seed=rng, **known)


class _Known(TypedDict):
    estimand: Estimand
    horizon: float
    people: tuple[int, int]
    reoffenders: tuple[int, int] | None


@dataclass(frozen=True)
class _Printed:
    n_treated: int
    n_comparison: int
    n_reoffenders: int
    n_offences: int
    rate: float
    frequency: float
    size: float
    time: PublishedMeasure | None

    @property
    def sizes(self) -> dict[str, int]:
        """Number of reoffenders behind the printed days, the comparison ones as effective."""
        if self.time is None:
            return {"treated": self.n_reoffenders, "comparison": round(self.size * self.rate)}
        share = min(self.size / self.n_comparison, 1.0)
        return {
            "treated": self.time.n_treated,
            "comparison": max(1, round(self.time.n_comparison * share)),
        }

    def figures_of(self, arm: str) -> tuple[float, float, float]:
        """Return rate, frequency and days of an arm; NaN for days that are not printed."""
        days = math.nan if self.time is None else float(getattr(self.time, arm))
        if arm == "comparison":
            return self.rate, self.frequency, days
        return self.n_reoffenders / self.n_treated, self.n_offences / self.n_treated, days


def _find_option_faults(
    model: object, comparison_size: object, probability: object, seed: object
) -> list[Fault]:
    faults: list[Fault] = []
    if model is not None:
        kind = PublishedProcessModel
        faults += find_kind_faults("model", model, kind, "a PublishedProcessModel or None")
    faults += find_number_faults("comparison_size", comparison_size, above=0, optional=True)
    faults += find_number_faults("probability", probability, above=0, below=1)
    if not isinstance(seed, np.random.Generator):
        faults += find_number_faults("seed", seed, least=0, whole=True)
    return faults


def _read_figures(
    study: PublishedStudy, comparison_size: float | None, options: list[Fault]
) -> _Printed:
    """Read what the process needs, or list what is missing beside the faults of the options."""
    rate, frequency, time = (study.find(measure) for measure in PUBLISHED_MEASURES)
    faults = [*options]
    counts = []
    for measure, line in ((Measure.RATE, rate), (Measure.FREQUENCY, frequency)):
        if line is None or line.treated_count is None:
            found = "no such measure" if line is None else "none"
            faults.append(Fault(f"{measure}, treated_count", "the count of the treated", found))
        elif not line.comparison > 0:
            faults.append(Fault(f"{measure}, comparison", "a mean above 0", "0"))
        else:
            counts.append(line.treated_count)
    if faults or rate is None or frequency is None:
        raise InputError(SUBJECT, faults)
    low = rate.n_comparison if study.ess_range is None else study.ess_range[0]
    return _Printed(
        n_treated=rate.n_treated,
        n_comparison=rate.n_comparison,
        n_reoffenders=counts[0],
        n_offences=counts[1],
        rate=rate.comparison,
        frequency=frequency.comparison,
        size=low if comparison_size is None else comparison_size,
        time=time,
    )


def _make_rows(printed: _Printed) -> dict[str, NDArray[Any]]:
    powers, log_coefficients = expand_counts(
        printed.n_treated, printed.n_reoffenders, printed.n_offences
    )
    single = {
        "n_treated": printed.n_treated,
        "n_offences": printed.n_offences,
        "comparison_size": printed.size,
        "rate": printed.rate,
        "frequency": printed.frequency,
    }
    return {
        "treated": np.array([1.0, 0.0]),
        "power": powers,
        "log_coefficient": log_coefficients,
    } | {name: np.array([float(value)]) for name, value in single.items()}


def _draw_measures(
    fit: Fit, process: ProcessModel, sizes: dict[str, int], rng: np.random.Generator
) -> xr.Dataset:
    arms = []
    for arm, code in CODES.items():
        mean = fit.predict(code)["frequency"]
        dispersion, shape = process.read_arm(fit.draws, code)
        measures = {
            "mean": mean,
            "dispersion": dispersion,
            "rate": 1 - survive(mean, dispersion),
            "days": expect_days(mean, dispersion, shape, process.recorded_to),
            "mean_days": _draw_mean_days(mean, dispersion, sizes[arm], process.recorded_to, rng),
        }
        arms.append(xr.Dataset({name: (("chain", "draw"), x) for name, x in measures.items()}))
    return xr.concat(arms, pd.Index(list(CODES), name="arm"))


def _draw_mean_days(
    mean: Floats, dispersion: Floats, n_reoffenders: int, unit: float, rng: np.random.Generator
) -> Floats:
    """Draw the mean recorded days of so many reoffenders, once for each posterior draw."""
    drawn = np.full(mean.shape, math.nan)
    if not n_reoffenders:  # nobody's mean is none
        return drawn
    flat, a, m = drawn.reshape(-1), dispersion.reshape(-1, 1), mean.reshape(-1, 1)
    none = survive(m, a)
    for some in cut_slices(len(flat), max(1, DRAWN_AT_ONCE // n_reoffenders)):
        # survival at the first offence
        free = rng.uniform(none[some], 1.0, (len(flat[some]), n_reoffenders))
        first = YEAR * np.expm1(-np.log(free) / a[some]) * a[some] / m[some]
        flat[some] = (np.floor(first / unit) * unit).mean(axis=1)
    return drawn


def _make_row(
    arm: str, printed: _Printed, draws: xr.Dataset, unit: float, probability: float
) -> dict[str, Any]:
    rate, mean, days = printed.figures_of(arm)
    solved = solve_dispersion(rate, mean)
    expected = expect_days(np.array(mean), np.array(solved), np.array(1.0), unit)
    tail = (1 - probability) / 2
    quantiles = draws.quantile([0.5, tail, 1 - tail], dim=("chain", "draw"), skipna=False)
    row: dict[str, Any] = {"arm": arm, "dispersion_solved": solved, "days_solved": float(expected)}
    for name in ("dispersion", "days"):
        middle, lower, upper = quantiles[name].to_numpy().tolist()
        row |= {name: middle, f"{name}_lower": lower, f"{name}_upper": upper}
    _, lower, upper = quantiles["mean_days"].to_numpy().tolist()
    is_told = mean > 0 and not math.isnan(days)  # nobody's days are any shape's
    shape = solve_shape(days, mean, solved, unit) if is_told else math.nan
    reached = math.nan if math.isnan(days) else float((draws["mean_days"] <= days).mean())
    return row | {
        "n_reoffenders": printed.sizes[arm],
        "mean_days_lower": lower,
        "mean_days_upper": upper,
        "days_printed": days,
        "probability_at_most": reached,
        "shape_for_days": shape,
    }
