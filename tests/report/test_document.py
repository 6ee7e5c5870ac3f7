"""The HTML report and the folder that is written."""

import base64
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from desist.errors import InputError
from desist.evaluation.storage import load_evaluation
from desist.report import document
from desist.report.audit import audit_release
from desist.report.document import FILES, render_document, render_files, write_report
from desist.report.view import make_view

VOID = {"meta", "link", "img", "br", "hr", "input", "circle", "source"}


class Page(HTMLParser):
    """Elements in order, and whether each is closed."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.text = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open[-1:]):
            self.text.append(data)

    def find(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def published_html(published):
    return render_document(published, rules="2017")


@pytest.fixture(scope="module")
def published_page(published_html):
    return Page(published_html)


@pytest.fixture(scope="module")
def people_page(plain_page):
    return Page(plain_page)


def test_every_element_is_closed_and_the_language_is_named(published_page, people_page):
    for page in (published_page, people_page):
        assert page.open == []
        assert page.find("html") == [{"lang": "en-GB"}]
        assert len(page.find("h1")) == 1


def test_headings_leave_no_level_out(published_page):
    levels = [int(tag[1]) for tag, _ in published_page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_every_table_has_a_caption_and_every_header_a_scope(published_page, people_page):
    for page in (published_page, people_page):
        assert len(page.find("caption")) == len(page.find("table")) > 0
        assert all(attrs.get("scope") in {"col", "row"} for attrs in page.find("th"))


def test_every_picture_has_words_and_is_inside_the_page(people_page):
    pictures = people_page.find("img")
    assert len(pictures) == 6  # one a measure, two of posteriors, and the balance
    for picture in pictures:
        assert picture["alt"]
        kind, data = picture["src"].split(",")
        assert kind == "data:image/svg+xml;base64"
        assert b"<svg" in base64.b64decode(data)
    assert all(attrs["aria-label"] for attrs in people_page.find("svg"))


def test_nothing_comes_from_elsewhere_and_nothing_runs(published_page, people_page):
    for page in (published_page, people_page):
        assert not page.find("script")
        assert not page.find("link")
        addresses = [attrs[key] for _, attrs in page.elements for key in attrs if key == "href"]
        assert all(address.startswith("#") for address in addresses)


def test_links_of_the_contents_lead_to_sections(published_page):
    anchors = {attrs.get("id") for tag in ("main", "section") for attrs in published_page.find(tag)}
    links = {attrs["href"][1:] for attrs in published_page.find("a")}
    assert links <= anchors
    assert {"headline", "statements", "results", "time", "published", "flow"} <= links


def test_the_headline_prints_the_nine_numbers_and_why_they_do_not_add_up(published_page):
    for words in ("12 people fewer", "74 reoffences fewer", "68 days sooner", "75 apart"):
        assert words in published_page.words
    assert "16 in every 100 matched participants reoffended" in published_page.words


def test_relative_claims_stand_only_in_what_may_not_be_said(published_html):
    for claim in ("44%", "71%", "48%"):
        assert published_html.count(claim) == published_html.count(f"{claim}.</q>") > 0


def test_the_published_intervals_are_said_beside_the_posterior_ones(published_page):
    for words in ("between 4 and 20 people", "between 53 and 96 reoffences", "21 and 115 days"):
        assert words in published_page.words


def test_time_among_reoffenders_is_labelled_descriptive(published_page):
    assert "among those who reoffended: descriptive" in published_page.words
    assert "is not an effect of the programme" in published_page.words


@pytest.mark.usefixtures("undrawn")
def test_time_that_is_not_printed_has_its_reason_instead(published):
    page = Page(render_document(published, rules="2019"))
    assert "Not printed: 13 participants reoffended" in page.words
    assert "68 days sooner" not in page.words


def test_settings_seed_version_and_warnings_are_printed(people_page):
    assert "cohort.follow_up 365" in people_page.words
    assert "with seed 7 under rule set 2019" in people_page.words
    assert "Poorly matched: sentence under 12 months." in people_page.words


@pytest.mark.usefixtures("undrawn")
def test_settings_in_lists_are_printed_one_a_line(of_people, but):
    settings = {"models": [{"name": "rate", "priors": {"intercept": "Normal(0, 1.5)"}}, {"k": 2}]}
    words = Page(render_document(but(of_people, settings=settings))).words
    assert "models.rate.priors.intercept Normal(0, 1.5)" in words
    assert "models.2.k 2" in words


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("covariates", "expected"),
    [
        ("design", "unbalanced in these covariates: age, prior. The"),
        ("copas", "in these covariates: copas. The"),
        ("1", None),
        (None, None),
    ],
)
def test_the_page_says_what_the_posterior_adjusts_for_and_the_checks_do_not(
    of_people, but, covariates, expected
):
    settings = {
        "design": {"formula": "age + prior"},
        "models": [{"name": name, "covariates": covariates} for name in ("rate", "survival")],
    }
    page = render_document(but(of_people, settings=settings))
    assert ("The posterior adjusts" in page) == (expected is not None)
    assert expected is None or expected in page


def test_text_from_data_is_escaped(of_people, but):
    bad = '<script>alert("1")</script>'
    balance = [dict(of_people.design["balance"][0]) | {"covariate": bad}]
    evil = but(
        of_people,
        title=bad,
        design=dict(of_people.design) | {"balance": balance, "worst_covariate": bad},
        warnings=(bad,),
        unavailable=dict.fromkeys(of_people.unavailable, bad),
        settings={bad: bad, "horizon": 365},
    )
    html = render_document(evil)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_no_number_on_the_page_is_minus_zero(published_page, people_page):
    for page in (published_page, people_page):
        assert not re.search(r"-0(\.0+)?(?![.\d])", page.words)


def test_the_same_evaluation_gives_the_same_page(of_people, plain_page):
    assert render_document(of_people) == plain_page


@pytest.mark.usefixtures("undrawn")
def test_a_table_of_an_earlier_report_is_taken_away(of_people, published, tmp_path):
    write_report(published, tmp_path)
    assert (tmp_path / "tables" / "published.csv").exists()
    paths = write_report(of_people, tmp_path)
    assert set((tmp_path / "tables").iterdir()) == {p for p in paths if p.suffix == ".csv"}


def test_the_files_are_written_and_can_be_read_again(of_people, tmp_path):
    out = tmp_path / "new" / "out"
    paths = write_report(of_people, out)
    single = ["annex.xlsx", "evaluation.json", "evaluation.nc", "report.html", "report.md"]
    assert [path.name for path in paths if path.parent == out] == single
    assert "measures.csv" in {path.name for path in paths if path.parent == out / "tables"}
    assert all(path.is_file() for path in paths)
    assert load_evaluation(out / "evaluation.nc").measures[0].difference == pytest.approx(0.014)
    assert audit_release([out]) == ()


@pytest.mark.usefixtures("undrawn")
def test_files_of_other_names_are_left_alone(of_people, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "report.html").write_text("old")
    write_report(of_people, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "report.html").read_text() != "old"


def test_nothing_is_written_when_the_rules_are_unknown(of_people, tmp_path):
    with pytest.raises(InputError, match="rules: expected"):
        write_report(of_people, tmp_path / "out", rules="1999")
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_when_the_page_cannot_be_rendered(of_people, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise InputError("report", [])

    monkeypatch.setattr(document, "render_page", fail)
    with pytest.raises(InputError):
        write_report(of_people, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder_is_an_error(of_people, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError) as error:
        write_report(of_people, tmp_path / "out")
    assert "out: expected a folder, found a file of this name" in str(error.value)


def test_the_report_begins_with_the_answer_and_its_condition(published_page, people_page):
    assert "Participants almost certainly reoffended less" in published_page.words
    assert "Participants probably reoffended more" in people_page.words
    for page in (published_page, people_page):
        assert page.words.index("only if nothing unmeasured") < page.words.index("Headline")


def test_cards_show_the_probability_of_benefit_of_causal_measures_alone(published_page):
    assert published_page.words.count("Probability of benefit:") == 2


def test_how_many_measures_were_tested_is_said_once(published_page):
    assert published_page.words.count("measures were tested") == 1
    assert "one of 3 measures" not in published_page.words


def test_what_was_not_measured_has_no_tick(people_page, plain_page):
    assert "Nothing is said about the number of reoffences" in people_page.words
    ticked = re.findall(r'<div class="may">(.*?)</div>', plain_page, flags=re.S)
    assert ticked
    assert not any("Nothing is said" in one for one in ticked)


def test_the_checks_of_a_measure_are_one_line_a_family_and_folded_in_full(people_page):
    lines = people_page.find("summary")
    # one a measure, two of the design, the engines, the settings and the checklist
    assert len(lines) == len(people_page.find("details")) == 8
    assert "The usual tests: the one check agrees." in people_page.words
    assert "Randomisation: the one check agrees." in people_page.words
    assert "People who reoffend: the posterior and 2 checks in full" in people_page.words


def test_a_chart_has_two_titles_what_it_says_and_what_it_is(people_page):
    assert "People who reoffend, per 100: lower by" in people_page.words
    assert "Difference between the two groups by the posterior and by each" in people_page.words
    assert "Of 4 covariates, 2 well matched, 1 reasonably matched" in people_page.words


def test_a_probability_in_a_sentence_is_read_as_words(published_page):
    assert "Reoffences: lower, with a probability of more than 99%" in published_page.words


def test_a_chart_is_drawn_for_a_telephone_as_well(people_page):
    narrow = [attrs for attrs in people_page.find("source") if attrs["media"]]
    assert len(narrow) == len(people_page.find("img"))
    for attrs in narrow:
        drawn = base64.b64decode(attrs["srcset"].split(",")[1])
        assert b'viewBox="0 0 328 ' in drawn


def test_the_match_is_told_in_sentences(people_page):
    assert "Reasonably matched: Copas rate." in people_page.words
    assert "Poorly matched: sentence under 12 months." in people_page.words


@pytest.mark.usefixtures("undrawn")
def test_models_of_which_there_is_no_measure_are_not_among_the_settings(of_people, but):
    models = [{"name": "rate", "k": 1}, {"name": "frequency", "family": "poisson"}]
    words = Page(render_document(but(of_people, settings={"models": models}))).words
    assert "models.rate.k 1" in words
    assert "poisson" not in words


@pytest.mark.usefixtures("undrawn")
def test_draws_and_record_take_their_names_last_and_one_after_the_other(published):
    # files take their names in this order, and a run may be killed between any two of them
    assert FILES[-2:] == ("evaluation.nc", "evaluation.json")
    assert list(render_files(make_view(published)))[-2:] == ["evaluation.nc", "evaluation.json"]
