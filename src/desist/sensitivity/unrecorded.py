"""An unrecorded confounder with a prior: posterior bias analysis, and a map of tipping points."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist._types import Floats
from desist.arguments import describe, find_choice_faults, find_kind_faults, find_number_faults
from desist.effects.effect import Effect
from desist.errors import CannotAnswerError, Fault, raise_faults
from desist.estimands import Measure
from desist.models.priors import Normal
from desist.sensitivity.result import (
    SensitivityResult,
    require_arms,
    say_difference,
    summarise,
    unit_of,
)

SUBJECT = "unrecorded confounder"
DOUBT = "Participants differ from the comparison people in something that nobody recorded."
SCALES = ("risk", "odds")
MOST_CERTAIN = 1e9  # people behind a share: more is a number that is known
BISECTIONS = 60
NEARLY = 1e-12  # above the log of a rate of 1, by rounding


@dataclass(frozen=True)
class Share:
    """A prior of a share between 0 and 1: a beta distribution by its mean and its weight.

    Attributes
    ----------
    mean : float
        Expected share, between 0 and 1.
    people : float
        How many people the prior is worth; infinite for a share that is known.

    Raises
    ------
    InputError
        If a number is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.sensitivity import Share
    >>> drawn = Share(0.3, people=50).draw(1000, np.random.default_rng(1))
    >>> bool(abs(drawn.mean() - 0.3) < 0.01)
    True
    """

    mean: float
    people: float = 20.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        faults = find_number_faults("mean", self.mean, above=0, below=1)
        if self.people != math.inf:
            faults += find_number_faults("people", self.people, above=0)
        raise_faults("Share", faults)

    def draw(self, n_draws: int, rng: np.random.Generator) -> Floats:
        """Draw shares."""
        if self.people > MOST_CERTAIN:
            return np.full(n_draws, self.mean)
        return rng.beta(self.mean * self.people, (1 - self.mean) * self.people, n_draws)


@dataclass(frozen=True)
class BinaryConfounder:
    """Something that people have or have not, and that nobody recorded.

    Attributes
    ----------
    treated, comparison : Share
        How many have it among the participants, and among the weighted comparison people.
    strength : Normal
        Log of the ratio by which it multiplies the risk (or the odds, or the number of
        offences), with a programme and without.
    scale : {"risk", "odds"}
        What is multiplied; "odds" is for the rate alone.

    Raises
    ------
    InputError
        If a setting is of the wrong kind; every fault is listed.

    Examples
    --------
    >>> import math
    >>> from desist.models import Normal
    >>> from desist.sensitivity import BinaryConfounder, Share
    >>> has_family = BinaryConfounder(Share(0.5, 40), Share(0.35, 40), Normal(math.log(0.67), 0.2))
    >>> has_family.treated.mean, has_family.scale
    (0.5, 'risk')
    """

    treated: Share
    comparison: Share
    strength: Normal
    scale: str = "risk"

    def __post_init__(self) -> None:
        """Check the settings."""
        raise_faults("BinaryConfounder", _find_prior_faults(self))


@dataclass(frozen=True)
class NormalConfounder:
    """Something continuous that nobody recorded, with a standard deviation of 1 in either arm.

    Attributes
    ----------
    difference : Normal
        Mean of the participants less that of the comparison people, in standard deviations.
    strength : Normal
        Log of the ratio by which one standard deviation multiplies the risk, the odds or the
        number of offences.
    scale : {"risk", "odds"}
        What is multiplied; "odds" is for the rate alone.

    Raises
    ------
    InputError
        If a setting is of the wrong kind; every fault is listed.

    Examples
    --------
    >>> from desist.models import Normal
    >>> from desist.sensitivity import NormalConfounder
    >>> motivation = NormalConfounder(difference=Normal(0.3, 0.1), strength=Normal(-0.2, 0.1))
    >>> motivation.difference
    Normal(mean=0.3, scale=0.1)
    """

    difference: Normal
    strength: Normal
    scale: str = "risk"

    def __post_init__(self) -> None:
        """Check the settings."""
        raise_faults("NormalConfounder", _find_prior_faults(self))


type Confounder = BinaryConfounder | NormalConfounder


def confounder(effect: Effect, prior: Confounder, *, seed: int = 0) -> SensitivityResult:
    r"""Estimate the effect with an unrecorded confounder of which there is a prior.

    Within each draw, what the comparison people would have had with the participants' share of
    the confounder replaces what they had. With :math:`g` the ratio of risks and shares
    :math:`q_1, q_0` that is :math:`\mu_0\,\{1 + q_1 (g-1)\}/\{1 + q_0 (g-1)\}`, and
    :math:`\mu_0\,g^d` for a normal one; on the odds scale the risk without the confounder is
    found so that the arm's rate is met. Draws that the rate does not allow (a risk above 1)
    have no likelihood and are left out; how many is said. Nothing in the data tells of the
    confounder otherwise, so that its posterior is its prior.

    Parameters
    ----------
    effect : Effect
        Of a rate or a frequency, on the participants.
    prior : BinaryConfounder or NormalConfounder
        What is believed of it.
    seed : int
        Of its draws.

    Returns
    -------
    SensitivityResult
        The effect without and with the confounder, with draws.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If the measure has no rates, or hardly a draw of the prior is possible.

    References
    ----------
    Lash, T. L., Fox, M. P. and Fink, A. K. (2009). Applying Quantitative Bias Analysis to
    Epidemiologic Data, chapter 5. Greenland, S. (2005). Multiple-bias modelling for analysis of
    observational data. JRSS A 168, 267-306.

    Examples
    --------
    >>> import math
    >>> import desist as ds
    >>> from desist.models import Normal
    >>> from desist.sensitivity import BinaryConfounder, Share, confounder
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> prior = BinaryConfounder(Share(0.5, 40), Share(0.35, 40), Normal(math.log(0.67), 0.2))
    >>> confounder(rate, prior, seed=1).table[["label", "estimate"]].round(2)
                     label  estimate
    0         as estimated     -0.29
    1  with the confounder     -0.26
    """
    expected = "a BinaryConfounder or a NormalConfounder"
    faults = find_kind_faults("prior", prior, (BinaryConfounder, NormalConfounder), expected)
    faults += find_number_faults("seed", seed, least=0, whole=True)
    raise_faults(SUBJECT, faults)
    treated, comparison = require_arms(effect, SUBJECT, Measure.RATE, Measure.FREQUENCY)
    if prior.scale == "odds" and effect.measure is not Measure.RATE:
        fault = Fault("scale", '"risk" for a number of offences', '"odds"')
        raise_faults(SUBJECT, [fault])
    rng = np.random.default_rng(seed)
    adjusted, possible = _adjust(comparison, prior, rng, is_rate=effect.measure is Measure.RATE)
    if possible.mean() < 0.05:
        raise CannotAnswerError(
            f"{SUBJECT}: fewer than 5 in 100 draws of the prior agree with the rates; make the "
            "confounder rarer or weaker"
        )
    draws = {
        "as estimated": treated - comparison,
        "with the confounder": (treated - adjusted)[possible],
    }
    rows = [(name, *summarise(values, effect.probability)) for name, values in draws.items()]
    table = pd.DataFrame(rows, columns=["label", "estimate", "lower", "upper"])
    sentence = _say(rows, float(possible.mean()), effect.measure)
    units = dict.fromkeys(("estimate", "lower", "upper"), unit_of(effect.measure))
    return SensitivityResult(
        "confounder", "An unrecorded confounder with a prior", DOUBT, sentence, table, units, draws
    )


def adjust_ratio(ratio: float, treated: float, comparison: float, strength: float) -> float:
    """Adjust a risk ratio for a binary confounder that is known.

    Parameters
    ----------
    ratio : float
        Participants over comparison.
    treated, comparison : float
        Shares who have the confounder.
    strength : float
        Ratio by which it multiplies the risk.

    Returns
    -------
    float
        The ratio for people with the participants' share of it.

    Raises
    ------
    InputError
        If a number is out of its range.

    Examples
    --------
    >>> round(adjust_ratio(0.3479, 0.8, 0.05, 0.63), 3)
    0.485
    """
    faults = find_number_faults("ratio", ratio, above=0)
    faults += find_number_faults("strength", strength, above=0)
    for name, share in (("treated", treated), ("comparison", comparison)):
        faults += find_number_faults(name, share, least=0, most=1)
    raise_faults(SUBJECT, faults)
    factor = (1 + treated * (strength - 1)) / (1 + comparison * (strength - 1))
    return ratio / factor


def tipping_map(
    effect: Effect,
    *,
    comparison: float = 0.2,
    shares: Sequence[float] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    strengths: Sequence[float] = (0.25, 0.5, 0.67, 1.0, 1.5, 2.0, 3.0, 5.0),
) -> SensitivityResult:
    """Map which unrecorded binary confounders would take the effect, or its interval, to nothing.

    Parameters
    ----------
    effect : Effect
        Of a rate or a frequency, on the participants.
    comparison : float
        Share of the comparison people who have it.
    shares : sequence of float
        Shares of the participants.
    strengths : sequence of float
        Ratios by which it multiplies the risk.

    Returns
    -------
    SensitivityResult
        One row a share and strength: "estimate", "lower", "upper", and "verdict": "holds",
        "interval includes no difference", "turned round" or "impossible".

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> found = ds.sensitivity.tipping_map(rate, comparison=0.3, shares=[0.5], strengths=[0.5])
    >>> found.table[["share", "strength", "estimate"]].round(2)
       share  strength  estimate
    0    0.5       0.5     -0.24
    """
    faults = find_number_faults("comparison", comparison, least=0, most=1)
    faults += _find_list_faults("shares", shares, {"least": 0, "most": 1})
    faults += _find_list_faults("strengths", strengths, {"above": 0})
    raise_faults(SUBJECT, faults)
    treated, without = require_arms(effect, SUBJECT, Measure.RATE, Measure.FREQUENCY)
    most = 1.0 if effect.measure is Measure.RATE else math.inf
    crude = summarise(treated - without, effect.probability)
    rows = []
    for share in shares:
        for strength in strengths:
            base = without / (1 + comparison * (strength - 1))
            possible = base * max(strength, 1.0) <= most
            found = (math.nan,) * 3
            if possible.mean() > 0.5:
                moved = treated - base * (1 + share * (strength - 1))
                found = summarise(moved[possible], effect.probability)
            rows.append((share, strength, *found, _judge(found, crude[0])))
    columns = ["share", "strength", "estimate", "lower", "upper", "verdict"]
    table = pd.DataFrame(rows, columns=columns)
    unit = dict.fromkeys(("estimate", "lower", "upper"), unit_of(effect.measure))
    units = {"share": "share of participants", "strength": "ratio of risks", **unit}
    title = "Unrecorded confounders that would change the answer"
    return SensitivityResult(
        "tipping_map", title, DOUBT, _say_map(table, comparison, crude), table, units
    )


def _find_prior_faults(record: object) -> list[Fault]:
    faults: list[Fault] = []
    for item in fields(record):  # type: ignore[arg-type]  # both are records
        value = getattr(record, item.name)
        if item.name == "scale":
            faults += find_choice_faults("scale", value, SCALES)
        else:
            kind, expected = _KINDS[item.name]
            faults += find_kind_faults(item.name, value, kind, expected)
    return faults


def _find_list_faults(name: str, values: object, limits: Mapping[str, Any]) -> list[Fault]:
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        return [Fault(name, "a list of numbers", describe(values))]
    return [
        fault
        for place, value in enumerate(values)
        for fault in find_number_faults(f"{name}[{place}]", value, **limits)
    ]


def _adjust(
    comparison: Floats, prior: Confounder, rng: np.random.Generator, *, is_rate: bool
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the comparison average with the participants' confounder, and which are possible."""
    n_draws = len(comparison)
    strength = _draw_normal(prior.strength, n_draws, rng)
    if isinstance(prior, NormalConfounder):
        difference = _draw_normal(prior.difference, n_draws, rng)
        if prior.scale == "odds":
            return _move_odds_normal(comparison, difference, strength)
        with np.errstate(over="ignore"):
            moved = comparison * np.exp(strength * difference)
        return moved, np.asarray(moved <= 1 if is_rate else np.isfinite(moved))
    q1, q0 = prior.treated.draw(n_draws, rng), prior.comparison.draw(n_draws, rng)
    if prior.scale == "odds":
        return _move_odds_binary(comparison, q1, q0, strength)
    # logarithms of 1 + q (ratio - 1), where the ratio itself may be no number
    with np.errstate(divide="ignore"):
        first, second = (np.logaddexp(np.log1p(-q), np.log(q) + strength) for q in (q1, q0))
        most = np.log(comparison) - second + np.maximum(strength, 0.0)
        moved = comparison * np.exp(first - second)
    return moved, np.asarray(most <= NEARLY if is_rate else np.isfinite(moved))


def _draw_normal(prior: Normal, n_draws: int, rng: np.random.Generator) -> Floats:
    return rng.normal(prior.mean, prior.scale, n_draws)


def _move_odds_binary(
    rate: Floats, q1: Floats, q0: Floats, strength: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    from scipy.special import expit

    def average(level: Floats, share: Floats) -> Floats:
        mixed: Floats = share * expit(level + strength) + (1 - share) * expit(level)
        return mixed

    reach = np.abs(strength) + 1
    level = _bisect(lambda at: average(at, q0), rate, reach)
    return average(level, q1), np.ones(len(rate), dtype=bool)


def _move_odds_normal(
    rate: Floats, difference: Floats, strength: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    from scipy.special import expit

    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    weights = weights / weights.sum()

    def average(level: Floats, mean: Floats | float) -> Floats:
        moved = level[:, np.newaxis] + strength[:, np.newaxis] * (
            nodes + np.asarray(mean).reshape(-1, 1)
        )
        averaged: Floats = expit(moved) @ weights
        return averaged

    level = _bisect(lambda at: average(at, 0.0), rate, 8 * np.abs(strength) + 1)
    return average(level, difference), np.ones(len(rate), dtype=bool)


def _bisect(function: Callable[[Floats], Floats], wanted: Floats, reach: Floats) -> Floats:
    """Solve an increasing function for each draw about the log odds that are wanted."""
    from scipy.special import logit

    low, high = logit(wanted) - reach, logit(wanted) + reach
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        is_below = function(middle) < wanted
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    solved: Floats = (low + high) / 2
    return solved


def _judge(found: tuple[float, ...], crude: float) -> str:
    estimate, lower, upper = found
    if math.isnan(estimate):
        return "impossible"
    if estimate * crude <= 0:
        return "turned round"
    return "holds" if lower * upper > 0 else "interval includes no difference"


def _say(rows: Sequence[tuple[str, float, float, float]], share: float, measure: Measure) -> str:
    (_, first, *_), (_, second, low, high) = rows
    left = "" if share == 1 else f" ({1 - share:.0%} of its draws did not agree with the rates)"
    return (
        f"With the confounder that the prior describes{left} the effect is "
        f"{say_difference(second, measure)} ({say_difference(low, measure)} to "
        f"{say_difference(high, measure)}), where it is {say_difference(first, measure)} without."
    )


def _say_map(table: pd.DataFrame, comparison: float, crude: tuple[float, float, float]) -> str:
    of_interest = table[table["verdict"] != "impossible"]
    held = int((of_interest["verdict"] == "holds").sum())
    turned = int((of_interest["verdict"] == "turned round").sum())
    if crude[1] * crude[2] <= 0:
        return (
            f"Of {len(of_interest)} confounders that {comparison:.0%} of the comparison people "
            f"have, {turned} would turn the estimate round; its interval includes no difference "
            "without any."
        )
    return (
        f"Of {len(of_interest)} confounders that {comparison:.0%} of the comparison people have, "
        f"{held} leave an interval that excludes no difference and {turned} turn it round."
    )


_NORMAL = (Normal, "a prior such as Normal(0, 1)")
_SHARE = (Share, "a prior such as Share(0.3, people=20)")
_KINDS = {
    "treated": _SHARE,
    "comparison": _SHARE,
    "strength": _NORMAL,
    "difference": _NORMAL,
}
