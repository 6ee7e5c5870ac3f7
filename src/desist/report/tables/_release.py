"""Every table that a release holds, by name: the same for the annex, the CSV and the Markdown."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from desist.report.tables._analyses import tabulate_analyses
from desist.report.tables._balance import tabulate_balance
from desist.report.tables._beside import tabulate_among, tabulate_evidence, tabulate_process
from desist.report.tables._bias import tabulate_bias
from desist.report.tables._checks import tabulate_checks
from desist.report.tables._days import tabulate_by_day
from desist.report.tables._flow import tabulate_flow
from desist.report.tables._groups import tabulate_effects_by_group
from desist.report.tables._measures import tabulate_engines, tabulate_measures, tabulate_per_100
from desist.report.tables._notes import note_on
from desist.report.tables._overlap import tabulate_overlap
from desist.report.tables._profile import tabulate_profile
from desist.report.tables._published import tabulate_published
from desist.report.tables._settings import tabulate_settings
from desist.report.tables._target import tabulate_target
from desist.report.tables._withheld import tabulate_withheld
from desist.report.tables._worth import tabulate_worth
from desist.report.view import View
from desist.report.words._numbers import MISSING
from desist.report.words._wording import WORDINGS
from desist.spreadsheet import change_cells

# Symbols of the Government Analysis Function's guidance on spreadsheets.
CONFIDENTIAL, UNAVAILABLE = "[c]", "[x]"
SYMBOLS = {
    CONFIDENTIAL: "withheld, so that nothing can be learned about few people",
    UNAVAILABLE: "not available, or not applicable",
}


@dataclass(frozen=True, eq=False)
class ReleasedTable:
    """One table of a release."""

    name: str  # of its file and its sheet
    title: str
    data: pd.DataFrame  # of text
    note: str = ""  # what has to be said beside it


def list_tables(view: View) -> tuple[ReleasedTable, ...]:
    """List the tables of a release that have rows; what is withheld is marked as such."""
    made = (tabulate(name, view) for name in NAMES)
    return tuple(replace(one, data=change_cells(one.data, _mark)) for one in made if len(one.data))


def tabulate(name: str, view: View) -> ReleasedTable:
    """Make the table of a name, with or without rows, as it is printed on a page."""
    title, make = _TABLES[name]
    return ReleasedTable(name, title, make(view), note_on(name, view))


def _mark(cell: object) -> str:
    text = str(cell)
    return UNAVAILABLE if text == MISSING else text


def _tabulate_answer(view: View) -> pd.DataFrame:
    return pd.DataFrame({"Sentence": [view.banner] if view.banner else list(view.answer)})


def _tabulate_about(view: View) -> pd.DataFrame:
    return pd.DataFrame(view.about.list_lines(), columns=["About", "In their own words"])


def _tabulate_posteriors(view: View) -> pd.DataFrame:
    printed = tabulate_measures(view)
    withheld = [
        dict.fromkeys(printed.columns[1:], CONFIDENTIAL)
        | {"Measure (unit)": f"{WORDINGS[one.measure].title} ({WORDINGS[one.measure].unit})"}
        for one in view.withheld
    ]
    return pd.concat([printed, pd.DataFrame(withheld)]) if withheld else printed


def _tabulate_statements(view: View) -> pd.DataFrame:
    rows = []
    for one in view.statements:
        title = WORDINGS[one.measure].title
        may = "No statement" if one.is_silent else "May be said"
        rows += [(title, may, sentence) for sentence in one.may_say]
        rows += [(title, "May not be said", sentence) for sentence in one.may_not_say]
    return pd.DataFrame(rows, columns=["Measure", "Kind", "Sentence"])


def _tabulate_every_check(view: View) -> pd.DataFrame:
    return _stack(_list_checks(view))


def _list_checks(view: View) -> Iterator[pd.DataFrame]:
    for shown in view.printed:
        table = tabulate_checks(view, shown.measure)
        unit = WORDINGS[shown.measure].unit
        table.columns = [
            "Method",
            "Compares",
            "Estimate (unit of the row)",
            f"{view.level} interval (unit of the row)",
            *table.columns[4:],
        ]
        table.insert(0, "Measure (unit)", f"{WORDINGS[shown.measure].title} ({unit})")
        yield table


def _tabulate_every_group(view: View) -> pd.DataFrame:
    return _stack(_list_groups(view))


def _list_groups(view: View) -> Iterator[pd.DataFrame]:
    for shown in view.groups:
        if shown.table.rows:
            table = tabulate_effects_by_group(shown)
            measure = WORDINGS[shown.table.measure]
            table.columns = [
                name.replace(measure.unit, "unit of the row") for name in table.columns
            ]
            table.insert(0, "Measure (unit)", f"{measure.title} ({measure.unit})")
            table.insert(0, "Grouping", shown.table.grouping)
            yield table


def _tabulate_balance(view: View) -> pd.DataFrame:
    design = view.labelled_design
    if design is None:
        return pd.DataFrame()
    table = tabulate_balance(design["balance"]).astype(str)
    is_withheld = table.iloc[:, -1].str.startswith("withheld")
    return table.where(~_spread(is_withheld, table) | (table != MISSING), CONFIDENTIAL)


def _tabulate_days(view: View) -> pd.DataFrame:
    return tabulate_by_day(view) if view.by_day else pd.DataFrame()


def _tabulate_regions(view: View) -> pd.DataFrame:
    rows = [
        (WORDINGS[shown.measure].title, region.words, region.probability)
        for shown in view.printed
        if shown.posterior is not None
        for region in shown.posterior.regions
    ]
    return pd.DataFrame(rows, columns=["Measure", "With the programme", "Probability (%)"])


def _tabulate_analyses(view: View) -> pd.DataFrame:
    rows = [(one.title, one.doubt, one.sentence) for one in view.sensitivity]
    return pd.DataFrame(rows, columns=["Analysis", "The doubt", "What it would take"])


def _tabulate_published(view: View) -> pd.DataFrame:
    return tabulate_published(view) if view.published else pd.DataFrame()


def _tabulate_warnings(view: View) -> pd.DataFrame:
    return pd.DataFrame({"Warning": list(view.warnings)})


def _stack(tables: Iterator[pd.DataFrame]) -> pd.DataFrame:
    every = list(tables)
    return pd.concat(every, ignore_index=True) if every else pd.DataFrame()


def _spread(rows: "pd.Series[bool]", table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(dict.fromkeys(table.columns, rows))


_TABLES: dict[str, tuple[str, Callable[[View], pd.DataFrame]]] = {
    "answer": ("The answer", _tabulate_answer),
    "about": ("About the programme and this report", _tabulate_about),
    "per_100": ("Results per 100 people, or in days", tabulate_per_100),
    "measures": ("Posterior of each measure", _tabulate_posteriors),
    "regions": ("How probable a benefit is", _tabulate_regions),
    "analyses": ("The analyses side by side", tabulate_analyses),
    "statements": ("What may and may not be said", _tabulate_statements),
    "checks": ("Posterior and checks of each measure", _tabulate_every_check),
    "groups": ("Effects by group", _tabulate_every_group),
    "by_day": ("Without a reoffence by day", _tabulate_days),
    "bias": ("With the bias of programmes that nobody gave", tabulate_bias),
    "sensitivity": ("What would change the answer", _tabulate_analyses),
    "other_programmes": ("With what other programmes showed", tabulate_evidence),
    "among": ("Where this programme stands among others", tabulate_among),
    "one_process": ("Under one process for all measures", tabulate_process),
    "published": ("As published, and by Welch's test here", _tabulate_published),
    "balance": ("Balance of the covariates", _tabulate_balance),
    "overlap": ("Overlap of the propensity scores", tabulate_overlap),
    "flow": ("Record flow", tabulate_flow),
    "profile": ("Participants, and people not analysed", tabulate_profile),
    "warnings": ("Warnings", _tabulate_warnings),
    "withheld": ("What is withheld, and why", tabulate_withheld),
    "engines": ("How each posterior was found", tabulate_engines),
    "worth": ("Effective numbers of people, by outcome", tabulate_worth),
    "settings": ("Settings", tabulate_settings),
    "target": ("Checklist of the TARGET statement", tabulate_target),
}
NAMES = tuple(_TABLES)
