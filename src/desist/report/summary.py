"""An evaluation in a few lines, for a terminal."""

from desist.report.view import View
from desist.report.words._wording import WORDINGS


def summarise(view: View) -> tuple[str, ...]:
    """Summarise an evaluation in what may be said about each measure."""
    return (
        f"Evaluation: {view.title}",
        f"  effect on {view.estimand.people} ({view.estimand})",
        *(
            f"  {WORDINGS[statement.measure].title}: {statement.may_say[0]}"
            for statement in view.statements
        ),
    )
