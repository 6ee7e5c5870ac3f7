"""A table of people and what was done to read it."""

from dataclasses import dataclass, replace

import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """A table of people on its way to a cohort.

    Attributes
    ----------
    frame : DataFrame
        One row per person.
    notes : tuple of str
        What was done to read it, in the order of the steps: separators, encoding, recoded
        columns, dates turned into days. No value of a person.

    Examples
    --------
    >>> import pandas as pd
    >>> Table(pd.DataFrame({"age": [30, 41]}), ("semicolons between the cells",))
    Table(2 rows, 1 columns, 1 note)
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return the size of the table and nothing that is in it."""
        rows, columns = self.frame.shape
        many = "" if len(self.notes) == 1 else "s"
        return f"Table({rows} rows, {columns} columns, {len(self.notes)} note{many})"

    def change(self, frame: pd.DataFrame, *notes: str) -> "Table":
        """Return the table with another frame and further notes."""
        return replace(self, frame=frame, notes=(*self.notes, *notes))
