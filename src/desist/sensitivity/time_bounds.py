"""Whether "sooner" among reoffenders can be selection alone: bounds with their sampling error."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist._types import Floats, Integers
from desist.arguments import (
    describe,
    find_choice_faults,
    find_kind_faults,
    find_number_faults,
    find_probability_faults,
)
from desist.cohort.published import PublishedStudy
from desist.errors import CannotAnswerError, Fault, NoEventsError, raise_faults
from desist.estimands import Measure
from desist.models.priors import Normal
from desist.sample import Sample
from desist.sensitivity._outcomes import read_outcome
from desist.sensitivity._trimming import Reoffending, Side, bound_earliest
from desist.sensitivity.result import SensitivityResult, summarise
from desist.sensitivity.selection import (
    SHAPES,
    SHAPES_IN_WORDS,
    SelectionBounds,
    bound_published_time,
)
from desist.sensitivity.shapes import AnyShape, Shape, WeibullShape
from desist.weights import effective_sample_size, scale_weights

SUBJECT = "bounds of the time among reoffenders"
DIRECTIONS = ("prevents", "causes")
CAUSED = (0.0, 0.1, 0.25, 0.5)
FEWEST_IN_A_CELL = 5


@dataclass(frozen=True, eq=False, repr=False)
class TimeBounds:
    """Bounds of the effect on the days of those who would reoffend either way.

    Attributes
    ----------
    direction : str
        "prevents": the programme causes nobody to reoffend; "causes": it prevents nobody.
    lower, upper : float
        Bounds of the difference of mean days, participants minus comparison.
    interval : tuple of float
        Covers the effect with `probability` wherever between the bounds it lies.
    errors : tuple of float
        Standard errors of the two bounds.
    descriptive : float
        Difference of the mean days among reoffenders, as it is printed.
    share : float
        Part of the reoffenders of the arm with more of them who would reoffend either way.
    probability : float
        Of the interval.
    table : DataFrame
        One row an assumption: "label", "caused" (share of the reoffenders that the programme
        itself made or, in the other direction, kept from it), "lower", "upper", "interval_lower",
        "interval_upper".
    notes : tuple of str
        What the reader has to know.
    """

    direction: str
    lower: float
    upper: float
    interval: tuple[float, float]
    errors: tuple[float, float]
    descriptive: float
    share: float
    probability: float
    table: pd.DataFrame
    notes: tuple[str, ...] = ()

    name: ClassVar[str] = "time_bounds"
    title: ClassVar[str] = "Time among reoffenders: effect or selection?"
    doubt: ClassVar[str] = "The people who reoffend with the programme are not the same people."
    units: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("lower", "upper", "interval_lower", "interval_upper"), "days"
    )

    @property
    def may_be_selection(self) -> bool:
        """Whether the interval of the bounds includes no difference."""
        return self.interval[0] <= 0 <= self.interval[1]

    @property
    def sentence(self) -> str:
        """The bounds in plain words."""
        sooner = "sooner" if self.descriptive < 0 else "later"
        low, high = self.interval
        assumed = {
            "prevents": "the programme makes nobody reoffend who otherwise would not",
            "causes": "the programme keeps nobody from reoffending who otherwise would",
        }[self.direction]
        verdict = (
            f'"{sooner}" may be selection alone'
            if self.may_be_selection
            else f'"{sooner}" is more than selection, by this assumption'
        )
        return (
            f"Participants who reoffended did so {abs(self.descriptive):.0f} days {sooner}. If "
            f"{assumed}, the effect on those who would reoffend either way lies between "
            f"{self.lower:.0f} and {self.upper:.0f} days, with sampling error between {low:.0f} "
            f"and {high:.0f}: {verdict}."
        )

    def __repr__(self) -> str:
        """Return the bounds and their interval."""
        low, high = self.interval
        return f"<TimeBounds: {self.lower:.3g} to {self.upper:.3g} days ({low:.3g} to {high:.3g})>"


def bound_time_effect(
    sample: Sample,
    *,
    direction: str | None = None,
    cells: Integers | Sequence[int] | None = None,
    caused: Sequence[float] = CAUSED,
    probability: float = 0.95,
) -> TimeBounds:
    r"""Bound the effect on the days of those who would reoffend either way, with its error.

    If the programme causes nobody to reoffend, the share :math:`\pi = p_1/p_0` of the comparison
    reoffenders would reoffend either way, and their mean lies between that of the fastest and
    of the slowest such share. Within `cells` of people who are alike the same holds, and the
    averages over cells are tighter. Where the programme made a share f of the participants'
    reoffenders reoffend, both arms are trimmed. The interval is that of Imbens and Manski: it
    covers the effect, not the whole range between the bounds.

    Parameters
    ----------
    sample : Sample
        With days to the first reoffence.
    direction : {"prevents", "causes"}, optional
        By default that of the observed rates.
    cells : array_like of int, shape (n_people,), optional
        Groups of people who are alike, such as quarters of the risk.
    caused : sequence of float
        Shares f of the table, from 0 and below 1; the first has to be 0.
    probability : float
        Of the interval.

    Returns
    -------
    TimeBounds
        In days; negative where participants reoffend sooner.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If the days cannot be had, or a cell has too few reoffenders.

    References
    ----------
    Lee, D. S. (2009). Training, wages, and sample selection. Review of Economic Studies 76,
    1071-1102. Imbens, G. W. and Manski, C. F. (2004). Confidence intervals for partially
    identified parameters. Econometrica 72, 1845-1857. Semenova, V. (2020). Generalized Lee
    bounds. arXiv 2008.12720.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(200, 1000, rng=3, frequency=1.5).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching())
    >>> from desist.sample import build_sample
    >>> found = bound_time_effect(build_sample(cohort, design))
    >>> found.interval[0] < found.lower <= found.upper < found.interval[1]
    True
    """
    faults = find_kind_faults("sample", sample, Sample, "a Sample", "see desist.sample")
    faults += find_probability_faults(probability) + _find_caused_faults(caused)
    faults += [] if direction is None else find_choice_faults("direction", direction, DIRECTIONS)
    raise_faults(SUBJECT, faults)
    people = _read_people(sample, cells)
    return bound_people(people, direction, caused=caused, probability=probability)


def bound_people(
    people: Reoffending,
    direction: str | None = None,
    *,
    caused: Sequence[float] = CAUSED,
    probability: float = 0.95,
) -> TimeBounds:
    """Bound the effect on the days, from columns that were read.

    Parameters
    ----------
    people : Reoffending
        Days, arms, weights and cells.
    direction : {"prevents", "causes"}, optional
        By default that of the observed rates.
    caused : sequence of float
        Shares of the table; the first has to be 0.
    probability : float
        Of the interval.

    Returns
    -------
    TimeBounds
        In days.
    """
    rates, means, sizes = _describe_arms(people)
    if direction is None:
        direction = "prevents" if rates[0] <= rates[1] else "causes"
    turned = people if direction == "prevents" else people.swap()
    rows, errors = [], (math.nan, math.nan)
    notes: tuple[str, ...] = ()
    for share in caused:
        ends = _bound_both(turned, share, swapped=direction == "causes")
        low, high = _cover(*ends, min(sizes) - 1, probability)
        label = "nobody" if share == 0 else f"{share:.0%} of reoffenders"
        rows.append((label, share, ends[0].value, ends[1].value, low, high))
        if share == 0:
            errors, notes = (ends[0].error, ends[1].error), _note(ends[0].n_capped)
    names = ["label", "caused", "lower", "upper", "interval_lower", "interval_upper"]
    table = pd.DataFrame(rows, columns=names)
    ratio = rates[0] / rates[1] if direction == "prevents" else rates[1] / rates[0]
    first = rows[0]
    return TimeBounds(
        direction,
        first[2],
        first[3],
        (first[4], first[5]),
        errors,
        means[0] - means[1],
        min(ratio, 1.0),
        probability,
        table,
        notes,
    )


def bound_published_effect(
    study: PublishedStudy,
    *,
    shapes: Sequence[Shape] | None = None,
    follow_up: float = 365.0,
    probability: float = 0.95,
) -> SensitivityResult:
    """Bound the effect on the days from the printed figures, for stated shapes.

    Rates have binomial errors. The error of the participants' mean days is taken from the
    printed interval of the difference, which is that of the few: it counts the comparison
    group's once more, and so errs on the wide side.

    Parameters
    ----------
    study : PublishedStudy
        With the rate and the time among reoffenders.
    shapes : sequence of Shape, optional
        Of the days of the comparison reoffenders; by default any, exponential, and early.
    follow_up : float
        Days.
    probability : float
        Of the interval.

    Returns
    -------
    SensitivityResult
        One row a shape, in days.

    Raises
    ------
    InputError
        If a figure that is needed is not printed, or a shape cannot have the printed mean.

    Examples
    --------
    >>> from desist.datasets import making_connections
    >>> found = bound_published_effect(making_connections())
    >>> found.table[["lower", "upper"]].round().values.tolist()[1]
    [-140.0, 8.0]
    """
    chosen = (AnyShape(), WeibullShape(), WeibullShape(0.6)) if shapes is None else tuple(shapes)
    faults = find_kind_faults("study", study, PublishedStudy, "a PublishedStudy")
    for place, shape in enumerate(chosen):
        faults += find_kind_faults(f"shapes[{place}]", shape, SHAPES, SHAPES_IN_WORDS)
    raise_faults(SUBJECT, faults + find_probability_faults(probability))
    rows = [_bound_shape(study, shape, follow_up, probability) for shape in chosen]
    names = ["label", "lower", "upper", "interval_lower", "interval_upper"]
    table = pd.DataFrame(rows, columns=names)
    n_selection = int(((table["interval_lower"] <= 0) & (table["interval_upper"] >= 0)).sum())
    time = study.find(Measure.TIME_AMONG_REOFFENDERS)
    assert time is not None  # noqa: S101 - the bounds asked for it
    sooner = "sooner" if time.treated < time.comparison else "later"
    sentence = (
        f"Participants who reoffended did so {abs(time.treated - time.comparison):.0f} days "
        f"{sooner}; under {n_selection} of {len(table)} shapes of the days, that may be selection "
        "alone, because the programme may have kept others from reoffending at all."
    )
    units = dict.fromkeys(names[1:], "days")
    return SensitivityResult(
        "time_bounds", TimeBounds.title, TimeBounds.doubt, sentence, table, units
    )


def model_principal_stratum(
    sample: Sample,
    *,
    prior: Normal | None = None,
    n_draws: int = 4000,
    probability: float = 0.95,
    seed: int = 0,
) -> SensitivityResult:
    r"""Give the effect on those who would reoffend either way a posterior, by a prior of who.

    Who of the comparison reoffenders would reoffend either way depends on how soon they do, by
    :math:`\mathrm{logit}\,s(u) = a + k u`, with u from -1 to 1 the place of their days among
    those of all; a is found from the share that the two rates imply. With k = 0 they are any
    of them, and with k towards minus or plus infinity the fastest or the slowest, the two ends
    of the bounds. Arms have Dirichlet weights (Bayesian bootstrap) with as many people as they
    are worth. Data say nothing of k: its posterior is its prior.

    Parameters
    ----------
    sample : Sample
        With days to the first reoffence.
    prior : Normal, optional
        Of k; by default Normal(0, 1).
    n_draws : int
        Draws.
    probability : float
        Of the interval.
    seed : int
        Of the draws.

    Returns
    -------
    SensitivityResult
        One row of the posterior, in days, with draws.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If the days cannot be had, or the participants reoffended more than the others.
    """
    faults = find_kind_faults("sample", sample, Sample, "a Sample", "see desist.sample")
    faults += [] if prior is None else find_kind_faults("prior", prior, Normal, "Normal(0, 1)")
    faults += find_number_faults("n_draws", n_draws, least=100, whole=True)
    faults += find_number_faults("seed", seed, least=0, whole=True)
    raise_faults(SUBJECT, faults + find_probability_faults(probability))
    people = _read_people(sample, None)
    rates, _, _ = _describe_arms(people)
    if rates[0] > rates[1]:
        raise CannotAnswerError(
            f"{SUBJECT}: more participants than comparison people reoffended, so that nobody need "
            "have been kept from it"
        )
    prior = Normal(0.0, 1.0) if prior is None else prior
    draws = _draw_stratum(people, prior, n_draws, np.random.default_rng(seed))
    estimate, low, high = summarise(draws, probability)
    row = ("either way, by a prior of who", estimate, low, high)
    table = pd.DataFrame([row], columns=["label", "estimate", "lower", "upper"])
    sentence = (
        f"With a prior of {prior} for how far those who would reoffend either way are the slow "
        f"ones, the programme changes their days by {estimate:.0f} ({low:.0f} to {high:.0f})."
    )
    units = dict.fromkeys(("estimate", "lower", "upper"), "days")
    return SensitivityResult(
        "principal_stratum",
        "Time of those who would reoffend either way",
        TimeBounds.doubt,
        sentence,
        table,
        units,
        {str(row[0]): draws},
    )


def _find_caused_faults(caused: object) -> list[Fault]:
    if isinstance(caused, str) or not isinstance(caused, Sequence) or not caused:
        return [Fault("caused", "shares, the first of them 0", describe(caused))]
    faults = [
        fault
        for place, one in enumerate(caused)
        for fault in find_number_faults(f"caused[{place}]", one, least=0, below=1)
    ]
    if not faults and caused[0] != 0:
        faults.append(Fault("caused", "shares, the first of them 0", describe(caused[0])))
    return faults


def _read_people(sample: Sample, cells: object) -> Reoffending:
    _, days = read_outcome(sample, Measure.RMST, SUBJECT)
    used, reoffended = sample.used, sample.within.reoffended
    assert reoffended is not None  # noqa: S101 - days come with them
    weights = np.where(used, sample.weights, 0.0)
    for arm in (sample.treated, ~sample.treated):
        weights[arm] /= weights[arm].sum()
    labels = np.zeros(len(days), dtype=np.int64) if cells is None else np.asarray(cells)
    if labels.shape != days.shape or labels.dtype.kind not in "iu":
        fault = Fault("cells", f"a whole number for each of {len(days)} people", describe(cells))
        raise_faults(SUBJECT, [fault])
    arms = (sample.treated, ~sample.treated)
    few = [
        int(min((reoffended & used & arm & (labels == cell)).sum() for arm in arms))
        for cell in np.unique(labels[used])
    ]
    if cells is None and min(few) == 0:
        raise NoEventsError(f"{SUBJECT}: nobody in an arm reoffended, so that no time is known")
    if cells is not None and min(few) < FEWEST_IN_A_CELL:
        raise CannotAnswerError(
            f"{SUBJECT}: a cell has fewer than {FEWEST_IN_A_CELL} reoffenders of an arm; make "
            "fewer cells"
        )
    return Reoffending(
        days[used], reoffended[used], sample.treated[used], weights[used], labels[used]
    )


def _describe_arms(
    people: Reoffending,
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Return rates, mean days among reoffenders and their effective numbers, participants first."""
    found = []
    for arm in (people.treated, ~people.treated):
        chosen = arm & people.reoffended
        weights = people.weights[chosen]
        mean = float(np.average(people.days[chosen], weights=weights))
        found.append((float(weights.sum()), mean, effective_sample_size(weights)))
    (p1, m1, n1), (p0, m0, n0) = found
    return (p1, p0), (m1, m0), (n1, n0)


def _bound_both(people: Reoffending, caused: float, *, swapped: bool) -> tuple[Side, Side]:
    low = bound_earliest(people, caused)
    # the slowest treated less the fastest comparison people: the same with the days turned round
    turned = bound_earliest(people.turn(), caused)
    high = Side(-turned.value, -turned.influence, turned.n_capped)
    if not swapped:
        return low, high
    return (
        Side(-high.value, -high.influence, high.n_capped),
        Side(-low.value, -low.influence, low.n_capped),
    )


def _cover(low: Side, high: Side, df: float, probability: float) -> tuple[float, float]:
    return cover_bounds(low.value, high.value, (low.error, high.error), df, probability)


def cover_bounds(
    lower: float, upper: float, errors: tuple[float, float], df: float, probability: float
) -> tuple[float, float]:
    r"""Return the interval that covers a parameter wherever between two bounds it lies.

    With c from :math:`F(c + (u - l)/\max(s_l, s_u)) - F(-c)` equal to the probability.

    Parameters
    ----------
    lower, upper : float
        The bounds.
    errors : tuple of float
        Their standard errors.
    df : float
        Degrees of freedom of Student's t.
    probability : float
        Of the interval.

    Returns
    -------
    tuple of float
        Its ends.

    References
    ----------
    Imbens, G. W. and Manski, C. F. (2004). Econometrica 72, 1845-1857, equation 7.
    """
    from scipy.optimize import brentq
    from scipy.special import stdtr

    largest = max(errors)
    if largest == 0:
        return lower, upper
    gap, freedom = max(upper - lower, 0.0) / largest, max(df, 1.0)

    def excess(c: float) -> float:
        return float(stdtr(freedom, c + gap) - stdtr(freedom, -c)) - probability

    c = float(brentq(excess, 0.0, 1e4))
    return lower - c * errors[0], upper + c * errors[1]


def _note(n_capped: int) -> tuple[str, ...]:
    if n_capped == 0:
        return ()
    return (
        f"in {n_capped} {'cell' if n_capped == 1 else 'cells'} the rates run against the "
        "direction; there everybody is taken to reoffend either way",
    )


def _bound_shape(
    study: PublishedStudy, shape: Shape, follow_up: float, probability: float
) -> tuple[str, float, float, float, float]:
    found = bound_published_time(study, shape=shape, follow_up=follow_up)
    errors = _errors_of_shape(study, found, shape, follow_up)
    rate = study.find(Measure.RATE)
    time = study.find(Measure.TIME_AMONG_REOFFENDERS)
    assert rate is not None  # noqa: S101 - the bounds asked for them
    assert time is not None  # noqa: S101
    low, high = found.difference
    ends = cover_bounds(low, high, errors, time.n_treated - 1, probability)
    return (str(shape), low, high, *ends)


def _errors_of_shape(
    study: PublishedStudy, found: SelectionBounds, shape: Shape, follow_up: float
) -> tuple[float, float]:
    """Carry the errors of the printed rates and means to the bounds, by differences."""
    from scipy.special import stdtrit

    rate = study.find(Measure.RATE)
    time = study.find(Measure.TIME_AMONG_REOFFENDERS)
    assert rate is not None  # noqa: S101
    assert time is not None  # noqa: S101
    t = float(stdtrit(time.n_treated - 1, 0.975))
    of_means = (time.upper - time.lower) / (2 * t)
    trimmed_mean = found.comparison if found.trimmed == "comparison" else found.treated
    trimmed_rate = found.rate_comparison if found.trimmed == "comparison" else found.rate_treated
    share_error = found.share * math.sqrt(
        (1 - found.rate_treated) / (found.rate_treated * rate.n_treated)
        + (1 - found.rate_comparison) / (found.rate_comparison * rate.n_comparison)
    )
    step = 1e-4

    def bound(share: float) -> NDArray[np.float64]:
        frequency = study.find(Measure.FREQUENCY)
        offences = math.nan if frequency is None else frequency.comparison
        ends = shape.bound(
            share, mean=trimmed_mean, follow_up=follow_up, rate=trimmed_rate, frequency=offences
        )
        return np.array(ends)

    at = min(found.share, 1 - step)
    slopes = (bound(at + step) - bound(at - step)) / (2 * step)
    lower, upper = (float(np.hypot(of_means, slope * share_error)) for slope in slopes)
    # the upper bound of the days is the lower bound of the difference
    return (upper, lower) if found.trimmed == "comparison" else (lower, upper)


def _draw_stratum(
    people: Reoffending, prior: Normal, n_draws: int, rng: np.random.Generator
) -> Floats:
    scaled = scale_weights(people.weights, people.treated)
    tilts = rng.normal(prior.mean, prior.scale, n_draws)
    chosen = {
        arm: np.flatnonzero(people.reoffended & (people.treated == arm)) for arm in (True, False)
    }
    draws = np.empty(n_draws)
    for number, tilt in enumerate(tilts):
        masses = rng.gamma(scaled)
        totals = {arm: masses[people.treated == arm].sum() for arm in (True, False)}
        inside = {arm: masses[places] for arm, places in chosen.items()}
        rates = {arm: inside[arm].sum() / totals[arm] for arm in (True, False)}
        first = float(people.days[chosen[True]] @ inside[True] / inside[True].sum())
        share = min(rates[True] / rates[False], 1.0)
        second = _mean_either_way(people.days[chosen[False]], inside[False], share, tilt)
        draws[number] = first - second
    return draws


def _mean_either_way(days: Floats, masses: Floats, share: float, tilt: float) -> float:
    """Average the days of those chosen with odds that grow with their place."""
    from scipy.optimize import brentq
    from scipy.special import expit

    if share >= 1:
        return float(days @ masses / masses.sum())
    order = np.argsort(days, kind="stable")
    part = masses[order] / masses.sum()
    place = 2 * (np.cumsum(part) - part / 2) - 1
    reach = abs(tilt) + 40.0

    def excess(level: float) -> float:
        return float(part @ expit(level + tilt * place)) - share

    picked = part * expit(brentq(excess, -reach, reach, xtol=1e-6) + tilt * place)
    return float(days[order] @ picked / picked.sum())
