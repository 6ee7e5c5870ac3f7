"""One process behind all measures as it is stored beside an evaluation, and read again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import xarray as xr

from desist.arguments import find_choice_faults, find_number_faults
from desist.errors import Fault
from desist.evaluation._one_process import OneProcess
from desist.evaluation._stored_effect import PARTS, StoredEffect, describe_effect, make_effect
from desist.models.predictive.record import PredictiveCheck

PREFIX = "process_"  # of the names of its draws
DIMS = ("chain_process", "draw_process")
ARMS = ("treated", "comparison")


@dataclass(frozen=True)
class StoredStatistic:
    """What was observed of an arm beside what is predicted; without an arm, of the difference."""

    statistic: str
    unit: str
    observed: float
    predicted: float
    lower: float
    upper: float
    probability: float
    arm: str = ""


@dataclass(frozen=True)
class StoredCheck:
    """The check of whether one process suffices; the fields are those of `PredictiveCheck`."""

    table: tuple[StoredStatistic, ...]
    contrasts: tuple[StoredStatistic, ...]
    model: str
    n_draws: int
    probability: float


@dataclass(frozen=True)
class StoredProcess:
    """One process without its draws; the fields are those of `OneProcess`."""

    effects: tuple[StoredEffect, ...]
    check: StoredCheck


def describe_process(process: OneProcess | None) -> dict[str, Any] | None:
    """Describe one process as plain values, without its draws."""
    if process is None:
        return None
    check = process.check
    stored = StoredCheck(
        tuple(_read_rows(check.table)),
        tuple(_read_rows(check.contrasts)),
        check.model,
        check.n_draws,
        check.probability,
    )
    return {
        "effects": [describe_effect(effect) for effect in process.effects],
        "check": asdict(stored),
    }


def take_process(process: OneProcess | None) -> dict[str, xr.DataArray]:
    """Take the draws of one process, under names and dims of their own."""
    effects = () if process is None else process.effects
    return {
        f"{PREFIX}{effect.measure}_{part}": xr.DataArray(values.to_numpy(), dims=DIMS)
        for effect in effects
        for part in PARTS
        if (values := getattr(effect, part)) is not None
    }


def make_process(
    stored: StoredProcess | None, draws: Mapping[str, xr.DataArray]
) -> OneProcess | None:
    """Make one process of its record and its draws."""
    if stored is None:
        return None
    check = stored.check
    table = pd.DataFrame([asdict(row) for row in check.table])
    contrasts = pd.DataFrame([asdict(row) for row in check.contrasts])
    order = ["arm", *(name for name in table.columns if name != "arm")]
    return OneProcess(
        tuple(make_effect(effect, draws, PREFIX) for effect in stored.effects),
        PredictiveCheck(
            table[order],
            check.model,
            check.n_draws,
            check.probability,
            contrasts.drop(columns="arm", errors="ignore"),
        ),
    )


def find_process_faults(stored: StoredProcess | None) -> list[Fault]:
    """Find what no check of one process would have stored."""
    if stored is None:
        return []
    check, where = stored.check, "one_process"
    faults = find_number_faults(f"{where}, n_draws", check.n_draws, least=1, whole=True)
    faults += find_number_faults(f"{where}, probability", check.probability, above=0, below=1)
    if not check.table:
        faults.append(Fault(f"{where}, table", "a row for each statistic", "none"))
    for row in check.table:
        faults += find_choice_faults(f"{where}, arm", row.arm, ARMS)
    for row in (*check.table, *check.contrasts):
        if row.probability == row.probability:
            faults += find_number_faults(f"{where}, statistic", row.probability, least=0, most=1)
    return faults


def _read_rows(table: pd.DataFrame) -> list[StoredStatistic]:
    rows = table.to_dict("records")
    return [StoredStatistic(**{str(name): cell for name, cell in row.items()}) for row in rows]
