"""The commands: demo, init, check, evaluate, sensitivity, synthesise."""

import sys
from pathlib import Path
from typing import NoReturn

import click

from desist.cli.synthesise import synthesise
from desist.cli.terminal import leave_quietly, say, say_error
from desist.errors import CannotAnswerError, InputError
from desist.progress import show_elapsed

EXIT_BAD_INPUT = 2
EXIT_CANNOT_ANSWER = 3
EXIT_INTERRUPTED = 130
EXIT_NO_READER = 141
EXTRA = "Got unexpected extra argument"  # click's words for more arguments than were asked for
DEMO_SEED = 2017


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
    from desist.cli.folder import Run, require_places

    jobs = {"published": evaluate_report, "recid": evaluate_prison_work}
    require_places(out, jobs)
    for name, job in jobs.items():
        say(f"{name}: working ...", err=True)
        run = Run(out)
        with show_elapsed(name):
            run.add(name, job(DEMO_SEED))
        run.write()


@commands.command()
@click.argument("people", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Settings file to write; by default beside PEOPLE.",
)
@click.option("--sheet", default=None, help="Of a workbook that has several.")
def init(people: Path, out: Path | None, sheet: str | None) -> None:
    """Write a settings file for the table PEOPLE, with the role of each column guessed.

    Every guess is marked; nothing is computed from an outcome. A file that is there is not
    written over.
    """
    from desist.cli.init import write_settings

    with show_elapsed("reading"):
        lines = list(write_settings(people, out, sheet))
    say(*lines)


@commands.command()
@click.argument("settings", type=click.Path(path_type=Path))
def check(settings: Path) -> None:
    """Read the study that the SETTINGS file describes, up to the balance of its weights.

    No outcome is read, and nothing is written.
    """
    from desist.cli.check import check_study
    from desist.cli.study import read_study

    with show_elapsed("checking"):
        lines = list(check_study(read_study(settings), settings))
    say(*lines)


@commands.command()
@click.argument("settings", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True)
@click.option("--weights", is_flag=True, help="Also write weights.csv: this is personal data.")
def evaluate(settings: Path, out: Path, *, weights: bool) -> None:
    """Evaluate the study that the SETTINGS file describes.

    One analysis of several that the data cannot answer is named with the reason, and the
    others are written; exit code 3 only when it is the headline, or when the rules let none of
    its results be printed: its report then says so, and why.
    """
    from desist.cli.folder import Run, require_places
    from desist.cli.run import name_analysis, run_study
    from desist.cli.sensitivity import prepare_analyses
    from desist.cli.study import read_study

    study = read_study(settings)
    require_places(out, study.analyses or ("",), weights=weights)
    analyse = prepare_analyses(study, out)
    run = Run(out)
    with show_elapsed("evaluating"):
        results, refused, notes = run_study(study, analyse)
        for result in results:
            if result.view is None:
                run.add_notice(result.name, name_analysis(study, result.name), result.withheld)
            else:
                run.add(result.name, result.view)
            if weights:
                run.add_weights(result.name, result.cohort, result.design.weights)
    say(*(f"{study.people.name}: {note}" for note in notes), err=True)
    if study.analyses:
        run.add_analyses([result.name for result in results], refused)
    run.write()
    run.tidy()
    if not results[0].has_answer:
        say("desist: no result of the headline may be printed; the report says why", err=True)
        sys.exit(EXIT_CANNOT_ANSWER)


@commands.command()
@click.argument("settings", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True)
def sensitivity(settings: Path, out: Path) -> None:
    """Ask what would change the answer to the study that the SETTINGS file describes.

    Results are kept as they come in OUT/sensitivity.store: a run that was stopped goes on.
    """
    from desist.cli.sensitivity import run_sensitivity
    from desist.cli.study import read_study

    run_sensitivity(read_study(settings), out)


commands.add_command(synthesise)


def main() -> NoReturn:
    """Run the command line; turn the package's errors into exit codes and plain text."""
    try:
        commands.main(standalone_mode=False)
    except click.ClickException as error:
        _say_usage(error)
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        leave_quietly()
        sys.exit(EXIT_NO_READER)
    except InputError as error:
        _fail(error, EXIT_BAD_INPUT)
    except CannotAnswerError as error:
        _fail(error, EXIT_CANNOT_ANSWER)
    sys.exit(0)


def _say_usage(error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    usage = context.get_usage().split("\n") if context is not None else []
    words = error.format_message()
    advice = ["A path with blanks in it goes between quotation marks."]
    say(*usage, f"Error: {words}", *advice[: int(words.startswith(EXTRA))], err=True)


def _fail(error: Exception, code: int) -> NoReturn:
    say_error(error)
    sys.exit(code)
