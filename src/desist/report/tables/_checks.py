"""The table of one measure: its posterior, and every check beside it."""

import pandas as pd

from desist.checks.catalogue import is_of_order, name_check
from desist.estimands import Measure, Scale
from desist.evaluation.record import ComparedCheck, MeasureRow
from desist.report._shown import ShownCheck
from desist.report.tables._measures import DECIMALS
from desist.report.view import View
from desist.report.words._numbers import MISSING, as_float, format_interval, format_number
from desist.report.words._wording import WORDINGS


def tabulate_checks(view: View, measure: Measure) -> pd.DataFrame:
    """Tabulate the posterior of one measure first, then every check: how it stands, or why not."""
    wording, checks = WORDINGS[measure], view.list_checks(measure)
    scales = {shown.check.scale for shown in checks}
    ratios_too = measure is not Measure.HAZARD_RATIO and Scale.RATIO in scales
    unit = f"{wording.unit}, or ratio" if ratios_too else wording.unit
    rows = [
        *(_posterior_cells(shown.row) for shown in view.measures if shown.measure is measure),
        *(_check_cells(shown) for shown in checks),
    ]
    names = ["Method", "Compares", f"Estimate ({unit})", f"{view.level} interval ({unit})"]
    names += ["p-value", "Beside the posterior", "Remark"]
    return pd.DataFrame(rows, columns=names)


def _posterior_cells(row: MeasureRow) -> list[str]:
    is_ratio = row.measure is Measure.HAZARD_RATIO
    values = (
        (row.ratio, row.ratio_lower, row.ratio_upper)
        if is_ratio
        else (row.difference, row.lower, row.upper)
    )
    factor = 1.0 if is_ratio else WORDINGS[row.measure].factor
    decimals = DECIMALS[row.measure]
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


def _check_cells(shown: ShownCheck) -> list[str]:
    check = shown.check
    if not check.applicable:
        remark = f"Not applicable, because {check.reason.rstrip('.')}."
        return [name_check(check.check), *[MISSING] * 5, remark]
    factor, decimals = _find_unit(check)
    return [
        name_check(check.check),
        "order" if is_of_order(check.check) else check.scale.value,
        format_number(factor * as_float(check.estimate), decimals),
        format_interval(factor * as_float(check.lower), factor * as_float(check.upper), decimals),
        shown.p_value,
        check.agreement or MISSING,
        _make_sentence(check.reason),
    ]


def _find_unit(check: ComparedCheck) -> tuple[float, int]:
    """Find the factor to the unit that is spoken of, and the decimals printed in it."""
    has_unit = check.scale is Scale.DIFFERENCE and not is_of_order(check.check)
    return (WORDINGS[check.measure].factor, DECIMALS[check.measure]) if has_unit else (1.0, 2)


def _make_sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}." if reason else ""
