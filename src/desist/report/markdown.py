"""The report as Markdown: the answer, what may be said, every table."""

import re

from desist.report.tables._release import ReleasedTable, list_tables
from desist.report.view import View
from desist.report.words._wording import WORDINGS
from desist.report.words.both import name_both
from desist.report.words.reading import HOW_TO_READ

IN_PROSE = ("answer", "statements", "warnings")
# What Markdown or HTML would obey.
_OBEYED = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def render_markdown(view: View) -> str:
    """Render what may be seen as Markdown; all text from data is escaped."""
    lines = [f"# {escape(view.title)}", ""]
    lines += [f"**{escape(sentence)}**\n" for sentence in ((view.banner,) if view.banner else ())]
    lines += [f"**{escape(view.notice)}**\n"] * bool(view.notice)
    lines += [f"{escape(sentence)}\n" for sentence in (() if view.banner else view.answer)]
    lines += [f"{escape(sentence)}\n" for sentence in (() if view.banner else name_both(view))]
    lines += _list_statements(view)
    lines += _list_beside(view)
    for table in list_tables(view):
        if table.name not in IN_PROSE:
            lines += ["", f"## {escape(table.title)}", "", *_write_table(table)]
    lines += ["", "## Warnings", ""]
    lines += [f"- {escape(warning)}" for warning in view.warnings] or ["None."]
    lines += ["", "## How to read this", "", *(f"- {escape(one)}" for one in HOW_TO_READ)]
    lines += ["", f"Made by desist {view.package_version} with seed {view.seed}."]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Return text that Markdown prints as it stands, on one line."""
    return _OBEYED.sub(r"\\\1", " ".join(text.split()))


def _list_statements(view: View) -> list[str]:
    if view.banner:
        return []
    lines = ["## What may be said, and what may not"]
    for one in view.statements:
        lines += ["", f"### {escape(WORDINGS[one.measure].title)}", ""]
        may = "No statement" if one.is_silent else "May be said"
        lines += [f"- {may}: {escape(sentence)}" for sentence in one.may_say]
        lines += [f"- May not be said: “{escape(sentence)}”" for sentence in one.may_not_say]
    return lines


def _list_beside(view: View) -> list[str]:
    others = () if view.evidence is None or view.banner else view.evidence.sentences
    process = () if view.one_process is None or view.banner else (view.one_process.sentence,)
    among = () if view.among is None or view.banner else view.among.sentences
    parts = {
        "what other programmes showed": others,
        "where this programme stands among others": among,
        "one process": process,
    }
    return [
        line
        for head, sentences in parts.items()
        if sentences
        for line in ("", f"## Beside the result: {head}", "", *map(escape, sentences))
    ]


def _write_table(table: ReleasedTable) -> list[str]:
    rows = [list(table.data.columns), ["---"] * len(table.data.columns)]
    cells = [[escape(str(cell)) for cell in row] for row in table.data.itertuples(index=False)]
    rows[0] = [escape(str(name)) for name in rows[0]]
    return [f"| {' | '.join(row)} |" for row in [*rows, *cells]]
