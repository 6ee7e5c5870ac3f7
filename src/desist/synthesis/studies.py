"""The studies of a synthesis: a name, what is known of the effect, and moderators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.errors import Fault, name_rows, raise_faults
from desist.synthesis.evidence import EstimateWithError, EstimateWithInterval, Evidence

ESTIMATES = (EstimateWithError, EstimateWithInterval)
LEAST_ERROR = 1e-9
# How far from 0 an estimate, and how large its error, may be on a scale: a ratio of e to the 100
# is a slip of the pen, and a risk difference beyond 1 is in percentage points.
MOST: Mapping[str, float] = {
    "log_odds": 100.0,
    "log_risk": 100.0,
    "risk_difference": 1.0,
    "log_rate": 100.0,
}


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
        faults: list[Fault] = []
        if not isinstance(self.name, str) or not self.name.strip():
            faults.append(Fault("name", "a text", describe(self.name)))
        if isinstance(self.evidence, type) or not hasattr(self.evidence, "log_likelihood"):
            expected = "evidence such as TwoArmCounts(...)"
            faults.append(Fault("evidence", expected, describe(self.evidence)))
        faults += find_kind_faults("programme", self.programme, str, "a text")
        expected = "what a formula may use, by name"
        faults += find_kind_faults("moderators", self.moderators, Mapping, expected)
        raise_faults("study", faults)
        if not self.programme:
            object.__setattr__(self, "programme", self.name)


def find_scale_faults(studies: Sequence[Study], scale: str) -> list[Fault]:
    """Find which studies cannot speak of an effect on a scale."""
    silent: dict[str, list[int]] = {}
    for row, study in enumerate(studies):
        if scale not in study.evidence.scales:
            silent.setdefault(study.evidence.kind, []).append(row + 1)
    return [
        Fault(
            "scale",
            f"one that {kind} can speak of",
            f"{scale} (studies {', '.join(map(str, rows[:5]))})",
            f"choose among {', '.join(_scales_of(studies, kind))}",
        )
        for kind, rows in silent.items()
    ]


def find_reach_faults(studies: Sequence[Study], scale: str) -> list[Fault]:
    """Find which studies have an estimate or an error that no study has on a scale."""
    pairs = np.array([study.evidence.summarise(scale) for study in studies], dtype=float)
    most = MOST[scale]
    with np.errstate(invalid="ignore"):  # what is not known is not far off
        wrong = np.abs(pairs[:, 0]) > most, (pairs[:, 1] > most) | (pairs[:, 1] < LEAST_ERROR)
    advice = "write -0.05 for five percentage points fewer" if scale == "risk_difference" else ""
    expected = f"from {-most:g} to {most:g} on the scale {scale}"
    errors = f"from {LEAST_ERROR:g} to {most:g} on the scale {scale}"
    return [
        Fault(where, words, f"{rows.size} other, {name_rows(rows.tolist())}", advice)
        for where, words, rows in (
            ("estimate", expected, np.flatnonzero(wrong[0])),
            ("standard error", errors, np.flatnonzero(wrong[1])),
        )
        if rows.size
    ]


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
    faults = []
    if not all(isinstance(studies[row].evidence, ESTIMATES) for row in rows):
        found = f"other reports among studies {numbers}"
        expected = "estimates with an error or an interval, where a programme has several"
        faults.append(Fault("programme", expected, found, "keep one report of the programme"))
    first = studies[rows[0]].moderators
    if not all(_are_alike(first, studies[row].moderators) for row in rows[1:]):
        expected = "the same moderators in all reports of one programme"
        found = f"others among studies {numbers}"
        faults.append(Fault("moderators", expected, found, "correct them, or give two names"))
    return faults


def _combine(studies: Sequence[Study], scale: str, correlation: float) -> Study:
    """Combine estimates of one true effect by generalised least squares: nothing is lost."""
    pairs = np.array([study.evidence.summarise(scale) for study in studies], dtype=float)
    same = np.where(np.eye(len(pairs), dtype=bool), 1.0, correlation)
    # what was rounded is known to a uniform error more, apart from all others (Sheppard)
    steps = np.array([getattr(study.evidence, "rounded_to", 0.0) for study in studies])
    rounding = np.diag(steps**2 / 12)
    precision = np.linalg.inv(same * np.outer(pairs[:, 1], pairs[:, 1]) + rounding)
    total = precision.sum()
    evidence = EstimateWithError(float(precision.sum(axis=0) @ pairs[:, 0] / total), total**-0.5)
    return replace(studies[0], name=studies[0].programme, evidence=evidence)


def _are_alike(first: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether moderators are the same; what is not known is as little known in both."""
    here, there = (pd.Series(dict(one), dtype=object).sort_index() for one in (first, other))
    return here.equals(there)


def _scales_of(studies: Sequence[Study], kind: str) -> tuple[str, ...]:
    return next(study.evidence.scales for study in studies if study.evidence.kind == kind)
