"""The published report that the package was built around."""

import json
from importlib.resources import files
from typing import Any

from desist.cohort.flow import FlowStep, RecordFlow
from desist.cohort.published import PublishedMeasure, PublishedStudy
from desist.errors import Fault, InputError
from desist.estimands import Measure


def making_connections(analysis: str = "complex") -> PublishedStudy:
    """Load the published figures of the Making Connections evaluation.

    Mentoring of women who were about to leave HMP Send; Justice Data Lab, February 2017,
    Tables 1 to 3, key findings and record flow.

    Printed: means, intervals, p-values, numbers of people, the record flow, the profile.
    Inferred: 13 treated reoffenders and 26 treated offences, the only counts that give
    15.7 % and 0.31 of 83. For the standard analysis, whose 0.3 of 84 admits several counts,
    the same 26: it has one more person, the same 13 reoffenders and the same mean time.
    Inferred as well: the range of the effective sample size of the comparison people. Its
    upper end is 1 / (p^2 / R + (1 - p)^2 / (N - R)), what is left of N people when weights
    turn R reoffenders into a rate p; below the lower end, no Welch interval of the rate
    rounds to the printed one.

    Parameters
    ----------
    analysis : str
        "complex", the headline (matched on risks and needs too), or "standard".

    Returns
    -------
    PublishedStudy
        Rate as a proportion, frequency in offences per person, time in days; with the
        record flow. The profile is printed for the complex analysis only.

    Raises
    ------
    InputError
        If there is no such analysis.

    Examples
    --------
    >>> study = making_connections()
    >>> [line.treated for line in study.measures]
    [0.157, 0.31, 75.0]
    >>> study.flow.n_submitted, study.flow.n_analysed
    (142, 83)
    """
    report = json.loads((files("desist.datasets") / "data" / "making_connections.json").read_text())
    if analysis not in report["analyses"]:
        fault = Fault("analysis", f"one of {', '.join(report['analyses'])}", repr(analysis))
        raise InputError("making_connections", [fault])
    figures = report["analyses"][analysis]
    low, high = figures["ess_range"]
    return PublishedStudy(
        name="Making Connections",
        analysis=analysis,
        source=report["source"],
        measures=_read_measures(figures),
        ess_range=(low, high),
        flow=_read_flow([*report["record_flow"], figures["last_step"]]),
        profile=figures["profile"] | {"balance": figures["balance"]},
    )


def _read_measures(figures: dict[str, Any]) -> tuple[PublishedMeasure, ...]:
    everybody = {name: figures[name] for name in ("n_treated", "n_comparison")}
    rate = figures["rate"]
    percentages = {
        "treated": rate["treated_percent"],
        "comparison": rate["comparison_percent"],
        "difference_low": rate["difference_low"],
        "difference_high": rate["difference_high"],
    }
    if "difference_percent" in rate:
        percentages["difference"] = rate["difference_percent"]
    # rounded, so that 15.7 % is the number 0.157 and not the nearest product
    proportions = {name: round(value / 100, 4) for name, value in percentages.items()}
    return (
        _read_measure(Measure.RATE, everybody | rate | proportions),
        _read_measure(Measure.FREQUENCY, everybody | figures["frequency"]),
        _read_measure(Measure.TIME_AMONG_REOFFENDERS, figures["time_days"]),
    )


def _read_measure(measure: Measure, line: dict[str, Any]) -> PublishedMeasure:
    return PublishedMeasure(
        measure=measure,
        n_treated=line["n_treated"],
        n_comparison=line["n_comparison"],
        treated=line["treated"],
        comparison=line["comparison"],
        lower=line["difference_low"],
        upper=line["difference_high"],
        p_printed=line["p_printed"],
        treated_count=line.get("treated_count"),
        difference_printed=line.get("difference"),
    )


def _read_flow(steps: list[dict[str, Any]]) -> RecordFlow:
    return RecordFlow(
        tuple(
            FlowStep(step["step"], step["excluded"], step["remaining"], step["unit"])
            for step in steps
        )
    )
