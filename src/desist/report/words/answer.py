"""The sentence that a report begins with: what probably happened, and how sure that is."""

from dataclasses import dataclass

from desist.estimands import Estimand, Interval, Measure
from desist.report.words._numbers import format_number, format_probability
from desist.report.words._wording import WORDINGS, name_people
from desist.report.words.likelihood import find_adverb

CONDITION = (
    "This is an effect of the programme only if nothing unmeasured differs between participants "
    "and comparison people."
)
# Of these people some were in the programme and some were not: what would happen is said of them.
_WERE_THERE = (Estimand.ATT, Estimand.MATCHED_ATT, Estimand.TRUNCATED_ATT)


@dataclass(frozen=True)
class _Verbs:
    good: str  # in the past, of people who were in the programme
    bad: str
    would_good: str  # the same after "would"
    would_bad: str


_VERBS = {
    Measure.RATE: _Verbs(
        "reoffended less", "reoffended more", "reoffend less often", "reoffend more often"
    ),
    Measure.FREQUENCY: _Verbs(
        "committed fewer reoffences",
        "committed more reoffences",
        "commit fewer reoffences",
        "commit more reoffences",
    ),
    Measure.RMST: _Verbs(
        "went longer without a reoffence",
        "went less long without a reoffence",
        "go longer without a reoffence",
        "go less long without a reoffence",
    ),
    Measure.HAZARD_RATIO: _Verbs(
        "had a lower hazard of a first reoffence",
        "had a higher hazard of a first reoffence",
        "have a lower hazard of a first reoffence",
        "have a higher hazard of a first reoffence",
    ),
}


def answer(
    measure: Measure,
    *,
    interval: Interval,
    benefit: float,
    estimand: Estimand,
    period: str,
    level: str,
) -> tuple[str, str, str]:
    """Answer in one sentence, with how large the difference may be, and what that rests on."""
    is_good = benefit >= 0.5
    likely = benefit if is_good else 1 - benefit
    adverb = find_adverb(likely)
    verdict = _say_verdict(measure, estimand, adverb, is_good=is_good)
    chance = f"the probability of {'less' if is_good else 'more'} reoffending is"
    if measure is Measure.RMST:
        chance = f"the probability of a {'longer' if is_good else 'shorter'} time is"
    size = _say_size(measure, interval, period)
    sure = format_probability(likely).replace(">", "more than ")
    sentence = f"{verdict}: {chance} {sure}."
    other = _leave_open(measure, interval, is_good=is_good) if adverb else ""
    return sentence, f"{size} ({level} interval){other}.", CONDITION


def _leave_open(measure: Measure, interval: Interval, *, is_good: bool) -> str:
    """Say that the other direction is not ruled out, where the interval has both."""
    if interval.excludes(1.0 if measure is Measure.HAZARD_RATIO else 0.0):
        return ""
    other = "more" if is_good else "less"
    what = f"{other} reoffending"
    if measure is Measure.RMST:
        what = f"a {'shorter' if is_good else 'longer'} time"
    return f", so that {what} is not ruled out"


def _say_size(measure: Measure, interval: Interval, period: str) -> str:
    wording = WORDINGS[measure]
    if measure is Measure.HAZARD_RATIO:
        low, high = (format_number(limit, 2) for limit in (interval.lower, interval.upper))
        return f"The hazard within {period} is {low} to {high} times that without the programme"
    head = "For every 100 people, that" if wording.factor == 100 else "That"
    low, high = wording.count(interval.lower), wording.count(interval.upper)
    if interval.upper < 0:
        size = f"{wording.range(interval.upper, interval.lower)} {wording.fewer}"
    elif interval.lower > 0:
        size = f"{wording.range(interval.lower, interval.upper)} {wording.more}"
    else:
        size = f"anything from {low} {wording.fewer} to {high} {wording.more}"
    return f"{head} is {size} within {period}"


def _say_verdict(measure: Measure, estimand: Estimand, adverb: str, *, is_good: bool) -> str:
    # who was matched stands in the next paragraph; the first sentence is everybody's
    matched = estimand is Estimand.MATCHED_ATT
    people = name_people(Estimand.ATT if matched else estimand)
    verbs = _VERBS[measure]
    if estimand in _WERE_THERE:
        verb = verbs.good if is_good else verbs.bad
        than = "than they would have without the programme"
        if adverb:
            return f"{_capitalise(people)} {adverb} {verb} {than}"
        return f"It is unclear whether {people} {verb} {than}"
    verb = verbs.would_good if is_good else verbs.would_bad
    if adverb:
        return f"With the programme, {people} would {adverb} {verb} than without it"
    return f"It is unclear whether {people} would {verb} with the programme than without it"


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]
