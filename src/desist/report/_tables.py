"""Tables of the release as the page shows them."""

from desist.report._blocks import Table, make_table_of_any
from desist.report.tables._release import tabulate
from desist.report.view import View


def fill_table(name: str, view: View) -> Table | None:
    """Fill the table that the release has by this name; None without a row."""
    released = tabulate(name, view)
    return make_table_of_any(released.title, released.data, note=released.note)
