"""What the rules let a reader see of an evaluation: the one way to tables, pictures and files."""

# Everything shown comes through a `View`. It is made once a report, from an evaluation and a rule
# set; tables, pictures, the page, the record and the terminal take nothing else.

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from desist.cohort.flow import RecordFlow
from desist.cohort.published import PublishedStudy
from desist.effects.correction import Correction
from desist.effects.days import DayRow
from desist.errors import raise_faults
from desist.estimands import Estimand, Interval, Measure
from desist.evaluation.record import Evaluation, MeasureRow
from desist.evaluation.storage import pack_evaluation
from desist.notebook import show_record
from desist.report._among import ShownAmong, find_synthesis_faults, show_among
from desist.report._analyses import (
    ShownAnalysis,
    disclose_sensitivity,
    find_analysis_faults,
    list_withheld_analyses,
    say_together,
)
from desist.report._beside import (
    ShownEvidence,
    ShownProcess,
    show_evidence,
    show_process,
)
from desist.report._digits import (
    count_decimals,
    round_check,
    round_groups,
    round_row,
    round_to,
    without_figures,
)
from desist.report._posterior import show_posterior
from desist.report._shown import ShownBias, ShownCheck, ShownGroups, ShownMeasure
from desist.report._stating import (
    answer_first,
    explain_nothing_printed,
    find_means,
    find_printed,
    find_probability,
    list_warnings,
    state_all,
    state_published,
)
from desist.report._withheld import Withheld, list_withheld
from desist.report.about import About
from desist.report.disclosure import (
    RuleSet,
    disclose_bias,
    disclose_checks,
    disclose_days,
    disclose_design,
    disclose_evaluation,
    disclose_groups,
    disclose_records,
    explain_withheld,
    find_rules,
    require_enough_people,
)
from desist.report.words._numbers import as_float, format_interval, format_probability, format_share
from desist.report.words._wording import WORDINGS
from desist.report.words._worth import say_worth
from desist.report.words.bias import say_bias
from desist.report.words.groups import describe_spread, describe_withheld
from desist.report.words.statements import (
    PerHundred,
    Statement,
    describe_interval,
    per_100,
)
from desist.synthesis.synthesis import Synthesis


@dataclass(frozen=True, eq=False, repr=False)
class View:
    """An evaluation that a rule set has passed.

    Attributes
    ----------
    rules : RuleSet
        By which it was made.
    title : str
        Of the study.
    estimand : Estimand
        For whom the effects are.
    compared : tuple of int or None
        Participants and comparison people; None where no effect was measured.
    probability : float
        Of the intervals.
    answer : tuple of str
        What probably happened, in one sentence, and what that rests on; empty where no measure
        that may be called an effect is printed.
    banner : str
        That no result is printed at all, and why; empty when any is.
    measures : tuple of ShownMeasure
        Those that were tested, printed or withheld.
    checks : tuple of ShownCheck
        In the order of the evaluation.
    groups : tuple of ShownGroups
        Effects by group, one a grouping and measure; empty where no groups are declared.
    by_day : tuple of DayRow
        Share without a reoffence on a few days; empty where times are not modelled or withheld.
    statements : tuple of Statement
        What may be said about each measure, the unavailable ones last.
    design : dict or None
        Summary of the design and its balance; a covariate with a small category is one row
        without figures.
    flow : RecordFlow or None
        From the records submitted to the people analysed.
    published : PublishedStudy or None
        The figures that the evaluation was made from, which are public.
    published_statements : tuple of Statement
        What these figures support with their own intervals.
    settings : mapping
        Everything that was asked for.
    seed : int
        Of all randomness.
    warnings : tuple of str
        What a reader has to know, measures that are not available or not printed among them.
    package_version : str
        Of `desist`.
    about : About
        What the report says of the programme and of itself.
    beside : tuple of View
        Of other analyses of the same programme, which are shown side by side with this one.
    bias : ShownBias or None
        The result with the bias that placebo programmes show, beside the default one; None
        where it was not asked for, or its measure is withheld.
    sensitivity : tuple of ShownAnalysis
        What it would take to change the answer, in the order of the page.
    evidence : ShownEvidence or None
        The result with what other programmes showed, beside the default one; None where it was
        not asked for, or its measure is withheld.
    one_process : ShownProcess or None
        What one process behind all measures says beside what is reported; None where it was not
        asked for, or tells of what is withheld.
    among : ShownAmong or None
        Where this programme stands among others, where a synthesis of them was given.
    kept_back : tuple of Withheld
        What the rules keep out of the report, each with its reason.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> view = ds.report.make_view(evaluation, "2019")
    >>> view.rules.name, [shown.measure.value for shown in view.printed]
    ('2019', ['rate'])
    """

    rules: RuleSet
    title: str
    estimand: Estimand
    compared: tuple[int, int] | None
    probability: float
    answer: tuple[str, ...]
    banner: str
    measures: tuple[ShownMeasure, ...]
    checks: tuple[ShownCheck, ...]
    groups: tuple[ShownGroups, ...]
    by_day: tuple[DayRow, ...]
    statements: tuple[Statement, ...]
    design: Mapping[str, Any] | None
    flow: RecordFlow | None
    published: PublishedStudy | None
    published_statements: tuple[Statement, ...]
    settings: Mapping[str, Any]
    seed: int
    warnings: tuple[str, ...]
    package_version: str
    _disclosed: Evaluation = field(repr=False)
    about: About = field(default_factory=About)
    beside: tuple["View", ...] = ()
    bias: ShownBias | None = None
    sensitivity: tuple[ShownAnalysis, ...] = ()
    evidence: ShownEvidence | None = None
    one_process: ShownProcess | None = None
    among: ShownAmong | None = None
    kept_back: tuple[Withheld, ...] = ()

    @property
    def notice(self) -> str:
        """That some measures are not printed, and why; empty where none is, or all are."""
        if self.banner or not self.withheld:
            return ""
        return " ".join(
            f"{WORDINGS[shown.measure].title}: not printed, because {shown.withheld}."
            for shown in self.withheld
        )

    @property
    def printed(self) -> tuple[ShownMeasure, ...]:
        """The measures that are printed."""
        return tuple(shown for shown in self.measures if not shown.withheld)

    @property
    def withheld(self) -> tuple[ShownMeasure, ...]:
        """The measures that the rules keep out of the report."""
        return tuple(shown for shown in self.measures if shown.withheld)

    @property
    def labelled_design(self) -> dict[str, Any] | None:
        """Summary of the design with the labels of its covariates."""
        return None if self.design is None else self.about.label_design(self.design)

    @property
    def doubts(self) -> str:
        """What it would take to change the answer, in one paragraph; empty without analyses."""
        return say_together(self.sensitivity)

    @property
    def level(self) -> str:
        """The probability of the intervals as printed, such as "95%"."""
        return format_share(self.probability, 1)

    def list_checks(self, measure: Measure) -> tuple[ShownCheck, ...]:
        """List the checks of one measure.

        Parameters
        ----------
        measure : Measure
            Which one.

        Returns
        -------
        tuple of ShownCheck
            In the order of the evaluation.
        """
        return tuple(shown for shown in self.checks if shown.check.measure is measure)

    def pack(self) -> bytes:
        """Pack what may be stored, draws as well.

        Returns
        -------
        bytes
            The content of `evaluation.nc`, which `load_evaluation` reads.
        """
        return pack_evaluation(self._disclosed)

    _repr_html_ = show_record

    def __repr__(self) -> str:
        """Return the title and how many measures are printed."""
        return (
            f"View: {self.title}, {len(self.printed)} of {len(self.measures)} measures printed "
            f"under rule set {self.rules.name}"
        )


def make_view(
    evaluation: Evaluation,
    rules: str | RuleSet = "2019",
    *,
    about: About | None = None,
    sensitivity: Sequence[Any] = (),
    synthesis: Synthesis | None = None,
) -> View:
    """Let a rule set pass an evaluation.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        What is printed on small groups, and which claims are warned against.
    about : About, optional
        What the report says of the programme and of itself.
    sensitivity : sequence of results, optional
        Of `ds.sensitivity`, on the same people: each a doubt and what it would take.
    synthesis : Synthesis, optional
        Of other programmes, from ``ds.synthesis.synthesise``: the report then shows where this one
        stands among them.

    Returns
    -------
    View
        All that a reader may see.

    Raises
    ------
    InputError
        If the rule set is unknown.
    CannotAnswerError
        If there are too few people to report on.

    Examples
    --------
    >>> import desist as ds
    >>> evaluation = ds.evaluate_published(ds.datasets.making_connections(), seed=2017)
    >>> make_view(evaluation, "2019")  # doctest: +NORMALIZE_WHITESPACE
    View: Making Connections (complex analysis), 2 of 3 measures printed under rule set 2019
    """
    rule_set = find_rules(rules)
    raise_faults("report", find_analysis_faults(sensitivity) + find_synthesis_faults(synthesis))
    # Nothing is computed for a report that may not be made.
    require_enough_people(evaluation, rule_set)
    reasons = explain_withheld(evaluation, rule_set)
    causal = [row for row in evaluation.measures if row.measure.is_causal]
    level = format_share(find_probability(evaluation), 1)
    groups = _show_groups(evaluation, rule_set)
    design = disclose_design(evaluation.design, rule_set)
    flow = disclose_records(evaluation, rule_set)
    flows, untold = (evaluation.flow, flow), list_withheld_analyses(sensitivity, reasons)
    return View(
        rules=rule_set,
        title=evaluation.title,
        estimand=evaluation.estimand,
        compared=(causal[0].n_treated, causal[0].n_comparison) if causal else None,
        probability=find_probability(evaluation),
        answer=answer_first(evaluation, reasons, level),
        banner=explain_nothing_printed(evaluation, reasons, rule_set),
        measures=tuple(
            _show_measure(evaluation, row, reasons.get(row.measure, ""))
            for row in evaluation.measures
        ),
        checks=_show_checks(evaluation, rule_set),
        groups=groups,
        by_day=disclose_days(evaluation, rule_set),
        statements=state_all(evaluation, rule_set, reasons),
        design=design,
        flow=flow,
        published=evaluation.published,
        published_statements=state_published(evaluation, rule_set),
        settings=evaluation.settings,
        seed=evaluation.seed,
        warnings=list_warnings(evaluation, reasons),
        package_version=evaluation.package_version,
        _disclosed=disclose_evaluation(evaluation, rule_set),
        evidence=show_evidence(evaluation.evidence, reasons, level),
        one_process=show_process(
            evaluation.one_process,
            {row.measure: row for row in evaluation.measures if row.measure not in reasons},
        ),
        among=show_among(
            [effect for effect in evaluation.effects if effect.measure not in reasons],
            synthesis,
            evaluation.title,
        ),
        about=About() if about is None else about,
        bias=_show_bias(evaluation, rule_set),
        sensitivity=_show_analyses(evaluation, sensitivity, reasons),
        kept_back=list_withheld(reasons, groups, design, flows, untold),
    )


def make_statements(evaluation: Evaluation, rules: str | RuleSet = "2019") -> tuple[Statement, ...]:
    """Write the statements of every measure, the unavailable ones last.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : str or RuleSet, default "2019"
        Which claims are warned against, and what is printed on small groups.

    Returns
    -------
    tuple of Statement
        One for each measure, with its posterior interval. The means are those of
        the published figures where the evaluation comes from such.

    Raises
    ------
    CannotAnswerError
        If there are too few people to report on.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> statement = ds.report.make_statements(evaluation, "2019")[0]
    >>> print(statement.may_say[0].partition(" than")[0][-46:])
    e year may be lower by between 3 and 19 people
    """
    return make_view(evaluation, rules).statements


def _show_measure(evaluation: Evaluation, row: MeasureRow, reason: str) -> ShownMeasure:
    if reason:
        is_public = evaluation.published is not None
        return ShownMeasure(round_row(row) if is_public else without_figures(row), reason)
    # Among reoffenders alone there is no benefit to speak of: see section 5 of the method.
    benefit = as_float(row.probability_of_benefit) if row.measure.is_causal else math.nan
    whole = _express_per_100(evaluation, row)
    # Words are made from all digits: rounded twice, 0.1349 would be 14 people per 100.
    return ShownMeasure(
        round_row(row),
        per_100=whole,
        interval="" if whole is None else _print_interval(row),
        interval_words=""
        if whole is None
        else describe_interval(row.measure, Interval(row.lower, row.upper)),
        benefit=format_probability(benefit),
        worth=say_worth(_find_correction(evaluation, row)),
        posterior=show_posterior(
            evaluation[row.measure].effect, evaluation.margins.get(row.measure)
        ),
    )


def _find_correction(evaluation: Evaluation, row: MeasureRow) -> Correction | None:
    of_measure = (one for one in evaluation.effects if one.measure is row.measure)
    effect = next(of_measure, None)
    return None if effect is None else effect.correction


def _print_interval(row: MeasureRow) -> str:
    factor = WORDINGS[row.measure].factor
    return format_interval(factor * as_float(row.lower), factor * as_float(row.upper))


def _express_per_100(evaluation: Evaluation, row: MeasureRow) -> PerHundred | None:
    treated, comparison = find_means(evaluation, row)
    if row.measure is Measure.HAZARD_RATIO or math.isnan(treated) or math.isnan(comparison):
        return None
    printed = find_printed(evaluation, row.measure)
    # A report that prints 31, 106 and 74 fewer has rounded each from unrounded figures.
    difference = None if printed is None else printed.difference_printed
    return per_100(row.measure, treated, comparison, difference)


def _show_analyses(
    evaluation: Evaluation, results: Sequence[Any], reasons: Mapping[Measure, str]
) -> tuple[ShownAnalysis, ...]:
    # where no measure is printed, no analysis of one is
    is_any_printed = len(reasons) < len(evaluation.measures)
    return disclose_sensitivity(results if is_any_printed else (), reasons)


def _show_bias(evaluation: Evaluation, rules: RuleSet) -> ShownBias | None:
    rounded = disclose_bias(evaluation, rules)
    if rounded is None or evaluation.bias is None:
        return None
    # words are made from all digits, as those of the measures are
    return ShownBias(rounded, say_bias(evaluation.bias))


def _show_checks(evaluation: Evaluation, rules: RuleSet) -> tuple[ShownCheck, ...]:
    is_public = evaluation.published is not None
    return tuple(
        # A p-value is printed from all its digits: rounded twice, 0.0096 would be 0.01.
        ShownCheck(check if is_public else round_check(check), rules.format_p(check.p_value))
        for check in disclose_checks(evaluation, rules)
    )


def _show_groups(evaluation: Evaluation, rules: RuleSet) -> tuple[ShownGroups, ...]:
    decimals = {row.measure: count_decimals(row.measure) for row in evaluation.measures}
    overall = {
        row.measure: Interval(
            round_to(row.lower, decimals[row.measure]), round_to(row.upper, decimals[row.measure])
        )
        for row in evaluation.measures
    }
    return tuple(
        ShownGroups(
            round_groups(table),
            tuple(format_probability(row.probability_of_benefit) for row in table.rows),
            describe_spread(table),
            describe_withheld(table, rules.min_people, rules.min_reoffenders),
            overall.get(table.measure),
        )
        for table in disclose_groups(evaluation, rules)
    )
