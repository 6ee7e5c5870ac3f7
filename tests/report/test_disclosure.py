"""The rule sets of 2017 and 2019."""

import math

import pytest

from desist.errors import InputError
from desist.report.disclosure import RULE_SETS, RuleSet, find_rules


def test_p_values_below_a_hundredth_are_printed_by_the_rules_of_their_year():
    assert RULE_SETS["2017"].format_p(0.0036) == "0.00"
    assert RULE_SETS["2019"].format_p(0.0036) == "<0.01"


@pytest.mark.parametrize("rules", ["2017", "2019"])
def test_larger_p_values_are_printed_to_two_decimals(rules):
    assert RULE_SETS[rules].format_p(0.015) == "0.02"
    assert RULE_SETS[rules].format_p(0.01) == "0.01"
    assert RULE_SETS[rules].format_p(1.0) == "1.00"
    assert RULE_SETS[rules].format_p(math.nan) == "–"


def test_rules_of_2017_print_time_on_thirteen_reoffenders_with_a_note():
    rules = RULE_SETS["2017"]
    assert rules.prints_reoffenders_only(13)
    assert "13 participants reoffended" in rules.note_on_small_group(13)
    assert rules.note_on_small_group(30) == ""


def test_rules_of_2019_print_no_time_below_thirty_reoffenders():
    rules = RULE_SETS["2019"]
    assert not rules.prints_reoffenders_only(29)
    assert rules.prints_reoffenders_only(30)


def test_an_unknown_rule_set_is_an_error_that_names_the_known_ones():
    with pytest.raises(InputError) as error:
        find_rules("2018")
    assert str(error.value) == (
        "report: 1 fault\n"
        '  - rules: expected "2017" or "2019", found \'2018\'; choose one of the two'
    )


def test_rules_of_ones_own_are_taken_as_they_are():
    rules = RuleSet("house", "below 0.01", 2, 5, 30, 3, "relative claims")
    assert find_rules(rules) is rules
