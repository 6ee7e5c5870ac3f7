"""Tables of a report: text as it is printed, with the unit in every header."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from desist.checks.catalogue import is_of_order, name_check
from desist.cohort.published import PublishedStudy
from desist.estimands import Measure, Scale
from desist.evaluation.record import ComparedCheck, Evaluation, MeasureRow
from desist.report.disclosure import RuleSet
from desist.report.figures import (
    find_difference,
    find_means,
    find_printed_means,
    find_probability,
    list_printed,
)
from desist.report.numbers import (
    MISSING,
    as_float,
    format_interval,
    format_number,
    format_probability,
    format_share,
)
from desist.report.statements import PerHundred, per_100
from desist.report.wording import WORDINGS

# Decimals of means and of differences in a table, in the unit that is spoken of.
_DECIMALS = {
    Measure.RATE: (1, 1),
    Measure.FREQUENCY: (1, 1),
    Measure.RMST: (1, 1),
    Measure.TIME_AMONG_REOFFENDERS: (1, 1),
    Measure.HAZARD_RATIO: (2, 2),
}


# The Justice Data Lab prints frequencies per person where a sentence says per 100.
_PRINTED_UNITS = {
    Measure.RATE: "%, differences in percentage points",
    Measure.FREQUENCY: "reoffences per person",
    Measure.TIME_AMONG_REOFFENDERS: "days",
}


def tabulate_per_100(evaluation: Evaluation, rules: RuleSet) -> pd.DataFrame:
    """Tabulate the measures in whole numbers per 100 people.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : RuleSet
        What is printed on small groups.

    Returns
    -------
    DataFrame
        One row per measure with a mean in each arm; the unit is part of its name.
    """
    rows = []
    level = format_share(find_probability(evaluation), 1)
    for row, whole in list_per_100(evaluation, rules):
        wording = WORDINGS[row.measure]
        lower, upper = (wording.factor * as_float(limit) for limit in (row.lower, row.upper))
        rows.append(
            {
                "Measure (unit)": f"{wording.title} ({wording.unit})",
                "Participants (unit of the row)": format_number(whole.treated),
                "Comparison (unit of the row)": format_number(whole.comparison),
                "Difference (unit of the row)": whole.words,
                f"{level} interval of the difference (unit of the row)": format_interval(
                    lower, upper
                ),
                "Note": whole.note,
            }
        )
    return pd.DataFrame(rows)


def list_per_100(
    evaluation: Evaluation, rules: RuleSet
) -> tuple[tuple[MeasureRow, PerHundred], ...]:
    """List the printed measures that have a mean in each arm, per 100 people.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : RuleSet
        What is printed on small groups.

    Returns
    -------
    tuple of (MeasureRow, PerHundred)
        The hazard ratio is not among them.
    """
    pairs = []
    for row in list_printed(evaluation, rules):
        treated, comparison = find_means(evaluation, row)
        if row.measure is Measure.HAZARD_RATIO or math.isnan(treated) or math.isnan(comparison):
            continue
        difference = find_difference(evaluation, row)
        pairs.append((row, per_100(row.measure, treated, comparison, difference)))
    return tuple(pairs)


def tabulate_published(
    evaluation: Evaluation, study: PublishedStudy, rules: RuleSet
) -> pd.DataFrame:
    """Tabulate published figures beside Welch's test on the same figures.

    Parameters
    ----------
    evaluation : Evaluation
        Holds the checks.
    study : PublishedStudy
        What the report prints.
    rules : RuleSet
        How numbers are printed.

    Returns
    -------
    DataFrame
        One row per measure: interval and p-value as printed, and as computed here.
    """
    welch = {check.measure: check for check in evaluation.checks if check.check == "welch"}
    rows = []
    for item in study.measures:
        if item.measure is Measure.TIME_AMONG_REOFFENDERS and not rules.prints_reoffenders_only(
            item.n_treated
        ):
            continue
        wording, check = WORDINGS[item.measure], welch.get(item.measure)
        cells = {
            "Measure (unit)": f"{wording.title} ({_PRINTED_UNITS[item.measure]})",
            "Participants (number of people)": format_number(item.n_treated),
            "Comparison (number of people)": format_number(item.n_comparison),
            "Participants (unit of the row)": _print_mean(
                item.measure, find_printed_means(item)[0], rules
            ),
            "Comparison (unit of the row)": _print_mean(item.measure, item.comparison, rules),
            "Difference, published (unit of the row)": print_difference(
                item.measure, item.lower, item.upper, rules
            ),
            "Difference, Welch (unit of the row)": MISSING,
            "p-value, published": item.p_printed or MISSING,
            "p-value, Welch": MISSING,
        }
        if check is not None and not math.isnan(check.lower):
            limits = print_difference(item.measure, check.lower, check.upper, rules)
            cells["Difference, Welch (unit of the row)"] = limits
            cells["p-value, Welch"] = rules.format_p(check.p_value)
        rows.append(cells)
    return pd.DataFrame(rows)


def print_difference(measure: Measure, lower: float, upper: float, rules: RuleSet) -> str:
    """Print the interval of a difference as the Justice Data Lab's tables do.

    Parameters
    ----------
    measure : Measure
        What was measured.
    lower, upper : float
        Limits, in the unit of the measure.
    rules : RuleSet
        Decimals of a frequency.

    Returns
    -------
    str
        Whole percentage points or days, reoffences per person to the decimals of the
        rules.

    Examples
    --------
    >>> from desist.report.disclosure import RULE_SETS
    >>> print_difference(Measure.FREQUENCY, -0.96, -0.53, RULE_SETS["2017"])
    '-1.0 to -0.5'
    """
    if measure is Measure.FREQUENCY:
        return format_interval(lower, upper, rules.frequency_decimals)
    factor = 100 if measure is Measure.RATE else 1
    return format_interval(factor * lower, factor * upper)


def tabulate_measures(evaluation: Evaluation, rules: RuleSet) -> pd.DataFrame:
    """Tabulate the posterior of every measure.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    rules : RuleSet
        What is printed on small groups.

    Returns
    -------
    DataFrame
        One row per measure, text as printed; the unit is part of the measure's name.
    """
    level = format_share(find_probability(evaluation), 1)
    return pd.DataFrame([_tabulate_row(row, level) for row in list_printed(evaluation, rules)])


def tabulate_checks(evaluation: Evaluation, measure: Measure, rules: RuleSet) -> pd.DataFrame:
    """Tabulate the posterior of one measure and the checks beside it.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.
    measure : Measure
        Which measure.
    rules : RuleSet
        How p-values are printed.

    Returns
    -------
    DataFrame
        The posterior first, then every check: estimate, interval, p-value, whether it
        agrees, and why it does not apply where it does not.
    """
    wording = WORDINGS[measure]
    scales = {check.scale for check in evaluation.checks if check.measure is measure}
    ratios_too = measure is not Measure.HAZARD_RATIO and Scale.RATIO in scales
    unit = f"{wording.unit}, or ratio" if ratios_too else wording.unit
    rows = [
        *(_posterior_cells(row) for row in evaluation.measures if row.measure is measure),
        *(_check_cells(check, rules) for check in evaluation.checks if check.measure is measure),
    ]
    level = format_share(find_probability(evaluation), 1)
    names = ["Method", "Compares", f"Estimate ({unit})", f"{level} interval ({unit})"]
    names += ["p-value", "Agrees with the posterior", "Remark"]
    return pd.DataFrame(rows, columns=names)


def tabulate_balance(balance: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Tabulate how alike the arms are, the least alike covariate first.

    Parameters
    ----------
    balance : sequence of mapping
        The `balance` of a design in `evaluation.json`.

    Returns
    -------
    DataFrame
        Standardised differences in percent of a standard deviation, as words and
        numbers.
    """
    ordered = sorted(balance, key=lambda item: -_size(item["smd_after"]))
    return pd.DataFrame(
        [
            {
                "Covariate": str(item["covariate"]),
                "Standardised difference before (% of an SD)": _percent_of_sd(item["smd_before"]),
                "Standardised difference after (% of an SD)": _percent_of_sd(item["smd_after"]),
                "Variance ratio": format_number(as_float(item["variance_ratio"]), 2),
                "Largest gap of distributions (KS, 0 to 1)": format_number(as_float(item["ks"]), 3),
                "Matched": str(item["word"]),
            }
            for item in ordered
        ]
    )


def tabulate_flow(evaluation: Evaluation) -> pd.DataFrame:
    """Tabulate the way from the records submitted to the people analysed.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.

    Returns
    -------
    DataFrame
        Steps in order; empty when the evaluation has no record flow.
    """
    if evaluation.flow is None:
        return pd.DataFrame()
    flow = evaluation.flow.table
    return pd.DataFrame(
        {
            "Step": flow["step"].astype(str),
            "Unit": flow["unit"].astype(str),
            "Left out (number)": [format_number(as_float(n)) for n in flow["n_excluded"]],
            "Left out (%)": flow["percent"].astype(str),
            "Remaining (number)": [format_number(as_float(n)) for n in flow["n_remaining"]],
        }
    )


def tabulate_engines(evaluation: Evaluation) -> pd.DataFrame:
    """Tabulate how each posterior was found, and whether it may be trusted.

    Parameters
    ----------
    evaluation : Evaluation
        What was found.

    Returns
    -------
    DataFrame
        Engine and convergence diagnostics of each measure.
    """
    return pd.DataFrame(
        [
            {
                "Measure": WORDINGS[row.measure].title,
                "Engine": row.engine or MISSING,
                "Largest R-hat": format_number(as_float(row.rhat_max), 3),
                "Smallest bulk effective sample size (draws)": format_number(
                    as_float(row.ess_bulk_min)
                ),
                "Pareto k-hat": format_number(as_float(row.khat), 2),
            }
            for row in evaluation.measures
        ]
    )


def _print_mean(measure: Measure, mean: float, rules: RuleSet) -> str:
    if measure is Measure.FREQUENCY:
        return format_number(mean, rules.frequency_decimals)
    return format_number(100 * mean if measure is Measure.RATE else mean, 1)


def _tabulate_row(row: MeasureRow, level: str) -> dict[str, str]:
    wording = WORDINGS[row.measure]
    means, differences = _DECIMALS[row.measure]
    scaled = {
        name: wording.factor * as_float(getattr(row, name))
        for name in ("treated", "comparison", "difference", "lower", "upper")
    }
    if row.measure is Measure.HAZARD_RATIO:
        scaled = dict.fromkeys(scaled, math.nan)
    difference = format_number(scaled["difference"], differences)
    difference_interval = format_interval(scaled["lower"], scaled["upper"], differences)
    ratio = format_number(as_float(row.ratio), 2)
    ratio_interval = format_interval(as_float(row.ratio_lower), as_float(row.ratio_upper), 2)
    return {
        "Measure (unit)": f"{wording.title} ({wording.unit})",
        "Participants (number of people)": format_number(row.n_treated),
        "Comparison (number of people)": format_number(row.n_comparison),
        "Participants (unit of the row)": format_number(scaled["treated"], means),
        "Comparison (unit of the row)": format_number(scaled["comparison"], means),
        f"Difference ({level} interval; unit of the row)": _join(difference, difference_interval),
        f"Ratio ({level} interval)": _join(ratio, ratio_interval),
        "Probability of benefit (%)": _benefit(row),
    }


def _join(estimate: str, interval: str) -> str:
    return MISSING if estimate == MISSING else f"{estimate} ({interval})"


def _benefit(row: MeasureRow) -> str:
    # Among reoffenders alone there is no benefit to speak of: see section 5 of the method.
    if not row.measure.is_causal:
        return MISSING
    return format_probability(as_float(row.probability_of_benefit))


def _posterior_cells(row: MeasureRow) -> list[str]:
    wording = WORDINGS[row.measure]
    is_ratio = row.measure is Measure.HAZARD_RATIO
    values = (
        (row.ratio, row.ratio_lower, row.ratio_upper)
        if is_ratio
        else (row.difference, row.lower, row.upper)
    )
    factor = 1.0 if is_ratio else wording.factor
    decimals = _DECIMALS[row.measure][1]
    estimate, lower, upper = (factor * as_float(value) for value in values)
    return [
        "Posterior",
        "ratio" if is_ratio else "difference",
        format_number(estimate, decimals),
        format_interval(lower, upper, decimals),
        MISSING,
        MISSING,
        "" if row.measure.is_causal else "Descriptive.",
    ]


def _check_cells(check: ComparedCheck, rules: RuleSet) -> list[str]:
    if not check.applicable:
        remark = f"Not applicable, because {check.reason.rstrip('.')}."
        return [name_check(check.check), *[MISSING] * 5, remark]
    has_unit = check.scale is Scale.DIFFERENCE and not is_of_order(check.check)
    factor = WORDINGS[check.measure].factor if has_unit else 1.0
    decimals = _DECIMALS[check.measure][1] if has_unit else 2
    verdicts = {True: "yes", False: "no", None: MISSING}
    return [
        name_check(check.check),
        "order" if is_of_order(check.check) else check.scale.value,
        format_number(factor * as_float(check.estimate), decimals),
        format_interval(factor * as_float(check.lower), factor * as_float(check.upper), decimals),
        rules.format_p(as_float(check.p_value)),
        verdicts[check.agrees],
        _make_sentence(check.reason),
    ]


def _make_sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}." if reason else ""


def _size(value: Any) -> float:
    size = abs(as_float(value))
    return -1.0 if math.isnan(size) else size


def _percent_of_sd(value: Any) -> str:
    return format_number(100 * as_float(value), 1)
