"""An entry of the catalogue of checks, and the one way to make any of them."""

from collections.abc import Callable
from dataclasses import dataclass

from desist.checks.case import Case
from desist.checks.check import Check, label, not_applicable
from desist.checks.finding import Finding
from desist.errors import CannotAnswerError
from desist.estimands import Measure, Scale

Reason = Callable[[Case], str]
Remark = Callable[[Case, Finding], str]


def is_asked(_: Case) -> bool:
    """Return whether anybody would look for a check: always, unless an entry says when."""
    return True


@dataclass(frozen=True)
class Entry:
    """One check of the catalogue.

    Attributes
    ----------
    slug : str
        What it is called in `evaluation.json`; its anchor in the docs, and where there is one
        its function.
    title : str
        What it is called where a reader meets it.
    measures : tuple of Measure
        What it can compare.
    formula : callable
        From a case to a finding; raises CannotAnswerError with a reason where there is none.
    scale : Scale
        Of what it finds.
    needs : tuple of callable
        Each says why the design or the data do not allow it; empty when they do.
    doubts : tuple of callable
        Each says why it would mislead although it can be made.
    shortfall : callable or None
        Says from what was found why that is no verdict.
    note : str or callable
        What a reader has to know when it was made.
    given : callable
        Whether anybody would look for it, such as for one of matched sets where there are some.
    is_of_order : bool
        Whether the estimate is P(later) minus P(sooner), which has no unit.
    is_of_odds : bool
        Whether the ratio is one of odds.
    same_size : bool
        Whether it is of the quantity that the posterior is of, so that sizes can be compared and
        not sides alone.

    Examples
    --------
    >>> from desist.checks.catalogue import CATALOGUE
    >>> CATALOGUE["cox"].title, CATALOGUE["cox"].scale.value
    ('Cox model', 'ratio')
    """

    slug: str
    title: str
    measures: tuple[Measure, ...]
    formula: Callable[[Case], Finding]
    scale: Scale = Scale.DIFFERENCE
    needs: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()
    shortfall: Remark | None = None
    note: str | Remark = ""
    given: Callable[[Case], bool] = is_asked
    is_of_order: bool = False
    is_of_odds: bool = False
    same_size: bool = True


def make_check(entry: Entry, case: Case) -> Check:
    """Make one check of one measure, or say why it cannot be made.

    Parameters
    ----------
    entry : Entry
        Which check.
    case : Case
        The measure, and the people compared.

    Returns
    -------
    Check
        With numbers, or not applicable with the reason.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.checks.case import read_rate
    >>> case = read_rate([1, 0, 0, 0] * 20 + [1, 1, 0, 0] * 20, [1] * 80 + [0] * 80, None, None)
    >>> check = ds.checks.make_check(ds.checks.CATALOGUE["newcombe"], case)
    >>> check.estimate, round(check.lower, 2), round(check.upper, 2)
    (-0.25, -0.38, -0.1)
    """
    # made although it is withheld: the measures share one stream of random numbers
    made = _make(entry, case)
    if case.withheld:
        return not_applicable(case.measure, entry.slug, case.withheld, entry.scale)
    return made


def _make(entry: Entry, case: Case) -> Check:
    measure, slug, scale = case.measure, entry.slug, entry.scale
    # reasons first, the plainest first: what is not valid draws no numbers and computes none
    for reason in (*entry.needs, *entry.doubts):
        if said := reason(case):
            return not_applicable(measure, slug, said, scale)
    try:
        found = entry.formula(case)
    except CannotAnswerError as error:
        return not_applicable(measure, slug, str(error), scale)
    if entry.shortfall is not None and (said := entry.shortfall(case, found)):
        return not_applicable(measure, slug, said, scale)
    note = entry.note if isinstance(entry.note, str) else entry.note(case, found)
    return label(found, measure, slug, scale=scale, reason=note)
