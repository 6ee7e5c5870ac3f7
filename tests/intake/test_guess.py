import tomllib

import pandas as pd

from desist.intake import Table, guess_settings

PEOPLE = pd.DataFrame(
    {
        "Prisoner ID": ["a1", "a2", "a3", "a4"],
        "Took part": ["Yes", "No", "Yes", "No"],
        "Age at release": [30.0, 41.5, 22.0, 55.0],
        "needs": ["high", None, "low", "low"],
        "Release date": ["01/02/2017", "13/02/2017", "01/02/2017", "01/02/2017"],
        "Date of first reoffence": ["01/03/2017", None, None, "01/03/2017"],
        "prison": ["X", "Y", "X", "Y"],
    }
)


def guess(frame, name="people.csv"):
    return tomllib.loads(guess_settings(Table(frame), name))


def test_roles_are_found_by_names_and_kinds():
    data = guess(PEOPLE)["data"]
    assert data == {
        "people": "people.csv",
        "treatment": "Took part",
        "released": "Release date",
        "reoffended_on": "Date of first reoffence",
        "follow_up": 365,
        "person": "Prisoner ID",
        "groups": ["prison"],
    }


def test_covariates_are_neither_roles_nor_dates_and_gaps_are_named():
    found = guess(PEOPLE)
    assert found["design"]["formula"] == "`Age at release` + needs + prison"
    assert found["missing"] == {"needs": "level"}


def test_a_table_without_a_treatment_says_so():
    text = guess_settings(Table(PEOPLE[["needs"]]), "people.csv")
    assert 'treatment = ""  # not found' in text


def test_no_value_of_a_person_is_written():
    text = guess_settings(Table(PEOPLE), "people.csv")
    assert not any(word in text for word in ("a1", "high", "41.5", "13/02"))


def test_hostile_names_stay_text():
    name = 'x"]\nnote = "<script>'
    frame = PEOPLE.rename(columns={"needs": name})
    assert guess(frame)["missing"] == {name: "level"}


def test_a_sheet_stands_with_the_table_whatever_it_is_called():
    sheet = 'People "2019"]'
    assert (
        tomllib.loads(guess_settings(Table(PEOPLE), "people.xlsx", sheet))["data"]["sheet"] == sheet
    )


def test_what_was_before_is_no_outcome_and_what_may_be_one_no_covariate():
    frame = pd.DataFrame(
        {
            "Prior offences": [3, 0, 7, 2],
            "Days served": [120, 400, 80, 95],
            "Number of reoffences": [0, 2, 2, 5],
            "Reconvicted later": [1, 0, 0, 1],
            "Took part": ["Yes", "No", "Yes", "No"],
        }
    )
    found = guess(frame)
    assert found["data"]["offences"] == "Number of reoffences"
    assert "days" not in found["data"]
    assert found["design"]["formula"] == "`Prior offences` + `Days served`"


def test_a_column_that_dates_replace_is_named_and_stays_out_of_the_formula():
    frame = PEOPLE.assign(days=[28, 300, 12, 365])
    text = guess_settings(Table(frame), "people.csv")
    assert '# not in the formula, as it may be an outcome: "days"' in text
    assert tomllib.loads(text)["design"]["formula"] == "`Age at release` + needs + prison"


def make_many(**columns):
    n = 20
    base = {"Took part": ["Yes", "No"] * (n // 2), "Age": range(20, 20 + n)}
    return pd.DataFrame(base | columns)


def test_an_identifier_is_found_though_somebody_is_there_twice():
    frame = make_many(**{"Ref No": [*range(100, 119), 118]})
    found = guess(frame)
    assert found["data"]["person"] == "Ref No"
    assert found["design"]["formula"] == "Age"


def test_a_number_that_many_people_share_is_no_identifier():
    found = guess(make_many(**{"Case category": [1, 2, 3, 4] * 5}))
    assert "person" not in found["data"]
    assert found["design"]["formula"] == "Age + `Case category`"


def test_notes_stay_out_of_the_formula_and_are_named():
    text = guess_settings(Table(make_many(**{"Officer's notes": ["moved", None] * 10})), "p.csv")
    assert tomllib.loads(text)["design"]["formula"] == "Age"
    assert "missing" not in tomllib.loads(text)
    assert (
        """# not in the formula, as it may have been written afterwards: "Officer's notes\""""
        in text
    )


def test_a_column_of_the_two_arms_is_who_took_part():
    frame = make_many().drop(columns="Took part").assign(Group=["Programme", "Comparison"] * 10)
    assert guess(frame)["data"]["treatment"] == "Group"
    other = frame.assign(Group=["North", "South"] * 10)
    assert guess(other)["data"]["treatment"] == ""


def test_what_is_left_out_of_the_formula_is_named_with_the_reason():
    frame = make_many(
        score=[*map(str, range(60, 79)), "-"],
        town=[f"a place {i}" for i in range(20)],
        Country=["England"] * 20,
        sentenced=["2016-01-04"] * 20,
    )
    frame = pd.concat([frame] * 2).assign(town=[f"a place {i}" for i in range(40)])
    frame["score"] = [*map(str, range(60, 99)), "-"]
    text = guess_settings(Table(frame), "p.csv")
    assert tomllib.loads(text)["design"]["formula"] == "Age"
    for name, why in {
        "score": "holds numbers beside words or signs, or one value",
        "town": "has one value or more than 30 words",
        "Country": "has one value or more than 30 words",
        "sentenced": "holds dates",
    }.items():
        assert f'# not in the formula, as it {why}: "{name}"' in text
