"""A settings file for a table of people."""

from collections.abc import Iterator
from pathlib import Path

from desist.cli.terminal import quote_path
from desist.errors import Fault, raise_faults
from desist.intake.files import read_table
from desist.intake.guess import guess_settings
from desist.writing import FileContent, find_place_faults, write_files


def write_settings(people: Path, out: Path | None, sheet: str | None) -> Iterator[str]:
    """Write the file unless it is there, and say what comes next."""
    out = people.with_suffix(".toml") if out is None else out
    faults = find_place_faults([out])
    if not faults and out.exists():
        advice = "name another with --out, or delete it"
        faults = [Fault(str(out), "no file yet", "one", advice)]
    raise_faults("settings", faults)
    table = read_table(people, sheet=sheet)
    inside = people.name if people.parent == out.parent else str(people.resolve())
    text = guess_settings(table, inside, sheet)
    write_files({out: FileContent(text.encode())})
    yield from (f"{people.name}: {note}" for note in table.notes)
    yield f"{out}: written. Look at each guess, then: desist check {quote_path(out)}"
