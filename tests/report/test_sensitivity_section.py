"""The page of the report on what would change the answer, and what it keeps to itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Measure
from desist.report._analyses import release_table, say_together, show_analysis
from desist.report.document import render_document, render_files
from desist.report.json_record import encode_evaluation
from desist.report.pictures._carriers import name_row
from desist.report.sensitivity_page import OF_TIMES, require_measure
from desist.report.tables._release import list_tables
from desist.report.view import make_view
from desist.sensitivity.result import SensitivityResult
from desist.sensitivity.unrecorded import tipping_map

pytestmark = pytest.mark.usefixtures("undrawn")


def make_result(name, sentence="It holds. A ratio of 2 is enough.", table=None):
    rows = [("estimate", 2.9479708, 2.0, 4.0)]
    columns = ["label", "estimate", "lower", "upper"]
    made = pd.DataFrame(rows, columns=columns) if table is None else table
    return SensitivityResult(name, f"Title of {name}", "A doubt.", sentence, made)


def leave_out_table(n_reoffenders=13):
    rows = [("reoffenders", f"a person {i}", 0.1 + 0.001 * i, 0.0, 0.2, i) for i in range(3)]
    rows = [rows[i % 3] for i in range(n_reoffenders)]
    rows += [("groups", "prison: North", 0.123456, 0.0, 0.2, -0.7)]
    rows += [("covariates", "age", 0.123456, 0.0512345, 0.2, -0.25)]
    columns = ["kind", "label", "estimate", "lower", "upper", "moved"]
    return pd.DataFrame(rows, columns=columns).assign(reason="", khat=0.1)


E_VALUES, CURVE = make_result("e_values"), make_result("multiverse", "Twelve ways. All agree.")
LEFT_OUT = make_result("leave_out", "Any one of 13 moves it by at most 1.", leave_out_table())
TIMES = make_result("time_bounds", "Sooner may be selection alone.")


def test_a_report_without_analyses_has_no_such_page(of_people, plain_page):
    view = make_view(of_people)
    assert view.sensitivity == ()
    assert view.doubts == ""
    assert 'id="sensitivity"' not in plain_page
    assert encode_evaluation(of_people)["sensitivity"] == []


def test_the_page_has_doubt_answer_picture_and_figures_in_the_order_of_the_questions(of_people):
    map_ = tipping_map(of_people.effects[0], comparison=0.1, shares=[0.2], strengths=[2.0])
    page = render_document(of_people, sensitivity=[map_, LEFT_OUT, CURVE, E_VALUES])
    places = [page.index(f'id="sensitivity-{n}"') for n in ("e_values", "multiverse", "leave_out")]
    assert places == sorted(places)
    assert places[-1] < page.index('id="sensitivity-tipping_map"')
    assert page.count("The doubt: ") == 4
    section = page[page.index('<section id="sensitivity"') :].partition("</section>")[0]
    assert section.count("<figure>") == 4
    assert '<a href="#sensitivity">What would change the answer</a>' in page


def test_one_paragraph_takes_the_first_sentence_but_where_that_would_mislead(of_people):
    view = make_view(of_people, sensitivity=[CURVE, E_VALUES, make_result("grid_priors")])
    assert view.doubts == "It holds. A ratio of 2 is enough. Twelve ways."
    assert say_together([]) == ""
    assert say_together([show_analysis(make_result("grid_priors"))]) == "It holds."


def test_people_and_groups_are_counted_and_covariates_named():
    released = release_table(LEFT_OUT)
    assert released["kind"].tolist() == ["reoffenders", "groups", "covariates"]
    assert released["number"].tolist()[0] == 13
    assert pd.isna(released["number"].iloc[1])  # counts under ten are not told
    assert not released["label"].str.contains("North|person").any()
    assert released["largest_move"].tolist() == [2.0, 0.7, 0.25]
    assert released["estimate"].iloc[-1] == 0.123


def test_a_table_has_three_digits_and_no_more():
    table = pd.DataFrame({"label": ["a"], "estimate": [0.00123456], "n": [12345], "x": [123456.7]})
    released = release_table(make_result("grid_priors", table=table))
    assert released.loc[0].tolist() == ["a", 0.00123, 12345, 123000.0]


def test_the_analysis_of_people_keeps_no_way_back_to_them():
    assert show_analysis(LEFT_OUT).result is None
    assert show_analysis(CURVE).result is not None
    assert name_row("reoffenders", "any one") == "without a participant who reoffended"
    assert name_row("covariates", "age") == "without age"


def test_nothing_is_shown_of_what_the_rules_withhold(of_people):
    few = replace(of_people, smallest_group="fewer than 10")
    assert make_view(few, sensitivity=[E_VALUES, LEFT_OUT]).sensitivity == ()
    assert make_view(of_people, sensitivity=[E_VALUES]).sensitivity[0].name == "e_values"


def test_a_picture_is_drawn_from_the_table_that_is_shown():
    table = pd.DataFrame({"label": ["a"], "estimate": [0.123456], "lower": [0.1], "upper": [0.2]})
    shown = show_analysis(make_result("grid_priors", table=table))
    assert shown.result.table["estimate"].tolist() == shown.table["estimate"].tolist() == [0.123]
    assert table["estimate"].tolist() == [0.123456]


@pytest.mark.parametrize(
    ("unit", "is_shown"), [("days", False), ("proportion", True), ("offences per person", True)]
)
def test_an_analysis_that_names_no_measure_falls_with_those_of_its_unit(of_people, unit, is_shown):
    time = replace(of_people.effects[0], measure=Measure.TIME_AMONG_REOFFENDERS, n_treated=18)
    study = replace(of_people, effects=(*of_people.effects, time))
    result = replace(make_result("grid_priors"), units={"estimate": unit})
    view = make_view(study, sensitivity=[result])
    assert bool(view.sensitivity) == is_shown
    kept_back = [one.why for one in view.kept_back if one.what == result.title]
    assert kept_back == ([] if is_shown else ["It tells of a measure that is not printed."])


def make_sample(n_reoffenders):
    rng = np.random.default_rng(5)
    happened = np.r_[np.arange(60) < n_reoffenders, rng.random(240) < 0.4]
    people = pd.DataFrame(
        {
            "programme": (np.arange(300) < 60).astype(int),
            "age": rng.integers(21, 60, 300).astype(float),
            "reoffended": happened.astype(int),
            "days": np.where(happened, rng.integers(1, 365, 300), np.nan),
        }
    )
    roles = {"treatment": "programme", "reoffended": "reoffended", "days": "days"}
    cohort = ds.Cohort(people, **roles, follow_up=365)
    return ds.build_sample(cohort, ds.build_design(cohort, "age", method=ds.InverseProbability()))


@pytest.mark.parametrize(
    ("n_reoffenders", "rules", "refused"),
    [(18, "2019", True), (18, "2017", False), (30, "2019", False)],
)
@pytest.mark.parametrize("measure", OF_TIMES)
def test_analyses_of_days_ask_for_as_many_reoffenders_as_the_rules(
    n_reoffenders, rules, refused, measure
):
    sample = make_sample(n_reoffenders)
    require_measure(sample, rules, Measure.RATE)
    if not refused:
        require_measure(sample, rules, measure)
        return
    with pytest.raises(CannotAnswerError, match=f"{measure}: 18 participants reoffended") as error:
        require_measure(sample, rules, measure)
    assert str(error.value).endswith("asks for at least 30; ask for another measure")


def test_times_among_few_reoffenders_are_withheld_with_their_measure(of_people):
    is_withheld = any(not shown.measure.is_causal for shown in make_view(of_people).withheld)
    named = [one.name for one in make_view(of_people, sensitivity=[TIMES, CURVE]).sensitivity]
    assert named == (["multiverse"] if is_withheld else ["multiverse", "time_bounds"])
    relaxed = make_view(of_people, "2017", sensitivity=[TIMES, CURVE])
    assert [one.name for one in relaxed.sensitivity] == ["multiverse", "time_bounds"]


def test_the_annex_the_markdown_and_the_record_hold_the_sentences(of_people):
    view = make_view(of_people, sensitivity=[E_VALUES])
    (table,) = (one.data for one in list_tables(view) if one.name == "sensitivity")
    assert table.iloc[0].tolist() == ["Title of e_values", "A doubt.", E_VALUES.sentence]
    files = render_files(view)
    assert "tables/sensitivity.csv" in files
    assert b"A ratio of 2 is enough" in files["report.md"]
    (record,) = encode_evaluation(of_people, sensitivity=[E_VALUES])["sensitivity"]
    assert record["sentence"] == E_VALUES.sentence


def test_every_thing_that_is_no_result_is_named(of_people, tmp_path):
    with pytest.raises(InputError) as error:
        ds.write_report(of_people, tmp_path, sensitivity=[3, CURVE, "x"])
    assert len(error.value.faults) == 2
    with pytest.raises(InputError, match="sensitivity: expected each analysis once"):
        make_view(of_people, sensitivity=[CURVE, CURVE])
    with pytest.raises(InputError, match=r"expected a list of results of ds\.sensitivity"):
        make_view(of_people, sensitivity=CURVE)
