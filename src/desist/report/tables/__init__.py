"""Tables of a report: text as it is printed, with the unit in every header."""

from desist.report.tables._analyses import tabulate_analyses
from desist.report.tables._balance import tabulate_balance
from desist.report.tables._beside import tabulate_among, tabulate_evidence, tabulate_process
from desist.report.tables._bias import tabulate_bias
from desist.report.tables._checks import tabulate_checks
from desist.report.tables._days import tabulate_by_day
from desist.report.tables._flow import tabulate_flow
from desist.report.tables._groups import tabulate_effects_by_group
from desist.report.tables._measures import tabulate_engines, tabulate_measures, tabulate_per_100
from desist.report.tables._profile import tabulate_profile
from desist.report.tables._published import print_difference, tabulate_published
from desist.report.tables._settings import print_value, tabulate_settings
from desist.report.tables._target import tabulate_target
from desist.report.tables._withheld import tabulate_withheld
from desist.report.tables._worth import tabulate_worth

__all__ = [
    "print_difference",
    "print_value",
    "tabulate_among",
    "tabulate_analyses",
    "tabulate_balance",
    "tabulate_bias",
    "tabulate_by_day",
    "tabulate_checks",
    "tabulate_effects_by_group",
    "tabulate_engines",
    "tabulate_evidence",
    "tabulate_flow",
    "tabulate_measures",
    "tabulate_per_100",
    "tabulate_process",
    "tabulate_profile",
    "tabulate_published",
    "tabulate_settings",
    "tabulate_target",
    "tabulate_withheld",
    "tabulate_worth",
]
