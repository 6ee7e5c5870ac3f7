"""What reaches a terminal: text without anything that a terminal would obey."""

import os
import re
import sys
import unicodedata
from pathlib import Path

import click

from desist.errors import InputError

# controls, directions of writing, surrogates, separators of lines and paragraphs
OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})

_GAPS = "give missing values a level of their own"
_ROWS = re.compile(r"\(rows? \d")


def say(*lines: str, err: bool = False) -> None:
    """Print lines; what a terminal would obey, line breaks too, is printed as its code."""
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    text = "\n".join(make_harmless(line) for line in lines)
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=err)


def say_error(error: Exception) -> None:
    """Print why a study was not evaluated, one line a fault."""
    if isinstance(error, InputError):
        count = len(error.faults)
        head = f"{error.subject}: {count} fault{'' if count == 1 else 's'}"
        say(f"desist: {head}", *(f"  - {fault}" for fault in error.faults), err=True)
        if any(_GAPS in str(fault) for fault in error.faults):
            say(
                'In a settings file: [missing], and below it "NAME" = "level" or "indicator".',
                err=True,
            )
        if any(_ROWS.search(str(fault)) for fault in error.faults):
            say("Row 1 is the first person: in a spreadsheet it is line 2.", err=True)
        return
    first, *others = str(error).split("\n  - ")
    say(f"desist: {first}", *(f"  - {line}" for line in others), err=True)


def make_harmless(text: str) -> str:
    """Replace what a terminal would obey."""
    return "".join(_write_out(one) if _is_obeyed(one) else one for one in text)


def quote_path(path: Path) -> str:
    """Write a path as it has to be typed."""
    text = str(path)
    return f'"{text}"' if re.search(r"[^\w./\\:~-]", text) else text


def leave_quietly() -> None:
    """Let nothing be written when the reader of the output is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _is_obeyed(character: str) -> bool:
    return character != "\t" and unicodedata.category(character) in OBEYED


def _write_out(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
