"""Several reports of one programme: one estimate that has all they know, or a refusal."""

import numpy as np
import pytest

from desist.errors import InputError
from desist.synthesis import EstimateWithError, EstimateWithInterval, Study, TwoArmCounts
from desist.synthesis.studies import Study as SameStudy
from desist.synthesis.studies import (
    combine_programmes,
    find_correlation_faults,
    find_scale_faults,
)


def two_of_one(first, second, correlation, scale="log_odds"):
    studies = [
        Study("A, men", EstimateWithError(*first), programme="A"),
        Study("A, women", EstimateWithError(*second), programme="A"),
        Study("B", EstimateWithError(0.4, 0.5)),
    ]
    return combine_programmes(studies, scale, correlation)


def test_independent_reports_are_combined_by_their_precision():
    # precisions 25 and 100: (25 * -0.2 + 100 * -0.4) / 125, error 125^-1/2
    combined, faults = two_of_one((-0.2, 0.2), (-0.4, 0.1), 0.0)
    assert faults == []
    assert [study.name for study in combined] == ["A", "B"]
    assert combined[0].evidence.estimate == pytest.approx(-0.36)
    assert combined[0].evidence.standard_error == pytest.approx(125**-0.5)
    assert combined[1].evidence == EstimateWithError(0.4, 0.5)


def test_reports_as_sure_as_each_other_meet_in_the_middle():
    # variance (1 + correlation) / 2 of one of them
    combined, _ = two_of_one((-0.2, 0.2), (-0.6, 0.2), 0.5)
    assert combined[0].evidence.estimate == pytest.approx(-0.4)
    assert combined[0].evidence.standard_error == pytest.approx(0.2 * 0.75**0.5)


def test_reports_that_know_the_same_are_worth_one():
    errors = [
        two_of_one((-0.2, 0.2), (-0.4, 0.2), correlation)[0][0].evidence.standard_error
        for correlation in (0.0, 0.5, 0.9, 0.999999)
    ]
    assert errors == sorted(errors)
    assert errors[0] == pytest.approx(0.2 / 2**0.5)
    assert errors[-1] == pytest.approx(0.2, rel=1e-4)


def test_a_closely_correlated_better_report_says_everything():
    # with correlation s1 / s2 the worse one is the better one with noise added
    combined, _ = two_of_one((-0.3, 0.1), (5.0, 0.2), 0.5)
    assert combined[0].evidence.estimate == pytest.approx(-0.3)
    assert combined[0].evidence.standard_error == pytest.approx(0.1)


def test_an_interval_and_an_error_can_be_of_one_programme():
    studies = [
        Study("A1", EstimateWithError(-0.2, 0.1), programme="A"),
        Study("A2", EstimateWithInterval(-0.2 - 0.1959964, -0.2 + 0.1959964), programme="A"),
    ]
    combined, faults = combine_programmes(studies, "log_odds", 0.0)
    assert faults == []
    assert combined[0].evidence.standard_error == pytest.approx(0.1 / 2**0.5, rel=1e-6)


def test_without_a_correlation_nothing_is_combined_and_the_rows_are_named():
    combined, faults = two_of_one((-0.2, 0.2), (-0.4, 0.1), None)
    assert [study.name for study in combined] == ["B"]
    (fault,) = faults
    assert fault.where == "programme"
    assert fault.found == "2, studies 1, 2"
    assert "give correlation=" in fault.advice


def test_counts_beside_an_estimate_are_refused():
    studies = [
        Study("A1", EstimateWithError(-0.2, 0.1), programme="A"),
        Study("A2", TwoArmCounts(3, 20, 9, 25), programme="A"),
    ]
    combined, (fault,) = combine_programmes(studies, "log_odds", 0.5)
    assert combined == []
    assert fault.found == "other reports among studies 1, 2"
    assert fault.advice == "keep one report of the programme"


def test_a_scale_that_some_evidence_cannot_speak_of_is_named_once_a_kind():
    studies = [
        *(Study(f"{n}", TwoArmCounts(3, 20, 9, 25)) for n in range(7)),
        Study("last", EstimateWithError(0.1, 0.2)),
    ]
    assert find_scale_faults(studies, "log_odds") == []
    (fault,) = find_scale_faults(studies, "log_rate")
    assert "log_rate (studies 1, 2, 3, 4, 5)" in fault.found
    assert "log_odds" in fault.advice


@pytest.mark.parametrize("correlation", [-0.1, 1, 1.5, "0.5", float("nan"), True])
def test_what_is_no_correlation_is_named(correlation):
    (fault,) = find_correlation_faults(correlation)
    assert fault.where == "correlation"


def test_a_correlation_may_be_left_out_or_nothing():
    for correlation in (None, 0, 0.0, 0.999, np.float64(0.3)):
        assert find_correlation_faults(correlation) == []


def test_a_study_is_its_own_programme_unless_it_says_another():
    assert SameStudy is Study
    assert Study("A", EstimateWithError(0.1, 0.2)).programme == "A"
    with pytest.raises(InputError):
        Study("A", "an estimate")
