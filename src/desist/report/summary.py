"""An evaluation in a few lines, for a terminal."""

from desist.evaluation.record import Evaluation
from desist.report.disclosure import RuleSet, find_rules
from desist.report.statements import make_statements
from desist.report.view import require_enough_people
from desist.report.wording import WORDINGS


def summarise(evaluation: Evaluation, rules: str | RuleSet = "2019") -> tuple[str, ...]:
    """Summarise an evaluation in what may be said about each measure.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        What is printed on small groups.

    Returns
    -------
    tuple of str
        The title, for whom the effects are, and a line a measure.

    Raises
    ------
    CannotAnswerError
        If there are too few people to report on.
    """
    rule_set = find_rules(rules)
    require_enough_people(evaluation, rule_set)
    return (
        f"Evaluation: {evaluation.title}",
        f"  effect on {evaluation.estimand.people} ({evaluation.estimand})",
        *(
            f"  {WORDINGS[statement.measure].title}: {statement.may_say[0]}"
            for statement in make_statements(evaluation, rule_set)
        ),
    )
