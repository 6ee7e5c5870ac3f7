"""What is said about an evaluation: statements, tables, pictures, one HTML document."""

from desist.report.disclosure import RULE_SETS, RuleSet
from desist.report.document import render_document, write_report
from desist.report.plots import forest, love_plot
from desist.report.record import encode_evaluation
from desist.report.statements import PerHundred, Statement, make_statements, per_100

__all__ = [
    "RULE_SETS",
    "PerHundred",
    "RuleSet",
    "Statement",
    "encode_evaluation",
    "forest",
    "love_plot",
    "make_statements",
    "per_100",
    "render_document",
    "write_report",
]
