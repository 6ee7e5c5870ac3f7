"""A table of reports is read row by row; every fault of every row is named."""

import pandas as pd
import pytest

from desist.errors import InputError
from desist.synthesis import (
    CountsOverTime,
    EstimateWithError,
    EstimateWithInterval,
    PValue,
    Significance,
    Study,
    TwoArmCounts,
    WholePercentages,
    read_studies,
    synthesise,
)
from desist.synthesis.reading import KINDS

COUNTS = {"treated_events": 13, "n_treated": 83, "comparison_events": 30, "n_comparison": 110}


def refuse(*rows, **options):
    with pytest.raises(InputError) as caught:
        synthesise(pd.DataFrame(list(rows)), **options)
    return str(caught.value)


def test_every_kind_of_row_is_read():
    rows = [
        COUNTS,
        {"treated_events": 4, "treated_time": 50, "comparison_events": 9, "comparison_time": 60},
        {"estimate": -0.2, "standard_error": 0.1},
        {"lower": -0.4, "upper": 0.1},
        {"ratio_lower": 0.33, "ratio_upper": 1.22, "ratio": 0.64},
        {
            "treated_percentage": 16,
            "comparison_percentage": 28,
            "n_treated": 83,
            "n_comparison": "large",
        },
        {
            "p_value": "<0.01",
            "direction": "reduction",
            "n_treated": 83,
            "n_comparison": 400,
            "comparison_rate": 0.3,
        },
        {
            "found": "none",
            "n_treated_low": 40,
            "n_treated_high": 400,
            "n_comparison": "large",
            "comparison_rate": 0.3,
        },
    ]
    table = pd.DataFrame(rows).assign(study=list("abcdefgh"), setting="prison", notes="p. 7")
    found = read_studies(table, moderators=["setting"])
    assert [type(study.evidence) for study in found] == [
        TwoArmCounts,
        CountsOverTime,
        EstimateWithError,
        EstimateWithInterval,
        EstimateWithInterval,
        WholePercentages,
        PValue,
        Significance,
    ]
    assert found[6].evidence.at_most
    assert found[7].evidence.n_treated == (40.0, 400.0)
    assert found[0].moderators == {"setting": "prison"}
    assert {study.evidence.kind for study in found} <= set(KINDS)


def test_a_row_with_nothing_says_what_it_may_hold():
    message = refuse({"study": "A", **COUNTS}, {"study": "B"})
    assert "row 2, evidence: expected the columns of one kind of evidence (passport, counts" in (
        message
    )
    assert "found none filled; leave the row out, or fill it" in message


def test_a_missing_arm_says_which_columns_complete_it():
    message = refuse({"study": "A", "treated_events": 13, "n_treated": 83})
    assert "row 1, evidence" in message
    assert "for counts fill comparison_events, n_comparison" in message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {**COUNTS, "treated_percentage": 40, "comparison_percentage": 28},
            "expected counts and whole percentages that say the same, "
            "found risk differences of -0.116 and 0.12; correct or empty one of them",
        ),
        (
            {**COUNTS, "found": "increase", "comparison_rate": 0.3},
            "found: expected a increase, as stated, found counts that say -0.116",
        ),
        (
            {"lower": -0.4, "upper": 0.1, "estimate": 0.3},
            "estimate: expected near the middle of its interval, -0.15, found 0.3",
        ),
        ({"lower": 0.4, "upper": 0.1}, "lower: expected a limit below upper, found 0.4 to 0.1"),
        (
            {**COUNTS, "treated_events": 90},
            "treated_events: expected no more reoffenders than n_treated, found 90 of 83",
        ),
        (
            {
                "treated_percentage": 50,
                "comparison_percentage": 28,
                "n_treated": 3,
                "n_comparison": 100,
            },
            "n_treated: expected a size of which some count rounds to the percentage",
        ),
        (
            {"found": "yes", "n_treated": 50, "n_comparison": "large", "comparison_rate": 30},
            "found: expected one of reduction, increase, none, found 'yes'",
        ),
        ({"evidence": "counts", "estimate": 1, "standard_error": 1}, "for counts fill treated_ev"),
        ({"evidence": "hearsay", **COUNTS}, "evidence: expected one of passport, counts"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused_with_its_number(row, message):
    found = refuse({"study": "A", **COUNTS}, {"study": "B", **row})
    assert "row 2, " in found
    assert message.replace("a increase", "an increase") in found


def test_the_faults_of_all_rows_are_listed_together():
    rows = [{"study": f"{row}", **COUNTS} for row in range(58)]
    rows[6]["treated_events"] = -1
    rows[40]["n_comparison"] = 12.5
    message = refuse(*rows)
    assert message.startswith("studies: 2 faults")
    assert "row 7, treated_events: expected a whole number of at least 0, found -1" in message
    assert "row 41, n_comparison: expected a whole number above 0, found 12.5" in message


def test_a_table_without_names_is_refused():
    with pytest.raises(InputError, match="study: expected a column that names the studies"):
        read_studies(pd.DataFrame([COUNTS]))


def test_reports_that_cannot_speak_of_the_scale_are_named():
    message = refuse({"study": "A", **COUNTS}, scale="log_rate")
    assert "scale: expected one that counts can speak of, found log_rate (studies 1)" in message
    assert "choose among log_odds, log_risk, risk_difference" in message


def test_two_reports_of_one_programme_want_a_correlation():
    row = {"study": "A", "estimate": -0.1, "standard_error": 0.1}
    message = refuse(row, row)
    assert "programme: expected one report of each, found 2, studies 1, 2" in message


def test_settings_are_checked_together():
    with pytest.raises(InputError) as caught:
        synthesise([], scale="odds", inference="mcmc", probability=95, correlation=2)
    assert len(caught.value.faults) == 4


@pytest.mark.parametrize("studies", [[], "studies.csv", [1, 2], None])
def test_what_are_no_studies_is_refused(studies):
    with pytest.raises(InputError, match="studies: expected a table, or a list of Study"):
        synthesise(studies)


def test_a_study_wants_a_name_and_evidence():
    with pytest.raises(InputError) as caught:
        Study(" ", TwoArmCounts)
    assert "name: expected a text" in str(caught.value)
    assert "evidence: expected evidence such as TwoArmCounts(...)" in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "advice"),
    [
        (["study;estimate;standard_error"], "separate columns by commas"),
        (["Study", "estimate"], "write study for 'Study'"),
        ([" study ", "estimate"], "write study for ' study '"),
        (["estimate"], "found 1 others"),
    ],
)
def test_a_table_whose_studies_have_no_name_says_how_to_name_them(columns, advice):
    with pytest.raises(InputError, match=advice):
        read_studies(pd.DataFrame([[1] * len(columns)], columns=columns))


@pytest.mark.parametrize("limits", [(-0.21, -0.19), (-1.5, 1.1)])
def test_an_interval_that_is_not_that_of_the_error_beside_it_contradicts_it(limits):
    row = {"study": "A", "estimate": -0.2, "standard_error": 0.1}
    row |= dict(zip(("lower", "upper"), limits, strict=True))
    with pytest.raises(InputError, match="row 1, lower, upper: expected an interval around"):
        read_studies(pd.DataFrame([row]))


def test_an_interval_that_is_that_of_the_error_beside_it_says_nothing_new():
    row = {"study": "A", "estimate": -0.2, "standard_error": 0.1, "lower": -0.4, "upper": 0.0}
    [study] = read_studies(pd.DataFrame([row]))
    assert study.evidence.summarise("log_odds") == (-0.2, 0.1)


def test_an_interval_beside_another_estimate_is_refused_too():
    row = {"study": "A", "estimate": -0.2, "standard_error": 0.1, "lower": 0.5, "upper": 0.9}
    with pytest.raises(InputError, match="row 1, estimate: expected near the middle"):
        read_studies(pd.DataFrame([row]))


ESTIMATE = {"study": "A", "estimate": -0.2, "standard_error": 0.1}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("rounded_too", "rounded_to"),
        ("Estimate", "estimate"),
        ("STANDARD ERROR", "standard_error"),
        ("programe", "programme"),
        ("estimate.1", "estimate"),
        ("n_treated_hi", "n_treated_high"),
    ],
)
def test_a_mistyped_column_is_no_moderator(name, meant):
    message = refuse({**ESTIMATE, name: 1})
    assert f"{name}: expected a column that reports have, or one named in moderators=" in message
    assert f"did you mean {meant}?" in message


def test_a_column_that_nobody_knows_can_be_named_called_notes_or_taken_out():
    message = refuse({**ESTIMATE, "xyz": 1})
    assert "xyz: expected a column that reports have" in message
    assert "name it in moderators=, call it notes, or take it out" in message
    kept = {**ESTIMATE, "notes": "page 7", "source": "Ministry of Justice"}
    assert read_studies(pd.DataFrame([kept]))[0].moderators == {}


def test_a_formula_names_the_moderators_of_a_table():
    rows = [
        {**ESTIMATE, "study": f"{n}", "months": 6.0 * n, "estimate": -0.1 * n} for n in range(8)
    ]
    found = synthesise(pd.DataFrame(rows), moderators="months")
    assert found.coefficients.index.tolist() == ["mean", "months"]
    message = refuse(*rows)
    assert "months: expected a column that reports have" in message
    assert "formula: expected columns of the cohort, found 'month'" in refuse(
        *rows, moderators="month"
    )


def test_faults_of_columns_and_of_rows_are_listed_together():
    message = refuse({**ESTIMATE, "colour": "red"}, {**ESTIMATE, "standard_error": 0, "study": "B"})
    assert message.startswith("studies: 2 faults")
    assert "colour: " in message
    assert "row 2, standard_error: " in message


def test_moderators_that_are_not_there_are_named():
    table = pd.DataFrame([{**ESTIMATE, "months": 6}])
    with pytest.raises(InputError) as caught:
        read_studies(table, moderators=["month", "months"])
    assert "expected columns of the table, found 'month'; did you mean months?" in str(caught.value)
    with pytest.raises(InputError, match="moderators: expected a list of names of columns"):
        read_studies(table, moderators="months")


def test_two_columns_of_one_name_are_refused():
    table = pd.DataFrame([["A", 1, 2]], columns=["study", "estimate", "estimate"])
    with pytest.raises(InputError, match="estimate: expected a column of its own, found two"):
        read_studies(table)


def test_a_hostile_name_of_a_column_is_shown_short_and_on_one_line():
    message = refuse({**ESTIMATE, "x\n" + "y" * 500 + "\x1b[31m": 1})
    assert len(message.splitlines()) == 2
    assert "x?" + "y" * 38 + "..." in message


@pytest.mark.parametrize("error", [1e-12, 1e-300])
def test_an_error_that_no_number_of_people_gives_is_refused(error):
    message = refuse({**ESTIMATE, "standard_error": error})
    assert "standard error: expected from " in message


@pytest.mark.parametrize("small", [1e-6, 1e-4])
def test_a_very_precise_study_beside_others_is_pooled_without_a_warning(small):
    rows = [{**ESTIMATE, "standard_error": small}, {**ESTIMATE, "study": "B", "estimate": 0.0}]
    found = synthesise(pd.DataFrame(rows))
    assert found.table.loc["A", "shrunken"] == pytest.approx(-0.2, abs=1e-4)
    assert -0.2 < found.mean.mean < 0


def test_percentage_points_are_no_risk_differences():
    rows = [ESTIMATE, {"study": "B", "estimate": -12, "standard_error": 4}]
    message = refuse(*rows, scale="risk_difference")
    assert "expected from -1 to 1 on the scale risk_difference" in message
    assert "write -0.05 for five percentage points fewer" in message


@pytest.mark.parametrize(
    "row",
    [
        {"treated_percentage": "26%", "comparison_percentage": 35},
        {"treated_percentage": 126, "comparison_percentage": 35},
        {"treated_percentage": pd.Timestamp("2020-01-01"), "comparison_percentage": 35},
        {"treated_percentage": 10**400, "comparison_percentage": 35},
        {"treated_percentage": True, "comparison_percentage": 35},
    ],
)
def test_what_is_no_percentage_is_refused_by_name(row):
    message = refuse({"study": "A", "n_treated": 231, "n_comparison": "large", **row})
    assert (
        "row 1, treated_percentage: expected a number of at least 0 and of at most 100" in message
    )


@pytest.mark.parametrize("people", [0, -3, "many", 1e300, pd.Timestamp("2020-01-01")])
def test_nobody_or_nonsense_in_an_arm_is_refused_by_name(people):
    message = refuse({"study": "A", **COUNTS, "n_comparison": people})
    assert "row 1, n_comparison: expected a whole number " in message
