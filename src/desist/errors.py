"""Every error and warning of the package: one family, one page.

Two kinds of failure are kept apart because a caller does different things about
them. `InputError`: what was given cannot be right, mend it (the command line exits
with 2). `CannotAnswerError`: the input is in order and the data cannot answer the
question (exit with 3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_ROWS_NAMED = 5


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with the input.

    Attributes
    ----------
    where : str
        Column, argument or setting, as the user wrote it.
    expected : str
        What would have been right.
    found : str
        What was there: how many, which column, up to five row numbers, and of the values of
        people only one that at least ten share (`desist.privacy.show_shared`); settings as
        they were given.
    advice : str
        What to do about it.
    """

    where: str
    expected: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        """Return the fault as one sentence on one line, whatever the names of columns hold."""
        sentence = f"{self.where}: expected {self.expected}, found {self.found}"
        return _escape(f"{sentence}; {self.advice}" if self.advice else sentence)


class DesistError(Exception):
    """Anything that `desist` raises on purpose."""


class InputError(DesistError, ValueError):
    """The input is wrong; every fault is listed.

    Parameters
    ----------
    subject : str
        What was being read: "cohort", "design", "settings".
    faults : iterable of Fault
        All that is wrong, not only the first.
    """

    def __init__(self, subject: str, faults: Iterable[Fault]) -> None:
        self.subject = subject
        self.faults = tuple(faults)
        count = len(self.faults)
        head = f"{subject}: {count} fault{'' if count == 1 else 's'}"
        super().__init__("\n".join([head, *(f"  - {fault}" for fault in self.faults)]))

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, tuple[Fault, ...]]]:
        """Let the error travel from a worker process, faults and all."""
        return type(self), (self.subject, self.faults)


class CannotAnswerError(DesistError):
    """The input is in order, and the data cannot answer the question."""


class NoOverlapError(CannotAnswerError):
    """No treated person has a suitable comparison person."""


class SeparationError(CannotAnswerError):
    """A covariate tells the arms apart perfectly; the score model has no estimate."""


class NoEventsError(CannotAnswerError):
    """Too few reoffences for the model or check that was asked for."""


class NotConvergedError(CannotAnswerError):
    """The posterior was not found: a convergence diagnostic failed."""


class DesistWarning(UserWarning):
    """Something that the reader of a result has to know."""


def raise_faults(subject: str, faults: Sequence[Fault]) -> None:
    """Raise `InputError` when there is at least one fault.

    Parameters
    ----------
    subject : str
        What was being read.
    faults : sequence of Fault
        What is wrong; empty when nothing is.

    Raises
    ------
    InputError
        If `faults` is not empty.
    """
    if faults:
        raise InputError(subject, faults)


def name_rows(rows: Iterable[int]) -> str:
    """Name rows by number, counted from 1 without the header, five at most.

    Parameters
    ----------
    rows : iterable of int
        Positions counted from 0.

    Returns
    -------
    str
        "row 3" or "rows 1, 2, 3, 4, 5 and 7 more".
    """
    numbers = sorted(int(row) + 1 for row in rows)
    shown = ", ".join(str(number) for number in numbers[:MOST_ROWS_NAMED])
    more = len(numbers) - MOST_ROWS_NAMED
    tail = f" and {more} more" if more > 0 else ""
    return f"row{'' if len(numbers) == 1 else 's'} {shown}{tail}"


def _escape(text: str) -> str:
    """Write out what would break the line, or steer a terminal."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
