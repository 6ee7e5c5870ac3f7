"""The published results become independent reports by a written rule."""

import pandas as pd
import pytest

from desist.datasets import jdl_published
from desist.errors import InputError
from desist.synthesis import StepSelection, synthesise
from desist.synthesis.justice_data_lab import list_published
from desist.synthesis.overlaps import drop_overlaps


@pytest.fixture(scope="module")
def partial():
    return list_published(jdl_published())


def test_every_result_is_kept_or_left_out_with_a_reason(partial):
    for form in ("estimates", "partial"):
        found = list_published(jdl_published(), form=form)
        assert len(found.kept) + len(found.left_out) == 52
        assert found.left_out["because"].str.len().gt(0).all()
    assert len(partial.kept) == 26


def test_nobody_is_counted_twice(partial):
    kept = " ".join(partial.kept["study"])
    for programme in ("Making Connections", "Prisoners' Education Trust", "Clink", "City & Guilds"):
        assert kept.count(programme) == 1
    assert "(complex)" in kept
    assert "two-year" not in kept


def test_an_increase_is_an_increase(partial):
    found = partial.kept.set_index("study")["found"]
    assert found["Bail Accommodation and Support Service"] == "increase"
    assert found["Bike Back"] == "none"


def test_partial_reports_and_selection_move_the_mean_towards_nothing(partial):
    estimates = list_published(jdl_published(), form="estimates").kept
    naive, whole = (synthesise(rows, scale="risk_difference") for rows in (estimates, partial.kept))
    adjusted = synthesise(partial.kept, scale="risk_difference", selection=StepSelection())
    assert naive.mean.mean < whole.mean.mean < adjusted.mean.mean < 0
    row = "Making Connections mentoring (HMP Send) (complex)"
    assert naive.table.loc[row, "estimate"] == pytest.approx(-0.12)
    assert -0.12 < adjusted.table.loc[row, "shrunken"] < -0.05
    assert 0 < adjusted.selection_weight["mean"] < 1


def test_of_the_same_people_the_first_preference_decides_then_the_next():
    table = pd.DataFrame(
        {
            "study": list("abcd"),
            "people": ["x", "x", "x", None],
            "headline": [0, 1, 1, 0],
            "n_treated": [500, 80, 90, 10],
        }
    )
    found = drop_overlaps(table, prefer=["headline", "n_treated"])
    assert found.kept["study"].tolist() == ["c", "d"]
    assert found.left_out["because"].tolist() == [
        "the same people; headline comes first",
        "the same people; n_treated comes first",
    ]
    assert found.left_out["instead"].tolist() == ["c", "c"]


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(InputError, match="headline: expected a column of the table"):
        drop_overlaps(pd.DataFrame({"study": ["a"], "people": ["x"]}))


def test_only_two_forms_are_known():
    with pytest.raises(InputError, match="form: expected one of estimates, partial"):
        list_published(jdl_published(), form="all")
