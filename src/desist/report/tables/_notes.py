"""What has to be said beside a table so that its numbers are not misread."""

from collections.abc import Callable

from desist.estimands import Measure
from desist.report.view import View
from desist.report.words._numbers import as_float, format_number
from desist.report.words._wording import WORDINGS

UNWEIGHTED = (
    "Numbers of people are counted before weighting; averages of comparison people are weighted, "
    "so that they resemble the participants."
)


def note_on(name: str, view: View) -> str:
    """Say what a reader of the table of a name has to know; empty where that is nothing."""
    return _NOTES[name](view) if name in _NOTES else ""


def _note_counts(view: View) -> str:
    return f"{UNWEIGHTED}{_give_example(view)}" if view.printed else ""


def _give_example(view: View) -> str:
    """Tell the number of comparison people who reoffended from their weighted share."""
    rows = {shown.measure: shown.row for shown in view.printed}
    rate, time = rows.get(Measure.RATE), rows.get(Measure.TIME_AMONG_REOFFENDERS)
    if rate is None or time is None:
        return ""
    share = format_number(100 * time.n_comparison / rate.n_comparison, 1)
    weighted = format_number(WORDINGS[Measure.RATE].factor * as_float(rate.comparison), 1)
    return (
        f" So {format_number(time.n_comparison)} of {format_number(rate.n_comparison)} comparison "
        f"people reoffended, which is {share}% of them before weighting and {weighted}% after."
    )


def _note_published(view: View) -> str:
    measures = () if view.published is None else view.published.measures
    zero = ""
    if any(one.p_printed in {"0.00", "0.0", "0"} for one in measures):
        zero = (
            ' A p-value that the report prints as "0.00" is below 0.005 and not zero; here it is '
            '"<0.01".'
        )
    return f"{UNWEIGHTED}{zero}" if measures else ""


def _note_flow(view: View) -> str:
    if view.flow is None or not any(view.flow.percentages):
        return ""
    number, unit = view.flow.percentages_of
    records = " A record that repeats another is nobody lost." if unit == "people" else ""
    return f"Percentages are of the {format_number(number)} {unit} at first.{records}"


def _note_profile(view: View) -> str:
    return "Percentages are of the people of the column, unless the row says otherwise." * bool(
        view.published is not None and view.published.profile
    )


_NOTES: dict[str, Callable[[View], str]] = {
    "measures": _note_counts,
    "analyses": lambda view: UNWEIGHTED if view.beside else "",
    "groups": lambda view: UNWEIGHTED if view.groups else "",
    "published": _note_published,
    "flow": _note_flow,
    "profile": _note_profile,
}
