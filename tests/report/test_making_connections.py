"""The report that is the specification, from its figures to the printed tables."""

from functools import cache

import pytest

import desist as ds
from desist.report.disclosure import RULE_SETS
from desist.report.tables import tabulate_published
from desist.report.view import make_view

RULES = RULE_SETS["2017"]
# The report prints "0.00" where we print "<0.01": a p-value is never zero.
PRINTED = {
    "complex": [("-20 to -4", "<0.01"), ("-1.0 to -0.5", "<0.01"), ("-115 to -21", "0.01")],
    "standard": [("-20 to -4", "<0.01"), ("-1.0 to -0.5", "<0.01"), ("-107 to -13", "0.02")],
}


@cache
def evaluate(analysis):
    return ds.evaluate_published(ds.datasets.making_connections(analysis), seed=2017)


@pytest.mark.parametrize("analysis", PRINTED)
def test_welch_gives_every_interval_and_p_value_of_tables_1_to_3_as_printed(analysis):
    evaluation = evaluate(analysis)
    table = tabulate_published(make_view(evaluation, RULES))
    found = table[["Difference, Welch (unit of the row)", "p-value, Welch"]]
    assert list(found.itertuples(index=False, name=None)) == PRINTED[analysis]
    as_printed = table["Difference, published (unit of the row)"]
    assert list(as_printed) == [interval for interval, _ in PRINTED[analysis]]
    p_values = [p.replace("<0.01", "0.00") for _, p in PRINTED[analysis]]
    assert list(table["p-value, published"]) == p_values


def test_the_numbers_per_100_are_those_of_the_report():
    whole = [shown.per_100 for shown in make_view(evaluate("complex"), RULES).printed]
    assert [(one.treated, one.comparison, abs(one.difference)) for one in whole] == [
        (16, 28, 12),
        (31, 106, 74),
        (75, 143, 68),
    ]


def test_relative_claims_appear_only_under_what_may_not_be_said():
    view = make_view(evaluate("complex"), RULES)
    statements = [*view.statements, *view.published_statements]
    may, may_not = (
        " ".join(text for statement in statements for text in getattr(statement, part))
        for part in ("may_say", "may_not_say")
    )
    for percent in ("44%", "71%", "48%"):
        assert percent in may_not
        assert percent not in may
