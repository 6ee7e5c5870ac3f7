"""An evaluation in a few lines, for a terminal."""

from desist.report.view import View
from desist.report.words._numbers import count_of
from desist.report.words._wording import WORDINGS


def summarise(view: View) -> tuple[str, ...]:
    """Summarise an evaluation: the answer, then what may be said about each measure."""
    head = (f"Evaluation: {view.title}", f"  effect on {view.estimand.people} ({view.estimand})")
    if view.banner:
        return (*head, f"  {view.banner}")
    tested = count_of(len(view.measures), "measure was", "measures were")
    return (
        *head,
        *(f"  {sentence}" for sentence in view.answer),
        *[f"  {view.notice}"] * bool(view.notice),
        *(
            f"  {WORDINGS[statement.measure].title}: {statement.may_say[0]}"
            for statement in view.statements
        ),
        f"  {tested} tested.",
        *(f"  {sentence}" for sentence in _say_evidence(view)),
    )


def _say_evidence(view: View) -> tuple[str, ...]:
    beside = () if view.evidence is None else view.evidence.sentences
    among = () if view.among is None else view.among.sentences
    return (*beside, *among)
