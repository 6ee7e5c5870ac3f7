"""What may be said about a result, and what may not."""

import itertools
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desist.estimands import Estimand, Interval, Measure
from desist.report.disclosure import RULE_SETS
from desist.report.words.statements import (
    PerHundred,
    per_100,
    relative_change,
    state,
    state_unavailable,
)

# Making Connections, complex analysis, as the report of February 2017 prints it. The
# comparison frequency is printed as 1.06 and the difference as 74 fewer, so the
# unrounded comparison mean lies between 1.0550 and 1.0582.
PUBLISHED = {
    Measure.RATE: (13 / 83, 0.278, (-0.20, -0.04), 83),
    Measure.FREQUENCY: (26 / 83, 1.057, (-0.96, -0.53), 83),
    Measure.TIME_AMONG_REOFFENDERS: (75.0, 142.9, (-115.0, -21.0), 13),
}


def say(measure, interval=None, rules="2017", **changes):
    treated, comparison, limits, n_treated = PUBLISHED.get(measure, (300.0, 280.0, (-1.0, 1.0), 83))
    options = {
        "treated": treated,
        "comparison": comparison,
        "interval": Interval(*(interval or limits)),
        "estimand": Estimand.MATCHED_ATT,
        "rules": RULE_SETS[rules],
        "n_treated": n_treated,
    }
    return state(measure, **(options | changes))


@pytest.mark.parametrize(
    ("measure", "numbers", "words"),
    [
        (Measure.RATE, (16, 28, -12), "12 people fewer"),
        (Measure.FREQUENCY, (31, 106, -74), "74 reoffences fewer"),
        (Measure.TIME_AMONG_REOFFENDERS, (75, 143, -68), "68 days sooner"),
    ],
)
def test_the_nine_numbers_per_hundred_are_those_the_report_prints(measure, numbers, words):
    treated, comparison, _, _ = PUBLISHED[measure]
    result = per_100(measure, treated, comparison)
    assert (result.treated, result.comparison, result.difference) == numbers
    assert result.words == words


def test_the_difference_is_rounded_from_unrounded_values_and_a_note_says_so():
    result = per_100(Measure.FREQUENCY, 26 / 83, 1.057)
    assert "31 and 106 are 75 apart; the difference is 74" in result.note
    assert per_100(Measure.RATE, 13 / 83, 0.278).note == ""


def test_a_difference_that_is_known_better_is_used():
    assert per_100(Measure.FREQUENCY, 0.31, 1.06, difference=-0.744).difference == -74


def test_a_half_is_rounded_away_from_zero_in_both_directions():
    assert per_100(Measure.RATE, 0.0, 0.145).difference == -15
    assert per_100(Measure.RATE, 0.145, 0.0).difference == 15


def test_no_difference_is_said_in_words():
    assert PerHundred(Measure.RATE, 16, 16, 0).words == "no difference after rounding"
    assert PerHundred(Measure.RMST, 320, 319, 1).words == "1 day longer"


@pytest.mark.parametrize(
    ("measure", "treated", "comparison", "percent"),
    [
        (Measure.RATE, 0.157, 0.278, -44),
        (Measure.RATE, 13 / 83, 0.278, -44),
        (Measure.FREQUENCY, 0.31, 1.06, -71),
        (Measure.FREQUENCY, 26 / 83, 1.057, -71),
        (Measure.TIME_AMONG_REOFFENDERS, 75.0, 142.9, -48),
    ],
)
def test_relative_claims_are_those_of_the_printed_means(measure, treated, comparison, percent):
    assert relative_change(measure, treated, comparison) == percent


def test_there_is_no_relative_claim_against_a_mean_of_zero():
    assert math.isnan(relative_change(Measure.RATE, 0.1, 0.0))
    assert say(Measure.RATE, treated=0.1, comparison=0.0).may_not_say == (
        "The programme has no effect on the number of people who reoffend.",
    )


def test_the_rate_is_said_as_an_interval_per_hundred_people():
    assert say(Measure.RATE).may_say == (
        "For every 100 matched participants, the number who reoffend within one year may be "
        "lower by between 4 and 20 people than without the programme.",
    )


def test_the_frequency_is_said_as_an_interval_per_hundred_people():
    assert say(Measure.FREQUENCY).may_say == (
        "For every 100 matched participants, the number of reoffences within one year may be "
        "lower by between 53 and 96 reoffences than without the programme.",
    )


def test_time_among_reoffenders_is_said_with_the_caveat_of_selection():
    sentence, caveat = say(Measure.TIME_AMONG_REOFFENDERS).may_say
    assert sentence == (
        "Among matched participants who reoffended within one year, the average time to the "
        "first reoffence may be shorter by between 21 and 115 days than among comparison people "
        "who reoffended."
    )
    assert "not an effect of the programme" in caveat
    assert "may change who reoffends" in caveat


def test_time_on_a_small_group_carries_a_note_under_the_rules_of_2017():
    assert "13 participants reoffended" in say(Measure.TIME_AMONG_REOFFENDERS).note
    assert say(Measure.RATE).note == ""


@pytest.mark.parametrize(
    ("measure", "claim"),
    [
        (Measure.RATE, "The programme reduces the number of people who reoffend by 44%."),
        (Measure.FREQUENCY, "The programme reduces the number of reoffences by 71%."),
        (
            Measure.TIME_AMONG_REOFFENDERS,
            "The programme shortens the time to a first reoffence by 48%.",
        ),
    ],
)
def test_relative_claims_stand_only_under_may_not_say(measure, claim):
    statement = say(measure)
    assert statement.may_not_say[0] == claim
    assert not any("%" in sentence for sentence in statement.may_say)


def test_rules_of_2019_warn_against_the_contradicting_direction():
    assert say(Measure.RATE, rules="2019").may_not_say == (
        "The programme increases the number of people who reoffend.",
    )
    higher = say(Measure.RATE, (0.04, 0.20), "2019", treated=0.4)
    assert higher.may_not_say == ("The programme reduces the number of people who reoffend.",)


def test_rules_of_2019_say_nothing_about_time_on_thirteen_reoffenders():
    statement = say(Measure.TIME_AMONG_REOFFENDERS, rules="2019")
    assert statement.may_say == (
        "Nothing is said about the time to a first reoffence: 13 participants reoffended, and "
        "rule set 2019 asks for at least 30.",
    )
    enough = say(Measure.TIME_AMONG_REOFFENDERS, rules="2019", n_treated=30)
    assert "between 21 and 115 days" in enough.may_say[0]


def test_time_among_reoffenders_may_never_be_called_an_effect():
    claims = say(Measure.TIME_AMONG_REOFFENDERS).may_not_say
    assert "The programme makes people reoffend sooner." in claims


def test_an_inconclusive_result_is_not_no_effect():
    statement = say(Measure.RATE, (-0.08, 0.03))
    assert statement.may_say == (
        "For every 100 matched participants, the number who reoffend within one year may be "
        "lower by up to 8 people, or higher by up to 3 people, than without the programme. "
        "This study has too few people to tell which.",
    )
    assert "has no effect" in statement.may_not_say[-1]


def test_an_inconclusive_time_of_2017_warns_against_both_directions_and_no_effect():
    claims = say(Measure.TIME_AMONG_REOFFENDERS, (-101.0, 1.3)).may_not_say
    assert claims == (
        "The programme shortens the time to a first reoffence by 48%.",
        "The programme lengthens the time to a first reoffence.",
        "The programme has no effect on the time to a first reoffence.",
        "The programme makes people reoffend sooner.",
    )
    later = say(Measure.TIME_AMONG_REOFFENDERS, (-22, 53), treated=204.0, comparison=189.0)
    assert later.may_not_say[:2] == (
        "The programme lengthens the time to a first reoffence by 8%.",
        "The programme shortens the time to a first reoffence.",
    )
    assert later.may_not_say[-1] == "The programme makes people reoffend later."


def test_an_inconclusive_result_of_2019_warns_against_all_three_claims():
    claims = say(Measure.RATE, (-0.08, 0.03), "2019").may_not_say
    assert [claim.split()[2] for claim in claims] == ["reduces", "increases", "has"]


def test_a_limit_that_rounds_to_nothing_is_said_as_less_than_one():
    assert "higher by fewer than 1 person" in say(Measure.RATE, (-0.08, 0.003)).may_say[0]
    assert (
        "between fewer than 1 person and 8 people" in say(Measure.RATE, (-0.08, -0.003)).may_say[0]
    )
    assert "by about 8 people" in say(Measure.RATE, (-0.083, -0.078)).may_say[0]


def test_more_days_without_a_reoffence_are_longer():
    (sentence,) = say(Measure.RMST, (3.2, 20.4)).may_say
    assert sentence == (
        "For matched participants, the average time without a reoffence within one year may be "
        "longer by between 3 and 20 days than without the programme."
    )


def test_a_hazard_ratio_is_said_as_a_ratio_and_its_percentage_is_not():
    statement = say(
        Measure.HAZARD_RATIO, (0.53, 0.89), treated=0.69, comparison=1.0, period="52 weeks"
    )
    assert "between 0.53 and 0.89 times" in statement.may_say[0]
    assert statement.may_not_say == ("The programme reduces the risk of reoffending by 31%.",)


def test_a_missing_interval_says_nothing():
    statement = say(Measure.RATE, (math.nan, math.nan))
    assert statement.may_say == (
        "Nothing is said about the number of people who reoffend: there is no interval for it.",
    )


def test_an_unavailable_measure_gives_its_reason():
    statement = state_unavailable(Measure.FREQUENCY, "the data have no count of offences.")
    assert statement.may_say[0].endswith("the data have no count of offences.")
    assert "leaves it as it is" in statement.may_not_say[0]
    assert statement.is_silent
    assert not say(Measure.RATE).is_silent


def test_the_people_of_the_estimand_are_named():
    for estimand, people in {
        Estimand.ATT: "100 participants",
        Estimand.MATCHED_ATT: "100 matched participants",
        Estimand.ATO: "100 people who might as well",
    }.items():
        assert people in say(Measure.RATE, estimand=estimand).may_say[0]


@given(
    st.sampled_from(sorted(Measure)),
    st.floats(-3, 3),
    st.floats(0, 2),
    st.sampled_from(["2017", "2019"]),
)
def test_no_sentence_that_may_be_said_has_a_percentage_or_a_minus_sign(measure, low, width, rules):
    statement = say(measure, (low, low + width), rules, treated=0.4, comparison=0.5)
    if measure is not Measure.HAZARD_RATIO:
        assert not any(re.search(r"%|-\d", sentence) for sentence in statement.may_say)


def test_every_measure_and_rule_set_gives_sentences_that_end_in_a_full_stop():
    limits = [(-0.5, -0.1), (-0.1, 0.2), (0.1, 0.4)]
    for measure, rules, interval in itertools.product(Measure, RULE_SETS, limits):
        statement = say(measure, interval, rules, treated=0.4, comparison=0.5)
        assert statement.may_not_say
        for sentence in (*statement.may_say, *statement.may_not_say):
            assert sentence.endswith(".")
            assert sentence[0].isupper()


def test_a_tight_null_says_that_any_difference_is_below_one_in_a_hundred():
    assert say(Measure.RATE, (-0.006, 0.004)).may_say == (
        "For every 100 matched participants, the number who reoffend within one year differs by "
        "less than 1 person: between 0.6 lower and 0.4 higher than without the programme.",
    )
    assert "differs by less than 1 day" in say(Measure.RMST, (-0.9, 0.9)).may_say[0]
    # one limit of one in a hundred is not tight, and no effect may still not be claimed
    assert "too few people to tell which" in say(Measure.RATE, (-0.006, 0.01)).may_say[0]
    claims = say(Measure.RATE, (-0.006, 0.004)).may_not_say
    assert any("has no effect" in claim for claim in claims)


@pytest.mark.parametrize(
    ("measure", "limits", "margin", "sentence"),
    [
        (
            Measure.RATE,
            (-0.20, -0.06),
            0.05,
            "All of the interval is lower by at least 5 people, the least that was said to matter.",
        ),
        (
            Measure.RATE,
            (-0.04, 0.03),
            0.05,
            "Any difference is smaller than 5 people, the least that was said to matter.",
        ),
        (
            Measure.RATE,
            (-0.20, -0.04),
            0.05,
            "The probability that it is lower by at least 5 people, the least that was said to "
            "matter, is 93%.",
        ),
        (
            Measure.RMST,
            (12.0, 20.0),
            10.0,
            "All of the interval is longer by at least 10 days, the least that was said to matter.",
        ),
        (
            Measure.HAZARD_RATIO,
            (0.5, 0.95),
            0.1,
            "The probability that it is at most 0.90 times that without the programme, the least "
            "that was said to matter, is 93%.",
        ),
    ],
)
def test_with_a_margin_the_sentence_uses_it(measure, limits, margin, sentence):
    assert say(measure, limits, margin=margin, beyond=0.93).may_say[-1] == sentence


def test_no_direction_is_claimed_within_the_monte_carlo_error_of_a_limit():
    near = say(Measure.RATE, (-0.08, -0.003), errors=(0.002, 0.002)).may_say[0]
    assert "lower by up to 8 people, or higher by fewer than 1 person" in near
    assert "needs more draws of the posterior to tell which" in near
    far = say(Measure.RATE, (-0.08, -0.003), errors=(0.002, 0.001)).may_say[0]
    assert "lower by between" in far
