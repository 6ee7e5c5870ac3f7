import json
import math
from pathlib import Path

import numpy as np
import pytest

from desist.checks.counts.ratios import odds_log, ratio_log
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Measure
from desist.sensitivity.recording import (
    Found,
    Recording,
    attrition,
    correct_recording,
    correct_selection,
)
from desist.sensitivity.unrecorded import Share

from .effects import draw_rates, make_effect

FOLDER = Path(__file__).parents[1] / "reference" / "sensitivity"
SELECTION = json.loads((FOLDER / "published.json").read_text())["sensitivity"]["selection"]


def test_the_published_selection_bias():
    a, b, c, d = SELECTION["table"]
    rates = (a / (a + c), b / (b + d))
    assert round(rates[0] / rates[1], 4) == SELECTION["crude_rr"][0]
    of_a, of_b, of_c, of_d = SELECTION["selection_probabilities"]
    found = correct_selection(make_effect(*rates), Found(of_a, of_c, of_b, of_d))
    corrected = (a / of_a / (a / of_a + c / of_c), b / of_b / (b / of_b + d / of_d))
    assert found.table["estimate"].iloc[1] == pytest.approx(corrected[0] - corrected[1])
    assert round(corrected[0] / corrected[1], 4) == SELECTION["adjusted_rr"]
    crude = ratio_log(a, a + c, b, b + d)
    assert [round(limit, 4) for limit in (crude.lower, crude.upper)] == SELECTION["crude_rr"][1:]
    assert round(odds_log(a, a + c, b, b + d).estimate, 4) == SELECTION["crude_or"]


def test_recording_by_hand():
    # four of five reoffences recorded, and one person in twenty taken for a reoffender
    found = correct_recording(make_effect(0.2, 0.35), Recording(0.8, 0.95), Recording(0.8, 0.95))
    assert found.table["estimate"].iloc[1] == pytest.approx(0.15 / 0.75 - 0.30 / 0.75)


def test_perfect_recording_and_everybody_found_change_nothing():
    effect = draw_rates(83, 13, 1000, 278)
    for found in (
        correct_recording(effect, Recording(1.0), Recording(1.0)),
        correct_selection(effect, Found()),
    ):
        first, second = found.table[["estimate", "lower", "upper"]].to_numpy()
        assert first == pytest.approx(second)


def test_recovery_of_a_rate_with_unrecorded_reoffences():
    rng = np.random.default_rng(6)
    covered = 0
    for seed in range(100):
        sensitivity = rng.beta(0.7 * 80, 0.3 * 80)
        counts = rng.binomial([400, 1500], [0.25 * sensitivity, 0.4 * 0.95])
        effect = draw_rates(400, counts[0], 1500, counts[1], seed)
        found = correct_recording(effect, Recording(Share(0.7, 80)), Recording(0.95), seed=seed)
        low, high = found.table[["lower", "upper"]].iloc[1]
        covered += low <= 0.25 - 0.4 <= high
    assert covered >= 88


def test_impossible_draws_are_counted_and_none_left_is_refused():
    effect = draw_rates(83, 13, 1000, 278)
    found = correct_recording(effect, Recording(1.0, Share(0.9, 40)), Recording(1.0))
    assert "of draws were impossible" in found.sentence
    with pytest.raises(CannotAnswerError, match="give shares nearer 1"):
        correct_recording(effect, Recording(0.9, 0.5), Recording(1.0))


def test_attrition_by_hand():
    found = attrition(make_effect(0.2, 0.3), {"no record": 83})
    by_label = found.table.set_index("label")["estimate"]
    assert by_label["nobody of them reoffended"] == pytest.approx(0.1 - 0.3)
    assert by_label["everybody of them reoffended"] == pytest.approx(0.6 - 0.3)
    assert by_label["as the participants who were analysed"] == pytest.approx(-0.1, abs=0.005)
    # nothing when (83 x 0.2 + 83 r) / 166 is 0.3
    assert "It is nothing if 40 of 100 of them reoffended" in found.sentence


def test_the_people_of_the_report_who_were_not_analysed():
    effect = draw_rates(83, 13, 4000, 1112)
    found = attrition(effect, {"no record": 44, "not found": 8, "no match": 3})
    table = found.table.set_index("label")
    assert table["estimate"].is_monotonic_increasing is False
    assert table.loc["as the participants who were analysed", "upper"] < 0
    assert table.loc["everybody of them reoffended", "lower"] > 0
    assert "the 55 participants who were not analysed" in found.sentence
    assert "44" not in found.sentence


def test_few_who_were_lost_are_not_counted():
    assert "the participants who were" in attrition(make_effect(0.2, 0.3), {"lost": 3}).sentence


def test_faults_are_listed():
    with pytest.raises(InputError) as error:
        Recording(0, 2)
    assert len(error.value.faults) == 2
    with pytest.raises(InputError) as error:
        attrition(make_effect(0.2, 0.3), {"lost": 0}, rates={"half": 50}, seed=-1)
    assert len(error.value.faults) == 3
    with pytest.raises(InputError) as error:
        correct_recording(make_effect(0.2, 0.3), 0.8, 0.9)
    assert len(error.value.faults) == 2
    with pytest.raises(CannotAnswerError, match="it is for the rate"):
        correct_selection(make_effect(2.0, 3.0, Measure.FREQUENCY), Found(0.9))
    assert math.isclose(Found().treated_others, 1)
