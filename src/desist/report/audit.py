"""What a reader could work out of what a release withholds, from all that it shows."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from desist.estimands import Measure
from desist.privacy import FEWEST_SHARING
from desist.report.audit_counts import ReportCounts, count_report
from desist.report.audit_files import count_files
from desist.report.audit_several import join_reports, list_few_further
from desist.report.view import View
from desist.suppression.bounds import find_breached
from desist.suppression.choose import choose_withheld
from desist.suppression.system import PROTECTION, System


@dataclass(frozen=True)
class Release(System):
    """Counts that a release holds, shown or not, as one linear system.

    Attributes
    ----------
    shown : mapping of str to (float, float)
        Limits within which a shown number lies: those of its rounding; equal for a count.
    withheld : collection of str
        Numbers that are not shown, of which a reader knows that they are not negative.
    sums : tuple of (str, tuple of str)
        Totals, each with its parts: the total is the sum of them.

    Examples
    --------
    >>> from desist.report import Release, audit_numbers
    >>> shown = {"all": (83, 83), "men": (40, 49)}  # the men are rounded
    >>> release = Release(shown, ["women"], (("all", ("men", "women")),))
    >>> audit_numbers(release)
    ()
    """


@dataclass(frozen=True)
class Breach:
    """A withheld number that can be worked out too closely; it bears no number itself.

    Attributes
    ----------
    name : str
        Which one.
    protection : float
        How far its limits ought to be apart (people).

    Examples
    --------
    >>> from desist.report import Release, audit_numbers
    >>> shown, sums = {"all": (83, 83), "men": (77, 77)}, (("all", ("men", "women")),)
    >>> [breach.name for breach in audit_numbers(Release(shown, ["women"], sums))]
    ['women']
    """

    name: str
    protection: float


def audit_numbers(release: Release, *, protection: float = PROTECTION) -> tuple[Breach, ...]:
    """List the withheld numbers that what is shown determines within the protection.

    Parameters
    ----------
    release : Release
        Everything that is shown and withheld.
    protection : float, default 5
        People; a withheld number is protected where its least and its greatest possible value are
        at least so far apart.

    Returns
    -------
    tuple of Breach
        Empty where all are protected.

    Raises
    ------
    CannotAnswerError
        If no numbers can be behind what is shown, so that the release contradicts itself.

    Notes
    -----
    For each withheld number two linear programmes are solved: the least and the greatest value
    that it can take, given every sum and every shown number within its rounding (Salazar-González,
    2008, Statistical confidentiality: optimization techniques to protect tables, section 2).

    Examples
    --------
    >>> total = Release({"all": (83, 83), "men": (77, 77)}, ["women"], (("all", ("men", "women")),))
    >>> audit_numbers(total)
    (Breach(name='women', protection=5.0),)
    """
    found = find_breached(release, protection)
    return tuple(Breach(name, protection) for name in found)


def withhold_table(
    counts: Mapping[tuple[str, str], int],
    *,
    least: int = FEWEST_SHARING,
    protection: float = PROTECTION,
    known: Collection[tuple[str, str]] = (),
) -> frozenset[tuple[str, str]]:
    """Choose the cells of a table that are not shown, margins among them.

    Parameters
    ----------
    counts : mapping of (str, str) to int
        People in each row and column.
    least : int, default 10
        Fewest people of a number that is shown, and of the withheld numbers of a sum together;
        zero is not shown either.
    protection : float, default 5
        As for `audit_numbers`.
    known : collection of (str, str), optional
        Cells that stand elsewhere, such as the number of participants: they are shown whatever
        they are, and the others are withheld as far as these ask for it.

    Returns
    -------
    frozenset of (str, str)
        Cells that are withheld; "" as row or column is a total.

    Notes
    -----
    First every number below `least`. Then numbers are shown one by one, totals and large ones
    first, unless Gaussian elimination finds that a withheld one follows (Langsrud, 2024). Then the
    audit: a number that linear programming finds too closely is hidden by the pattern of further
    numbers that costs least (Fischetti and Salazar, 2001), and what need not be hidden is shown
    again.

    Examples
    --------
    >>> counts = {("a", "x"): 3, ("a", "y"): 40, ("b", "x"): 30, ("b", "y"): 20}
    >>> sorted(withhold_table(counts))
    [('a', 'x'), ('a', 'y'), ('b', 'x'), ('b', 'y')]
    """
    numbers, sums = _add_margins(counts)
    cells = {_name(cell): cell for cell in numbers}
    hidden = choose_withheld(
        {_name(cell): number for cell, number in numbers.items()},
        [(_name(total), tuple(map(_name, parts))) for total, parts in sums],
        {_name(cell) for cell, number in numbers.items() if number < least},
        wanted=lambda name: (cells[name].count(""), numbers[cells[name]]),
        protection=protection,
        fewest=least,
        fixed={_name(cell) for cell in known},
    )
    return frozenset(cells[name] for name in hidden)


def audit_release(
    documents: Sequence[View | str | Path], *, growing: bool = False, protection: float = PROTECTION
) -> tuple[Breach, ...]:
    """Audit several reports together: what one of them withholds, the others may give away.

    Parameters
    ----------
    documents : sequence of View, str or Path
        Reports that one reader may hold: as they were made, or the folders that hold them.
    growing : bool, default False
        Whether of any two one is about the people of the other and further ones, such as reports
        of several years on all participants so far, or an analysis that drops some of the people
        of another; in any order. Further people, and those of them who reoffended or did not, may
        then be few.
    protection : float, default 5
        As for `audit_numbers`.

    Returns
    -------
    tuple of Breach
        Withheld groups, and further people, that can be worked out too closely.

    Raises
    ------
    InputError
        If a folder holds no report.
    CannotAnswerError
        If the numbers contradict each other.

    Notes
    -----
    The system holds the people of either arm, those who reoffended (their number where it is
    printed, and else the printed rate times the people, within its rounding), the people of each
    group, and where the time to a first reoffence is withheld, all time without a reoffence: the
    restricted mean times the people. Reports about as many people in the same groups are taken to
    be about the same people, so that a group that only one of them shows is found. In reports that
    grow, the people and reoffenders of each are those of a smaller one and further ones, all of
    them at once.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> ds.report.audit_release([ds.report.make_view(evaluation)])
    ()
    """
    every = [_count(one) if isinstance(one, View) else count_files(one) for one in documents]
    found = find_breached(join_reports(every), protection)
    if growing:
        found += tuple(dict.fromkeys(list_few_further(every)))
    return tuple(Breach(name, protection) for name in found)


def _count(view: View) -> ReportCounts:
    return count_report(
        [shown.row for shown in view.printed],
        [one.table for one in view.groups],
        horizon=float(view.settings.get("horizon") or math.nan),
        hides_time=any(one.measure is Measure.TIME_AMONG_REOFFENDERS for one in view.withheld),
    )


def _add_margins(
    counts: Mapping[tuple[str, str], int],
) -> tuple[
    dict[tuple[str, str], int],
    tuple[tuple[tuple[str, str], tuple[tuple[str, str], ...]], ...],
]:
    numbers, sums = dict(counts), []
    rows = dict.fromkeys(row for row, _ in counts)
    columns = dict.fromkeys(column for _, column in counts)
    for total, parts in (
        *(((row, ""), [cell for cell in counts if cell[0] == row]) for row in rows),
        *((("", column), [cell for cell in counts if cell[1] == column]) for column in columns),
        (("", ""), list(counts)),
    ):
        numbers[total] = sum(counts[cell] for cell in parts)
        sums.append((total, tuple(parts)))
    return numbers, tuple(sums)


def _name(cell: tuple[str, str]) -> str:
    return " / ".join(repr(part) if part else "all" for part in cell)
