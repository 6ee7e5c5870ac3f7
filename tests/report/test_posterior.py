"""A posterior in bars and regions."""

import numpy as np
import pytest

from desist.estimands import Estimand, Measure
from desist.report._posterior import BAD, GOOD, MOST_BARS, SMALL, show_posterior
from desist.report.pictures.posterior import describe_posterior, draw_posterior, posterior
from desist.report.view import make_view


@pytest.fixture
def effect(of_people):
    return of_people.effects[0]  # 24.6 against 23.2 per 100, with a standard deviation of 2.28


def test_bars_hold_all_of_the_probability_and_one_begins_at_no_difference(effect):
    shown = show_posterior(effect, None)
    assert sum(shown.shares) == pytest.approx(1, abs=0.02)
    assert 0.0 in shown.edges
    assert len(shown.shares) == len(shown.edges) - 1 <= MOST_BARS
    assert np.diff(shown.edges) == pytest.approx(shown.edges[1] - shown.edges[0])


def test_without_a_margin_there_are_two_regions_and_benefit_is_as_printed(of_people):
    view = make_view(of_people)
    for shown in view.printed:
        if shown.posterior is not None:
            good, bad = shown.posterior.regions
            assert good.probability == shown.benefit
            assert (good.kind, bad.kind) == (GOOD, BAD)


def test_a_margin_makes_a_third_region_of_which_it_is_the_end(effect):
    shown = show_posterior(effect, 0.02)
    assert [region.kind for region in shown.regions] == [GOOD, SMALL, BAD]
    assert [region.words for region in shown.regions] == [
        "lower by 2 people or more",
        "different by less than 2 people",
        "higher by 2 people or more",
    ]
    assert {-2.0, 2.0} <= set(shown.edges)
    # normal around 1.4 with a standard deviation of 2.28: beyond 2, 0.396; below -2, 0.068
    assert [region.probability for region in shown.regions] == ["7%", "54%", "40%"]


def test_bars_are_of_the_region_that_they_are_in(effect):
    shown = show_posterior(effect, 0.02)
    kinds = [shown.find_kind(place) for place in range(len(shown.shares))]
    assert kinds == sorted(kinds, key=[GOOD, SMALL, BAD].index)
    total = 100 * sum(
        share for share, kind in zip(shown.shares, kinds, strict=True) if kind == SMALL
    )
    assert total == pytest.approx(53.6, abs=1.5)


def test_a_longer_time_is_the_benefit(of_people):
    shown = show_posterior(of_people.effects[1], None)  # 318.2 against 321.9 days
    assert [region.words for region in shown.regions] == ["longer", "shorter, or the same"]
    assert shown.find_kind(len(shown.shares) - 1) == GOOD


def test_a_ratio_and_what_is_no_effect_have_none(of_people, published):
    assert show_posterior(of_people.effects[2], None) is None
    assert show_posterior(published.effects[2], None) is None
    assert show_posterior(None, None) is None


def test_draws_that_are_all_the_same_make_one_bar(effect):
    from dataclasses import replace

    still = replace(effect, difference=effect.difference * 0)
    shown = show_posterior(still, None)
    assert sum(shown.shares) == 1


def test_the_picture_has_a_bar_for_each_share_and_names_its_regions(effect):
    shown = show_posterior(effect, 0.02)
    axes = draw_posterior(shown).axes[0]
    assert len(axes.patches) == len(shown.shares)
    told = [text.get_text() for text in axes.get_legend().get_texts()]
    assert told[1] == "different by less than 2 people: 54%"
    hatched = {patch.get_hatch() for patch in axes.patches}
    assert "////" in hatched  # harm is told apart without colour
    assert "by less than 2 people with a probability of 54%" in describe_posterior(shown)


def test_a_region_without_a_bar_keeps_its_own_look_in_the_legend(effect):
    from dataclasses import replace

    better = replace(effect, difference=effect.difference * 0 - 0.05)
    axes = draw_posterior(show_posterior(better, None)).axes[0]
    good, bad = axes.get_legend().get_patches()
    assert good.get_facecolor() != bad.get_facecolor()
    assert (good.get_hatch(), bad.get_hatch()) == ("", "////")


def test_a_measure_that_is_not_printed_is_not_drawn(published, of_people):
    from desist.errors import InputError

    with pytest.raises(InputError, match="measure: expected one with a difference"):
        posterior(published, Measure.TIME_AMONG_REOFFENDERS)
    with pytest.raises(InputError, match="measure"):
        posterior(of_people, "hazard_ratio")
    assert posterior(of_people, "rate").axes
    assert of_people.estimand is Estimand.ATT
