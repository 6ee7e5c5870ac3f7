"""The section of the design: how alike the arms are, in sentences, a picture and tables."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from desist.report._blocks import Picture, embed_both, make_table, make_table_of_any
from desist.report._tables import fill_table
from desist.report.pictures._overlap import draw_overlap
from desist.report.pictures.love import describe_love_plot, draw_love_plot
from desist.report.tables import print_value, tabulate_balance
from desist.report.view import View
from desist.report.words.matching import describe_matching, say_balance
from desist.report.words.overlap import describe_overlap, say_overlap

NOTE = (
    "Covariates are what was known of people before the programme. A standardised difference is "
    "that of their averages, in standard deviations of the participants: up to 5% is well matched, "
    "up to 10% reasonably, above 10% poorly. The design was settled before any outcome was read."
)
UNNAMED = "Covariates without a label are named as in the data."
_FACTS = {
    "estimand": "Whom the results are about (estimand)",
    "method": "Method of matching or weighting",
    "n_treated": "Participants compared (number of people)",
    "n_treated_dropped": "Participants without a suitable comparison person (number of people)",
    "n_comparison": "Comparison people used (number of people)",
    "ess_comparison": "Effective sample size of the comparison (number of people)",
    "worst_covariate": "Least alike covariate",
}


def fill_design(view: View) -> dict[str, Any] | None:
    """Fill the section of the design; None where the results come from published figures."""
    design = view.labelled_design
    if view.design is None or design is None:
        return None
    facts = [
        {"Design": label, "Value": _print_fact(name, design[name], view)}
        for name, label in _FACTS.items()
        if name in design
    ]
    bare = [
        row
        for row in view.design["balance"]
        if view.about.label(row["covariate"]) == row["covariate"]
    ]
    return {
        "note": f"{NOTE} {UNNAMED}" if bare else NOTE,
        "sentences": describe_matching(design["balance"]),
        "facts": make_table("Design", pd.DataFrame(facts), text=("Value",)),
        "love": embed_both(
            partial(draw_love_plot, design),
            describe_love_plot(design),
            "Open circles: before matching or weighting. Filled circles: after. Dashed lines at "
            "5% and 10% of a standard deviation.",
            says=say_balance(design["balance"]),
            title="Standardised difference of each covariate before and after",
        ),
        "overlap": _draw_overlap(view.design.get("overlap", ())),
        "overlap_table": fill_table("overlap", view),
        "balance": make_table_of_any(
            "Balance, the least alike first", tabulate_balance(design["balance"])
        ),
    }


def _draw_overlap(classes: Sequence[Mapping[str, Any]]) -> Picture | None:
    if not classes:
        return None
    return embed_both(
        partial(draw_overlap, classes),
        describe_overlap(classes),
        "The propensity score is the probability of taking part, given the covariates. Classes in "
        "which few people are were joined with their neighbours.",
        says=say_overlap(classes),
        title="Share of each group by class of the propensity score",
    )


def _print_fact(name: str, value: Any, view: View) -> str:
    if name == "estimand":
        return f"{view.estimand.people} ({value})"
    if name == "n_treated_dropped" and value is None:
        return f"fewer than {view.rules.min_category}"
    return print_value(value)
