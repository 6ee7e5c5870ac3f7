"""The checklist of the TARGET statement, filled from what the records of a study say."""

# Transparent Reporting of Observational Studies Emulating a Target Trial: Cashin, Hansford, Hernan
# and others (2025), JAMA 334, 1084-1093, and BMJ 390, e087179. 21 items, some in parts; what each
# asks is told here in other words, and the statement itself is what counts.

from collections.abc import Callable
from dataclasses import dataclass

from desist.estimands import Measure
from desist.report._used import list_used_models
from desist.report.view import View
from desist.report.words._numbers import count_of
from desist.report.words._wording import WORDINGS, name_period

FILLED, PART, OPEN = "filled", "in part", "open"
SOURCE = "Cashin and others (2025), the TARGET statement, JAMA 334, 1084–1093, and BMJ 390, e087179"
ON_PAPER = (
    "Chance alone decides who takes part; anybody might have taken part or not; nobody's outcome "
    "depends on whether another took part."
)


@dataclass(frozen=True)
class TargetItem:
    """One part of an item of the checklist."""

    number: str  # in the statement, such as "6d"
    asks: str  # in other words than the statement's
    state: str  # filled; in part: the records say some of it; open: only people can say
    answer: str = ""  # what the records say


@dataclass(frozen=True)
class _Entry:
    number: str
    asks: str
    answer: Callable[[View], str] | None = None
    state: str = FILLED


def fill_target(view: View) -> tuple[TargetItem, ...]:
    """Fill the checklist of the TARGET statement as far as the records go."""
    return tuple(_fill_item(entry, view) for entry in _ENTRIES)


def count_target(items: tuple[TargetItem, ...]) -> str:
    """Say how many parts of the checklist are filled, filled in part, and open."""
    states = [item.state for item in items]
    n_open = states.count(OPEN)
    return (
        f"Of the {count_of(len(items), 'part')} of the 21 items, {states.count(FILLED)} are filled "
        f"and {states.count(PART)} are filled in part. {n_open} {'is' if n_open == 1 else 'are'} "
        f"open{': only people can fill them' if n_open else ''}."
    )


def _fill_item(entry: _Entry, view: View) -> TargetItem:
    """Fill an item by the records, and by what people say of it."""
    found = "" if entry.answer is None else entry.answer(view)
    told = view.about.target.get(entry.number, "")
    state = FILLED if told else entry.state if found else OPEN
    return TargetItem(entry.number, entry.asks, state, " ".join(filter(None, (found, told))))


def _say_question(view: View) -> str:
    # the time among reoffenders describes people: no question of cause is asked of it
    causal = [one.measure for one in view.measures if one.measure.is_causal]
    names = _join([WORDINGS[measure].name for measure in causal])
    if not names:
        return ""
    return f"What does the programme do within {_period(view)} to {names}? For: {_people(view)}."


def _say_identity(view: View) -> str:
    about = f"People of the programme are compared with similar people: {_people(view)}."
    return f"{about} No trial was run."


def _people(view: View) -> str:
    return view.estimand.people


def _period(view: View) -> str:
    return name_period(float(view.settings.get("horizon", 365)))


def _say_source(view: View) -> str:
    if view.about.data:
        return view.about.data
    return "" if view.published is None else f"Figures published in: {view.published.source}."


def _say_answer(view: View) -> str:
    return view.banner or " ".join(view.answer)


def _say_programme(view: View) -> str:
    return view.about.programme


def _say_assignment(_: View) -> str:
    return "People would be assigned to the programme or not at random, and would know to which."


def _say_end(view: View) -> str:
    start = view.about.from_day
    return f"{start} Follow-up ends after {_period(view)}." if start else ""


def _say_outcomes(view: View) -> str:
    named = "; ".join(f"{WORDINGS[m].title} ({WORDINGS[m].unit})" for m in _measured(view))
    counted = view.about.reoffence
    return f"{named}. {counted}" if named and counted else named


def _measured(view: View) -> list[Measure]:
    return [one.measure for one in view.measures]


def _say_contrasts(view: View) -> str:
    return f"Differences, and ratios beside them, for {_people(view)}." if view.measures else ""


def _say_assumptions(_: View) -> str:
    return ON_PAPER


def _say_models(view: View) -> str:
    if view.published is not None:
        return "Means are modelled as the published figures determine them, integrated on a grid."
    models = list_used_models(view.settings.get("models"), view)
    if not models:
        return ""
    names = ", ".join(str(one.get("name")) for one in models)
    return f"Bayesian outcome models ({names}), averaged over the people whom the effect is about."


def _say_left_out(view: View) -> str:
    if view.flow is None:
        return ""
    return f"{view.flow.text.replace(chr(10), '; ')}."


def _say_treatment(view: View) -> str:
    column = (view.settings.get("cohort") or {}).get("treatment")
    return f"Taking part is what {_name_column(column, view)} says." if column else ""


def _say_design(view: View) -> str:
    formula = _find_formula(view)
    if view.design is None or not formula:
        return ""
    return f"Taking part was not random. Design: {view.design['method']}, on {formula}."


def _find_formula(view: View) -> str:
    formula = (view.settings.get("design") or {}).get("formula") or ""
    return view.about.label_formula(str(formula))


def _say_columns(view: View) -> str:
    cohort = view.settings.get("cohort") or {}
    named = [cohort[name] for name in ("reoffended", "offences", "days") if cohort.get(name)]
    found = [_name_column(column, view) for column in named]
    return f"From {_join(found)}, up to the end of the follow-up." if found else ""


def _name_column(column: str, view: View) -> str:
    label = view.about.label(column)
    return f"column {column}" if label == column else f"column “{label}”"


def _say_confounding(view: View) -> str:
    formula = _find_formula(view)
    measured = (
        "It is assumed that nothing influences both who takes part and who reoffends but these: "
        f"{formula}." * bool(formula)
    )
    return measured or _say_published_match(view)


def _say_published_match(view: View) -> str:
    if view.published is None:
        return ""
    return (
        "It is assumed that nothing influences both who takes part and who reoffends but what the "
        "published report matched on."
    )


def _say_covariates(view: View) -> str:
    formula = _find_formula(view)
    return f"Known of each person: {formula}." if view.design is not None and formula else ""


def _say_checks(view: View) -> str:
    made = sum(one.check.applicable for one in view.checks)
    return f"{count_of(made, 'check')} beside the posterior; see the results." if made else ""


def _say_numbers(view: View) -> str:
    if not view.compared:
        return ""
    treated, comparison = view.compared
    return (
        f"{count_of(treated, 'participant')} and "
        f"{count_of(comparison, 'comparison person', 'comparison people')} were compared; see the "
        "record flow."
    )


def _say_baseline(view: View) -> str:
    if view.design is not None:
        return "Standardised differences before and after; see design and balance."
    return "The printed profile of the participants." if _has_profile(view) else ""


def _has_profile(view: View) -> bool:
    return view.published is not None and bool(view.published.profile)


def _say_length(view: View) -> str:
    return f"{_capitalise(_period(view))} for everybody." if view.measures else ""


def _say_frequencies(view: View) -> str:
    return "Per 100 people of each group; see the headline." if view.printed else ""


def _say_estimates(view: View) -> str:
    if not view.printed:
        return ""
    return f"Differences and ratios with {view.level} intervals; see the posterior of each measure."


def _say_statements(view: View) -> str:
    return "See what may be said, and what may not." if view.statements else ""


def _say_limits(view: View) -> str:
    condition = view.answer[2] if view.answer else ""
    warned = count_of(len(view.warnings), "warning")
    return f"{condition} {warned}; see the warnings.".strip()


def _say_repeat(view: View) -> str:
    made = (
        f"Made by desist {view.package_version} with seed {view.seed}; every setting that was used "
        "is listed under the settings."
    )
    is_told = "19" in view.about.target
    return made if is_told else f"{made} Whether the data can be had is for people to say."


def _join(names: list[str]) -> str:
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]])


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


_ENTRIES = (
    _Entry("1a", "Say that a target trial is emulated, to what end, and sum it up", _say_identity),
    _Entry("1b", "Name the data", _say_source),
    _Entry("1c", "Sum up assumptions, methods, findings and conclusions", _say_answer),
    _Entry("2", "What was known before, and what was not"),
    _Entry("3", "The causal question", _say_question),
    _Entry("4", "Why a trial is emulated with these data; trials that it follows"),
    _Entry("5", "Where the data come from, what for, how they were linked", _say_source, PART),
    _Entry("6a", "In the trial: who would be eligible"),
    _Entry("6b", "In the trial: what the two groups would receive", _say_programme, PART),
    _Entry("6c", "In the trial: how people would be assigned", _say_assignment),
    _Entry("6d", "In the trial: follow-up from assignment to its end", _say_end),
    _Entry("6e", "In the trial: outcomes, and when and how measured", _say_outcomes),
    _Entry("6f", "In the trial: what would be contrasted, for whom, how", _say_contrasts),
    _Entry("6g", "In the trial: what would have to be assumed", _say_assumptions, PART),
    _Entry("6h", "In the trial: the analysis, missing data included", _say_models, PART),
    _Entry("7a", "In these data: who was eligible", _say_left_out, PART),
    _Entry("7b", "In these data: who counts as having taken part", _say_treatment, PART),
    _Entry("7c", "In these data: how assignment was emulated", _say_design),
    _Entry("7d", "In these data: follow-up from the day of assignment to its end", _say_end, PART),
    _Entry("7e", "In these data: how outcomes were read", _say_columns),
    _Entry("7f", "In these data: what was contrasted, for whom, how", _say_contrasts),
    _Entry("7g(i)", "In these data: what is assumed, of confounding above all", _say_confounding),
    _Entry("7g(ii)", "In these data: the variables of these assumptions", _say_covariates),
    _Entry("7h(i)", "In these data: the analysis, missing data included", _say_models, PART),
    _Entry("7h(ii)", "In these data: what depends on these choices", _say_checks, PART),
    _Entry("8", "How many were looked at, eligible, and in each group", _say_numbers, PART),
    _Entry("9", "What the two groups were like at the start", _say_baseline, PART),
    _Entry("10", "How long people were followed, and why it ended", _say_length, PART),
    _Entry("11", "How much was missing, by group"),
    _Entry("12", "How often each outcome happened, by group", _say_frequencies),
    _Entry("13", "Each effect with its precision, absolute and relative", _say_estimates),
    _Entry("14", "What the further analyses showed", _say_checks, PART),
    _Entry("15", "What the findings mean for the question", _say_statements),
    _Entry(
        "16",
        "Limits: where data and trial differ, and what is assumed",
        _say_limits,
        PART,
    ),
    _Entry("17", "Ethical approval"),
    _Entry("18", "Where and when the protocol was registered"),
    _Entry("19", "Where data, code and materials can be had", _say_repeat, PART),
    _Entry("20", "Who paid, and what they had to do with it"),
    _Entry("21", "Interests of the authors"),
)
