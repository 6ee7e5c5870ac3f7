"""The report as Markdown: the answer, what may be said, every table."""

import re
from collections.abc import Mapping, Sequence

from desist.report._asides import list_asides
from desist.report._headline import count_tests, introduce, say_both
from desist.report.tables._release import SYMBOLS, ReleasedTable, list_tables
from desist.report.view import View
from desist.report.words._wording import WORDINGS
from desist.report.words.reading import list_reading

IN_PROSE = ("answer", "statements", "warnings")
# What Markdown or HTML would obey.
_OBEYED = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def render_markdown(view: View, listed: Sequence[ReleasedTable] | None = None) -> str:
    """Render what may be seen as Markdown; all text from data is escaped."""
    lines = [f"# {escape(view.title)}", "", *_begin(view), *_list_statements(view)]
    tables = {one.name: one for one in listed or list_tables(view)}
    lines += ["", _explain_symbols(), *_list_asides(view, tables)]
    told = {*IN_PROSE, *(one.table.name for one in list_asides(view))}
    for name, table in tables.items():
        if name not in told:
            lines += ["", f"## {escape(table.title)}", "", *_write_table(table)]
    lines += ["", "## Warnings", ""]
    lines += [f"- {escape(warning)}" for warning in view.warnings] or ["None."]
    lines += ["", "## How to read this", "", *(f"- {escape(one)}" for one in list_reading(view))]
    lines += ["", f"Made by desist {view.package_version} with seed {view.seed}."]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Return text that Markdown prints as it stands, on one line."""
    return _OBEYED.sub(r"\\\1", " ".join(text.split()))


def _begin(view: View) -> list[str]:
    """Write what the report begins with: a banner, or the answer and whom it is about."""
    told = [f"**{escape(one)}**\n" for one in (view.banner, view.notice) if one]
    said = () if view.banner else (*view.answer, *say_both(view))
    return [*told, *(f"{escape(sentence)}\n" for sentence in (*said, introduce(view)))]


def _list_statements(view: View) -> list[str]:
    if view.banner:
        return []
    lines = ["## What may be said, and what may not", "", escape(count_tests(view))]
    for one in view.statements:
        if not one.is_silent:
            lines += ["", f"### {escape(WORDINGS[one.measure].title)}", ""]
            lines += [f"- May be said: {escape(sentence)}" for sentence in one.may_say]
            lines += [f"- May not be said: “{escape(sentence)}”" for sentence in one.may_not_say]
    silent = [one.may_say[0] for one in view.statements if one.is_silent]
    if silent:
        lines += ["", "### No statement", "", *(f"- {escape(sentence)}" for sentence in silent)]
    return lines


def _explain_symbols() -> str:
    told = "; ".join(f"{escape(symbol)} is {meaning}" for symbol, meaning in SYMBOLS.items())
    return f"In the tables, {told}."


def _list_asides(view: View, tables: Mapping[str, ReleasedTable]) -> list[str]:
    """Write what stands beside the result, each with its table where that has rows."""
    lines = []
    for one in list_asides(view):
        lines += ["", f"## Beside the result: {escape(_begin_small(one.table.title))}"]
        lines += [line for sentence in one.sentences for line in ("", escape(sentence))]
        if one.table.name in tables:
            lines += ["", *_write_table(tables[one.table.name])]
    return lines


def _begin_small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _write_table(table: ReleasedTable) -> list[str]:
    rows = [list(table.data.columns), ["---"] * len(table.data.columns)]
    cells = [[escape(str(cell)) for cell in row] for row in table.data.itertuples(index=False)]
    rows[0] = [escape(str(name)) for name in rows[0]]
    note = ["", escape(table.note)] if table.note else []
    return [*(f"| {' | '.join(row)} |" for row in [*rows, *cells]), *note]
