"""What is said where printed figures and the posterior differ: both are named."""

from desist.report._shown import ShownMeasure
from desist.report.view import View
from desist.report.words._numbers import as_float, format_number, round_half_away
from desist.report.words._wording import WORDINGS


def name_both(view: View) -> tuple[str, ...]:
    """Name printed figure and posterior of each measure where they round to other numbers."""
    if view.published is None:
        return ()
    return tuple(sentence for shown in view.printed if (sentence := _name_of(shown)))


def _name_of(shown: ShownMeasure) -> str:
    whole, wording = shown.per_100, WORDINGS[shown.measure]
    if whole is None:
        return ""
    means = {
        "participants": (whole.treated, shown.row.treated),
        "the comparison group": (whole.comparison, shown.row.comparison),
    }
    apart = [
        f"for {who} the report prints {format_number(printed)}, and the posterior has "
        f"{format_number(wording.factor * as_float(mean), 1)}"
        for who, (printed, mean) in means.items()
        if round_half_away(wording.factor * as_float(mean)) != printed
    ]
    return f"{wording.title} ({wording.unit}): {'; '.join(apart)}." if apart else ""
