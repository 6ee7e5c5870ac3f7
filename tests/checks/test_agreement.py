import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desist.checks import (
    Check,
    Finding,
    compare_with_posterior,
    judge_agreement,
    not_applicable,
)
from desist.checks.check import label
from desist.errors import InputError
from desist.estimands import Interval, Measure, Scale

NAN = math.nan


def make(estimate=-0.1, lower=-0.2, upper=-0.02, p_value=0.01):
    return Check(Measure.RATE, "any", Scale.DIFFERENCE, estimate, lower, upper, p_value, True, "")


@pytest.mark.parametrize(
    "numbers",
    [
        {"estimate": NAN},
        {"p_value": NAN, "lower": NAN},
        {"p_value": NAN, "upper": NAN},
        {"estimate": NAN, "lower": NAN, "upper": NAN, "p_value": NAN},
    ],
)
def test_a_check_without_a_number_neither_agrees_nor_differs(numbers):
    assert compare_with_posterior(make(**numbers), Interval(-0.2, 0.1)) is None
    found = judge_agreement(Measure.RATE, [make(**numbers)], Interval(-0.2, 0.1))
    assert found.word == "unchecked"


BOTH_EXCLUDE = {"lower": -0.2, "upper": -0.02}
INCLUDES = {"lower": -0.2, "upper": 0.02, "p_value": 0.1}


@pytest.mark.parametrize(
    ("limits", "numbers", "word"),
    [
        ((-0.21, -0.03), BOTH_EXCLUDE, "agrees"),
        ((-0.21, 0.03), INCLUDES, "agrees"),
        ((-0.21, 0.03), BOTH_EXCLUDE, "differs in size"),
        ((-0.21, -0.03), INCLUDES, "differs in size"),
        # half of the shorter interval is enough, and less is not
        ((-0.30, -0.10), {"lower": -0.2, "upper": -0.02}, "agrees"),
        ((-0.32, -0.12), {"lower": -0.2, "upper": -0.02}, "differs in size"),
        # nested intervals overlap over all of the shorter
        ((-0.12, -0.08), BOTH_EXCLUDE, "agrees"),
        # no point in common
        ((-0.40, -0.21), BOTH_EXCLUDE, "differs in size"),
        ((-0.40, -0.21), INCLUDES, "disagrees"),
        ((0.03, 0.20), INCLUDES, "disagrees"),
        ((0.01, 0.20), BOTH_EXCLUDE, "disagrees"),
        # they overlap, and the one points where the other excludes
        ((-0.05, 0.20), BOTH_EXCLUDE, "disagrees"),
    ],
)
def test_a_check_agrees_differs_in_size_or_disagrees(limits, numbers, word):
    assert compare_with_posterior(make(**numbers), Interval(*limits)) == word


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=4, max_size=4, unique=True))
def test_intervals_without_a_point_in_common_never_agree(limits):
    low, high = sorted(limits)[:2], sorted(limits)[2:]
    for check, posterior in ((low, high), (high, low)):
        made = make(sum(check) / 2, *check, NAN)
        assert compare_with_posterior(made, Interval(*posterior)) != "agrees"


def test_ratios_overlap_on_the_scale_of_their_logarithm():
    ratio = Check(Measure.RATE, "any", Scale.RATIO, 0.5, 0.25, 0.9, 0.01, True, "")
    # log 0.25 to log 0.9 has its middle at 0.474
    assert compare_with_posterior(ratio, Interval(0.05, 0.48)) == "agrees"
    assert compare_with_posterior(ratio, Interval(0.05, 0.47)) == "differs in size"
    of_none = Check(Measure.RATE, "any", Scale.RATIO, 0.0, 0.0, 0.9, 0.01, True, "")
    assert compare_with_posterior(of_none, Interval(0.2, 0.8)) == "agrees"


def test_sides_alone_are_compared_where_the_quantity_is_another():
    check = make(lower=-0.3, upper=-0.25)
    assert compare_with_posterior(check, Interval(-0.2, -0.1), same_size=False) == "agrees"
    assert compare_with_posterior(check, Interval(0.1, 0.2), same_size=False) == "disagrees"


def test_the_sentence_counts_the_checks_by_their_word():
    checks = [make(), make(), make(p_value=0.2, upper=0.01), make(0.1, 0.02, 0.2)]
    found = judge_agreement(Measure.RATE, checks, Interval(-0.21, -0.03))
    assert (found.word, found.n_agreeing, found.n_checks) == ("mixed", 2, 4)
    assert found.sentence == (
        "The posterior finds a difference; of 4 checks 2 agree, 1 differs in size and 1 "
        "disagrees: look at which differ, and why, before relying on any."
    )
    alone = judge_agreement(Measure.RATE, checks[:1], Interval(-0.21, -0.03))
    assert alone.sentence == "The posterior finds a difference, and so does the 1 check."
    apart = judge_agreement(Measure.RATE, checks[3:], Interval(-0.21, -0.03))
    assert apart.word == "differ"
    assert apart.sentence.endswith("of 1 check 1 disagrees: rely on neither before knowing why.")


def test_a_finding_without_a_number_is_labelled_not_applicable():
    for finding in (Finding(NAN, p_value=1.0), Finding(0.0), Finding(0.0, lower=-0.1)):
        made = label(finding, Measure.RATE, "wald")
        assert not made.applicable
        assert "no number" in made.reason
    assert label(Finding(0.0, -0.1, 0.1), Measure.RATE, "wald").applicable
    assert label(Finding(math.inf, 2.0, math.inf, 0.01), Measure.RATE, "fisher").applicable


def test_one_number_is_enough_to_judge_by():
    below, around = Interval(-0.3, -0.1), Interval(-0.3, 0.1)
    assert compare_with_posterior(make(p_value=NAN), below) == "agrees"
    assert compare_with_posterior(make(lower=NAN, upper=NAN), below) == "agrees"
    assert compare_with_posterior(make(lower=NAN, upper=NAN), around) == "differs in size"


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InputError, match="posterior: expected an interval with limits"):
        compare_with_posterior(make(), Interval(NAN, 1.0))
    with pytest.raises(InputError, match="posterior: expected an interval with limits"):
        judge_agreement(Measure.RATE, [make()], Interval(NAN, 1.0))
    with pytest.raises(InputError) as caught:
        judge_agreement("rate of", [3], (0, 1), scale="odds")
    assert {f.where for f in caught.value.faults} == {"measure", "posterior", "scale", "checks"}


@pytest.mark.parametrize("words", [("rate", "fisher", "why"), (Measure.RATE, "", "why")])
def test_a_reason_belongs_to_a_measure_and_a_method(words):
    with pytest.raises(InputError, match="expected"):
        not_applicable(*words)
