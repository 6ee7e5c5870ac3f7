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

    Examples
    --------
    >>> from desist.errors import Fault
    >>> fault = Fault("column 'age'", "numbers", "text in 3 rows", "correct them, or use C(age)")
    >>> print(fault)
    column 'age': expected numbers, found text in 3 rows; correct them, or use C(age)
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
    """Anything that `desist` raises on purpose.

    Examples
    --------
    >>> import desist as ds
    >>> try:
    ...     ds.Laplace(draws=-1)
    ... except ds.errors.DesistError as error:
    ...     print(type(error).__name__)
    InputError
    """


class InputError(DesistError, ValueError):
    """The input is wrong; every fault is listed.

    Parameters
    ----------
    subject : str
        What was being read: "cohort", "design", "settings".
    faults : iterable of Fault
        All that is wrong, not only the first.

    Examples
    --------
    >>> import desist as ds
    >>> try:
    ...     ds.checks.newcombe(90, 83, 10, 20)
    ... except ds.InputError as error:
    ...     for fault in error.faults:
    ...         print(f"{fault.where}: expected {fault.expected}, found {fault.found}")
    x1: expected no more than n1, 83, found 90
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
    """The input is in order, and the data cannot answer the question.

    Examples
    --------
    >>> import pandas as pd
    >>> import desist as ds
    >>> people = pd.DataFrame({"t": [1] * 5 + [0] * 5, "place": ["a"] * 5 + ["b"] * 5})
    >>> try:
    ...     ds.build_design(ds.Cohort(people, treatment="t"), "place", method=ds.ExactMatching())
    ... except ds.CannotAnswerError as error:
    ...     print(type(error).__name__)
    NoOverlapError
    """


class NoOverlapError(CannotAnswerError):
    """No treated person has a suitable comparison person.

    Examples
    --------
    >>> import pandas as pd
    >>> import desist as ds
    >>> people = pd.DataFrame({"t": [1] * 5 + [0] * 5, "place": ["a"] * 5 + ["b"] * 5})
    >>> try:
    ...     ds.build_design(ds.Cohort(people, treatment="t"), "place", method=ds.ExactMatching())
    ... except ds.errors.NoOverlapError as error:
    ...     print(str(error).partition(";")[0])
    no stratum holds both participants and comparison people
    """


class SeparationError(CannotAnswerError):
    """A covariate tells the arms apart perfectly; the score model has no estimate.

    Examples
    --------
    >>> import pandas as pd
    >>> import desist as ds
    >>> people = pd.DataFrame({"t": [1] * 5 + [0] * 5, "age": range(10)})
    >>> try:
    ...     ds.build_design(ds.Cohort(people, treatment="t"), "age", method=ds.InverseProbability())
    ... except ds.errors.SeparationError as error:
    ...     print(str(error).partition(";")[0])
    the score has no estimate: age tells participants from comparison people perfectly
    """


class NoEventsError(CannotAnswerError):
    """Too few reoffences for the model or check that was asked for.

    Examples
    --------
    >>> import pandas as pd
    >>> import desist as ds
    >>> people = pd.DataFrame({"t": [1, 0] * 20, "age": [20, 30, 40, 50] * 10, "again": 0})
    >>> cohort = ds.Cohort(people, treatment="t", reoffended="again")
    >>> design = ds.build_design(cohort, "age", method=ds.EntropyBalancing())
    >>> try:
    ...     ds.fit_model(ds.RateModel(), cohort, design)
    ... except ds.errors.NoEventsError as error:
    ...     print(str(error).partition(";")[0])
    rate model: none of the 40 people in the weighted sample reoffended
    """


class NotConvergedError(CannotAnswerError):
    """The posterior was not found: a convergence diagnostic failed.

    Examples
    --------
    >>> from desist.errors import NotConvergedError
    >>> from desist.inference import Diagnostics, require_convergence
    >>> try:
    ...     require_convergence(Diagnostics("laplace", khat=0.9), "rate")
    ... except NotConvergedError as error:
    ...     print(str(error).partition(" (")[0])
    rate model, laplace engine: - the Laplace approximation does not fit well
    """


class DesistWarning(UserWarning):
    """Something that the reader of a result has to know.

    Examples
    --------
    >>> import warnings
    >>> import desist as ds
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", ds.errors.DesistWarning)  # to stop at the first one
    ...     rate = ds.checks.newcombe(13, 83, 1533, 5514).estimate
    >>> round(rate, 3)
    -0.121
    """


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

    Examples
    --------
    >>> from desist.errors import Fault, InputError, raise_faults
    >>> faults = [Fault("days", "days of 0 or more", "a negative number in row 3")]
    >>> try:
    ...     raise_faults("cohort", faults)
    ... except InputError as error:
    ...     print(error)
    cohort: 1 fault
      - days: expected days of 0 or more, found a negative number in row 3
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

    Examples
    --------
    >>> from desist.errors import name_rows
    >>> name_rows([2]), name_rows(range(7))
    ('row 3', 'rows 1, 2, 3, 4, 5 and 2 more')
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
