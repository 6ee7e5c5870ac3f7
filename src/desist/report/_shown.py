"""What a reader may see of a measure, a check and the groups: the parts of a view."""

from dataclasses import dataclass

from desist.effects.groups import GroupTable
from desist.estimands import Interval, Measure
from desist.evaluation.record import ComparedCheck, MeasureRow
from desist.evaluation.with_bias import BiasResult
from desist.report._posterior import ShownPosterior
from desist.report.words._worth import NOBODY_KNOWN
from desist.report.words.statements import PerHundred


@dataclass(frozen=True)
class ShownMeasure:
    """One measure as a reader may see it.

    Attributes
    ----------
    row : MeasureRow
        With the digits that are shown, and without figures where the measure is withheld;
        published figures are public, and stay.
    withheld : str
        Why it is not printed, as the end of a sentence; empty when it is.
    per_100 : PerHundred or None
        In whole numbers, from figures that are not rounded; None without a mean in each arm.
    interval : str
        Of the difference in whole numbers, such as "-20 to -4".
    interval_words : str
        The same in words, such as "lower by between 4 and 20 people".
    benefit : str
        The probability of benefit as printed; a dash for a descriptive measure.
    worth : tuple of str
        How many people of equal weight participants are worth for this outcome, and how often
        their effective number by the weights alone; the same of the comparison people.
    posterior : ShownPosterior or None
        Of the difference, in bars and regions; None for a ratio and a descriptive measure.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> shown = ds.report.make_view(evaluation, "2019").measures[0]
    >>> print(shown.interval_words)
    lower by between 3 and 19 people
    """

    row: MeasureRow
    withheld: str = ""
    per_100: PerHundred | None = None
    interval: str = ""
    interval_words: str = ""
    benefit: str = ""
    worth: tuple[str, str, str, str] = NOBODY_KNOWN
    posterior: ShownPosterior | None = None

    @property
    def measure(self) -> Measure:
        """What is compared."""
        return self.row.measure


@dataclass(frozen=True)
class ShownCheck:
    """One check as a reader may see it.

    Attributes
    ----------
    check : ComparedCheck
        With the digits that are shown, and without figures where its measure is withheld;
        checks of published figures have all their digits.
    p_value : str
        As the rules print it.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> shown = ds.report.make_view(evaluation, "2019").checks[0]
    >>> shown.check.check, shown.p_value
    ('welch', '<0.01')
    """

    check: ComparedCheck
    p_value: str


@dataclass(frozen=True)
class ShownBias:
    """The result with the bias of placebo programmes as a reader may see it."""

    result: BiasResult  # with the digits that are shown
    sentence: str  # what it says, in plain words


@dataclass(frozen=True)
class ShownGroups:
    """The effects by group on one measure as a reader may see them.

    Attributes
    ----------
    table : GroupTable
        Groups that may be shown, with the digits that are shown.
    benefits : tuple of str
        The probability of benefit of each, as printed.
    spread : str
        How much the effect differs between groups, in a sentence.
    withheld : str
        How many groups are not shown, and why; empty when all are.
    overall : Interval or None
        Of the effect on everybody, with the digits that are shown.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> ds.report.make_view(evaluation, "2019").groups  # no groups were declared
    ()
    """

    table: GroupTable
    benefits: tuple[str, ...]
    spread: str
    withheld: str = ""
    overall: Interval | None = None
