"""From the table that an analyst has to one that a cohort can read, every change written down."""

from desist.intake.dates import DateColumns
from desist.intake.files import read_table
from desist.intake.guess import guess_settings
from desist.intake.table import Table
from desist.intake.tidy import tidy_table

__all__ = ["DateColumns", "Table", "guess_settings", "read_table", "tidy_table"]
