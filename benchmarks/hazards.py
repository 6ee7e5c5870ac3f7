"""Is it right whatever the hazard? Exact biases of the times for six shapes of it.

In each shape the hazard of the comparison people and the ratio of the programme's hazard to it are
functions of the day; half of the people of either arm have half the hazard, the other half one and
a half of it, which the models are told. Everybody is followed for a year, and 35 in 100 comparison
people reoffend. The truth is an integral. The people are as many as are asked for and reoffend on
the days on which that share of them is expected to, so that what is left of a difference between
posterior mean and truth is bias, and no chance.

Prints one JSON object, the biases of restricted mean, days among reoffenders and survival on days
91, 182 and 365, in their units and as shares of the true differences; a table goes to standard
error.

    python benchmarks/hazards.py --people 200000
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from machine import describe_run
from numpy.typing import NDArray

import desist as ds
from desist.design.design import Design
from desist.effects import estimate_effects, estimate_survival
from desist.estimands import Estimand, Measure
from desist.models.fit import Fit, fit_model

type Floats = NDArray[np.float64]
type OfDays = Callable[[Floats], Floats]
type Answers = dict[str, float]

HORIZON = 365
STEPS_A_DAY = 100
REOFFEND = 0.35
KINDS = (0.5, 1.5)  # what the hazard of each half of the people is multiplied by
DAYS = (91, 182, HORIZON)
ALLOWED = 0.1  # of the true difference, and
NOTHING = 0.001  # of a difference of survival that is not there: one person in 1,000


@dataclass(frozen=True)
class Shape:
    """A hazard and what the programme does to it.

    Attributes
    ----------
    words : str
        What it is like.
    hazard : callable
        Of the comparison people on some days, up to a factor.
    ratio : callable
        Hazard with the programme over that without.
    """

    words: str
    hazard: OfDays
    ratio: OfDays


def is_steady(days: Floats) -> Floats:
    return np.ones_like(days)


def change(day: float, before: float, after: float) -> OfDays:
    """Return a value that changes on a day."""
    return lambda days: np.where(days < day, before, after)


SHAPES = {
    "constant": Shape("steady hazard, steady ratio 0.6", is_steady, lambda d: 0.6 * is_steady(d)),
    "hump": Shape(
        "five times the hazard on days 60 to 150, steady ratio 0.6",
        lambda d: np.where((d >= 60) & (d < 150), 5.0, 1.0),
        lambda d: 0.6 * is_steady(d),
    ),
    "early": Shape("steady hazard, ratio 0.4 up to day 90", is_steady, change(90, 0.4, 1.0)),
    "late": Shape("steady hazard, ratio 0.4 from day 180", is_steady, change(180, 1.0, 0.4)),
    "crossing": Shape(
        "steady hazard, ratio 0.5, from day 120 1.4", is_steady, change(120, 0.5, 1.4)
    ),
    "decreasing": Shape(
        "hazard that falls to a ninth, steady ratio 0.6",
        lambda d: 4 * np.exp(-d / 60) + 0.5,
        lambda d: 0.6 * is_steady(d),
    ),
}


def follow(shape: Shape) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
    """Return survival on a fine grid of days, of both kinds without and with the programme."""
    middles = (np.arange(HORIZON * STEPS_A_DAY) + 0.5) / STEPS_A_DAY
    hazard, ratio = shape.hazard(middles), shape.ratio(middles)

    def survive(rates: Floats, factor: float) -> Floats:
        return np.exp(-factor * np.append(0.0, np.cumsum(rates)))

    low, high = 0.0, 1.0  # of the factor that makes so many reoffend
    for _ in range(60):
        factor = (low + high) / 2
        free = np.mean([survive(hazard, kind * factor)[-1] for kind in KINDS])
        low, high = (factor, high) if free > 1 - REOFFEND else (low, factor)
    without = tuple(survive(hazard, kind * factor) for kind in KINDS)
    return without, tuple(survive(hazard * ratio, kind * factor) for kind in KINDS)


def integrate(curves: tuple[Floats, ...]) -> Answers:
    """Return the measures of one arm by the trapezium rule on the fine grid."""
    survival = np.mean(curves, axis=0)
    restricted = float((survival[1:] + survival[:-1]).sum() / 2 / STEPS_A_DAY)
    among = (restricted - HORIZON * survival[-1]) / (1 - survival[-1])
    free = {f"survival_{day}": float(survival[day * STEPS_A_DAY]) for day in DAYS}
    return {"rmst": restricted, "time_among_reoffenders": float(among)} | free


def recruit(shape: Shape, n_people: int) -> ds.Cohort:
    """Return people of whom as many reoffend on each day as are expected to, at noon."""
    parts = []
    for treated, curves in enumerate(follow(shape)):
        for kind, survival in zip(KINDS, curves, strict=True):
            n = n_people // (2 * len(KINDS))
            by_then = np.round(n * (1 - survival[::STEPS_A_DAY])).astype(int)
            noons = np.repeat(np.arange(HORIZON) + 0.5, np.diff(by_then))
            days = np.concatenate([noons, np.full(n - len(noons), np.nan)])
            parts.append(pd.DataFrame({"days": days, "kind": kind, "programme": treated}))
    people = pd.concat(parts, ignore_index=True)
    people["reoffended"] = people["days"].notna()
    return ds.Cohort(
        people, treatment="programme", reoffended="reoffended", days="days", follow_up=HORIZON
    )


def answer(fit: Fit, *, calibrated: bool) -> Answers:
    """Return the posterior means of the differences."""
    effects = {e.measure: e for e in estimate_effects(fit, calibrated=calibrated)}
    curve = estimate_survival(fit, DAYS, calibrated=calibrated).table["difference"]
    means = {
        str(measure): float(effects[measure].difference.mean())
        for measure in (Measure.RMST, Measure.TIME_AMONG_REOFFENDERS)
    }
    return means | {f"survival_{day}": float(x) for day, x in zip(DAYS, curve, strict=True)}


def measure_shape(name: str, n_people: int) -> dict[str, Any]:
    """Return the truth of a shape and the bias of every model."""
    shape = SHAPES[name]
    without, with_programme = (integrate(curves) for curves in follow(shape))
    truth = {key: with_programme[key] - without[key] for key in without}
    cohort = recruit(shape, n_people)
    design = Design(np.ones(cohort.n_people), cohort.treated, Estimand.ATT)
    found: dict[str, Answers] = {}
    for family in ("flexible", "weibull"):
        model = ds.SurvivalModel(covariates="kind", family=family)
        fit = fit_model(model, cohort, design, inference="laplace", seed=1)
        for calibrated in (True, False):
            label = f"{family}, corrected" if calibrated else f"{family} alone"
            found[label] = answer(fit, calibrated=calibrated)
    return {
        "words": shape.words,
        "truth": truth,
        "models": {label: compare(means, truth) for label, means in found.items()},
    }


def compare(means: Answers, truth: Answers) -> dict[str, Any]:
    """Return the biases, as shares of the truth where there is one, and the largest share."""
    bias = {key: means[key] - truth[key] for key in truth}
    shares = {key: bias[key] / truth[key] for key in truth if abs(truth[key]) > NOTHING}
    # of what is not there a share says nothing: such a bias is held against a person in 1,000
    nothings = [abs(bias[key]) / NOTHING * ALLOWED for key in truth if key not in shares]
    largest = max([*map(abs, shares.values()), *nothings])
    return {"bias": bias, "share": shares, "largest_share": largest}


def show(results: Mapping[str, Any]) -> None:
    """Print the shares as a table."""
    for name, result in results.items():
        for label, model in result["models"].items():
            shares = "  ".join(f"{key} {share:+.1%}" for key, share in model["share"].items())
            print(f"{name:11s}{label:20s}{model['largest_share']:7.1%}  {shares}", file=sys.stderr)


def shorten(value: Any) -> Any:
    """Keep six digits."""
    if isinstance(value, Mapping):
        return {name: shorten(part) for name, part in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value


def main() -> None:
    """Measure every shape that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    asked = parser.parse_args()
    results = {name: measure_shape(name, asked.people) for name in asked.shapes}
    show(results)
    largest = {
        label: max(result["models"][label]["largest_share"] for result in results.values())
        for label in next(iter(results.values()))["models"]
    }
    report = {"people": asked.people, "allowed": ALLOWED, "largest_share": shorten(largest)}
    print(json.dumps(describe_run() | report | {"shapes": shorten(results)}, indent=1))


if __name__ == "__main__":
    main()
