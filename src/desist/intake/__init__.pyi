from .dates import DateColumns as DateColumns
from .files import read_table as read_table
from .guess import guess_settings as guess_settings
from .table import Table as Table
from .tidy import tidy_table as tidy_table
