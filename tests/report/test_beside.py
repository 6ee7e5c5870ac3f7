"""What stands beside the default result is shown beside it, by the same rules."""

import html
import json
import math
from dataclasses import replace

import pandas as pd
import pytest

import desist as ds
from desist.estimands import Measure
from desist.evaluation._one_process import OneProcess
from desist.evaluation.with_evidence import EvidenceResult
from desist.models.evidence import EvidencePrior
from desist.models.predictive.record import PredictiveCheck
from desist.report._asides import list_asides
from desist.report._released import disclose_process
from desist.report.document import render_document
from desist.report.json_record import encode_view
from desist.report.markdown import escape, render_markdown
from desist.report.summary import summarise
from desist.report.tables import tabulate_evidence, tabulate_process
from desist.report.view import make_view
from desist.report.words.evidence import say_evidence, say_worth_of_prior

pytestmark = pytest.mark.usefixtures("undrawn")

PRIOR = EvidencePrior((0.8, 0.2), (-0.3, 0.0), (0.2, 1.5), "log_odds", 20)
RESULT = EvidenceResult(
    Measure.RATE,
    PRIOR,
    estimate=-0.0512345,
    lower=-0.1212345,
    upper=0.0212345,
    probability_of_benefit=0.8765,
    conflict=0.4321,
    vague=0.1432,
    draws=812.34,
    worth=41.7,
)


def make_check(*, rate=0.5, days=0.5):
    rows = [
        {"arm": arm, "statistic": name, "unit": unit}
        | {"observed": seen, "predicted": seen, "lower": 0.0, "upper": 2 * seen}
        | {"probability": probability}
        for arm in ("treated", "comparison")
        for name, unit, seen, probability in (
            ("rate", "proportion", 0.301234567, rate),
            ("frequency", "offences", 0.91234567, 0.4),
            ("mean days among reoffenders", "days", 151.234567, days),
        )
    ]
    table = pd.DataFrame(rows)
    return PredictiveCheck(table, "process", 300, contrasts=table.iloc[:3].drop(columns="arm"))


@pytest.fixture
def evaluation(of_people, published):
    """All measures but one are printed: of the time among reoffenders there are too few."""
    effects = (*of_people.effects, *published.effects[1:])
    process = OneProcess(effects, make_check())
    return replace(of_people, effects=effects, evidence=RESULT, one_process=process)


def test_both_results_stand_side_by_side(evaluation):
    view = make_view(evaluation)
    table = tabulate_evidence(view)
    assert table["Result"].tolist() == [
        "These people alone: the result",
        "With what other programmes showed",
    ]
    assert table.iloc[1, 1:].tolist() == [
        "-5.1",
        "-12.1 to 2.1",
        "88%",
        "the same, and a prior worth about 42 participants",
    ]
    alone = view.printed[0].row
    assert table.iloc[0, 1] == f"{100 * alone.difference:.1f}"


def test_the_answer_is_that_of_the_people_alone(evaluation):
    with_others = make_view(evaluation)
    alone = make_view(replace(evaluation, evidence=None, one_process=None))
    assert with_others.answer == alone.answer
    assert repr(with_others.measures) == repr(alone.measures)  # NaN is not itself
    assert repr(with_others.statements) == repr(alone.statements)


def test_the_report_says_worth_conflict_and_that_nothing_is_replaced():
    prior, with_them, conflict = say_evidence(RESULT, "95%")
    assert "20 other programmes" in prior
    assert "worth about 42 participants of this study; 20% of the prior" in prior
    assert "lower by up to 12 people, or higher by up to 2 people (95% interval)" in with_them
    assert with_them.endswith("and does not replace it.")
    assert conflict.startswith("These people and the other programmes are not in conflict: ")
    assert conflict.endswith("probability 0.43.")


def test_a_conflict_is_called_one():
    said = say_evidence(replace(RESULT, conflict=0.0021), "95%")[2]
    assert said.startswith("These people and the other programmes are in conflict, so that")
    assert said.endswith("probability below 0.01.")


def test_where_the_two_cannot_be_put_together_the_report_says_so_without_figures():
    gone = replace(RESULT, estimate=math.nan, warning="rate: they lie too far apart.")
    prior, said = say_evidence(gone, "95%")
    assert said == "They lie too far apart."
    assert "worth" not in prior


@pytest.mark.parametrize(
    ("worth", "said"),
    [
        (41.7, "about 42 participants"),
        (1.2, "about 1 participant"),
        (0.4, "less than one participant"),
        (math.nan, "less than one participant"),
    ],
)
def test_worth_is_said_in_whole_participants(worth, said):
    assert say_worth_of_prior(replace(RESULT, worth=worth)) == said


def test_every_form_of_the_report_shows_it(evaluation):
    view = make_view(evaluation)
    page = render_document(evaluation)
    assert 'id="beside"' in page
    assert "With what other programmes showed" in page
    assert "Under one process for all measures" in page
    for text in (render_markdown(view), "\n".join(summarise(view))):
        assert "worth about 42 participants" in text.replace("\\", "")
    record = json.loads(json.dumps(encode_view(view)))
    assert record["evidence"]["estimate"] == -0.051
    assert record["evidence"]["probability_of_benefit"] == 0.88
    assert record["evidence"]["prior"]["n_programmes"] == 20
    told = {row["measure"] for row in record["one_process"]["measures"]}
    # of the time among few reoffenders the restricted mean would tell, and is withheld with it
    assert told == {"rate", "hazard_ratio", "frequency"}


def test_page_and_markdown_show_what_one_record_lists(evaluation):
    view = make_view(evaluation)
    asides = list_asides(view)
    assert [one.table.name for one in asides] == ["other_programmes", "one_process"]
    page, text = html.unescape(render_document(evaluation)), render_markdown(view)
    for one in asides:
        assert f"<h3>{one.table.title}</h3>" in page
        assert text.count(f"eside the result: {one.table.title[0].lower()}") == 1
        for sentence in one.sentences:
            assert page.count(sentence) == text.count(escape(sentence)) == 1
    assert text.count("| Result | Difference") == 1


def test_a_banner_leaves_nothing_beside_the_result(evaluation):
    view = replace(make_view(evaluation), banner="No result is printed.")
    assert list_asides(view) == ()
    assert "eside the result" not in render_markdown(view)


def test_without_either_nothing_is_shown(of_people, plain_page):
    view = make_view(of_people)
    assert view.evidence is None
    assert view.one_process is None
    assert tabulate_evidence(view).empty
    assert tabulate_process(view).empty
    assert 'id="beside"' not in plain_page
    assert list_asides(view) == ()
    assert encode_view(view)["evidence"] is None


def test_a_process_that_suffices_stands_beside_what_is_reported(evaluation):
    view = make_view(evaluation)
    table = tabulate_process(view)
    # the same effects on either side
    assert (table.iloc[:, 1] == table.iloc[:, 3]).all()
    assert (table.iloc[:, 2] == table.iloc[:, 4]).all()
    assert view.one_process.sentence.startswith("One process suffices")


def test_a_process_that_does_not_suffice_offers_no_figures(evaluation):
    poor = replace(evaluation.one_process, check=make_check(rate=0.001))
    view = make_view(replace(evaluation, one_process=poor))
    assert view.one_process.rows == ()
    assert "does not suffice" in view.one_process.sentence


def test_what_is_withheld_takes_its_results_with_it(evaluation):
    kept = disclose_process(evaluation.one_process, {Measure.RATE, Measure.FREQUENCY})
    assert set(kept.check.table["statistic"]) == {"rate", "frequency"}
    assert all(one.measure is not Measure.TIME_AMONG_REOFFENDERS for one in kept.effects)
    assert disclose_process(evaluation.one_process, set()) is None


def test_a_process_that_fails_on_what_is_withheld_is_withheld_whole(evaluation):
    poor = replace(evaluation.one_process, check=make_check(days=0.001))
    assert disclose_process(poor, {Measure.RATE, Measure.FREQUENCY}) is None
    assert not disclose_process(poor, set(Measure)).suffices


def test_figures_of_few_reoffenders_are_nowhere(evaluation):
    few = replace(evaluation, smallest_group="fewer than 10")
    view = make_view(few)
    assert view.evidence is None
    assert view.one_process is None
    page = render_document(few)
    assert "-5.1" not in page
    assert "other programmes showed" not in page


def test_the_stored_file_holds_the_digits_that_are_shown(evaluation, tmp_path):
    view = make_view(evaluation)
    (tmp_path / "evaluation.nc").write_bytes(view.pack())
    found = ds.load_evaluation(tmp_path / "evaluation.nc")
    assert found.evidence == view.evidence.result
    assert found.evidence.estimate == -0.051
    seen = found.one_process.check.table.set_index(["arm", "statistic"])["observed"]
    assert seen["treated", "rate"] == 0.301
