"""A reader with all files of a release, and more than can be known, tries to count few people."""

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from unittest.mock import patch

import h5py
import openpyxl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from desist.effects.days import DayRow
from desist.effects.groups import GroupRow, GroupTable
from desist.errors import CannotAnswerError
from desist.estimands import Measure
from desist.evaluation.groups import withhold_groups
from desist.report.disclosure import RULE_SETS
from desist.report.document import render_document, render_files
from desist.report.json_record import encode_evaluation
from desist.report.view import make_view
from desist.report.words._wording import WORDINGS
from desist.suppression.bounds import MOST, bound_numbers
from desist.suppression.system import PROTECTION, System

ARMS, ENDS = ("participants", "comparison people"), ("n_treated", "n_comparison")
RATE, RMST, TIME = Measure.RATE, Measure.RMST, Measure.TIME_AMONG_REOFFENDERS
YEAR = 365.0
BLANK = "data:image/svg+xml;base64,PHN2Zy8+"  # pictures have tests of their own
# What a sentence counts; "lower by 3 people" and "25 in 100 people" are averages and no counts.
COUNTED = re.compile(
    r"(?<!by )(?<!and )(?<!to )(?<!in )(?<!any )(?<!per )(?<!than )(?<![\d.,])(\d[\d,]*) "
    r"(?:of (?:the )?(\d[\d,]*) )?"
    r"(?:participants?|comparison p\w+|people|reoffenders?|records?)\b(?! (?:fewer|more))"
)
FEWEST = 10
# Where the tables count people.
HEADS = {
    "Participants": "Participants (number of people)",
    "Comparison": "Comparison (number of people, unweighted)",
}


@st.composite
def draw_groups(draw):
    """Draw people of two to five groups, and how many reoffended: (arm, group) -> (n, k)."""
    n_groups = draw(st.integers(2, 5))
    sizes = st.lists(st.integers(1, 60), min_size=n_groups, max_size=n_groups)
    people = {}
    for arm, factor in (("participants", 1), ("comparison people", 3)):
        for at, size in enumerate(draw(sizes)):
            n = factor * size
            people[arm, f"g{at}"] = (n, draw(st.integers(0, n)))
    n_treated = sum(n for (arm, _), (n, _) in people.items() if arm == "participants")
    assume(10 <= n_treated <= 200)
    return people


def total(people, arm):
    of_arm = [counts for (one, _), counts in people.items() if one == arm]
    return tuple(map(sum, zip(*of_arm, strict=True)))


def tell_days(n_reoffenders):
    """Make up after how many days the reoffenders of an arm reoffended on average."""
    return 20.0 + (37 * n_reoffenders) % 300


def make_evaluation(of_people, people):
    """Make an evaluation of which every figure is that of its people."""
    sizes = [total(people, arm) for arm in ARMS]
    rates = [k / n for n, k in sizes]
    days = [tell_days(k) for _, k in sizes]
    free = [(1 - rate) * YEAR + rate * day for rate, day in zip(rates, days, strict=True)]
    rate = make_effect(of_people, RATE, rates, [n for n, _ in sizes])
    time = make_effect(of_people, TIME, days, [k for _, k in sizes])
    rmst = make_effect(of_people, RMST, free, [n for n, _ in sizes])
    early = [1 - 0.4 * rate for rate in rates]
    by_day = [
        DayRow(day, *shares, shares[0] - shares[1], -0.2, 0.2, 0.5, 0.95)
        for day, shares in ((91.0, early), (YEAR, [1 - rate for rate in rates]))
    ]
    smallest = min(size for n, k in sizes for size in (k, n - k))
    return replace(
        of_people,
        effects=(rate, rmst, time),
        checks=(),
        design=None,
        by_group=(withhold_groups(make_groups(people)),),
        by_day=tuple(by_day),
        smallest_group=smallest if smallest >= FEWEST else "fewer than 10",
    )


def make_effect(of_people, measure, means, sizes):
    """Make an effect of which the draws of either arm have the given mean."""
    like = of_people.effects[0]
    shifts = [
        mean - float(draws.mean())
        for mean, draws in zip(means, (like.treated, like.comparison), strict=True)
    ]
    return replace(
        like,
        measure=measure,
        n_treated=sizes[0],
        n_comparison=sizes[1],
        treated=like.treated + shifts[0],
        comparison=like.comparison + shifts[1],
        difference=like.difference + shifts[0] - shifts[1],
    )


def make_groups(people):
    rows = []
    for level in dict.fromkeys(group for _, group in people):
        treated, comparison = people["participants", level], people["comparison people", level]
        counts = [*treated, *comparison]
        fewest = min(*counts, *(n - k for n, k in (treated, comparison)))
        raw = treated[1] / treated[0] - comparison[1] / comparison[0]
        sizes = (treated[0], comparison[0])
        rows.append(GroupRow(level, *sizes, fewest, 0.2, raw, raw, raw - 0.1, raw + 0.1, 0.5))
    return GroupTable("prison", RATE, 0.95, tuple(rows), len(rows), 0.1, 0, 0.2, 0.5)


class Page(HTMLParser):
    """Read the tables of a page, and every sentence that it holds for eye or ear."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.said, self.cell = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.said += [value for name, value in attrs if name in {"alt", "title", "aria-label"}]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.cell = ""

    def handle_data(self, data):
        self.said.append(data)
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        if tag in {"td", "th"}:
            self.tables[-1][-1].append(self.cell.strip())
            self.cell = None


def read_markdown(text):
    """Read the tables of a text in Markdown."""
    blocks = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    rows = [[line.strip("|\n ").split(" | ") for line in block.splitlines()] for block in blocks]
    return [[table[0], *table[2:]] for table in rows]


def read_workbook(content):
    """Read every sheet of a workbook; its table begins at the first row of several cells."""
    tables = []
    for sheet in openpyxl.load_workbook(io.BytesIO(content)):
        rows = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
        tables.append([row for row in rows if len([cell for cell in row if cell]) > 1] or [[""]])
    return tables


def read_tables(files):
    """Read the tables of each kind of file that has some."""
    sheets = [content.decode() for name, content in files.items() if name.endswith(".csv")]
    return {
        "CSV": [list(csv.reader(io.StringIO(text))) for text in sheets],
        "Markdown": read_markdown(files["report.md"].decode()),
        "HTML": Page(files["report.html"].decode()).tables,
        "xlsx": read_workbook(files["annex.xlsx"]),
    }


def gather(tables):
    """Gather from tables the people of measures and groups, and the means with their rounding."""
    facts = {"groups": {}}
    for head, *rows in [table for table in tables if table]:
        for row in [dict(zip(head, row, strict=False)) for row in rows]:
            if HEADS["Participants"] not in row:
                continue
            arms = "Participants", "Comparison"
            people = tuple(read_number(row[HEADS[arm]]) for arm in arms)
            if None in people:  # marked as withheld
                continue
            if "Group" in row:
                facts["groups"][row["Group"]] = people
                continue
            for measure in (RATE, RMST, TIME):
                if row["Measure (unit)"].startswith(WORDINGS[measure].title):
                    means = tuple(read_number(row[f"{arm} (unit of the row)"]) for arm in arms)
                    facts[measure] = (people, None if None in means else means)
    return facts


def read_number(text):
    """Read a number as it is printed; None where it is withheld or not there."""
    text = text.replace(",", "").replace("\\", "")
    return float(text) if re.fullmatch(r"-?\d+(?:\.\d+)?", text) else None


def read_record(record):
    """Gather the same facts from a record of measures and groups."""
    facts = {"groups": {}}
    for row in record["measures"]:
        people = tuple(row[end] for end in ENDS)
        if None not in people and row["measure"] in (RATE, RMST, TIME):
            factor = WORDINGS[Measure(row["measure"])].factor
            means = (factor * row["treated"], factor * row["comparison"])
            facts[Measure(row["measure"])] = (people, means)
    for table in record["groups"]:
        facts["groups"] |= {row["level"]: tuple(row[end] for end in ENDS) for row in table["rows"]}
    return facts


def read_stored(content):
    """Gather the same facts from the stored draws, of which a reader takes the mean."""
    with h5py.File(h5py.h5f.open_file_image(content)) as opened:
        stored = json.loads(opened["evaluation"][()])
        means = {name: float(opened[name][()].mean()) for name in opened if "_" in name}
    rows = [
        {arm: means[f"{one['measure']}_{arm}"] for arm in ("treated", "comparison")} | one
        for one in stored["effects"]
    ]
    return read_record({"measures": rows, "groups": stored["by_group"]})


def read_release(evaluation, rules):
    """Read the numbers of people out of every file, as anybody can who has them."""
    with patch("desist.report._blocks._encode", return_value=BLANK):
        files = render_files(make_view(evaluation, rules))
    every = {kind: gather(tables) for kind, tables in read_tables(files).items()}
    every["JSON"] = read_record(json.loads(files["evaluation.json"]))
    every["NetCDF"] = read_stored(files["evaluation.nc"])
    said = [*Page(files["report.html"].decode()).said, files["report.md"].decode()]
    return files, every, " | ".join(said)


def join(every):
    """Join what the files say; none shows what another does not."""
    first = every["JSON"]
    for kind, facts in every.items():
        assert facts.keys() == first.keys(), kind
        assert facts["groups"] == first["groups"], kind
        for measure in facts.keys() - {"groups"}:
            assert facts[measure][0] == first[measure][0], (kind, measure)
            if facts[measure][1] is not None:  # rounded to tenths of what is spoken of
                assert facts[measure][1] == pytest.approx(first[measure][1], abs=0.0501), kind
    return first


def attack(people, facts, by_day=()):
    """Bound every number of a withheld group, given the outcomes of all groups that are shown."""
    known, withheld, sums = {}, [], []
    for position, arm in enumerate(ARMS):
        size, share = (one[position] for one in facts[RATE])
        rounded = (size * (share - 0.05) / 100, size * (share + 0.05) / 100)
        happened = (facts[TIME][0][position],) * 2 if TIME in facts else rounded
        known |= {arm: (size, size), f"{arm} again": happened}
        groups = [group for one, group in people if one == arm]
        for group in groups:
            names = [f"{arm} {group}", f"{arm} {group} again", f"{arm} {group} not"]
            n, k = people[arm, group]
            if group in facts["groups"]:
                assert facts["groups"][group][position] == n
                known |= {name: (v, v) for name, v in zip(names, (n, k, n - k), strict=True)}
            else:
                withheld += names
            sums.append((names[0], tuple(names[1:])))
        sums.append((arm, tuple(f"{arm} {group}" for group in groups)))
        sums.append((f"{arm} again", tuple(f"{arm} {group} again" for group in groups)))
        if TIME not in facts:
            before, more = f"{arm} time before", sum_time(facts, by_day, position)
            withheld.append(before)
            known |= {
                f"{arm} after": (0.0, MOST),
                f"{arm} free": (size - happened[1], size - happened[0]),
                f"{arm} time": more,
            }
            sums.append((f"{arm} again", (before, f"{arm} after")))
            sums.append((f"{arm} time", (f"{arm} free", before)))
    return bound_numbers(System(known, withheld, sums), withheld)


def sum_time(facts, by_day, position):
    """Bound the time without a reoffence of all people of an arm, in years."""
    people = facts[RATE][0][position]
    if RMST in facts:
        mean = facts[RMST][1][position]
        return people * (mean - 0.05) / YEAR, people * (mean + 0.05) / YEAR
    if not by_day:
        return 0.0, people
    # the share who are free falls from one day that is told to the next
    shares = [1.0, *(row[("treated", "comparison")[position]] for row in by_day)]
    lengths = [b - a for a, b in zip([0.0, *DAYS], DAYS, strict=False)]
    pairs = [(lengths[at] * shares[at + 1], lengths[at] * shares[at]) for at in range(len(lengths))]
    least, most = (sum(ends) for ends in zip(*pairs, strict=True))
    return people * (least / YEAR - 0.0005), people * (most / YEAR + 0.0005)


DAYS = (91.0, YEAR)


def list_told(said):
    """List the numbers of people that sentences say; "38 of 100 participants" is a share."""
    told = [match for match in COUNTED.findall(said) if match[1] != "100"]
    return {read_number(one) for match in told for one in match if one}


def list_counts(people, facts):
    """List the numbers of people that a sentence may say."""
    counts = {size for one in facts.values() if isinstance(one, tuple) for size in one[0]}
    counts |= {size for sizes in facts["groups"].values() for size in sizes}
    counts |= {total(people, arm)[0] for arm in ARMS} | {FEWEST, 30, 100, len(people) // 2}
    return counts | ({total(people, "participants")[1]} if RATE in facts else set())


@pytest.mark.parametrize("rules", RULE_SETS)
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(people=draw_groups())
def test_no_withheld_number_of_a_release_is_found_in_any_of_its_files(rules, of_people, people):
    evaluation = make_evaluation(of_people, people)
    try:
        files, every, said = read_release(evaluation, rules)
    except CannotAnswerError:
        assert min(total(people, arm)[0] for arm in ARMS) < FEWEST
        return
    facts = join(every)
    assert list_told(said) <= list_counts(people, facts)
    if RATE not in facts:  # nothing is printed
        assert facts == {"groups": {}}
        assert "tables/per_100.csv" not in files
        return
    check_figures(people, facts, json.loads(files["evaluation.json"])["by_day"])


@pytest.mark.parametrize("rules", RULE_SETS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(people=draw_groups())
def test_no_withheld_number_follows_from_the_record(rules, of_people, people):
    evaluation = make_evaluation(of_people, people)
    assume(min(total(people, arm)[0] for arm in ARMS) >= FEWEST)
    record = json.loads(json.dumps(encode_evaluation(evaluation, rules=rules)))
    facts = read_record(record)
    if RATE in facts:
        check_figures(people, facts, record["by_day"])


def check_figures(people, facts, by_day):
    """Check that no group of few is shown, and that none that is withheld can be worked out."""
    for group in facts["groups"]:
        for arm in ARMS:
            n, k = people[arm, group]
            assert min(n, k, n - k) >= FEWEST
    if not facts["groups"]:  # nothing but totals: groups are bounded by these alone
        facts = facts | {"groups": {}}
        people = {(arm, "g0"): total(people, arm) for arm in ARMS} if TIME in facts else people
    for name, (least, most) in attack(people, facts, by_day).items():
        if facts["groups"] or "time" in name:
            assert most - least >= PROTECTION - 1e-6, name


def test_the_attacker_finds_a_group_that_alone_is_withheld(of_people):
    people = {
        ("participants", "g0"): (60, 30), ("participants", "g1"): (6, 3),
        ("comparison people", "g0"): (90, 40), ("comparison people", "g1"): (30, 12),
    }  # fmt: skip
    facts = read_record(encode_evaluation(make_evaluation(of_people, people), rules="2019"))
    assert facts["groups"] == {}
    found = attack(people, facts | {"groups": {"g0": (60, 90)}})
    assert found["participants g1"] == pytest.approx((6, 6))
    assert found["participants g1 again"][1] <= 6


def test_the_attacker_finds_a_withheld_time_from_the_restricted_mean_or_many_days(of_people):
    # 20 of 60 reoffended after 160 days on average: 20 x 160 / 365 = 8.77 years
    people = {("participants", "g0"): (60, 20), ("comparison people", "g0"): (90, 40)}
    evaluation = make_evaluation(of_people, people)
    whole = read_record(encode_evaluation(evaluation, rules="2017"))
    hidden = read_record(encode_evaluation(evaluation, rules="2019"))
    assert (TIME in whole, TIME in hidden, RMST in hidden) == (True, False, False)
    least, most = attack(people, hidden | {RMST: whole[RMST]})["participants time before"]
    assert least < 20 * tell_days(20) / YEAR < most
    assert most - least < 0.1


def render_all_but_draws(evaluation):
    files = render_files(make_view(evaluation))
    return {name: content for name, content in files.items() if name != "evaluation.nc"}


@pytest.fixture(scope="module")
def files(of_people):
    return render_all_but_draws(of_people)


@pytest.mark.parametrize("shift", [3e-7, -3e-7])
def test_no_file_holds_a_digit_beyond_those_of_the_tables(of_people, files, shift):
    # figures that are printed alike are drawn alike: no path of a picture is more exact
    moved = [
        replace(one, treated=one.treated + shift, comparison=one.comparison + shift)
        if one.treated is not None
        else one
        for one in of_people.effects
    ]
    assert render_all_but_draws(replace(of_people, effects=tuple(moved))) == files


def test_groups_that_are_printed_alike_are_drawn_alike(of_people):
    row = GroupRow("Ash", 300, 400, 90, 0.5, -0.1034, -0.0712, -0.1311, -0.0101, 0.9912)
    near = replace(
        row, raw=-0.10338, estimate=-0.07124, lower=-0.13106, upper=-0.01008, share=0.5001
    )
    pages = []
    for one in (row, near):
        rows = (one, replace(one, level="Bay", n_treated=370))
        table = GroupTable("prison", Measure.RATE, 0.95, rows, 2, 0.0341, 0.0021, 0.0933, 0.7312)
        pages.append(render_document(replace(of_people, by_group=(table,))))
    assert pages[0] == pages[1]
