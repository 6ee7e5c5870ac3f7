"""At the edges of the numbers a sensitivity analysis answers, or says why it cannot."""

import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from desist.datasets import making_connections
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Estimand, Measure
from desist.models.priors import Normal
from desist.sensitivity import (
    AnyShape,
    BinaryConfounder,
    Found,
    NormalConfounder,
    ProcessShape,
    Recording,
    Share,
    WeibullShape,
    adjust_ratio,
    amplify,
    apply_prior,
    attrition,
    bound_discordant,
    bound_published_effect,
    bound_published_time,
    bound_sets,
    confounder,
    correct_recording,
    correct_selection,
    design_sensitivity,
    e_value,
    e_value_of_difference,
    e_value_of_ratio,
    find_e_value,
    find_sceptical_prior,
)
from desist.sensitivity._days import cover_bounds
from desist.sensitivity._reduced import _target
from desist.sensitivity._trimming import Reoffending
from desist.sensitivity.confounding import Ratio, risk_ratio_from
from desist.sensitivity.priors import find_sceptical_limit
from desist.sensitivity.robustness import adjust_for
from desist.sensitivity.time_bounds import bound_people

from .effects import draw_rates, make_effect


@pytest.fixture(autouse=True)
def _raise_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(scope="module")
def rate():
    return draw_rates(83, 13, 1000, 278)


@pytest.fixture(scope="module")
def frequency():
    rng = np.random.default_rng(1)
    return make_effect(rng.gamma(30, 0.01, 400), rng.gamma(60, 0.01, 400), Measure.FREQUENCY)


def refuse(call, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    return str(caught.value)


def make_people(days, treated, weights=None):
    """People who reoffend on these days, 365 for those who do not, without cells."""
    days, treated = np.array(days, dtype=float), np.array(treated, dtype=bool)
    shares = np.ones(len(days)) if weights is None else np.array(weights, dtype=float)
    for arm in (treated, ~treated):
        shares[arm] /= shares[arm].sum()
    return Reoffending(days, days < 365, treated, shares, np.zeros(len(days), dtype=int))


@pytest.mark.parametrize(
    ("days", "treated"),
    [
        ([10, 365, 365, 20, 30, 40], [1, 1, 1, 0, 0, 0]),
        ([10, 20, 30, 40], [1, 0, 0, 0]),
        ([10, 20, 30, 40], [1, 1, 1, 0]),
        ([10, 20, 365, 40, 365], [1, 1, 1, 0, 0]),
    ],
)
def test_a_single_reoffender_of_an_arm_has_no_error_and_is_said_to_have_none(days, treated):
    with pytest.raises(CannotAnswerError, match="a single person of an arm reoffended"):
        bound_people(make_people(days, treated))


DAYS = [10, 60, 365, 365, 365, 20, 30, 40, 100, 365]
ARMS = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]


def test_bounds_of_the_days_are_those_by_hand():
    # rates 2/5 and 4/5: half of the comparison reoffenders, 20 and 30 or 40 and 100 days
    found = bound_people(make_people(DAYS, ARMS))
    assert found.share == pytest.approx(0.5)
    assert (found.lower, found.upper) == pytest.approx((35 - 70, 35 - 25))
    assert found.descriptive == pytest.approx(35 - 47.5)


def test_bounds_turn_with_the_arms():
    found = bound_people(make_people(DAYS, ARMS))
    turned = bound_people(make_people(DAYS, [1 - arm for arm in ARMS]))
    assert turned.direction == "causes"
    assert (turned.lower, turned.upper) == pytest.approx((-found.upper, -found.lower))
    assert turned.interval == pytest.approx((-found.interval[1], -found.interval[0]))
    assert turned.errors == pytest.approx(found.errors[::-1])


def test_weights_times_ten_change_no_bound():
    weights = np.array([1, 2, 1, 1, 1, 3, 1, 1, 2, 1], dtype=float)
    once = bound_people(make_people(DAYS, ARMS, weights))
    tenfold = bound_people(make_people(DAYS, ARMS, 10 * weights))
    assert tenfold.interval == pytest.approx(once.interval)


def test_days_that_are_all_the_same_leave_nothing_between_the_bounds():
    found = bound_people(make_people([10, 10, 365, 10, 10, 365], [1, 1, 1, 0, 0, 0]))
    assert (found.lower, found.upper, found.interval) == (0, 0, (0, 0))


@pytest.mark.parametrize("probability", [1e-300, 0.1, 0.4, 0.95, 0.99999, 1 - 2**-50])
@pytest.mark.parametrize("freedom", [0, 1, 10, 1e6])
def test_bounds_are_covered_whatever_probability_is_asked_for(probability, freedom):
    low, high = cover_bounds(0.0, 1.0, (0.1, 0.1), freedom, probability)
    assert low <= 0
    assert high >= 1
    wider = cover_bounds(0.0, 1.0, (0.1, 0.1), freedom, (1 + probability) / 2)
    assert wider[0] <= low + 1e-9
    assert high <= wider[1] + 1e-9


def test_bounds_that_meet_have_the_interval_of_students_t():
    low, high = cover_bounds(1.0, 1.0, (2.0, 2.0), 4, 0.95)
    assert (low, high) == pytest.approx((1 - 2 * 2.7764451, 1 + 2 * 2.7764451), rel=1e-6)
    assert cover_bounds(1.0, 2.0, (0.0, 0.0), 4, 0.95) == (1.0, 2.0)


def test_the_shapes_of_a_report_are_a_list_of_them():
    study = making_connections()
    for shapes, found in (
        (WeibullShape(), "a WeibullShape"),
        ([], "a list of 0"),
        ("any", "'any'"),
    ):
        said = refuse(bound_published_effect, study, shapes=shapes)
        assert f"shapes: expected a list of shapes, one or more, found {found}" in said
    assert "shapes[1]: expected" in refuse(bound_published_effect, study, shapes=[AnyShape(), 3])


def test_a_report_asked_for_little_coverage_gives_the_bounds_themselves():
    table = bound_published_effect(making_connections(), probability=0.4).table
    inside = table["interval_lower"] <= table["lower"]
    assert (inside & (table["interval_upper"] >= table["upper"])).all()


def test_the_process_takes_the_offences_of_the_arm_that_is_trimmed(monkeypatch):
    asked = []
    plain = ProcessShape.bound

    def watch(self, share, **figures):
        asked.append(figures["frequency"])
        return plain(self, share, **figures)

    monkeypatch.setattr(ProcessShape, "bound", watch)
    study = making_connections()
    bound_published_effect(study, shapes=[ProcessShape()])
    frequency = study.find(Measure.FREQUENCY)
    assert set(asked) == {frequency.comparison}
    found = bound_published_time(study, shape=ProcessShape())
    assert found.trimmed == "comparison"


@pytest.mark.parametrize("draws", [0.0, 1.0])
def test_a_rate_without_a_logarithm_has_no_sceptic(draws):
    effect = make_effect(draws, 0.3)
    scale = "ratio" if draws == 0 else "odds ratio"
    for call in (
        find_sceptical_prior,
        lambda one, scale: apply_prior(one, Normal(0, 1), scale=scale),
    ):
        with pytest.raises(CannotAnswerError, match="in some draws of the rate, so that its"):
            call(effect, scale=scale)


def test_the_sceptic_of_an_interval_is_that_by_hand():
    # (0.5 - 0.2) squared over four times the root of 0.1
    assert find_sceptical_limit(0.2, 0.5) == pytest.approx(0.09 / (4 * 0.1**0.5))
    assert find_sceptical_limit(-0.5, -0.2) == find_sceptical_limit(0.2, 0.5)


@pytest.mark.parametrize(
    ("rates", "found"),
    [
        ({"as analysed": 0.3}, "'as analysed'"),
        ({"nobody of them reoffended": 0.3}, "'nobody of them reoffended'"),
        ({3: 0.3}, "3"),
    ],
)
def test_a_label_of_the_table_is_not_taken_twice(rate, rates, found):
    said = refuse(attrition, rate, {"x": 20}, rates=rates)
    assert f"one of the table's own, found {found}" in said


@pytest.mark.parametrize("lost", [{"x": 0}, {"x": 1.5}, {"x": 10**20}, {"x": -1}])
def test_the_lost_are_a_possible_number_of_people(rate, lost):
    assert "lost['x']: expected a whole number of at least 1" in refuse(attrition, rate, lost)


@pytest.mark.parametrize("estimand", [Estimand.ATE, Estimand.ATC, Estimand.TRUNCATED_ATE])
def test_the_lost_are_added_to_participants_alone(rate, estimand):
    with pytest.raises(CannotAnswerError, match="the effect is not on the participants"):
        attrition(replace(rate, estimand=estimand), {"x": 20})


@pytest.mark.parametrize("estimand", [Estimand.MATCHED_ATT, Estimand.TRUNCATED_ATT])
def test_the_lost_of_few_or_cut_matches_are_participants_too(rate, estimand):
    found = attrition(replace(rate, estimand=estimand), {"x": 20}, rates={"half": 0.5})
    table = found.table.set_index("label")["estimate"]
    n, m = rate.n_treated, 20
    everybody = (n * float(rate.treated.mean()) + m) / (n + m) - float(rate.comparison.mean())
    assert table["everybody of them reoffended"] == pytest.approx(everybody)
    assert (
        table["nobody of them reoffended"] < table["half"] < table["everybody of them reoffended"]
    )


def make_fit(estimand):
    rows = {"weight": [1.0, 1.0, 2.0, 3.0], "treated": [1, 1, 0, 0]}
    return _target(SimpleNamespace(estimand=estimand), rows)


@pytest.mark.parametrize(
    ("estimand", "shares"),
    [
        (Estimand.ATT, [0.5, 0.5]),
        (Estimand.MATCHED_ATT, [0.5, 0.5]),
        (Estimand.TRUNCATED_ATT, [0.5, 0.5]),
        (Estimand.ATC, [0.4, 0.6]),
        (Estimand.TRUNCATED_ATC, [0.4, 0.6]),
        (Estimand.ATO, [0.25, 0.25, 0.2, 0.3]),
    ],
)
def test_people_are_left_out_of_those_whom_the_effect_is_about(estimand, shares):
    assert make_fit(estimand).weights.tolist() == pytest.approx(shares)


@pytest.mark.parametrize("estimand", [Estimand.ATE, Estimand.TRUNCATED_ATE])
def test_nobody_is_left_out_of_everybody(estimand):
    with pytest.raises(CannotAnswerError, match="choose the ATT"):
        make_fit(estimand)


@pytest.mark.parametrize(
    ("participant", "others", "message"),
    [
        ("ab", "cd", "participant: expected a list of numbers up to 1e+100, one or more a set"),
        (3, 4, "participant: expected a list of numbers up to 1e+100, one or more a set, found 3"),
        ([], [], "participant: expected a list of numbers"),
        ([1, 2], [1], "participant, others: expected as many sets in both, found 2 and 1"),
        ([1, np.inf], [1, 2], "participant: expected a list of numbers"),
        ([1, 2], [1, -np.inf], "others: expected a list of numbers"),
        ([1, 1e200], [1, 2], "participant: expected a list of numbers"),
        ([[1, 2]], [1], "participant: expected a list of numbers"),
        ([1, 2], np.ones((2, 2, 2)), "others: expected a list of numbers"),
        ([1, None], [1, 2], "participant, others: expected two outcomes or more a set"),
        ([1, 2], [[np.nan, np.nan], [1, 2]], "participant, others: expected two outcomes or more"),
    ],
)
def test_what_are_no_matched_sets_is_refused_in_words(participant, others, message):
    assert message in refuse(bound_sets, participant, others, statistic="mean")


def test_sets_and_settings_are_refused_together():
    said = refuse(bound_sets, "a", 3, statistic="t", gammas=2, alternative="more", alpha=5)
    assert [line.split(":")[0].strip(" -") for line in said.splitlines()[1:]] == [
        "statistic",
        "alternative",
        "alpha",
        "gammas",
        "participant",
        "others",
    ]


def test_mcnemar_is_of_outcomes_of_0_and_1():
    said = refuse(bound_sets, [2, 3], [0, 1], statistic="mcnemar")
    assert 'statistic: expected outcomes of 0 and 1, found others; use "signed_rank"' in said
    found = bound_sets([1, 1, 0, 1], [0, 0, 1, 1], statistic="mcnemar", gammas=[1])
    # of three pairs that differ two are greater: P(2 or 3 of 3) = 4 / 8
    assert found.table["upper"].tolist() == pytest.approx([0.5])
    assert found.n_sets == 3


def test_signed_ranks_of_a_pair_more_or_less_by_hand():
    # one pair: its rank 1 counts with probability a half, variance a quarter
    found = bound_sets([1.0], [0.0], gammas=[1.0])
    assert found.table["upper"].tolist() == pytest.approx([0.15865525393145707])


def test_turned_differences_turn_the_alternative():
    first, second = [5, 7, 9, 6, 3], [1, 2, 3, 4, 4]
    for statistic in ("signed_rank", "mean", "huber"):
        greater = bound_sets(first, second, statistic=statistic)
        less = bound_sets(second, first, statistic=statistic, alternative="less")
        assert less.table.to_numpy() == pytest.approx(greater.table.to_numpy())
        assert less.gamma == pytest.approx(greater.gamma)


def test_outcomes_times_ten_change_no_p_value():
    first, second = np.array([5, 7, 9, 6, 3.0]), np.array([1, 2, 3, 4, 4.0])
    for statistic in ("signed_rank", "mean", "huber"):
        once = bound_sets(first, second, statistic=statistic).table.to_numpy()
        tenfold = bound_sets(10 * first, 10 * second, statistic=statistic).table.to_numpy()
        assert tenfold == pytest.approx(once)


def test_bounds_without_hidden_bias_meet_and_then_part():
    table = bound_discordant(30, 10, gammas=[1, 1.5, 2, 4]).table
    assert table.loc[0, "lower"] == pytest.approx(table.loc[0, "upper"])
    assert table["lower"].is_monotonic_decreasing
    assert table["upper"].is_monotonic_increasing


@pytest.mark.parametrize("pairs", [(0, 0), (0, 5), (1, 1)])
def test_pairs_that_speak_for_nothing_survive_no_bias(pairs):
    assert bound_discordant(*pairs).gamma == 1.0


def test_one_more_pair_for_the_programme_survives_more():
    gammas = [bound_discordant(n, 5).gamma for n in (15, 20, 30, 60)]
    assert gammas == sorted(gammas)
    assert gammas[0] < gammas[-1]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (50, "sizes: expected a list of numbers of pairs, found 50"),
        ("ab", "sizes: expected a list of numbers of pairs, found 'ab'"),
        ([10, 0], "sizes[1]: expected a whole number of at least 1 and of at most 1e+06, found 0"),
        ([1.5], "sizes[0]: expected a whole number"),
        (["a"], "sizes[0]: expected a whole number"),
        ([10**9], "sizes[0]: expected a whole number of at least 1 and of at most 1e+06"),
    ],
)
def test_numbers_of_pairs_are_whole_and_possible(sizes, message):
    assert message in refuse(design_sensitivity, 83, 0.16, 0.28, sizes=sizes)


def test_the_limit_of_a_design_is_the_odds_ratio_of_its_rates():
    found = design_sensitivity(10, 0.2, 0.5, sizes=[])
    assert found.limit == pytest.approx(0.5 * 0.8 / (0.2 * 0.5))
    assert found.sentence.startswith("10 pairs are too few")
    assert repr(found) == "<DesignSensitivity: 10 pairs 1, limit 4>"
    more = design_sensitivity(400, 0.2, 0.5, sizes=[])
    assert 1 < more.gamma < more.limit
    assert more.sentence.endswith("with ever more pairs of up to 4.00.")


@pytest.mark.parametrize("gamma", [1.0, 1.5, 3.0, 1e6])
def test_one_bias_is_that_of_its_two_strengths(gamma):
    # Gamma = (Lambda Delta + 1) / (Lambda + Delta), solved and put back
    strength = 2 * gamma + 1
    other = amplify(gamma, strength)
    assert (strength * other + 1) / (strength + other) == pytest.approx(gamma)


def test_a_bias_beyond_numbers_is_refused():
    assert "gamma: expected a number of at least 1" in refuse(amplify, 1e200, 1e201)
    assert "participation: expected a number above 1 and of at most 1e+100" in refuse(
        amplify, 1.0, 1e200
    )


@pytest.mark.parametrize("strength", [-800.0, -5.0, 0.0, 5.0, 800.0])
def test_a_binary_confounder_of_any_strength_moves_offences_as_its_shares_allow(
    frequency, strength
):
    prior = BinaryConfounder(Share(0.4, 1e12), Share(0.2, 1e12), Normal(strength, 1e-9))
    found = confounder(frequency, prior).table["estimate"]
    with np.errstate(over="ignore"):
        ratio = np.exp(strength)
    factor = (1 + 0.4 * (ratio - 1)) / (1 + 0.2 * (ratio - 1)) if ratio < 1e300 else 2.0
    moved = float(frequency.treated.mean()) - factor * float(frequency.comparison.mean())
    assert found.iloc[1] == pytest.approx(moved, rel=1e-6)


def test_a_confounder_of_no_strength_or_of_equal_shares_changes_nothing(rate):
    for prior in (
        BinaryConfounder(Share(0.4), Share(0.2), Normal(0.0, 1e-12)),
        BinaryConfounder(Share(0.3, 1e12), Share(0.3, 1e12), Normal(1.0, 0.1)),
        BinaryConfounder(Share(0.3, 1e12), Share(0.3, 1e12), Normal(1.0, 0.1), scale="odds"),
        NormalConfounder(Normal(0.0, 1e-12), Normal(1.0, 0.1)),
        NormalConfounder(Normal(0.0, 1e-12), Normal(1.0, 0.1), scale="odds"),
    ):
        before, after = confounder(rate, prior).table["estimate"]
        assert after == pytest.approx(before, abs=1e-6)


def test_a_normal_confounder_beyond_numbers_says_that_no_draw_agrees(rate, frequency):
    prior = NormalConfounder(Normal(0.2, 0.01), Normal(1e300, 0.1))
    for effect in (rate, frequency):
        with pytest.raises(CannotAnswerError, match="fewer than 5 in 100 draws of the prior"):
            confounder(effect, prior)


@pytest.mark.parametrize(
    ("arguments", "ratio"),
    [
        ((2.0, 0.0, 0.0, 5.0), 2.0),
        ((2.0, 0.3, 0.3, 5.0), 2.0),
        ((2.0, 1.0, 0.0, 2.0), 1.0),  # all participants and no other: explained away
        ((2.0, 0.3, 0.2, 1e300), 2 * 0.2 / 0.3),
    ],
)
def test_a_ratio_is_adjusted_as_by_hand(arguments, ratio):
    assert adjust_ratio(*arguments) == pytest.approx(ratio)


def test_a_chance_that_was_drawn_as_none_is_impossible_and_not_infinite(rate):
    found = correct_selection(rate, Found(treated_reoffenders=Share(0.3, 0.01)), seed=1)
    assert np.isfinite(found.table[["estimate", "lower", "upper"]].to_numpy()).all()
    assert "of draws were impossible" in found.sentence


def test_only_the_ratio_of_the_chances_of_an_arm_matters(rate):
    once = correct_selection(rate, Found(0.9, 0.6, 0.8, 0.4)).table["estimate"]
    tiny = correct_selection(rate, Found(9e-300, 6e-300, 8e-300, 4e-300)).table["estimate"]
    assert tiny.to_numpy() == pytest.approx(once.to_numpy())


def test_recording_that_is_no_better_than_chance_cannot_be_corrected(rate):
    with pytest.raises(CannotAnswerError, match="fewer than 5 in 100 draws"):
        correct_recording(rate, Recording(0.5, 0.5), Recording(0.5, 0.5))


@pytest.mark.parametrize("ratio", [1e-100, 0.2, 1.0, 7.0, 1e100])
def test_the_e_value_of_a_ratio_solves_its_equation(ratio):
    # the least strength E with both for which E E / (2 E - 1) is the ratio
    strength, away = e_value(ratio), max(ratio, 1 / ratio)
    assert strength**2 / (2 * strength - 1) == pytest.approx(away)


def test_converted_ratios_keep_their_side_and_turn_with_the_arms():
    for kind in Ratio:
        for ratio in (0.01, 0.5, 1.0, 3.0):
            converted = risk_ratio_from(ratio, kind)
            assert (converted < 1) == (ratio < 1)
            assert risk_ratio_from(1 / ratio, kind) == pytest.approx(1 / converted)


def test_an_interval_that_touches_no_difference_has_a_limit_of_1():
    assert e_value_of_ratio(0.5, 0.2, 1.0).limit == 1.0
    assert e_value_of_difference(-0.1, -0.2, 0.0, comparison=0.3).limit == 1.0
    assert "includes no difference" in e_value_of_ratio(0.5, 0.2, 1.0).sentence


def test_the_days_have_no_e_value_and_the_ratio_of_one_side_has():
    found = find_e_value(make_effect(100.0, 90.0, Measure.RMST))
    assert not found.applicable
    assert found.sentence.startswith("Not applicable, because a mean time is not a risk")
    constant = find_e_value(make_effect(0.2, 0.3))
    assert constant.estimate == pytest.approx(e_value(2 / 3))


def test_something_unrecorded_that_speaks_of_neither_side_adjusts_nothing():
    for strengths in ((0.0, 0.4), (0.4, 0.0)):
        assert adjust_for(-0.1, 0.05, 40.0, *strengths)[0] == pytest.approx(-0.1)
    # bias 0.05 root(40 x 0.2 x 0.1 / 0.9)
    moved = adjust_for(-0.1, 0.05, 40.0, 0.1, 0.2)[0]
    assert moved == pytest.approx(-0.1 + 0.05 * (40 * 0.02 / 0.9) ** 0.5)
