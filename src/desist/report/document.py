"""The report as one HTML file: no script, no resource from elsewhere, readable aloud."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desist.errors import raise_faults
from desist.evaluation.record import Evaluation
from desist.report._blocks import fill_template
from desist.report._page import render_page
from desist.report.about import About
from desist.report.annex import render_tables, render_workbook
from desist.report.disclosure import RuleSet
from desist.report.json_record import encode_view, write_json
from desist.report.markdown import render_markdown
from desist.report.sensitivity_page import fill_analyses
from desist.report.tables._release import NAMES, list_tables
from desist.report.view import View, make_view
from desist.synthesis.synthesis import Synthesis
from desist.writing import FileContent, find_folder_faults, remove_files, write_files

TABLES = tuple(f"tables/{name}.csv" for name in NAMES)
FILES = (*TABLES, "annex.xlsx", "report.md", "report.html", "evaluation.nc", "evaluation.json")


def write_report(
    evaluation: Evaluation,
    out: str | Path,
    *,
    rules: str | RuleSet = "2019",
    about: About | None = None,
    sensitivity: Sequence[Any] = (),
    synthesis: Synthesis | None = None,
) -> tuple[Path, ...]:
    """Write report, annex, record and draws of an evaluation into a folder.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    out : str or Path
        Folder; made when it is not there. Files of these names are replaced together, when
        all are ready; others are left alone.
    rules : str or RuleSet, default "2019"
        What is printed on small groups, and which claims are warned against.
    about : About, optional
        What the report says of the programme and of itself.
    sensitivity : sequence of results, optional
        Of `ds.sensitivity`, on the same people: one page of the report says what it would take to
        change the answer.
    synthesis : Synthesis, optional
        Of other programmes: the report then shows where this one stands among them.

    Returns
    -------
    tuple of Path
        annex.xlsx, evaluation.json, evaluation.nc, report.html, report.md, and a CSV of each
        table in the folder tables.

    Raises
    ------
    InputError
        If the rule set is unknown, or `out` cannot be written to. Nothing is written then.
    CannotAnswerError
        If there are too few people to report on.

    Examples
    --------
    >>> import tempfile
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = ds.write_report(ds.evaluate_published(study), folder, rules="2019")
    >>> [path.name for path in paths if path.parent.name != "tables"]
    ['annex.xlsx', 'evaluation.json', 'evaluation.nc', 'report.html', 'report.md']
    """
    folder = require_folder(out)
    view = make_view(evaluation, rules, about=about, sensitivity=sensitivity, synthesis=synthesis)
    rendered = render_files(view)
    write_files({folder / name: FileContent(content) for name, content in rendered.items()})
    # A table of an earlier report that this one does not have would be read as part of it.
    remove_files([folder / name for name in TABLES if name not in rendered])
    return tuple(folder / name for name in sorted(rendered))


def render_document(
    evaluation: Evaluation, *, rules: str | RuleSet = "2019", sensitivity: Sequence[Any] = ()
) -> str:
    """Render the report of an evaluation as one HTML file.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        What is printed on small groups, and which claims are warned against.
    sensitivity : sequence of results, optional
        As in `write_report`.

    Returns
    -------
    str
        HTML that needs nothing else; all text from data is escaped.

    Raises
    ------
    CannotAnswerError
        If there are too few people to report on.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> page = ds.report.render_document(evaluation)
    >>> "<h1" in page, "<script" in page
    (True, False)
    """
    view = make_view(evaluation, rules, sensitivity=sensitivity)
    return render_page(view, fill_analyses(view))


def render_files(view: View) -> dict[str, bytes]:
    """Render what `write_report` writes."""
    tables = list_tables(view)
    return {
        **render_tables(tables),
        "annex.xlsx": render_workbook(view, tables),
        "report.md": render_markdown(view, tables).encode("utf-8", "replace"),
        "report.html": render_page(view, fill_analyses(view)).encode("utf-8", "replace"),
        # one after the other: a run that is killed while files take their names hardly parts them
        "evaluation.nc": view.pack(),
        "evaluation.json": write_json(encode_view(view)).encode("utf-8", "replace"),
    }


def render_notice(title: str, reason: str) -> str:
    """Render a page that says only why nothing may be reported of a study."""
    return fill_template("notice.html.j2", {"title": title, "reason": reason})


def require_folder(out: str | Path) -> Path:
    """Return a folder that can be written to, or that can be made."""
    folder = Path(out)
    raise_faults("report", find_folder_faults(folder))
    return folder
