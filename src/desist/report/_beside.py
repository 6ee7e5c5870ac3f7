"""What stands beside the default result of a report, as a reader may see it."""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from desist.estimands import Measure
from desist.evaluation._one_process import OneProcess, say_whether_it_suffices
from desist.evaluation.record import MeasureRow, summarise_effect
from desist.evaluation.with_evidence import EvidenceResult
from desist.report._digits import round_row
from desist.report._released import disclose_evidence, disclose_process
from desist.report.words.evidence import say_evidence


@dataclass(frozen=True)
class ShownEvidence:
    """The result with what other programmes showed, as a reader may see it."""

    result: EvidenceResult  # with the digits that are shown; NaN where it cannot be had
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class ShownProcess:
    """The answer of one process behind all measures, as a reader may see it."""

    rows: tuple[tuple[MeasureRow, MeasureRow], ...]  # as reported, and under it
    sentence: str  # whether it suffices


def show_evidence(
    result: EvidenceResult | None, withheld: Container[Measure], level: str
) -> ShownEvidence | None:
    """Show the result with what other programmes showed; words are made from all digits."""
    rounded = disclose_evidence(result, withheld)
    if rounded is None or result is None:
        return None
    return ShownEvidence(rounded, say_evidence(result, level))


def show_process(
    process: OneProcess | None, printed: Mapping[Measure, MeasureRow]
) -> ShownProcess | None:
    """Show the answer of one process beside the one that is reported."""
    disclosed = disclose_process(process, printed)
    if disclosed is None or process is None:
        return None
    sentence = say_whether_it_suffices(process)
    if not disclosed.suffices:
        return ShownProcess((), sentence)
    rows = [
        (round_row(printed[effect.measure]), round_row(summarise_effect(effect)))
        for effect in disclosed.effects
    ]
    return ShownProcess(tuple(rows), sentence)
