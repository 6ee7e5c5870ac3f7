"""The rule sets of 2017 and 2019."""

import math
from dataclasses import replace

import pytest

from desist.errors import InputError
from desist.estimands import Measure
from desist.report._digits import round_balance
from desist.report.disclosure import (
    RULE_SETS,
    RuleSet,
    explain_withheld,
    find_rules,
    hide_small_counts,
)
from desist.report.view import make_view


def test_p_values_below_a_hundredth_are_printed_by_the_rules_of_their_year():
    assert RULE_SETS["2017"].format_p(0.0036) == "<0.01"
    assert RULE_SETS["2017"].format_p(0.005) == RULE_SETS["2017"].format_p(0.0084) == "0.01"
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
        '  - rules: expected "2017" or "2019" or "sacro", found \'2018\'; choose one of these'
    )


def test_rules_of_ones_own_are_taken_as_they_are():
    rules = RuleSet("house", "below 0.01", 2, 5, 30, 3, "relative claims")
    assert find_rules(rules) is rules


def test_output_checkers_withhold_a_mean_that_two_people_make(of_people, but):
    frequency = replace(
        of_people.effects[0],
        measure=Measure.FREQUENCY,
    )
    dominated = but(of_people, effects=(frequency,), dominated=(Measure.FREQUENCY,), checks=())
    assert explain_withheld(dominated, RULE_SETS["2019"]) == {}
    (reason,) = explain_withheld(dominated, RULE_SETS["sacro"]).values()
    assert reason.startswith("one or two people of an arm make nearly all of the total")


def test_output_checkers_ask_for_ten_degrees_of_freedom(of_people, but):
    few = but(of_people, degrees_of_freedom=9)
    assert explain_withheld(few, RULE_SETS["2019"]) == {}
    withheld = explain_withheld(few, RULE_SETS["sacro"])
    assert set(withheld) == {row.measure for row in few.measures}
    assert explain_withheld(but(of_people, degrees_of_freedom=10), RULE_SETS["sacro"]) == {}


def test_output_checkers_print_time_on_ten_reoffenders():
    assert RULE_SETS["sacro"].prints_reoffenders_only(10)
    assert not RULE_SETS["sacro"].prints_reoffenders_only(9)


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("1 participants were trimmed", "fewer than 10 participants were trimmed"),
        ("3 of 95 participants had no match", "fewer than 10 of 95 participants had no match"),
        ("12 participants and 4 comparison people", "12 participants and fewer than 10 comparison "
         "people"),
        ("4 people per 100 more", "4 people per 100 more"),
        ("0 participants were trimmed", "0 participants were trimmed"),
        ("worth 1.5 people", "worth 1.5 people"),
        ("1,205 people", "1,205 people"),
        ("2 weights were truncated", "fewer than 10 weights were truncated"),
    ],
)  # fmt: skip
def test_sentences_do_not_count_few_people(sentence, said):
    assert hide_small_counts(sentence) == said


def test_a_gap_of_two_shares_does_not_tell_how_many_people_have_a_covariate(of_people):
    # 20 of 83 against 12.9%: a gap of 0.112, and of the standard deviation 0.112 / 0.427 = 0.262
    gap, smd = 20 / 83 - 0.129, (20 / 83 - 0.129) / math.sqrt(20 / 83 * 63 / 83)
    spread = gap / smd
    assert 83 * (1 - math.sqrt(1 - 4 * spread**2)) / 2 == pytest.approx(20)
    row = {"covariate": "owns_home", "smd_before": smd, "smd_after": smd, "word": "poorly matched"}
    binary = round_balance(row | {"variance_ratio": math.nan, "ks": gap})
    assert math.isnan(binary["ks"])
    assert binary["smd_after"] == round(smd, 3)
    assert round_balance(row | {"variance_ratio": 1.1, "ks": gap})["ks"] == round(gap, 3)


def test_warnings_of_a_report_do_not_count_few_people(of_people, but):
    noted = but(of_people, warnings=("4 participants have fewer than 2 matches",))
    assert make_view(noted).warnings[0] == "fewer than 10 participants have fewer than 2 matches"
