"""Other programmes of a study: their reports pooled, to stand beside its result."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desist.cli.study import Study
from desist.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from desist.models.evidence import EvidencePrior
    from desist.synthesis.synthesis import Synthesis


def read_reports(path: Path) -> "pd.DataFrame":
    """Read a table of reports, a line a report; the files of passports are relative to it."""
    from desist.cohort.reading import read_people

    try:
        table = read_people(path, "study")
    except InputError as error:
        # the lines of a file are looked at in the same way whatever a line is about
        faults = [
            replace(fault, expected=fault.expected.replace("per person", "per report"))
            for fault in error.faults
        ]
        raise InputError("studies", faults) from None
    if "passport" in table.columns:
        filled = table["passport"].notna()
        places = [str(path.parent / str(name)) for name in table.loc[filled, "passport"]]
        table["passport"] = table["passport"].astype(object)
        table.loc[filled, "passport"] = places
    return table


def pool_programmes(study: Study) -> "Synthesis | None":
    """Pool the reports that a settings file names."""
    if not study.programmes:
        return None
    from desist.synthesis.pool_reports import synthesise
    from desist.synthesis.selection import StepSelection

    asked: dict[str, Any] = dict(study.programmes)
    table = read_reports(asked.pop("studies"))
    asked.pop("evidence", None)
    selection = StepSelection() if asked.pop("selection", False) else None
    return synthesise(table, selection=selection, **asked)


def take_evidence(study: Study, programmes: "Synthesis | None") -> "EvidencePrior | None":
    """Take the prior of the programmes, where their evidence is asked for."""
    if programmes is None or not study.programmes.get("evidence", False):
        return None
    return programmes.prior()
