import math

import pytest

from desist.checks import Check, Finding, agrees, judge_agreement, not_applicable
from desist.checks.check import label
from desist.errors import InputError
from desist.estimands import Interval, Measure, Scale

NAN = math.nan


def make(estimate=-0.1, lower=-0.2, upper=-0.02, p_value=0.01):
    return Check(Measure.RATE, "any", Scale.DIFFERENCE, estimate, lower, upper, p_value, True, "")


@pytest.mark.parametrize("excludes", [True, False])
@pytest.mark.parametrize(
    "numbers",
    [
        {"estimate": NAN},
        {"p_value": NAN, "lower": NAN},
        {"p_value": NAN, "upper": NAN},
        {"estimate": NAN, "lower": NAN, "upper": NAN, "p_value": NAN},
    ],
)
def test_a_check_without_a_number_neither_agrees_nor_differs(numbers, excludes):
    assert agrees(make(**numbers), -0.1, excludes_null=excludes) is None
    found = judge_agreement(Measure.RATE, [make(**numbers)], Interval(-0.2, 0.1))
    assert found.word == "unchecked"


def test_a_finding_without_a_number_is_labelled_not_applicable():
    for finding in (Finding(NAN, p_value=1.0), Finding(0.0), Finding(0.0, lower=-0.1)):
        made = label(finding, Measure.RATE, "wald")
        assert not made.applicable
        assert "no number" in made.reason
    assert label(Finding(0.0, -0.1, 0.1), Measure.RATE, "wald").applicable
    assert label(Finding(math.inf, 2.0, math.inf, 0.01), Measure.RATE, "fisher").applicable


def test_one_number_is_enough_to_judge_by():
    assert agrees(make(p_value=NAN), -0.1, excludes_null=True) is True
    assert agrees(make(lower=NAN, upper=NAN), -0.1, excludes_null=True) is True
    assert agrees(make(lower=NAN, upper=NAN), -0.1, excludes_null=False) is False


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InputError, match="difference: expected a number, found nan"):
        agrees(make(), NAN, excludes_null=True)
    with pytest.raises(InputError, match="posterior: expected an interval with limits"):
        judge_agreement(Measure.RATE, [make()], Interval(NAN, 1.0))
    with pytest.raises(InputError) as caught:
        judge_agreement("rate of", [3], (0, 1), scale="odds")
    assert {f.where for f in caught.value.faults} == {"measure", "posterior", "scale", "checks"}


@pytest.mark.parametrize("given", [("rate", "fisher", "why"), (Measure.RATE, "", "why")])
def test_a_reason_belongs_to_a_measure_and_a_method(given):
    with pytest.raises(InputError, match="expected"):
        not_applicable(*given)
