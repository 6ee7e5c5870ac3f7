"""What is withheld of people, in every place that a reader may look."""

import base64
import io
import json
import math
import re
import struct
import zipfile
from dataclasses import replace
from functools import cache

import h5py
import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.errors import CannotAnswerError
from desist.estimands import Measure
from desist.report import document
from desist.report._digits import count_decimals, round_check, round_row, round_share
from desist.report.disclosure import (
    RULE_SETS,
    RuleSet,
    disclose_design,
    disclose_evaluation,
)
from desist.report.document import render_document, render_files
from desist.report.json_record import encode_evaluation
from desist.report.pictures.forest import forest
from desist.report.pictures.love import love_plot
from desist.report.summary import summarise
from desist.report.tables import tabulate_checks, tabulate_engines
from desist.report.view import make_statements, make_view
from desist.report.words.statements import find_published_means

pytestmark = pytest.mark.usefixtures("few_draws")

ROLES = {
    "treatment": "programme",
    "person": "person",
    "reoffended": "reoffended",
    "offences": "offences",
    "days": "days",
}
LEVELS = ("Roma", "eth[", "sex[")


def make_people(n_reoffenders=20, n=260, n_treated=60):
    """Make people with one woman and one Roma person in each arm."""
    rng = np.random.default_rng(3)
    sex, eth = np.array(["M"] * n, dtype=object), rng.choice(["White", "Black"], n).astype(object)
    sex[[7, 100]], eth[[9, 120]] = "F", "Roma"
    reoffended = np.r_[np.arange(n_treated) < n_reoffenders, rng.random(n - n_treated) < 0.35]
    return pd.DataFrame(
        {
            "person": [f"ID-{i}" for i in range(n)],
            "programme": (np.arange(n) < n_treated).astype(int),
            "age": rng.integers(21, 60, n).astype(float),
            "owns_home": (rng.random(n) < 0.4).astype(int),
            "sex": sex,
            "eth": eth,
            "reoffended": reoffended.astype(int),
            "offences": np.where(reoffended, 1 + rng.poisson(1.2, n), 0),
            "days": np.where(reoffended, rng.integers(1, 365, n), np.nan),
        }
    )


def evaluate(people, formula="age + owns_home + C(sex) + C(eth)"):
    cohort = ds.Cohort(people, **ROLES)
    design = ds.build_design(cohort, formula, method=ds.InverseProbability())
    return ds.evaluate(cohort, design, seed=1)


@cache
def evaluate_once(n_reoffenders):
    """Evaluate people of whom so many participants reoffended, once for all rules."""
    return evaluate(make_people(n_reoffenders), "age + owns_home")


@cache
def evaluate_few(n_treated):
    """Evaluate a study of so few participants, all of whom reoffended, once for all rules."""
    people = make_people(n_treated, n_treated=n_treated).assign(w=1.0)
    cohort = ds.Cohort(people, **ROLES)
    design = ds.build_design(cohort, "age", method=ds.GivenWeights("w"))
    return ds.evaluate(cohort, design, seed=1)


@pytest.fixture(scope="module")
def people():
    # no age is a whole number, so that one is known where it stands
    made = make_people(40)
    return made.assign(age=made["age"] + 0.8391742)


@pytest.fixture(scope="module")
def enough(people):
    return evaluate(people)


@pytest.fixture(scope="module")
def few():
    return evaluate(make_people(3))


@pytest.fixture(scope="module")
def files_of_enough(enough):
    """Return the files of one evaluation under some rules, rendered once."""
    return cache(lambda rules="2019": render_files(make_view(enough, rules)))


def read_everything(files):
    """Return all text of a report: page, pictures, record and the record in the netCDF file."""
    page = files["report.html"].decode()
    pictures = [base64.b64decode(one).decode() for one in re.findall(r"base64,([^\"]+)", page)]
    with h5py.File(h5py.h5f.open_file_image(files["evaluation.nc"])) as opened:
        stored = opened["evaluation"][()].decode()
    with zipfile.ZipFile(io.BytesIO(files["annex.xlsx"])) as book:
        names = [one for one in book.namelist() if "sheet" in one or "Strings" in one]
        sheets = [book.read(name).decode("utf-8", "replace") for name in names]
    texts = [content.decode() for name, content in files.items() if name.endswith(("csv", "md"))]
    return [page, *pictures, files["evaluation.json"].decode(), stored, *sheets, *texts]


def list_bytes(files):
    """Return every byte of a report by file, and of the parts of the workbook."""
    with zipfile.ZipFile(io.BytesIO(files["annex.xlsx"])) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    pictures = re.findall(rb"base64,([^\"]+)", files["report.html"])
    return files | parts | {f"picture {at}": base64.b64decode(p) for at, p in enumerate(pictures)}


def test_no_identifier_age_or_date_of_a_person_stands_in_any_byte(files_of_enough):
    for name, content in list_bytes(files_of_enough("2017")).items():
        assert b"ID-" not in content, name
        assert b".839174" not in content, name
        dates = set(re.findall(rb"\b(?:19|20)\d\d-\d\d-\d\d", content))
        assert dates <= {b"2000-01-01"}, name  # of the workbook itself


def list_own_bytes(people):
    """List what a file of numbers would hold of single people: ages, weights and rows of days."""
    cohort = ds.Cohort(people, **ROLES)
    formula = "age + owns_home + C(sex) + C(eth)"
    weights = ds.build_design(cohort, formula, method=ds.InverseProbability()).weights
    # every age, and the weight of every fourth person
    own = {float(one) for one in (*people["age"], *weights[weights > 0][::4]) if one != 1.0}
    days = people["days"].dropna().to_numpy()
    rows = [struct.pack("<8d", *days[at : at + 8]) for at in range(len(days) - 8)]
    return [*(struct.pack("<d", one) for one in own), *rows]


def test_no_number_of_a_person_stands_in_the_bytes_of_a_report_or_of_a_saved_evaluation(
    people, enough, files_of_enough, tmp_path
):
    saved = ds.save_evaluation(enough, tmp_path / "whole.nc").read_bytes()
    files = list_bytes(files_of_enough("2017")) | {"whole.nc": saved}
    # the file of draws is not compressed: what stands in it would be found
    draw = float(enough["rate"].effect.difference.to_numpy().ravel()[3])
    assert struct.pack("<d", draw) in files["evaluation.nc"]
    assert struct.pack("<d", draw) in saved
    for own in list_own_bytes(people):
        assert not any(own in files[name] for name in ("evaluation.nc", "whole.nc"))
    assert b"ID-" not in saved
    assert b".839174" not in saved


def test_the_search_opens_every_part_of_the_workbook_and_every_picture(files_of_enough):
    parts = list_bytes(files_of_enough("2017"))
    assert {"xl/workbook.xml", "xl/worksheets/sheet1.xml", "docProps/core.xml"} <= {*parts}
    assert any(name.endswith("sharedStrings.xml") for name in parts)
    pictures = [content for name, content in parts.items() if name.startswith("picture ")]
    assert pictures
    assert all(b"<svg" in content for content in pictures)
    assert not any(name.endswith((".zip", ".bin")) for name in parts)


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_covariate_with_a_level_that_few_people_have_is_one_row_without_figures(
    enough, files_of_enough, rules
):
    for text in read_everything(files_of_enough(rules)):
        assert not any(level in text for level in LEVELS)
    rows = {
        row["covariate"]: row for row in encode_evaluation(enough, rules=rules)["design"]["balance"]
    }
    assert set(rows) == {"age", "owns_home", "sex", "eth"}
    for name in ("sex", "eth"):
        assert [rows[name][key] for key in ("smd_before", "smd_after", "ks")] == [None] * 3
        assert rows[name]["word"] == "withheld: a level has too few people"
    assert rows["age"]["smd_after"] is not None


def test_the_least_alike_covariate_and_the_warnings_name_no_rare_level(enough):
    assert enough.design["worst_covariate"] in {"age", "owns_home"}
    assert not any(level in text for text in enough.warnings for level in LEVELS)


def test_a_category_is_as_large_as_the_rules_ask(enough):
    strict = RuleSet("strict", "below 0.01", 2, 30, 30, 60, "relative claims")
    balance = disclose_design(enough.design, strict)["balance"]
    assert [row["covariate"] for row in balance if math.isnan(row["ks"])] == [
        "owns_home",
        "sex",
        "eth",
    ]


@pytest.mark.parametrize("rules", RULE_SETS)
@pytest.mark.parametrize("n_reoffenders", [1, 2, 3, 9, 51, 59])
def test_outcomes_are_withheld_when_few_reoffended_or_few_did_not(n_reoffenders, rules):
    evaluation = evaluate_once(n_reoffenders)
    found = encode_evaluation(evaluation, rules=rules)
    for row in found["measures"]:
        assert {row[key] for key in ("treated", "difference", "lower", "ratio", "n_treated")} == {
            None
        }
    assert all(check["estimate"] is None and not check["applicable"] for check in found["checks"])
    assert all("Nothing is said" in one["may_say"] for one in found["statements"])
    drawn = forest(evaluation, rules=rules).axes[0]
    assert drawn.texts[0].get_text() == "No measure has an interval."
    for text in read_everything(render_files(make_view(evaluation, rules))):
        assert not re.search(rf"\b{n_reoffenders} (of the \d+ )?participants? reoffended", text)
        assert "Welch t-test" not in text


def test_a_group_of_ten_is_printed():
    evaluation = evaluate(make_people(10), "age + owns_home")
    assert evaluation.smallest_group == 10
    rate = encode_evaluation(evaluation)["measures"][0]
    assert 0.1 < rate["treated"] < 0.25


def test_few_reoffenders_are_counted_nowhere(few):
    assert few.smallest_group == "fewer than 10"
    assert (
        "Fewer than 10 participants reoffended; results on the time to reoffending rest on them."
        in few.warnings
    )
    assert not disclose_evaluation(few, RULE_SETS["2019"]).effects
    for line in summarise(make_view(few)):
        assert not re.search(
            r"\d{2}|\b[1-9]\b(?! of each)", line.replace("10", "").replace("2019", "")
        )


def test_time_on_fewer_than_thirty_reoffenders_is_in_no_file():
    evaluation = evaluate(make_people(20), "age + owns_home")
    time = encode_evaluation(evaluation)["measures"][3]
    assert time["measure"] == "time_among_reoffenders"
    assert (time["n_treated"], time["treated"], time["difference"]) == (None, None, None)
    checks = [
        check
        for check in encode_evaluation(evaluation)["checks"]
        if check["measure"] == "time_among_reoffenders"
    ]
    assert checks
    assert {check["estimate"] for check in checks} == {None}
    assert (
        "time_among_reoffenders_treated"
        not in disclose_evaluation(evaluation, RULE_SETS["2019"]).draws
    )
    assert encode_evaluation(evaluation, rules="2017")["measures"][3]["treated"] is not None


@pytest.mark.parametrize("n_treated", [1, 2, 9])
@pytest.mark.parametrize("rules", RULE_SETS)
def test_nothing_is_reported_about_a_study_of_few(n_treated, rules, tmp_path):
    evaluation = evaluate_few(n_treated)
    for act in (make_view, make_statements, render_document, encode_evaluation, forest, love_plot):
        with pytest.raises(CannotAnswerError, match="fewer than 10 participants are compared"):
            act(evaluation, rules=rules)
    with pytest.raises(CannotAnswerError):
        ds.write_report(evaluation, tmp_path / "out", rules=rules)
    assert not (tmp_path / "out").exists()
    assert not any(f"nly {n_treated} participants" in text for text in evaluation.warnings)


def test_published_figures_are_public_and_stay(published):
    assert disclose_evaluation(published, RULE_SETS["2019"]) is published
    assert encode_evaluation(published)["measures"][2]["treated"] is not None


def count_digits(value):
    return len(repr(value).partition(".")[2]) if "e" not in repr(value) else 0


def test_figures_in_the_record_have_no_more_digits_than_are_shown(files_of_enough):
    found = json.loads(files_of_enough()["evaluation.json"])
    limits = {"rate": 3, "frequency": 3, "rmst": 1, "time_among_reoffenders": 1}
    for row in [*found["measures"], *found["checks"]]:
        limits["time_among_reoffenders"] = 2 if row.get("check") == "brunner_munzel" else 1
        for key in ("treated", "comparison", "difference", "estimate", "lower", "upper"):
            assert row.get(key) is None or count_digits(row[key]) <= limits.get(row["measure"], 2)
        for key in ("ratio", "ratio_lower", "ratio_upper", "khat"):
            assert row.get(key) is None or count_digits(row[key]) <= 2
    for row in found["design"]["balance"]:
        assert all(count_digits(row[key]) <= 3 for key in ("smd_before", "smd_after") if row[key])
    assert count_digits(found["design"]["ess_comparison"]) <= 1


def test_the_record_agrees_with_the_printed_tables(enough):
    table = tabulate_checks(make_view(enough, RULE_SETS["2019"]), ds.Measure.RATE)
    printed = table[table["Compares"] == "difference"].iloc[:, 2].tolist()[1:]
    checks = [
        check
        for check in encode_evaluation(enough)["checks"]
        if check["measure"] == "rate" and check["applicable"]
    ]
    shown = [f"{100 * check['estimate'] + 0.0:.1f}" for check in checks]
    assert [value for value in printed if value not in shown] == []


def test_intervals_are_drawn_where_they_are_printed(enough):
    for ax in forest(enough).axes[:2]:
        for line in ax.lines:
            ends = np.asarray(line.get_xdata(), dtype=float)
            assert ends == pytest.approx(np.round(ends, 1), abs=1e-9)


def test_rounding_keeps_what_is_missing_and_never_claims_certainty(published):
    for row in published.measures:
        again = round_row(row)
        assert repr(round_row(again)) == repr(again)
        assert again.difference == pytest.approx(
            row.difference, abs=0.51 * 10 ** -count_decimals(row.measure)
        )
    for check in published.checks:
        assert math.isnan(round_check(check).estimate) == math.isnan(check.estimate)
    assert [round_share(p) for p in (0.0, 1.0, 0.5049, 1e-12, 1 - 1e-4)] == [
        0,
        1,
        0.5,
        1e-12,
        0.9999,
    ]


@pytest.mark.usefixtures("undrawn")
def test_few_people_dropped_are_not_counted():
    people = make_people(40)
    people.loc[:2, "age"] = 200.0
    cohort = ds.Cohort(people, **ROLES)
    design = ds.build_design(cohort, "age", method=ds.RadiusMatching(caliper=0.05))
    evaluation = ds.evaluate(cohort, design, seed=1)
    assert 0 < design.n_treated_dropped < 10
    assert encode_evaluation(evaluation)["design"]["n_treated_dropped"] is None
    assert any(text.startswith("Fewer than 10 participants had no") for text in evaluation.warnings)
    assert "(number of people)</th><td>fewer than 10</td>" in render_document(evaluation)


def test_the_page_lets_nothing_run_or_load(files_of_enough):
    page = files_of_enough()["report.html"].decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1]
    rules = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert not any("script" in name for name in rules)
    assert page.index("Content-Security-Policy") < page.index("<title>")


def show(view, measure):
    return next(shown for shown in view.measures if shown.measure is measure)


def test_published_means_are_spoken_of_and_exact_counts_go_before_rounded_means(published):
    view = make_view(published, "2017")
    rate, frequency, time = (shown.per_100 for shown in view.measures)
    assert (rate.treated, rate.comparison) == (round(1300 / 83), 28)
    assert (frequency.treated, frequency.comparison, frequency.difference) == (31, 106, -74)
    assert (time.treated, time.comparison) == (75, 143)
    assert find_published_means(published.published.measures[0]) == (13 / 83, 0.278)
    assert find_published_means(published.published.measures[1]) == (26 / 83, 1.06)


def test_figures_of_a_withheld_measure_are_in_no_warning(few):
    told = "rate: the model alone says a difference of -4.0 per 100 people; reported is -8.0"
    talking = replace(few, warnings=(told, *few.warnings))
    assert make_view(talking, "2019").warnings == make_view(few, "2019").warnings
    *stored, cut = disclose_evaluation(talking, RULE_SETS["2019"]).warnings
    assert tuple(stored) == few.warnings
    assert cut.startswith("This record was cut by rule set 2019")


def test_figures_of_a_printed_measure_may_be_in_a_warning(of_people):
    told = "rate: the model alone says a difference of -4.0 per 100 people; reported is -8.0"
    assert make_view(replace(of_people, warnings=(told,)), "2019").warnings[0] == told


def test_posterior_means_are_spoken_of_for_people(of_people):
    view = make_view(of_people)
    assert show(view, Measure.RATE).row.treated == pytest.approx(0.246)
    assert (show(view, Measure.RATE).per_100.treated, view.measures[0].per_100.comparison) == (
        25,
        23,
    )
    assert show(view, Measure.HAZARD_RATIO).per_100 is None
    assert show(view, Measure.HAZARD_RATIO).row.ratio == pytest.approx(1.08)


def test_published_figures_are_about_a_year_and_people_about_the_horizon(published, of_people, but):
    def say(evaluation):
        return make_view(evaluation).statements[0].may_say[0]

    assert "within one year" in say(published)
    assert "within six months" in say(but(of_people, settings={"horizon": 182}))
    assert "within the follow-up" in say(but(of_people, settings={}))
    assert make_view(published).probability == 0.95
    assert make_view(but(published, effects=())).level == "95%"


def test_only_time_among_reoffenders_is_withheld(published, of_people):
    view = make_view(published, "2019")
    assert [shown.measure for shown in view.withheld] == [Measure.TIME_AMONG_REOFFENDERS]
    assert len(view.printed) == 2
    assert make_view(of_people, "2019").withheld == ()


def test_statements_follow_the_measures_and_then_the_unavailable_ones(of_people, but):
    half_a_year = but(of_people, settings={"horizon": 182})
    statements = make_statements(half_a_year, RULE_SETS["2019"])
    assert [statement.measure for statement in statements] == [
        Measure.RATE,
        Measure.RMST,
        Measure.HAZARD_RATIO,
        Measure.FREQUENCY,
    ]
    assert "within six months" in statements[0].may_say[0]
    assert [one.is_silent for one in statements] == [False, False, False, True]


def test_published_intervals_give_the_sentences_of_the_report(published):
    rate, frequency, time = make_view(published, "2017").published_statements
    assert "lower by between 4 and 20 people" in rate.may_say[0]
    assert "lower by between 53 and 96 reoffences" in frequency.may_say[0]
    assert "shorter by between 21 and 115 days" in time.may_say[0]


def test_a_withheld_measure_has_no_figure_anywhere_in_the_view(few):
    view = make_view(few)
    assert not view.printed
    for shown in view.measures:
        assert shown.per_100 is None
        assert (shown.interval, shown.interval_words, shown.benefit) == ("", "", "")
        numbers = [value for value in vars(shown.row).values() if isinstance(value, int | float)]
        assert all(math.isnan(value) for value in numbers if value is not True)
    assert all(math.isnan(shown.check.estimate) for shown in view.checks)
    assert tabulate_engines(view).columns.tolist() == ["Measure", "Engine"]
    assert repr(view).endswith("0 of 5 measures printed under rule set 2019")


def test_a_number_is_rounded_once(of_people, but):
    check = but(of_people.checks[0], p_value=0.00996)
    view = make_view(but(of_people, checks=(check,)))
    # of a p-value that the record shows as 0.01, the page says what the p-value itself is
    assert view.checks[0].check.p_value == 0.01
    assert view.checks[0].p_value == "<0.01"


@pytest.mark.usefixtures("undrawn")
def test_a_report_looks_at_an_evaluation_once(of_people, tmp_path, monkeypatch):
    made = []

    def count(*arguments, **further):
        made.append(arguments)
        return make_view(*arguments, **further)

    monkeypatch.setattr(document, "make_view", count)
    ds.write_report(of_people, tmp_path)
    assert len(made) == 1


def test_what_every_effect_rests_on_is_said_once(of_people, published):
    for evaluation in (of_people, published):
        view = make_view(evaluation)
        sentences = [sentence for one in view.statements for sentence in one.may_say]
        held = [sentence for sentence in sentences if "if nothing unmeasured differs" in sentence]
        assert len(held) == 1
        assert held[0] == view.statements[0].may_say[-1]


def test_a_margin_of_the_evaluation_is_in_its_sentence(of_people, but):
    found = make_view(but(of_people, margins={Measure.RATE: 0.2})).statements
    assert "smaller than 20 people, the least that was said to matter" in found[0].may_say[1]
    assert not any("said to matter" in sentence for sentence in found[1].may_say)
