"""Words about the result with what other programmes showed, beside the default one."""

from desist.estimands import Interval
from desist.evaluation.with_evidence import EvidenceResult
from desist.report.words._numbers import (
    count_of,
    format_number,
    format_probability,
    format_share,
)
from desist.report.words._wording import WORDINGS
from desist.report.words.statements import describe_interval

BESIDE = (
    "It stands beside the answer of these people alone, which is the result of this evaluation, "
    "and does not replace it."
)
AGREES = "These people and the other programmes are not in conflict"
DISAGREES = "These people and the other programmes are in conflict"


def say_evidence(result: EvidenceResult, level: str) -> tuple[str, ...]:
    """Say what the other programmes are worth, what they make of the result, and how they fit."""
    if not result.is_known:
        return (_say_prior(result), _end_with_stop(result.warning))
    wording = WORDINGS[result.measure]
    interval = describe_interval(result.measure, Interval(result.lower, result.upper))
    said = (
        f"With them, {wording.name} may be {interval} ({level} interval); the probability of less "
        f"reoffending is {format_probability(result.probability_of_benefit)}. {BESIDE}"
    )
    return (_say_prior(result), said, _say_conflict(result))


def say_worth_of_prior(result: EvidenceResult) -> str:
    """Say how many participants of the study a prior is worth."""
    if not result.worth >= 1:
        return "less than one participant"
    return f"about {count_of(round(result.worth), 'participant')}"


def _say_prior(result: EvidenceResult) -> str:
    count = count_of(result.prior.n_programmes, "other programme")
    worth = "" if not result.is_known else f", worth {say_worth_of_prior(result)} of this study"
    return (
        f"What {count} showed was put beside these people as a prior of the effect{worth}; "
        f"{format_share(result.prior.vague, 1)} of the prior is left for the case that this "
        "programme is unlike them."
    )


def _say_conflict(result: EvidenceResult) -> str:
    surprise = f"{format_number(result.conflict, 2)}" if result.conflict >= 0.01 else "below 0.01"
    head = DISAGREES if result.is_in_conflict else AGREES
    tail = (
        ", so that the result with them is mostly that of the part that knows nothing of them"
        if result.is_in_conflict
        else ""
    )
    return (
        f"{head}{tail}: were this programme like the others, a result as far from theirs or "
        f"further would have probability {surprise}."
    )


def _end_with_stop(text: str) -> str:
    text = text.split(": ", 1)[-1]
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
