"""Which of several reports about the same people is counted, by a rule written down before."""

import pandas as pd
import pytest

from desist.errors import InputError
from desist.synthesis import drop_overlaps


def keep(rows, **options):
    table = pd.DataFrame(rows, columns=["study", "people", "n_treated"])
    return drop_overlaps(table, prefer=["n_treated"], **options)


def test_of_reports_about_the_same_people_the_largest_is_kept():
    found = keep([("A", "x", 50), ("B", "x", 80), ("C", "y", 20)])
    assert found.kept["study"].tolist() == ["B", "C"]
    assert found.left_out["study"].tolist() == ["A"]
    assert found.left_out["instead"].tolist() == ["B"]


CHAIN = [("A", "2015", 0), ("B", "2015; 2016", 0), ("C", "2016", 0)]


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [
        ((50, 90, 60), ["B"]),  # the middle shares people with both
        ((90, 60, 50), ["A", "C"]),  # without it the ends share nobody
        ((50, 60, 90), ["A", "C"]),
    ],
)
def test_of_a_chain_the_middle_is_kept_or_the_ends(sizes, kept):
    rows = [(study, people, size) for (study, people, _), size in zip(CHAIN, sizes, strict=True)]
    assert keep(rows).kept["study"].tolist() == kept


def test_no_two_reports_that_are_kept_share_people():
    rows = [(f"{n}", f"{n}; {n + 1}", (7 * n) % 5) for n in range(12)]
    kept = keep(rows).kept["people"].tolist()
    groups = [group.strip() for people in kept for group in people.split(";")]
    assert len(set(groups)) == len(groups)


def test_every_report_left_out_shares_people_with_the_one_counted_instead():
    rows = [(f"{n}", f"{n}; {n + 1}", (7 * n) % 5) for n in range(12)]
    found = keep(rows)
    people = {study: set(groups.split("; ")) for study, groups, _ in rows}
    for row in found.left_out.to_dict("records"):
        assert people[row["study"]] & people[row["instead"]]
        assert row["instead"] in set(found.kept["study"])
    assert len(found.kept) + len(found.left_out) == len(rows)


def test_the_order_of_the_rows_decides_only_between_equals():
    rows = [("A", "x", 50), ("B", "x", 50)]
    assert keep(rows).kept["study"].tolist() == ["A"]
    assert keep(rows[::-1]).kept["study"].tolist() == ["B"]
    unequal = [("A", "x", 50), ("B", "x", 51)]
    assert keep(unequal[::-1]).kept["study"].tolist() == keep(unequal).kept["study"].tolist()


def test_what_is_not_known_is_least_and_rows_without_people_are_their_own():
    found = keep([("A", "x", None), ("B", "x", 1), ("C", None, 5), ("D", None, 5)])
    assert found.kept["study"].tolist() == ["B", "C", "D"]


def test_people_that_are_named_by_numbers_are_people_all_the_same():
    assert keep([("A", 1, 5), ("B", 1, 9), ("C", 2, 3)]).kept["study"].tolist() == ["B", "C"]


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(InputError, match="cohort: expected a column of the table"):
        keep([("A", "x", 1)], people="cohort")
