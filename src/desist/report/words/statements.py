"""What a result says per 100 people, what may be said about it and what may not."""

import math
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace

from desist.cohort.published import PublishedMeasure
from desist.estimands import Estimand, Interval, Measure, Scale
from desist.report.disclosure import RuleSet
from desist.report.words._margins import UNMEASURED, is_tight, say_margin, say_tight
from desist.report.words._numbers import format_number, round_half_away
from desist.report.words._wording import WORDINGS, Wording, name_people

NOT_AN_EFFECT = (
    "This describes the people who reoffended and is not an effect of the programme: the "
    "programme may change who reoffends, and so whose days are averaged."
)


@dataclass(frozen=True)
class PerHundred:
    """A measure per 100 people of each arm (or in days), in whole numbers.

    Attributes
    ----------
    measure : Measure
        What is counted.
    treated, comparison : int
        People who reoffend per 100, reoffences per 100 people, or days.
    difference : int
        Participants minus comparison, rounded from unrounded values.

    Examples
    --------
    >>> import desist as ds
    >>> found = ds.report.per_100(ds.Measure.FREQUENCY, 0.31, 1.055)
    >>> found.treated, found.comparison, found.difference
    (31, 106, -75)
    """

    measure: Measure
    treated: int
    comparison: int
    difference: int

    @property
    def words(self) -> str:
        """The difference in words, such as "12 people fewer"."""
        wording = WORDINGS[self.measure]
        if self.difference == 0:
            return "no difference after rounding"
        direction = wording.fewer if self.difference < 0 else wording.more
        return f"{wording.count(self.difference / wording.factor)} {direction}"

    @property
    def note(self) -> str:
        """Why the parts do not add up; empty when they do."""
        if self.treated - self.comparison == self.difference:
            return ""
        return (
            f"{format_number(self.treated)} and {format_number(self.comparison)} are "
            f"{format_number(abs(self.treated - self.comparison))} apart; the difference is "
            f"{format_number(abs(self.difference))} because each number is rounded on its own."
        )


@dataclass(frozen=True)
class Statement:
    """What may and what may not be said about one measure.

    Attributes
    ----------
    measure : Measure
        What the sentences are about.
    may_say : tuple of str
        Sentences that the result supports.
    may_not_say : tuple of str
        Claims that it does not support.
    note : str
        A remark on small groups; empty when none is due.
    is_silent : bool
        Whether nothing can be said, so that `may_say` holds the reason alone.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> statement = ds.report.make_statements(evaluation, "2019")[0]
    >>> statement.measure.value, statement.is_silent
    ('rate', False)
    """

    measure: Measure
    may_say: tuple[str, ...]
    may_not_say: tuple[str, ...]
    note: str = ""
    is_silent: bool = False


def per_100(
    measure: Measure, treated: float, comparison: float, difference: float | None = None
) -> PerHundred:
    """Express the means of two arms per 100 people (or in days).

    Parameters
    ----------
    measure : Measure
        A measure with a mean in each arm: not the hazard ratio.
    treated, comparison : float
        Unrounded means: proportions, reoffences per person, or days.
    difference : float, optional
        Unrounded difference, where it is known better than from the two means.

    Returns
    -------
    PerHundred
        Whole numbers, each rounded on its own, halves away from zero.

    Notes
    -----
    The difference is rounded from unrounded values, so 31 against 106 can be 74 fewer
    rather than 75; `PerHundred.note` then says why.

    Examples
    --------
    >>> result = per_100(Measure.RATE, 13 / 83, 0.278)
    >>> result.treated, result.comparison, result.words
    (16, 28, '12 people fewer')
    """
    factor = WORDINGS[measure].factor
    unrounded = treated - comparison if difference is None else difference
    whole = (int(round_half_away(factor * value)) for value in (treated, comparison, unrounded))
    return PerHundred(measure, *whole)


def relative_change(measure: Measure, treated: float, comparison: float) -> float:
    """Return the relative change that a reader of the printed means would compute."""
    # The means are first rounded as tables print them (15.7%, 0.31 per person, 75.0 days), because
    # the claim that is warned against is made from a printed table.
    wording = WORDINGS[measure]
    printed = [
        round_half_away(wording.factor * mean, wording.printed_decimals)
        for mean in (treated, comparison)
    ]
    if printed[1] == 0:
        return math.nan
    return round_half_away(100 * (printed[0] / printed[1] - 1))


def state(
    measure: Measure,
    *,
    treated: float,
    comparison: float,
    interval: Interval,
    estimand: Estimand,
    rules: RuleSet,
    n_treated: int,
    period: str = "one year",
    errors: tuple[float, float] = (0.0, 0.0),
    margin: float | None = None,
    beyond: float = math.nan,
) -> Statement:
    """Write what may and may not be said about one measure."""
    # errors are those of the limits by Monte Carlo: no direction is claimed where the limit next to
    # no difference is within two of them; beyond is the probability of at least the margin
    reoffenders_only = measure is Measure.TIME_AMONG_REOFFENDERS
    if reoffenders_only and not rules.prints_reoffenders_only(n_treated):
        return state_unavailable(measure, rules.explain_few_reoffenders(n_treated))
    if math.isnan(interval.lower) or math.isnan(interval.upper):
        return state_unavailable(measure, "there is no interval for it")
    subject = WORDINGS[measure].subject.format(people=name_people(estimand), period=period)
    unsettled = _is_within_error(measure, interval, errors)
    if unsettled:
        interval = _reach_null(measure, interval)
    may_say = _say(measure, subject, interval, is_settled=not unsettled)
    if margin is not None:
        may_say = (*may_say, say_margin(measure, interval, margin, beyond))
    return Statement(
        measure,
        may_say=(*may_say, NOT_AN_EFFECT) if reoffenders_only else may_say,
        may_not_say=_warn(measure, treated, comparison, interval, rules),
        note=rules.note_on_small_group(n_treated) if reoffenders_only else "",
    )


def state_unavailable(measure: Measure, reason: str) -> Statement:
    """Write that nothing can be said about a measure, and why."""
    wording = WORDINGS[measure]
    return Statement(
        measure,
        may_say=(f"Nothing is said about {wording.name}: {reason.rstrip('.')}.",),
        may_not_say=(f"The programme changes {wording.name}, or leaves it as it is.",),
        is_silent=True,
    )


def add_condition(
    statements: Iterable[Statement], withheld: Container[Measure]
) -> Iterator[Statement]:
    """Add once what every causal sentence rests on: to the first that there is."""
    is_said = False
    for statement in statements:
        if is_said or not statement.measure.is_causal or statement.measure in withheld:
            yield statement
        else:
            is_said = True
            yield replace(statement, may_say=(*statement.may_say, UNMEASURED))


def find_published_means(printed: PublishedMeasure) -> tuple[float, float]:
    """Find the means of a published line, unrounded where it determines them."""
    if printed.treated_count is None:
        return printed.treated, printed.comparison
    return printed.treated_count / printed.n_treated, printed.comparison


def describe_interval(measure: Measure, interval: Interval) -> str:
    """Describe the interval of a difference in words, per 100 people or in days."""
    wording = WORDINGS[measure]
    if interval.excludes(0.0):
        return _one_way(wording, interval)
    return _both_ways(wording, interval)


def _is_within_error(measure: Measure, interval: Interval, errors: tuple[float, float]) -> bool:
    """Say whether other draws of the posterior might not exclude no difference."""
    null = _find_null(measure)
    if not interval.excludes(null):
        return False
    gap, error = (
        (interval.lower - null, errors[0])
        if interval.lower > null
        else (null - interval.upper, errors[1])
    )
    return gap < 2 * error


def _reach_null(measure: Measure, interval: Interval) -> Interval:
    null = _find_null(measure)
    return replace(interval, lower=min(interval.lower, null), upper=max(interval.upper, null))


def _say(
    measure: Measure, subject: str, interval: Interval, *, is_settled: bool
) -> tuple[str, ...]:
    if measure is Measure.HAZARD_RATIO:
        return (
            f"{_capitalise(subject)} may be between {format_number(interval.lower, 2)} and "
            f"{format_number(interval.upper, 2)} times that without the programme (1 is no "
            "difference).",
        )
    than = " than without the programme"
    if measure is Measure.TIME_AMONG_REOFFENDERS:
        than = " than among comparison people who reoffended"
    if is_tight(measure, interval):
        return (f"{_capitalise(subject)} {say_tight(measure, interval)}{than}.",)
    found = describe_interval(measure, interval)
    if interval.excludes(0.0):
        return (f"{_capitalise(subject)} may be {found}{than}.",)
    why = "has too few people" if is_settled else "needs more draws of the posterior"
    return (f"{_capitalise(subject)} may be {found},{than}. This study {why} to tell which.",)


def _one_way(wording: Wording, interval: Interval) -> str:
    if interval.upper < 0:
        return f"{wording.lower} by {wording.range(interval.upper, interval.lower)}"
    return f"{wording.higher} by {wording.range(interval.lower, interval.upper)}"


def _both_ways(wording: Wording, interval: Interval) -> str:
    return (
        f"{wording.lower} by {wording.up_to(interval.lower)}, or "
        f"{wording.higher} by {wording.up_to(interval.upper)}"
    )


def _warn(
    measure: Measure, treated: float, comparison: float, interval: Interval, rules: RuleSet
) -> tuple[str, ...]:
    wording = WORDINGS[measure]
    null = _find_null(measure)
    conclusive = interval.excludes(null)
    claims: list[str] = []
    if rules.warns_against == "relative claims":
        claims += _claim_relative(measure, treated, comparison)
    if not conclusive or rules.warns_against == "the contradicting direction":
        claims += _claim_directions(wording, interval, null, told=claims)
    if not conclusive or not claims:
        claims.append(f"The programme {wording.leaves}.")
    if measure is Measure.TIME_AMONG_REOFFENDERS:
        is_sooner = interval.upper < null if conclusive else treated < comparison
        claims.append(f"The programme makes people reoffend {'sooner' if is_sooner else 'later'}.")
    return tuple(claims)


def _claim_directions(
    wording: Wording, interval: Interval, null: float, told: Iterable[str]
) -> list[str]:
    """Claim each direction that the interval does not bear out, but for what was told."""
    is_open = (
        (wording.decreases, interval.upper >= null),
        (wording.increases, interval.lower <= null),
    )
    claims = (f"The programme {verb}" for verb, is_not_shown in is_open if is_not_shown)
    return [f"{one}." for one in claims if not any(other.startswith(one) for other in told)]


def _find_null(measure: Measure) -> float:
    return (Scale.RATIO if measure is Measure.HAZARD_RATIO else Scale.DIFFERENCE).null


def _claim_relative(measure: Measure, treated: float, comparison: float) -> list[str]:
    wording = WORDINGS[measure]
    change = relative_change(measure, treated, comparison)
    if math.isnan(change) or change == 0:
        return []
    verb = wording.decreases if change < 0 else wording.increases
    return [f"The programme {verb} by {format_number(abs(change))}%."]


def _capitalise(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
