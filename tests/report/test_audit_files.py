"""Reports are audited from their files alone, in chains of any order."""

import json
from itertools import permutations

import pytest

from desist.errors import InputError
from desist.report.audit import audit_release
from desist.report.audit_files import count_files
from desist.report.json_record import encode_evaluation


def make_record(n, n_reoffenders, groups=(), n_groups=0, **rows):
    """Make the record of a report on so many participants and a thousand others."""
    arms = {"n_treated": n, "n_comparison": 1000, "comparison": 0.4}
    rate = {"measure": "rate", "treated": round(n_reoffenders / n, 3)} | arms
    tables = [
        {
            "grouping": "prison",
            "measure": "rate",
            "n_groups": n_groups or len(groups),
            "rows": [
                {"level": level, "n_treated": size, "n_comparison": 200}
                for level, size in dict(groups).items()
            ],
        }
    ] * bool(groups)
    others = [{"measure": name} | arms | row for name, row in rows.items()]
    settings = {"horizon": 365.0}
    return {"measures": [rate, *others], "groups": tables, "settings": settings}


@pytest.fixture
def file(tmp_path):
    """Write records, each into a folder of its own, and return the folders."""

    def write(*records):
        folders = []
        for at, record in enumerate(records):
            folder = tmp_path / f"report{at}"
            folder.mkdir(exist_ok=True)
            (folder / "evaluation.json").write_text(json.dumps(record), encoding="utf-8")
            folders.append(folder)
        return folders

    return write


def audit(folders, **kinds):
    return [breach.name for breach in audit_release(folders, **kinds)]


def test_a_report_in_a_folder_is_audited_as_the_one_that_was_made(of_people, file):
    (folder,) = file(encode_evaluation(of_people))
    counts = count_files(folder)
    assert counts.totals["participants"] == (670, 670)
    assert counts.totals["participants who reoffended"] == pytest.approx((164.485, 165.155))
    assert count_files(folder / "evaluation.json") == counts
    assert audit([folder]) == []


def test_the_only_group_that_a_file_withholds_is_found(file):
    (folder,) = file(make_record(83, 30, {"Ash": 40, "Bay": 37}, n_groups=3))
    assert "report 1: participants, prison, withheld group 1" in audit([folder])


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_three_reports_of_ever_more_people_are_compared_in_pairs(file, order):
    # 60 and 68 people are told apart by 8, whichever report stands between them
    folders = file(make_record(60, 20), make_record(68, 26), make_record(120, 40))
    found = audit([folders[at] for at in order], growing=True)
    # 26 - 20 reoffended of the 8, and 2 did not
    assert len(found) == 3
    later = max(order.index(0), order.index(1)) + 1
    assert f"report {later}: participants, further people" in found


def test_years_with_enough_further_people_of_either_outcome_tell_nothing(file):
    folders = file(make_record(60, 20), make_record(85, 32), make_record(120, 45))
    assert audit(folders, growing=True) == []


def test_a_chain_tells_what_no_two_of_its_reports_do(file):
    # 11.1% of 9,000 are 994.5 to 1,003.5 people, 10.0% of 10,000 are 995 to 1,005: up to 10.5 more.
    # But 9.5% of 10,500 are at most 1,002.75, and so no more were among the 10,000: up to 8.25.
    folders = file(make_record(9000, 999), make_record(10000, 1000), make_record(10500, 1000))
    name = "report 2: participants who reoffended, further people"
    assert name not in audit(folders[:2], growing=True)
    assert name in audit(folders, growing=True)


def test_further_people_of_groups_that_are_not_shown_are_found(file):
    # 40 further people, of whom 37 are in the groups that both reports show
    before = make_record(300, 100, {"Ash": 100, "Bay": 100}, n_groups=4)
    after = make_record(340, 120, {"Ash": 120, "Bay": 117}, n_groups=4)
    found = audit(file(before, after), growing=True)
    assert found == ["report 2: participants, other groups by prison, further people"]


def test_last_year_and_this_year_of_other_people_tell_nothing_of_each_other(file):
    groups = {"Ash": 100, "Bay": 100}
    last = make_record(300, 100, groups, n_groups=4)
    this = make_record(320, 90, {"Ash": 110, "Bay": 90}, n_groups=4)
    assert audit(file(last, this)) == []


def test_weighted_shares_that_contradict_each_other_are_left_out(file):
    # more people and fewer reoffenders: nobody's reports grow so, and only people are subtracted
    found = audit(file(make_record(100, 60), make_record(104, 30)), growing=True)
    assert found == ["report 2: participants, further people"]


def test_a_withheld_time_is_found_in_a_file_that_prints_the_restricted_mean(file):
    hidden = {"n_treated": None, "n_comparison": None, "treated": None, "comparison": None}
    (folder,) = file(
        make_record(
            83, 18, time_among_reoffenders=hidden, rmst={"treated": 307.5, "comparison": 290.0}
        )
    )
    assert "report 1: participants, time before a first reoffence" in audit([folder])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, "none that can be read"),
        ("{", "none that can be read"),
        ("[1]", "list"),
        ("{}", "a record of another kind"),
        ('{"measures": [{"measure": "height", "n_treated": 9}]}', "a record of another kind"),
        ('{"measures": [3]}', "a record of another kind"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path, text, found):
    if text is not None:
        (tmp_path / "evaluation.json").write_text(text)
    with pytest.raises(InputError, match="give the folder that write_report wrote") as error:
        audit_release([tmp_path])
    assert found in str(error.value)
