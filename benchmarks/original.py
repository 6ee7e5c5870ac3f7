"""Does the report show every number that the original report shows? A table: original, ours, where.

Prints one JSON object; `--write` keeps the table for the documentation.
"""

import argparse
import csv
import json
import re
from dataclasses import asdict, dataclass
from html.parser import HTMLParser
from pathlib import Path

from desist.cli.demo import evaluate_report
from desist.report._page import render_page

KEPT = Path(__file__).parents[1] / "docs" / "_data" / "original.csv"
ROUNDED = "the posterior's interval is beside it"


@dataclass(frozen=True)
class Row:
    """What the original prints, the words that ours prints, and in which section."""

    topic: str
    original: str
    ours: str  # words of our page; empty where it has none
    where: str  # anchor of the section
    why: str = ""


ROWS = (
    Row("People analysed", "83 and 5,514", "83 participants and 5,514 comparison people", "top"),
    Row("Records submitted", "142", "142", "flow"),
    Row("Reoffenders per 100, participants", "16, 12 fewer", "participants 16", "headline"),
    Row("Difference in reoffenders", "12 people fewer", "12 people fewer", "headline"),
    Row("Reoffences per 100, participants", "31, 74 fewer", "participants 31", "headline"),
    Row("Difference in reoffences", "74 offences fewer", "74 reoffences fewer", "headline"),
    Row("Days to the first, participants", "75, 68 sooner", "participants 75", "headline"),
    Row("Difference in days", "68 days sooner", "68 days sooner", "headline"),
    Row("Reoffenders per 100, comparison", "28", "comparison 28", "headline"),
    Row("Reoffences per 100, comparison", "106", "comparison 106", "headline"),
    Row("Days to the first, comparison", "143", "comparison 143", "headline"),
    Row("Interval of the rate", "4 to 20 fewer", "between 4 and 20 people", "published", ROUNDED),
    Row("Interval of reoffences", "53 to 96 fewer", "between 53 and 96", "published", ROUNDED),
    Row("Interval of days", "21 to 115 shorter", "between 21 and 115 days", "published", ROUNDED),
    Row("May not be said of the rate", "by 44%", "by 44%", "statements"),
    Row("May not be said of reoffences", "by 71%", "by 71%", "statements"),
    Row("May not be said of days", "by 48%", "by 48%", "statements"),
    Row(
        "Table 1, complex",
        "15.7, 27.8, -20 to -4, 0.00",
        "83 5,514 15.7 27.8 -20 to -4",
        "published",
    ),
    Row(
        "Table 1, standard",
        "15.5, 27.5, -20 to -4, 0.00",
        "84 6,203 15.5 27.5 -20 to -4",
        "published",
    ),
    Row(
        "Table 2, complex",
        "0.3, 1.1, -1.0 to -0.5, 0.00",
        "83 5,514 0.3 1.1 -1.0 to -0.5",
        "published",
    ),
    Row(
        "Table 2, standard",
        "0.3, 1.1, -1.0 to -0.5, 0.00",
        "84 6,203 0.3 1.1 -1.0 to -0.5",
        "published",
    ),
    Row(
        "Table 3, complex",
        "75.0, 142.9, -115 to -21, 0.01",
        "13 2,418 75.0 142.9 -115 to -21",
        "published",
    ),
    Row(
        "Table 3, standard",
        "75.0, 134.8, -107 to -13, 0.02",
        "13 2,790 75.0 134.8 -107 to -13",
        "published",
    ),
    Row("Note on few reoffenders", "13 participants", "13 participants reoffended", "statements"),
    Row("Average age", "35", "Average age (years) 35", "profile"),
    Row("Youngest and oldest", "21 and 65", "", "profile", "single people: not shown"),
    Row("Women", "100%; not analysed 100%", "Women (%) 100 100", "profile"),
    Row("White", "72%; not analysed 70%", "White (%) 72 70", "profile"),
    Row("Black", "20%; not analysed 22%", "Black (%) 20 22", "profile"),
    Row(
        "UK nationals, at least",
        "98%; not analysed 65%",
        "UK nationals, at least (%) 98 65",
        "profile",
    ),
    Row("Sentence under 12 months", "6%", "Sentence under 12 months (%) 6", "profile"),
    Row("Sentence of 1 to 4 years", "65%", "Sentence of 1 to 4 years (%) 65", "profile"),
    Row("Sentence over 4 years", "28%", "Sentence over 4 years (%) 28", "profile"),
    Row("People not analysed", "46", "People (number) 83 46", "profile"),
    Row("Risks and needs on record", "75 people (90%)", "(number) 75", "profile"),
    Row("Share with risks and needs", "90%", "With recorded risks and needs (%) 90", "profile"),
    Row(
        "Had misused drugs", "76%", "Had misused drugs before (% of those on record) 76", "profile"
    ),
    Row("Drugs at least weekly", "35%", "once a week (% of those on record) 35", "profile"),
    Row("Unemployed", "68%", "on release (% of those on record) 68", "profile"),
    Row("Problem solving", "49%", "solving problems (% of those on record) 49", "profile"),
    Row("No fixed abode", "36%", "No fixed abode (% of those on record) 36", "profile"),
    Row("Psychological problems", "28%", "problems now (% of those on record) 28", "profile"),
    Row("Alcohol", "21%", "alcohol now (% of those on record) 21", "profile"),
    Row("Family relationships", "21%", "family relationships (% of those on record) 21", "profile"),
    Row("Match, complex", "3 reasonable, 1 poor", "White ethnicity reasonably matched", "design"),
    Row("Match, standard", "1 reasonable", "sentence under 12 months reasonably matched", "design"),
    Row("Duplicates", "2 records", "duplicate records removed records 2", "flow"),
    Row("Individuals", "140", "140", "flow"),
    Row("Not found", "8 (6%)", "people 8 6% 132", "flow"),
    Row("No record for the period", "44 (31%)", "people 44 31% 88", "flow"),
    Row("Sexual offence before", "2 (1%)", "people 2 1% 86", "flow"),
    Row("No match, complex", "3 (2%), 83 left", "people 3 2% 83", "flow"),
    Row("No match, standard", "2 (1%), 84 left", "2 people (1%): no suitable comparison", "flow"),
    Row("Cost of reoffending", "£15 billion", "", "about", "in the response of those who run it"),
    Row("Severity and custody", "not shown: too few", "", "results", "no figures are published"),
)


class Sections(HTMLParser):
    """The words of a page by the anchor of their section."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.anchor, self.words = "top", {"top": []}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin another section."""
        if tag == "section":
            self.anchor = dict(attrs)["id"] or ""
            self.words[self.anchor] = []

    def handle_data(self, data: str) -> None:
        """Keep words with their section."""
        self.words[self.anchor].append(data)

    def read(self, anchor: str) -> str:
        """Return the words of a section, spaces evened out."""
        return re.sub(r"\s+", " ", " ".join(self.words.get(anchor, [])))


def compare(html: str) -> list[dict[str, object]]:
    """Say of each row whether our page has its words in its section."""
    page = Sections(html)
    return [
        asdict(row) | {"found": bool(row.ours) and row.ours in page.read(row.where)} for row in ROWS
    ]


def write_table(found: list[dict[str, object]]) -> None:
    """Keep the table for the documentation."""
    with KEPT.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["What", "Original", "Ours", "Where in ours"])
        for row in found:
            ours = row["ours"] if row["found"] else f"not shown ({row['why']})"
            where = row["where"] if row["found"] else ""
            lines.writerow([row["topic"], row["original"], ours, where])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    found = compare(render_page(evaluate_report(2017)))
    if asked.write:
        write_table(found)
    missing = [row for row in found if not row["found"] and row["ours"]]
    print(
        json.dumps(
            {
                "rows": len(found),
                "found": sum(bool(row["found"]) for row in found),
                "left_out_with_a_reason": [row["topic"] for row in found if not row["ours"]],
                "missing": missing,
            },
            indent=2,
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
