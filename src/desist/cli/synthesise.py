"""Pool a table of reports of programmes from the command line."""

import json
from pathlib import Path
from typing import Any

import click

from desist.cli.terminal import say

FILES = ("synthesis.json", "studies.csv", "forest.svg")


HELP = """Pool the reports of programmes in the table STUDIES, one a row.

A row fills the columns of one kind of evidence: counts, an estimate with its error or interval, a
p-value, whole percentages, significance alone, or the file of a passport. Other columns are errors,
but for "programme", "source", "notes" and those that --moderators names.
"""


@click.command(help=HELP)
@click.argument("studies", type=click.Path(path_type=Path))
@click.option(
    "--scale",
    default="log_odds",
    show_default=True,
    help="log_odds, log_risk, risk_difference or log_rate.",
)
@click.option(
    "--moderators", default=None, help='What effects differ with, such as "months + C(design)".'
)
@click.option(
    "--selection",
    is_flag=True,
    help="Also adjust for selective publication; errs towards no effect where there was none.",
)
@click.option(
    "--correlation", type=float, default=None, help="Of several estimates of one programme."
)
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Also write files here.")
def synthesise(
    studies: Path,
    scale: str,
    moderators: str | None,
    out: Path | None,
    correlation: float | None,
    *,
    selection: bool,
) -> None:
    """Pool the reports of programmes in a table."""
    from desist.cli.programmes import read_reports
    from desist.synthesis.pool_reports import synthesise as pool
    from desist.synthesis.selection import StepSelection

    table = read_reports(studies)
    asked: dict[str, Any] = {
        "scale": scale,
        "correlation": correlation,
        "moderators": moderators,
    }
    naive = pool(table, **asked)
    say(*_describe(naive, "as published" if selection else ""))
    found = naive
    if selection:
        found = pool(table, **asked, selection=StepSelection())
        say(*_describe(found, "adjusted for selection"))
    if out is not None:
        _write(out, naive, found)


def _describe(found: Any, how: str) -> list[str]:
    """Say what was found, in a few lines."""
    low, high = found.interval
    new_low, new_high = found.prediction_interval
    title = f"{found.n_studies} programmes" + (f", {how}" if how else "")
    return [
        f"{title}: {_name(found)} {found.mean.mean:.3f} ({low:.3f} to {high:.3f})",
        f"  a new programme: {new_low:.3f} to {new_high:.3f}; it reduces reoffending with "
        f"probability {found.probability_of_benefit():.2f}",
        f"  between programmes: standard deviation {found.heterogeneity.median:.3f}",
        *_list_moderators(found),
        *(f"  caution: {caution}" for caution in found.cautions),
    ]


def _list_moderators(found: Any) -> list[str]:
    """Say how effects differ with each moderator, where any was asked for."""
    return [
        f"  {name}: {row['mean']:+.3f} ({row['lower']:.3f} to {row['upper']:.3f})"
        for name, row in found.coefficients.iloc[1:].iterrows()
    ]


def _name(found: Any) -> str:
    from desist.synthesis.evidence.protocol import SCALES

    return SCALES[found.scale]


def _write(out: Path, naive: Any, found: Any) -> None:
    from desist.report.pictures._svg import write_svg
    from desist.report.pictures.programmes import forest_of_programmes
    from desist.spreadsheet import encode_csv
    from desist.writing import FileContent, write_files

    picture = write_svg(forest_of_programmes(found))
    record = {"naive": _record(naive)} | (
        {"adjusted": _record(found)} if found is not naive else {}
    )
    contents = (
        (json.dumps(record, indent=2) + "\n").encode(),
        encode_csv(found.table, index=True),
        picture,
    )
    made = {out / name: FileContent(content) for name, content in zip(FILES, contents, strict=True)}
    write_files(made)
    say(*(f"  {place}" for place in made))


def _record(found: Any) -> dict[str, Any]:
    return {
        "scale": found.scale,
        "programmes": found.n_studies,
        "engine": found.engine,
        "mean": found.mean.mean,
        "interval": found.interval,
        "tau": found.heterogeneity.median,
        "prediction": found.prediction_interval,
        "probability_of_benefit_of_the_next": found.probability_of_benefit(),
        "selection_weight": found.selection_weight,
        "cautions": list(found.cautions),
    }
