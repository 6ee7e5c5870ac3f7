"""Settings of a synthesis and of what stands beside it are refused by name, all together."""

import json

import numpy as np
import pandas as pd
import pytest

from desist.errors import InputError
from desist.models import EvidencePrior
from desist.models.priors import Normal
from desist.synthesis import (
    EstimateWithError,
    PValue,
    StepSelection,
    Study,
    WholePercentages,
    adjust_by_precision,
    drop_overlaps,
    effective_sample_size_of_prior,
    predict_conclusions,
    read_passport,
    read_studies,
    regress_effects,
    synthesise,
    try_prior,
)

PRIOR = EvidencePrior((0.8, 0.2), (-0.3, 0.0), (0.2, 1.5), "log_odds", 10)
OF_RATES = EvidencePrior((0.8, 0.2), (-0.3, 0.0), (0.2, 1.5), "log_rate", 10)
PERCENTAGES = {
    "study": "A",
    "treated_percentage": 20,
    "comparison_percentage": 30,
    "n_treated": 50,
    "n_comparison": 50,
}
GRID = np.linspace(-2, 2, 21)
RECORD = {
    "schema": "desist-passport-1",
    "effects": GRID.tolist(),
    "log_likelihoods": (-(GRID**2)).tolist(),
    "scale": "log_odds",
}


def refuse(call, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0.025}, "steps: expected a tuple such as (0.025,), found 0.025"),
        ({"weights": 0.5}, "weights: expected a tuple such as (0.5,), found 0.5"),
        ({"steps": "ab"}, "steps: expected a tuple such as (0.025,), found 'ab'"),
        ({"steps": (0.5, 0.025), "weights": (1, 1)}, "steps: expected rising numbers"),
        ({"steps": ()}, "steps: expected rising numbers, at least one, found ()"),
        ({"steps": (0.025, 0.5)}, "weights: expected one a step, found none; give weights="),
        ({"weights": (0.5, 0.5)}, "weights: expected one for each step, found 2 for 1 steps"),
        ({"weights": (0.0,)}, "weights: expected a number above 0, found 0"),
    ],
)
def test_steps_that_do_not_belong_together_are_refused(settings, message):
    assert message in refuse(StepSelection, **settings)


def test_steps_and_weights_are_refused_together():
    said = refuse(StepSelection, steps=(2.0,), weights=(-1.0,), alternative="lower")
    assert said.splitlines() == [
        "selection: 3 faults",
        "  - alternative: expected one of less, greater, found 'lower'",
        "  - steps: expected a number above 0 and below 1, found 2",
        "  - weights: expected a number above 0, found -1",
    ]


@pytest.mark.parametrize("word", ["maybe", "Y", "significant", 3])
def test_a_word_of_significance_that_is_none_is_not_dropped(word):
    said = refuse(read_studies, pd.DataFrame([PERCENTAGES | {"significant": word}]))
    assert "row 1, significant: expected yes or no" in said


@pytest.mark.parametrize(
    ("word", "meant"), [("yes", True), ("No", False), (True, True), ("FALSE", False), (None, None)]
)
def test_significance_is_read_from_the_words_for_it(word, meant):
    [study] = read_studies(pd.DataFrame([PERCENTAGES | {"significant": word}]))
    assert study.evidence.significant is meant


def test_a_truth_value_of_a_report_is_one():
    said = refuse(WholePercentages, 20, 30, 50, 50, significant="no")
    assert "significant: expected True, False or None, found 'no'" in said
    assert "at_most: expected True or False, found 'yes'" in refuse(
        PValue, 0.1, "reduction", 50, 50, 0.3, "yes"
    )


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"n_treated_low": 40}, "n_treated and n_treated_low filled"),
        (
            {"n_treated_low": 40, "n_treated_high": 60},
            "n_treated and n_treated_low and n_treated_high filled",
        ),
        ({"n_treated": None, "n_treated_high": 60}, "n_treated_high filled"),
        ({"n_comparison_low": 0}, "n_comparison and n_comparison_low filled"),
    ],
)
def test_a_size_told_twice_or_by_half_is_not_dropped(row, found):
    said = refuse(read_studies, pd.DataFrame([PERCENTAGES | row]))
    name = "n_comparison" if "n_comparison_low" in row else "n_treated"
    assert f"row 1, {name}: expected {name}, or both of {name}_low and {name}_high" in said
    assert f"found {found}; fill the one or the other" in said


def test_a_programme_is_a_text_and_its_moderators_have_names():
    said = refuse(Study, "A", EstimateWithError(0.0, 1.0), 3, 4)
    assert "programme: expected a text, found 3" in said
    assert "moderators: expected what a formula may use, by name, found 4" in said


def make_two(first, second, **moderators):
    one = Study("1", first, "A", {"prison": "yes"})
    return [one, Study("2", second, "A", {"prison": "yes"} | moderators)]


def test_reports_of_one_programme_with_other_moderators_are_not_joined():
    reports = make_two(EstimateWithError(0, 1), EstimateWithError(1, 1), prison="no")
    said = refuse(synthesise, reports, correlation=0.5)
    assert "moderators: expected the same moderators in all reports of one programme" in said
    assert "found others among studies 1, 2; correct them, or give two names" in said


@pytest.mark.parametrize("moderator", ["yes", float("nan"), None])
def test_reports_of_one_programme_with_the_same_moderators_are_joined(moderator):
    reports = [
        Study(f"{row}", EstimateWithError(row, 1), "A", {"prison": moderator}) for row in (0, 1)
    ]
    [study] = synthesise(reports, correlation=0.5).studies
    assert study.evidence.estimate == pytest.approx(0.5)
    # two errors of 1 with correlation r have a mean with variance (1 + r) / 2
    assert study.evidence.standard_error == pytest.approx(0.75**0.5)


def test_the_rounding_of_a_report_is_not_forgotten_when_it_is_joined():
    reports = make_two(EstimateWithError(0.0, 0.1, 0.6), EstimateWithError(0.0, 0.1, 0.6))
    [study] = synthesise(reports, correlation=0.0).studies
    # half of 0.01 and of 0.36 / 12
    assert study.evidence.standard_error == pytest.approx((0.04 / 2) ** 0.5)


@pytest.mark.parametrize(
    ("clusters", "message"),
    [
        ([None, *"abcd"], "clusters: expected the programme of every estimate, found 1 without"),
        ([np.nan] * 5, "found 5 without one, rows 1, 2, 3, 4, 5; give an estimate that stands"),
        ("abcde", "clusters: expected a list of 5, one for each estimate, found 'abcde'"),
        ({"a", "b", "c", "d", "e"}, "clusters: expected a list of 5"),
        (list("abcd"), "clusters: expected a list of 5, one for each estimate, found a list of 4"),
        (3, "clusters: expected a list of 5, one for each estimate, found 3"),
    ],
)
def test_an_estimate_without_its_programme_is_not_left_out_of_robust_errors(clusters, message):
    said = refuse(regress_effects, [0.1, 0.2, 0.3, 0.4, 0.5], [0.1] * 5, clusters=clusters)
    assert message in said


def test_the_names_of_clusters_do_not_matter():
    values, errors = [0.1, 0.2, 0.3, 0.4, 0.7], [0.1, 0.2, 0.1, 0.2, 0.1]
    named = regress_effects(values, errors, clusters=list("aabbc"))
    numbered = regress_effects(values, errors, clusters=[7, 7, 3, 3, "x"])
    assert named.table.to_numpy() == pytest.approx(numbered.table.to_numpy(), rel=1e-12)


@pytest.mark.parametrize("alpha", ["x", 7, 0, None])
def test_a_level_that_is_none_is_refused(alpha):
    said = refuse(adjust_by_precision, [0.1] * 10, np.linspace(0.1, 0.5, 10), alpha=alpha)
    assert "alpha: expected a number above 0 and below 1" in said


PLAN = {"n_treated": 40, "estimate": -0.4, "standard_error": 0.35, "comparison_rate": 0.3}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"more": 20}, "more: expected a list of numbers of people, found 20; write [20, 50, 100]"),
        ({"more": []}, "more: expected a list of numbers of people, found a list of 0"),
        ({"more": [10, 0]}, "more: expected a whole number of at least 1, found 0"),
        ({"standard_error": 1e-300}, "standard_error: expected a number of at least 1e-09"),
        ({"estimate": 1e300}, "estimate: expected a number of at least -100 and of at most 100"),
        ({"prior": OF_RATES}, "prior: expected one on a scale of proportions (log_odds, log_risk"),
        ({"prior": 3}, "prior: expected a prior such as synthesis.prior(), found 3"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(change, message):
    settings = {"prior": PRIOR} | PLAN | change
    assert message in refuse(predict_conclusions, **settings)


def test_chances_of_a_conclusion_sum_to_one_and_more_people_conclude_more():
    table = predict_conclusions(PRIOR, **PLAN, more=[5, 2000])
    assert table[["inconclusive", "reduction", "increase"]].sum(axis=1).to_numpy() == (
        pytest.approx([1, 1])
    )
    assert table["inconclusive"].is_monotonic_decreasing


def test_a_prior_that_is_none_has_no_worth_and_cannot_be_tried():
    said = refuse(effective_sample_size_of_prior, 3, comparison_rate=2)
    assert "comparison_rate: expected a number above 0 and below 1, found 2" in said
    assert "prior: expected a prior such as synthesis.prior(), found 3" in said
    said = refuse(try_prior, None, 0.3, -1, default=0)
    assert [line.split(":")[0].strip(" -") for line in said.splitlines()] == [
        "evidence prior",
        "standard_error",
        "prior",
        "truths",
        "default",
    ]


def test_more_comparison_people_make_the_prior_worth_fewer_participants():
    alone = effective_sample_size_of_prior(PRIOR, comparison_rate=0.3)
    beside = effective_sample_size_of_prior(PRIOR, comparison_rate=0.3, ratio=1.0)
    assert beside > alone  # a participant beside one comparison person tells less
    assert try_prior(PRIOR, [0.0], 0.4, default=Normal(0, 1.5))["coverage"].between(0, 1).all()


def test_columns_that_cannot_be_put_in_order_are_named():
    table = pd.DataFrame({"study": ["a", "b"], "people": ["x", "x"], "n": [1, "b"]})
    said = refuse(drop_overlaps, table, prefer=["n"])
    assert "n: expected values that can be put in order, found numbers beside text" in said


def test_without_a_preference_the_first_report_of_the_same_people_is_kept():
    table = pd.DataFrame({"study": ["a", "b", "c"], "people": ["x", "x; y", " "]})
    found = drop_overlaps(table, prefer=[])
    assert found.kept["study"].tolist() == ["a", "c"]
    assert found.left_out[["study", "instead"]].to_numpy().tolist() == [["b", "a"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"effects": 3}, "effects: expected finite numbers up to 1e+12, found 3"),
        ({"effects": "abc"}, "effects: expected finite numbers up to 1e+12, found 'abc'"),
        ({"effects": None}, "effects: expected finite numbers up to 1e+12, found None"),
        ({"effects": ["a"] * 21}, "effects: expected finite numbers up to 1e+12, found a tuple of"),
        ({"effects": [[1]] * 21}, "effects: expected finite numbers up to 1e+12, found a tuple of"),
        ({"effects": [True] * 21}, "effects: expected finite numbers"),
        ({"effects": [1e300 * row for row in range(21)]}, "effects: expected finite numbers up to"),
        ({"effects": [1e-300 * row for row in range(21)]}, "finite numbers, the effects rising"),
        ({"log_likelihoods": [float("nan")] * 21}, "log_likelihoods: expected finite numbers"),
        ({"log_likelihoods": []}, "expected as many effects as log-likelihoods, 9 or more, found"),
        ({"flow": 3}, "flow: expected pairs of a step and how many people are left, found 3"),
        ({"flow": [1]}, "flow: expected pairs"),
        ({"flow": [["a", "b"]]}, "flow: expected pairs"),
        ({"flow": [["a", float("inf")]]}, "flow: expected pairs"),
        ({"measure": 3}, "measure: expected a text, found 3"),
        ({"title": 3}, "title: expected a text, found 3"),
        ({"horizon": "x"}, "horizon: expected a number above 0 or None, found 'x'"),
        ({"n_treated": "many"}, "n_treated: expected a whole number of at least 0 or None"),
        ({"n_comparison": -1}, "n_comparison: expected a whole number of at least 0 or None"),
        ({"is_small": True}, "is_small: expected no such key, found 1 unknown"),
    ],
)
def test_a_passport_that_somebody_changed_is_refused_in_words(change, message, tmp_path):
    path = tmp_path / "passport.json"
    path.write_text(json.dumps(RECORD | change))
    assert message in refuse(read_passport, path)


def test_a_passport_without_its_grid_says_what_is_missing(tmp_path):
    path = tmp_path / "passport.json"
    path.write_text(json.dumps({"schema": RECORD["schema"]}))
    assert refuse(read_passport, path).splitlines() == [
        "passport: 3 faults",
        "  - effects: expected a value, found none",
        "  - log_likelihoods: expected a value, found none",
        "  - scale: expected a value, found none",
    ]


@pytest.mark.parametrize("text", ["", "[1]", "NaN", "\ufeff{}", '{"a": ' + "[" * 100_000])
def test_a_file_that_is_no_passport_is_refused_in_words(text, tmp_path):
    path = tmp_path / "passport.json"
    path.write_text(text, encoding="utf-8")
    assert refuse(read_passport, path).startswith("passport: 1 fault")
    assert "path: expected the name of a file, found 3" in refuse(read_passport, 3)


def test_a_passport_speaks_of_its_scale_alone_and_has_the_error_of_its_curve(tmp_path):
    path = tmp_path / "passport.json"
    path.write_text(json.dumps(RECORD))
    found = read_passport(path)
    mode, error = found.summarise("log_odds")
    assert (mode, error) == pytest.approx((0, 0.5**0.5), abs=1e-9)  # of minus the square
    assert found.log_likelihood(np.array([0.3, 5.0]), "log_odds") == pytest.approx(
        [-0.09, -4 - 4 * 3], abs=1e-6
    )
    said = refuse(found.log_likelihood, GRID, "log_risk")
    assert 'scale: expected log_odds, found log_risk; synthesise(..., scale="log_odds")' in said
