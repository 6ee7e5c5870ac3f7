"""What is said about an evaluation: statements, tables, pictures, one HTML document."""

from desist.report.disclosure import RULE_SETS, RuleSet
from desist.report.document import render_document, write_report
from desist.report.json_record import encode_evaluation
from desist.report.pictures.forest import forest
from desist.report.pictures.groups import effects_by_group
from desist.report.pictures.love import love_plot
from desist.report.view import (
    ShownCheck,
    ShownGroups,
    ShownMeasure,
    View,
    make_statements,
    make_view,
)
from desist.report.words.statements import PerHundred, Statement, per_100

__all__ = [
    "RULE_SETS",
    "PerHundred",
    "RuleSet",
    "ShownCheck",
    "ShownGroups",
    "ShownMeasure",
    "Statement",
    "View",
    "effects_by_group",
    "encode_evaluation",
    "forest",
    "love_plot",
    "make_statements",
    "make_view",
    "per_100",
    "render_document",
    "write_report",
]
