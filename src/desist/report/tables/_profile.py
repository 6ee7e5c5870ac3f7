"""The table of what a published report prints of its participants, and of those not analysed."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from desist.report.view import View
from desist.report.words._numbers import MISSING, format_number

# Minima and maxima are single people, and have no row.
ROWS = {
    "n": "People (number)",
    "age_mean": "Average age (years)",
    "female_percent": "Women (%)",
    "white_percent": "White (%)",
    "black_percent": "Black (%)",
    "uk_nationals_at_least_percent": "UK nationals, at least (%)",
    "sentence_under_12_months_percent": "Sentence under 12 months (%)",
    "sentence_1_to_4_years_percent": "Sentence of 1 to 4 years (%)",
    "sentence_over_4_years_percent": "Sentence over 4 years (%)",
    "risks_and_needs_available": "With recorded risks and needs (number)",
    "risks_and_needs_percent": "With recorded risks and needs (%)",
}
NEEDS = {
    "misused_drugs_percent": "Had misused drugs before (% of those on record)",
    "drugs_weekly_percent": "Used drugs at least once a week (% of those on record)",
    "unemployed_percent": "Unemployed, or would be on release (% of those on record)",
    "problem_solving_percent": "Significant problems in solving problems (% of those on record)",
    "no_fixed_abode_percent": "No fixed abode (% of those on record)",
    "psychological_percent": "Significant psychological problems now (% of those on record)",
    "alcohol_percent": "Significant problems with alcohol now (% of those on record)",
    "family_percent": "Significant problems with family relationships (% of those on record)",
}


def tabulate_profile(view: View) -> pd.DataFrame:
    """Tabulate the printed profile of participants and of those not analysed; empty without one."""
    profile = {} if view.published is None else dict(view.published.profile)
    others = profile.get("not_analysed") or {}
    known = {"n": view.compared[0]} if view.compared and profile else {}
    mine = profile | (profile.get("needs") or {}) | known
    rows = [
        {"Fact": label, "Participants": _print(mine, name), "Not analysed": _print(others, name)}
        for name, label in (ROWS | NEEDS).items()
        if {name} & ({*mine} | {*others}) and (name != "n" or others)
    ]
    return pd.DataFrame(rows)


def _print(facts: Mapping[str, Any], name: str) -> str:
    return format_number(float(facts[name])) if name in facts else MISSING
