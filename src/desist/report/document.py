"""The report as one HTML file: no script, no resource from elsewhere, readable aloud."""

from pathlib import Path

from desist.errors import raise_faults
from desist.evaluation.record import Evaluation
from desist.report._page import fill_template, render_page
from desist.report.disclosure import RuleSet
from desist.report.json_record import encode_view, write_json
from desist.report.view import View, make_view
from desist.writing import FileContent, find_folder_faults, write_files


def write_report(
    evaluation: Evaluation, out: str | Path, *, rules: str | RuleSet = "2019"
) -> tuple[Path, ...]:
    """Write the record, the draws and the report of an evaluation into a folder.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    out : str or Path
        Folder; made when it is not there. Files of these names are replaced together, when
        all are ready; others are left alone.
    rules : str or RuleSet, default "2019"
        What is printed on small groups, and which claims are warned against.

    Returns
    -------
    tuple of Path
        evaluation.json, evaluation.nc, report.html.

    Raises
    ------
    InputError
        If the rule set is unknown, or `out` cannot be written to. Nothing is written then.
    CannotAnswerError
        If there are too few people to report on.
    """
    folder = require_folder(out)
    rendered = render_files(make_view(evaluation, rules))
    write_files({folder / name: FileContent(content) for name, content in rendered.items()})
    return tuple(folder / name for name in ("evaluation.json", "evaluation.nc", "report.html"))


def render_document(evaluation: Evaluation, *, rules: str | RuleSet = "2019") -> str:
    """Render the report of an evaluation as one HTML file.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        What is printed on small groups, and which claims are warned against.

    Returns
    -------
    str
        HTML that needs nothing else; all text from data is escaped.

    Raises
    ------
    CannotAnswerError
        If there are too few people to report on.
    """
    return render_page(make_view(evaluation, rules))


def render_files(view: View) -> dict[str, bytes]:
    """Render what `write_report` writes."""
    return {
        "evaluation.nc": view.pack(),
        "report.html": render_page(view).encode("utf-8", "replace"),
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
