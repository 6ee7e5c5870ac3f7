"""Shares without a reoffence by day: beside the one hazard ratio, and never of few people."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.effects.days import count_reoffenders
from desist.evaluation.days import evaluate_days
from desist.models.families import Pieces
from desist.report import encode_evaluation, render_document
from desist.report.view import make_view

pytestmark = pytest.mark.usefixtures("few_draws", "undrawn")


def evaluate(n_early, n_middle, n_late, n_free=60):
    """A study whose arms reoffend alike: so many up to day 91, to day 182, and to day 365."""
    days = np.r_[
        np.linspace(5, 85, n_early), np.linspace(95, 180, n_middle), np.linspace(190, 360, n_late)
    ].round()
    one = pd.DataFrame({"days": np.r_[days, np.full(n_free, np.nan)]})
    people = pd.concat([one.assign(programme=1), one.assign(programme=0)], ignore_index=True)
    people["reoffended"] = people["days"].notna()
    people["age"] = np.tile(np.arange(len(one)) % 7 + 20, 2)
    cohort = ds.Cohort(
        people, treatment="programme", reoffended="reoffended", days="days", follow_up=365
    )
    design = ds.build_design(cohort, "age", method=ds.EntropyBalancing())
    models = [ds.SurvivalModel(covariates=None)]
    return ds.evaluate(cohort, design, models=models, inference="laplace", seed=1)


@pytest.fixture(scope="module")
def evaluation():
    return evaluate(20, 15, 25)


def test_days_91_182_and_the_horizon_stand_beside_the_hazard_ratio(evaluation):
    assert [row.day for row in evaluation.by_day] == [91.0, 182.0, 365.0]
    # by hand: 120 people an arm, of whom 20, 35 and 60 reoffended
    for row, reoffended in zip(evaluation.by_day, (20, 35, 60), strict=True):
        assert row.treated == pytest.approx(1 - reoffended / 120, abs=0.003)
        assert row.lower < row.difference < row.upper
        assert row.difference == pytest.approx(row.treated - row.comparison)


def test_the_last_day_is_the_rate_and_the_hazard_ratio_in_other_words(evaluation):
    last = evaluation.by_day[-1]
    ratio = evaluation["hazard_ratio"].row.ratio
    assert np.log(last.treated) / np.log(last.comparison) == pytest.approx(ratio, abs=0.03)


def test_the_model_that_is_fitted_has_pieces(evaluation):
    (fit,) = evaluation.fits
    assert isinstance(fit.model.family, Pieces)
    assert fit.diagnostics.khat < 0.7
    counts = count_reoffenders(fit, [91.0, 182.0, 365.0])
    assert counts.tolist() == [[20, 35, 60], [20, 35, 60]]


@pytest.mark.parametrize(
    ("numbers", "days"),
    [
        ((9, 15, 25), [182.0, 365.0]),
        ((20, 9, 25), [91.0, 365.0]),
        ((20, 15, 9), [91.0, 365.0]),
        ((6, 6, 6), [182.0, 365.0][1:]),
    ],
)
def test_a_day_that_tells_of_fewer_than_ten_people_is_left_out_and_named(numbers, days):
    found = evaluate(*numbers)
    assert [row.day for row in found.by_day] == days
    (told,) = [text for text in found.warnings if text.startswith("Share without a reoffence on")]
    assert "fewer than 10 people of an arm" in told


def test_the_hazard_that_was_taken_is_said_in_words_without_the_day_of_anybody(evaluation):
    words = "8 pieces that end at quantiles of the days of reoffences"
    assert evaluation.settings["hazard"] == {"survival": words}
    assert not any("hazard" in text for text in evaluation.warnings)
    few = evaluate(4, 0, 0)
    (told,) = [text for text in few.warnings if "hazard of the times" in text]
    assert "a Weibull's, because fewer than 10 effective people reoffended" in told


def test_days_are_saved_and_read_again(evaluation, tmp_path):
    path = ds.save_evaluation(evaluation, tmp_path / "evaluation.nc")
    assert ds.load_evaluation(path).by_day == evaluation.by_day


def test_the_record_and_the_page_show_the_days_with_three_digits(evaluation):
    rows = encode_evaluation(evaluation)["by_day"]
    assert [row["day"] for row in rows] == [91, 182, 365]
    assert rows[0]["treated"] == round(evaluation.by_day[0].treated, 3)
    page = render_document(evaluation)
    assert "Without a reoffence by day" in page
    assert "average over the follow-up" in page


def test_days_are_withheld_with_the_times(evaluation):
    few = replace(evaluation, smallest_group="fewer than 10")
    assert make_view(few).by_day == ()
    assert encode_evaluation(few)["by_day"] == []


def test_a_study_without_times_has_no_days():
    assert evaluate_days([], probability=0.95, calibrated=True) == ((), ())
