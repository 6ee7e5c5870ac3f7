"""Every kind of bad table, and the exact message about it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort
from desist.errors import InputError

Spoil = Callable[[pd.DataFrame], pd.DataFrame]

TREATMENT_CODES = "write 1 for those who took part and 0 for the comparison people"
REOFFENDED_CODES = "write 1 for those with a proven reoffence and 0 for the others"
COUNT = "expected a whole number from 0 upwards for everybody"
NUMBERS = "mend the values or leave them blank; if the numbers are labels, write them as words"


def put(column: str, cells: dict[int, object]) -> Spoil:
    """Put values into some rows of a column."""

    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        values = list(frame[column].astype(object))
        for row, value in cells.items():
            values[row - 1] = value
        return frame.assign(**{column: pd.Series(values, dtype=object).infer_objects()})

    return spoil


def become(column: str, values: Any) -> Spoil:
    """Replace a whole column."""
    return lambda frame: frame.assign(**{column: values})


def label(frame: pd.DataFrame) -> pd.DataFrame:
    prisons = ["Send", "Downview", "Foston Hall", "Low Newton"]
    return frame.assign(prison=pd.Categorical(frame["prison"], categories=prisons))


def double_age(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame[["age"]] + 1], axis=1)


# name: (what is done to the table, roles that change, the lines of the message)
BAD: dict[str, tuple[Spoil, dict[str, Any], list[str]]] = {
    "no people": (
        lambda frame: frame.head(0),
        {},
        ["people: expected one row per person, found no rows"],
    ),
    "misspelt column": (
        lambda frame: frame,
        {"treatment": "Program"},
        [
            'treatment="Program": expected a column of the table, found none of this name; '
            'did you mean "programme"?'
        ],
    ),
    "missing column": (
        lambda frame: frame[["programme", "age"]],
        {"person": None, "reoffended": None, "offences": None, "days": None, "groups": ["region"]},
        [
            'groups="region": expected a column of the table, found none of this name; '
            'the table has "programme", "age"'
        ],
    ),
    "two roles of one column": (
        lambda frame: frame,
        {"groups": ["reoffended"]},
        [
            "reoffended: expected one role, found reoffended and groups; "
            "give each role a column of its own"
        ],
    ),
    "a role that is no name": (
        lambda frame: frame,
        {"offences": 5},
        ["offences: expected the name of a column, found 5"],
    ),
    "roles that are lists": (
        lambda frame: frame,
        {"treatment": ["programme"], "groups": [["prison"]]},
        [
            "treatment: expected the name of a column, found a list of 1",
            "groups: expected the name of a column, found a list of 1",
        ],
    ),
    "groups that are no list": (
        lambda frame: frame,
        {"groups": None},
        ["groups: expected the name of a column, found None"],
    ),
    "two columns of one name": (
        double_age,
        {},
        [
            "age: expected one column of this name, found 2 (columns 3, 10); "
            "rename the others or leave them out"
        ],
    ),
    "a column without a name": (
        lambda frame: frame.rename(columns={"age": 7}),
        {},
        [
            "people: expected columns whose names are text, found something else (column 3); "
            "give every column one name of text (frame.columns = [...])"
        ],
    ),
    "a person twice": (
        put("id", {4: "P-901", 7: "P-901", 8: "P-902"}),
        {},
        [
            "id: expected one row per person, found 2 people in 5 rows (rows 1, 2, 4, 7, 8); "
            "keep one row of each, and count the others in the record flow"
        ],
    ),
    "a person without an identifier": (
        put("id", {3: None, 4: None}),
        {},
        ["id: expected an identifier for everybody, found 2 people without one (rows 3, 4)"],
    ),
    "missing treatment": (
        put("programme", {2: None}),
        {},
        [
            "programme: expected 0 or 1 for everybody, found 1 person with no value (row 2); "
            + TREATMENT_CODES
        ],
    ),
    "treatment in words": (
        become("programme", ["yes", "yes", "no", "no", "no", "no", "no", "no"]),
        {},
        [
            "programme: expected 0 or 1 for everybody, found 8 people with text "
            f"(rows 1, 2, 3, 4, 5 and 3 more); {TREATMENT_CODES}",
        ],
    ),
    "treatment as digits in text": (
        become("programme", ["1", "1", "1", "0", "0", "0", "0", "0"]),
        {},
        [
            "programme: expected 0 or 1 for everybody, found 8 people with text "
            f"(rows 1, 2, 3, 4, 5 and 3 more); {TREATMENT_CODES}; "
            "these are stored as text (use pandas.to_numeric)",
        ],
    ),
    "treatment with three values": (
        put("programme", {1: 2, 5: 0.5}),
        {},
        [
            "programme: expected 0 or 1 for everybody, "
            "found 2 people with another number (rows 1, 5); " + TREATMENT_CODES
        ],
    ),
    "nobody treated": (
        become("programme", 0),
        {},
        ["programme: expected somebody who took part (1), found nobody"],
    ),
    "nobody to compare with": (
        become("programme", True),
        {},
        ["programme: expected somebody in the comparison (0), found nobody"],
    ),
    "missing reoffended": (
        put("reoffended", {1: None, 6: None}),
        {},
        [
            "reoffended: expected 0 or 1 for everybody, found 2 people with no value (rows 1, 6); "
            + REOFFENDED_CODES
        ],
    ),
    "reoffended in other codes": (
        put("reoffended", {1: "N", 3: 9, 5: None, 6: "unknown, not on the database"}),
        {},
        [
            "reoffended: expected 0 or 1 for everybody, found 4 people with text, "
            f"a number and no value (rows 1, 3, 5, 6); {REOFFENDED_CODES}"
        ],
    ),
    "offences without reoffending": (
        put("offences", {1: 2, 6: 1}),
        {},
        [
            "offences: expected 0 for those who did not reoffend, "
            "found 2 people with 1 or more (rows 1, 6); mend one of reoffended and offences, "
            "or name another column as offences if this one counts others than those of the "
            "follow-up"
        ],
    ),
    "reoffending without offences": (
        put("offences", {4: 0}),
        {},
        [
            "offences: expected 1 or more for those who reoffended, "
            "found 1 person with none (row 4); mend one of reoffended and offences, "
            "or name another column as offences if this one counts others than those of the "
            "follow-up"
        ],
    ),
    "missing offences": (
        put("offences", {1: None}),
        {},
        [
            f"offences: {COUNT}, found 1 person with no value (row 1); "
            "write a number, 0 for those without an offence"
        ],
    ),
    "negative offences": (
        put("offences", {1: -9}),
        {},
        [
            f"offences: {COUNT}, found 1 person with a negative number (row 1); "
            "a code for a missing count is no count"
        ],
    ),
    "fractions of offences": (
        put("offences", {2: 1.5, 4: 0.25}),
        {},
        [
            f"offences: {COUNT}, found 2 people with a fraction (rows 2, 4); "
            "give each person's own count, not a mean or a rate"
        ],
    ),
    "offences in words": (
        put("offences", {2: "one", 4: "three", 7: "two"}),
        {},
        [
            f"offences: {COUNT}, found 3 people with text (rows 2, 4, 7); "
            "write a number, 0 for those without an offence"
        ],
    ),
    "infinite offences": (
        put("offences", {2: np.inf}),
        {},
        [
            "offences: expected finite numbers, found 1 person with an infinite number (row 2); "
            "mend the values (a division by zero?) or leave them blank"
        ],
    ),
    "days after the end of follow-up": (
        put("days", {2: 366, 4: 400.5}),
        {},
        [
            "days: expected days from 0 to the end of follow-up, "
            "found 2 people with a number outside (rows 2, 4); "
            "a reoffence after the end of follow-up is none"
        ],
    ),
    "days before release": (
        put("days", {4: -1}),
        {},
        [
            "days: expected days from 0 to the end of follow-up, "
            "found 1 person with a number outside (row 4); "
            "a reoffence after the end of follow-up is none"
        ],
    ),
    "reoffenders without days": (
        put("days", {4: None, 7: None}),
        {},
        [
            "days: expected days for those who reoffended, "
            "found 2 people with no value (rows 4, 7); day 0 is a day too"
        ],
    ),
    "days of those who did not reoffend": (
        put("days", {1: 200, 5: -1, 6: 999}),
        {},
        [
            "days: expected a blank or the whole follow-up for those who did not reoffend, "
            "found 3 people with another number (rows 1, 5, 6); whoever died, was deported or left "
            "early was followed for less: give each person's days of follow-up as a column "
            "(follow_up=), and leave the days of all who did not reoffend blank"
        ],
    ),
    "dates as days": (
        put("days", {2: "2016-02-28", 4: "01/07/2016"}),
        {},
        [
            "days: expected a number of days or a blank, "
            "found 2 people with text (rows 2, 4); count the days from "
            "the start of follow-up to the date of the first reoffence"
        ],
    ),
    "dates of type date": (
        become("days", pd.Series([pd.NaT, pd.Timestamp("2016-02-28")] + [pd.NaT] * 6)),
        {},
        [
            "days: expected a number of days or a blank, "
            "found 1 person with a date (row 2); count the days from "
            "the start of follow-up to the date of the first reoffence",
            "days: expected days for those who reoffended, "
            "found 2 people with no value (rows 4, 7); day 0 is a day too",
        ],
    ),
    "text among the days": (
        put("days", {1: "none"}),
        {},
        [
            "days: expected a number of days or a blank, found 1 person with text (row 1); "
            "write the days as numbers"
        ],
    ),
    "infinite days": (
        put("days", {1: np.inf}),
        {},
        [
            "days: expected finite numbers, found 1 person with an infinite number (row 1); "
            "mend the values (a division by zero?) or leave them blank"
        ],
    ),
    "days and nobody said who reoffended": (
        lambda frame: frame,
        {"reoffended": None, "offences": None},
        [
            "reoffended: expected a column, because days are given, found None; name the column "
            "that says who reoffended: a blank among the days can mean two things"
        ],
    ),
    "no follow-up": (
        lambda frame: frame,
        {"follow_up": 0},
        [
            "follow_up: expected a positive number of days, found 0; "
            "give one number for everybody, or the name of a column"
        ],
    ),
    "follow-up that is no number": (
        lambda frame: frame,
        {"follow_up": None},
        [
            "follow_up: expected a positive number of days, found None; "
            "give one number for everybody, or the name of a column"
        ],
    ),
    "follow-up of single people": (
        put("followed", {1: 0, 3: None, 5: "a year"}),
        {"follow_up": "followed"},
        [
            "followed: expected a positive number of days for everybody, "
            "found 2 people with text and no value (rows 3, 5); "
            "leave out those who were not followed up, and count them in the record flow",
            "followed: expected a positive number of days for everybody, "
            "found 1 person with no positive number (row 1); "
            "leave out those who were not followed up, and count them in the record flow",
        ],
    ),
    "reoffence after a person's own follow-up": (
        put("followed", {4: 100}),
        {"follow_up": "followed"},
        [
            "days: expected days from 0 to the end of follow-up, "
            "found 1 person with a number outside (row 4); "
            "a reoffence after the end of follow-up is none"
        ],
    ),
    "missing group": (
        put("prison", {2: None, 8: None}),
        {},
        [
            "prison: expected a group for everybody, found 2 people with no value (rows 2, 8); "
            "give those of unknown group a group of their own"
        ],
    ),
    "group with nobody in it": (
        label,
        {},
        [
            "prison: expected somebody in every group, "
            "found 2 of 4 without anybody; call .cat.remove_unused_categories()"
        ],
    ),
    "infinite covariate": (
        put("age", {3: -np.inf, 4: np.inf}),
        {},
        [
            "age: expected finite numbers, found 2 people with an infinite number (rows 3, 4); "
            "mend the values (a division by zero?) or leave them blank"
        ],
    ),
    "text among numbers": (
        put("age", {2: "not known", 6: "30 years and two months"}),
        {},
        [
            "age: expected numbers, as in most of the column, "
            f"found 2 people with text (rows 2, 6); {NUMBERS}"
        ],
    ),
    "text among numbers that are stored as text": (
        become("age", ["23", "41", "35", "28", "52", "3O", "44", "26"]),
        {},
        [
            "age: expected numbers, as in most of the column, "
            f"found 1 person with text (row 6); {NUMBERS}"
        ],
    ),
}


def complain(people: pd.DataFrame, roles: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        Cohort(people, **roles)
    return str(caught.value)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_table_is_refused_in_exactly_these_words(kind, people, roles):
    spoil, changed_roles, lines = BAD[kind]

    message = complain(spoil(people), roles | changed_roles)

    count = "1 fault" if len(lines) == 1 else f"{len(lines)} faults"
    assert message == "\n".join([f"cohort: {count}", *(f"  - {line}" for line in lines)])


def test_there_are_at_least_25_kinds_of_bad_table():
    assert len(BAD) >= 25


def test_all_faults_are_reported_together(people, roles):
    spoiled = ["a person twice", "missing treatment", "negative offences", "infinite covariate"]
    spoiled += ["days after the end of follow-up", "missing group"]
    for kind in spoiled:
        people = BAD[kind][0](people)

    message = complain(people, roles)

    assert message.startswith("cohort: 6 faults\n")
    assert all(BAD[kind][2][0] in message for kind in spoiled)


@pytest.mark.parametrize("kind", BAD)
def test_no_message_shows_an_identifier(kind, people, roles):
    spoil, changed_roles, _ = BAD[kind]
    assert "P-90" not in complain(spoil(people), roles | changed_roles)


def test_identifiers_in_a_misspelt_column_are_not_shown(people, roles):
    people["id"] = ["901", "902", "903", "904", "905", "906", "907", "908x"]
    message = complain(people, roles | {"person": "idd"})
    assert 'did you mean "id"?' in message
    assert "found 1 person with text (row 8)" in message
    assert "908" not in message


def test_six_rows_with_many_values_are_named_in_part(people, roles):
    people["offences"] = [-1, -2, -3, -4, -5, -6, -7, 0]
    message = complain(people, roles)
    found = "found 7 people with a negative number (rows 1, 2, 3, 4, 5 and 2 more)"
    assert found in message


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(lambda frame: frame, id="as it is"),
        pytest.param(put("days", {2: 0, 4: 0, 7: 0}), id="reoffences on the day of release"),
        pytest.param(become("days", [365, 0, 365, 1, 365, 365, 365, 365]), id="whole numbers"),
        pytest.param(become("region", "South East"), id="a constant column"),
        pytest.param(put("age", {2: None}), id="a missing covariate"),
        pytest.param(put("ethnicity", {2: None}), id="a missing label"),
        pytest.param(become("band", ["1", "2", "3+", "3+", "3+", "3+", "1", "2"]), id="bands"),
        pytest.param(become("released", pd.Timestamp("2016-01-01")), id="a date"),
        pytest.param(
            become("visits", pd.Categorical(["0", "1", "2", "0", "1", "1", "0", "3+"])),
            id="labels that look like numbers and are declared as labels",
        ),
        pytest.param(become("programme", [True] * 3 + [False] * 5), id="truth values"),
        pytest.param(become("programme", [1.0] * 3 + [0.0] * 5), id="floats"),
        pytest.param(
            become("programme", pd.array([1] * 3 + [0] * 5, dtype="Int8")), id="nullable integers"
        ),
        pytest.param(
            become("reoffended", pd.Series([0, 1, 0, 1, 0, 0, 1, 0], dtype=object)), id="objects"
        ),
    ],
)
def test_a_good_table_passes(good, people, roles):
    assert Cohort(good(people), **roles).n_treated == 3
