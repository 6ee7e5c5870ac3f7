"""The commands: demo, evaluate."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from desist.errors import CannotAnswerError, InputError

if TYPE_CHECKING:
    from desist.cli.study import Result
    from desist.evaluation.record import Evaluation

EXIT_BAD_INPUT = 2
EXIT_CANNOT_ANSWER = 3
DEMO_SEED = 2017
WEIGHTS = "weights.csv"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="desist")
def commands() -> None:
    """Did a programme reduce reoffending?

    Exit codes: 0 done; 2 the input is wrong, every fault listed; 3 the input is in order
    and the data cannot answer.
    """


@commands.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True)
def demo(out: Path) -> None:
    """Evaluate two real programmes: a published report, and a prison work programme.

    Writes OUT/published/ (Making Connections, from the figures of its report) and
    OUT/recid/ (a work programme in North Carolina's prisons, from people to report).
    """
    from desist.cli.demo import evaluate_prison_work, evaluate_report
    from desist.report.document import require_folder

    require_folder(out)
    for name, job in (("published", evaluate_report), ("recid", evaluate_prison_work)):
        click.echo(f"{name}: working ...", err=True)
        evaluation, rules = job(DEMO_SEED)
        _write(evaluation, out / name, rules)


@commands.command()
@click.argument("settings", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True)
@click.option("--weights", is_flag=True, help="Also write weights.csv: this is personal data.")
def evaluate(settings: Path, out: Path, *, weights: bool) -> None:
    """Evaluate the study that the SETTINGS file describes."""
    from desist.cli.study import read_study, run_study
    from desist.report.document import require_folder

    require_folder(out)
    study = read_study(settings)
    results, refused = run_study(study)
    for result in results:
        folder = out / result.name
        _write(result.evaluation, folder, study.report.get("rules", "2019"))
        if weights:
            _write_weights(result, folder)
        elif (folder / WEIGHTS).exists():
            click.echo(f"  {folder / WEIGHTS} of an earlier run is still there (personal data)")
    if study.analyses:
        _write_analyses([result.name for result in results], refused, out)


def main() -> NoReturn:
    """Run the command line; turn the package's errors into exit codes and plain text."""
    try:
        commands.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        sys.exit(130)
    except InputError as error:
        _fail(error, EXIT_BAD_INPUT)
    except CannotAnswerError as error:
        _fail(error, EXIT_CANNOT_ANSWER)
    sys.exit(0)


def _fail(error: Exception, code: int) -> NoReturn:
    click.echo(f"desist: {error}", err=True)
    sys.exit(code)


def _write_weights(result: "Result", out: Path) -> None:
    import pandas as pd

    cohort = result.cohort
    table = pd.DataFrame({"weight": result.design.weights})
    if cohort.person is not None:
        table.insert(0, cohort.person, cohort.people[cohort.person].to_numpy())
    table.to_csv(out / WEIGHTS, index=False)
    click.echo(f"  {out / WEIGHTS} (personal data)")


def _write_analyses(made: list[str], refused: dict[str, str], out: Path) -> None:
    for name, reason in refused.items():
        click.echo(f"{name} analysis: not made, {reason}")
    content = {"headline": made[0], "made": made, "refused": refused}
    path = out / "analyses.json"
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    click.echo(f"  {path}")


def _write(evaluation: "Evaluation", out: Path, rules: str) -> None:
    from desist.report import write_report

    click.echo(repr(evaluation))
    for path in write_report(evaluation, out, rules=rules):
        click.echo(f"  {path}")
