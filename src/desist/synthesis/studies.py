"""The studies of a synthesis: a name, what is known of the effect, and moderators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from desist.arguments import describe, find_number_faults
from desist.errors import Fault, raise_faults
from desist.synthesis.evidence import EstimateWithError, EstimateWithInterval, Evidence

ESTIMATES = (EstimateWithError, EstimateWithInterval)


@dataclass(frozen=True)
class Study:
    """One report of one programme.

    Attributes
    ----------
    name : str
        For tables and pictures.
    evidence : Evidence
        What is known of its effect.
    programme : str
        Reports of one programme share one true effect; by default the name.
    moderators : mapping of str to object
        What a formula of moderators may use.

    Raises
    ------
    InputError
        If the name is empty or the evidence none.

    Examples
    --------
    >>> from desist.synthesis import Study, TwoArmCounts
    >>> study = Study("Mentoring 2017", TwoArmCounts(13, 83, 278, 1000), moderators={"women": True})
    >>> study.programme
    'Mentoring 2017'
    """

    name: str
    evidence: Evidence
    programme: str = ""
    moderators: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that there is a name and a likelihood."""
        faults = []
        if not isinstance(self.name, str) or not self.name.strip():
            faults.append(Fault("name", "a text", describe(self.name)))
        if isinstance(self.evidence, type) or not hasattr(self.evidence, "log_likelihood"):
            expected = "evidence such as TwoArmCounts(...)"
            faults.append(Fault("evidence", expected, describe(self.evidence)))
        raise_faults("study", faults)
        if not self.programme:
            object.__setattr__(self, "programme", self.name)


def find_scale_faults(studies: Sequence[Study], scale: str) -> list[Fault]:
    """Find which studies cannot speak of an effect on a scale."""
    silent: dict[str, list[int]] = {}
    for row, study in enumerate(studies):
        if scale not in study.evidence.scales:
            silent.setdefault(study.evidence.kind, []).append(row + 1)
    faults = [
        Fault(
            "scale",
            f"one that {kind} can speak of",
            f"{scale} (studies {', '.join(map(str, rows[:5]))})",
            f"choose among {', '.join(_scales_of(studies, kind))}",
        )
        for kind, rows in silent.items()
    ]
    return faults + (_find_difference_faults(studies) if scale == "risk_difference" else [])


def _find_difference_faults(studies: Sequence[Study]) -> list[Fault]:
    """Find estimates that no difference of two proportions can be: often percentages."""
    wide = [
        str(row + 1)
        for row, study in enumerate(studies)
        if isinstance(study.evidence, ESTIMATES)
        and abs(study.evidence.summarise("risk_difference")[0]) > 1
    ]
    if not wide:
        return []
    found = f"{len(wide)} others (studies {', '.join(wide[:5])})"
    advice = "write 12 percentage points as 0.12"
    return [Fault("estimate", "risk differences from -1 to 1", found, advice)]


def combine_programmes(
    studies: Sequence[Study], scale: str, correlation: float | None
) -> tuple[list[Study], list[Fault]]:
    """Combine several estimates of one programme into one, which has all they know."""
    groups: dict[str, list[int]] = {}
    for row, study in enumerate(studies):
        groups.setdefault(study.programme, []).append(row)
    combined, faults = [], []
    for rows in groups.values():
        if len(rows) == 1:
            combined.append(studies[rows[0]])
            continue
        found = _find_group_faults(studies, rows, correlation)
        faults += found
        if correlation is not None and not found:  # without one there is a fault
            combined.append(_combine([studies[row] for row in rows], scale, correlation))
    return combined, faults


def find_correlation_faults(correlation: object) -> list[Fault]:
    """Find what is wrong with the correlation of estimates of one programme."""
    return find_number_faults("correlation", correlation, least=0, below=1, optional=True)


def _find_group_faults(
    studies: Sequence[Study], rows: Sequence[int], correlation: float | None
) -> list[Fault]:
    numbers = ", ".join(str(row + 1) for row in rows)
    if correlation is None:
        found = f"{len(rows)}, studies {numbers}"
        advice = "give correlation= of their errors, keep one, or, if they are two, two names"
        return [Fault("programme", "one report of each", found, advice)]
    if all(isinstance(studies[row].evidence, ESTIMATES) for row in rows):
        return []
    found = f"other reports among studies {numbers}"
    expected = "estimates with an error or an interval, where a programme has several"
    return [Fault("programme", expected, found, "keep one report of the programme")]


def _combine(studies: Sequence[Study], scale: str, correlation: float) -> Study:
    """Combine estimates of one true effect by generalised least squares: nothing is lost."""
    pairs = np.array([study.evidence.summarise(scale) for study in studies])
    same = np.where(np.eye(len(pairs), dtype=bool), 1.0, correlation)
    precision = np.linalg.inv(same * np.outer(pairs[:, 1], pairs[:, 1]))
    total = precision.sum()
    evidence = EstimateWithError(float(precision.sum(axis=0) @ pairs[:, 0] / total), total**-0.5)
    return replace(studies[0], name=studies[0].programme, evidence=evidence)


def _scales_of(studies: Sequence[Study], kind: str) -> tuple[str, ...]:
    return next(study.evidence.scales for study in studies if study.evidence.kind == kind)
