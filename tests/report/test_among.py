"""Where a programme stands among others, by hand and by the rules of disclosure."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

import desist as ds
from desist.errors import InputError
from desist.estimands import Measure
from desist.report._among import MAPS, show_among
from desist.report.document import write_report
from desist.report.json_record import encode_view
from desist.report.markdown import render_markdown
from desist.report.pictures._among import draw_among
from desist.report.tables import tabulate_among
from desist.report.view import make_view
from desist.synthesis import EstimateWithError, Study, synthesise

pytestmark = pytest.mark.usefixtures("undrawn")

RATE = Measure.RATE


def pool(scale="log_odds", title="other"):
    effects = [-0.5, -0.1, -0.4, -0.2, -0.3, 0.0]
    rows = [Study(f"{title} {n}", EstimateWithError(y, 0.15)) for n, y in enumerate(effects)]
    return synthesise(rows, scale=scale)


@pytest.fixture(scope="module")
def others():
    return pool()


@pytest.mark.parametrize(
    ("scale", "effect", "expected"),
    [
        ("log_odds", -0.5, expit(logit(0.25) - 0.5) - 0.25),
        ("log_risk", np.log(0.8), -0.05),
        ("risk_difference", -0.07, -0.07),
        ("log_rate", np.log(1.2), 0.05),
    ],
)
def test_effects_are_told_of_people_like_the_comparison(scale, effect, expected):
    express = MAPS[scale][1]
    assert express(np.array([effect]), 0.25)[0] == pytest.approx(expected)
    assert express(np.array([0.0]), 0.25)[0] == 0


def test_the_others_and_this_programme_stand_in_one_unit(of_people, others):
    shown = make_view(of_people, synthesis=others).among
    mean, new, this = shown.rows
    row = next(one for one in of_people.measures if one.measure is RATE)
    assert this.estimate == round(row.difference, 3)
    by_hand = expit(logit(row.comparison) + others.mean.median) - row.comparison
    assert mean.estimate == pytest.approx(by_hand, abs=0.0005)
    assert new.upper - new.lower > mean.upper - mean.lower
    assert len(shown.others) == 6


def test_the_share_that_does_better_is_averaged_within_draws(of_people, others):
    shown = make_view(of_people, synthesis=others).among
    logs = np.log(of_people["rate"].effect.odds_ratio.to_numpy().ravel())
    shares = [others.prediction.probability_below(float(one)) for one in logs]
    assert shown.better.estimate == pytest.approx(np.mean(shares), abs=0.006)
    assert shown.better.lower == pytest.approx(np.quantile(shares, 0.025), abs=0.006)
    # a programme without effect, among others that reduce reoffending
    assert 0.8 < shown.better.estimate < 1


def test_it_is_said_that_a_place_is_no_rank(of_people, others):
    said = make_view(of_people, synthesis=others).among.sentences
    assert said[0].startswith("Of programmes like the 6 other programmes that were pooled (log od")
    assert said[-1].endswith("is no rank of programmes.")


def test_a_programme_among_its_own_others_is_named(of_people):
    own = pool(title=of_people.title)
    first = own.studies[0]
    same = replace(own, studies=(replace(first, name=of_people.title), *own.studies[1:]))
    said = make_view(of_people, synthesis=same).among.sentences
    assert any("its own result counts on both sides" in sentence for sentence in said)
    apart = make_view(of_people, synthesis=pool()).among.sentences
    assert not any("both sides" in sentence for sentence in apart)


def test_the_picture_is_drawn_from_what_is_shown(of_people, others):
    shown = make_view(of_people, synthesis=others).among
    axes = draw_among(shown).axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["a new programme like the others", "each of the others", "this programme"]
    assert axes.get_xlabel() == "← less      people per 100      more →"
    heights = np.array(shown.density)
    area = np.trapezoid(heights[:, 1], heights[:, 0])
    assert area == pytest.approx(0.998, abs=0.01)


def test_every_form_of_the_report_shows_it(of_people, others, tmp_path):
    view = make_view(of_people, synthesis=others)
    assert tabulate_among(view)["Programme"].tolist()[-1] == "This programme"
    assert "no rank of programmes" in render_markdown(view)
    record = json.loads(json.dumps(encode_view(view)))
    assert record["among"]["rows"][2]["name"] == "This programme"
    written = write_report(of_people, tmp_path / "out", synthesis=others)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Where this programme stands among others" in page
    assert any(path.name == "among.csv" for path in written)


def test_without_a_synthesis_nothing_is_shown(of_people, plain_page):
    view = make_view(of_people)
    assert view.among is None
    assert tabulate_among(view).empty
    assert "stands among others" not in plain_page


def test_a_result_that_is_withheld_has_no_place(of_people, others):
    few = replace(of_people, smallest_group="fewer than 10")
    shown = make_view(few, synthesis=others).among
    assert shown.rows == ()
    assert shown.others == ()
    assert shown.better is None
    assert "of which this report prints no result" in shown.sentences[0]
    assert not re.search(r"\d", shown.sentences[0])


def test_a_measure_that_was_not_evaluated_has_no_place(of_people):
    shown = show_among(of_people.effects, pool("log_rate"), "A")
    assert shown.measure is Measure.FREQUENCY
    assert shown.rows == ()


def test_what_is_no_synthesis_is_refused(of_people):
    with pytest.raises(InputError, match=r"synthesis: expected a synthesis of synthesise"):
        make_view(of_people, synthesis=[0.1, 0.2])


def test_published_figures_have_a_place_too(others):
    evaluation = ds.evaluate_published(ds.datasets.making_connections(), seed=1)
    shown = make_view(evaluation, synthesis=others).among
    assert shown.rows[-1].estimate == pytest.approx(-0.118, abs=0.002)
