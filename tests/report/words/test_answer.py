"""The sentence that a report begins with."""

import pytest

from desist.estimands import Estimand, Interval, Measure
from desist.report.words.answer import CONDITION, answer


def say(measure, limits, benefit, estimand=Estimand.ATT):
    interval = Interval(*limits)
    found = answer(
        measure,
        interval=interval,
        benefit=benefit,
        estimand=estimand,
        period="one year",
        level="95%",
    )
    assert found[-1] == CONDITION
    return " ".join(found[:-1])


def test_a_likely_benefit_on_the_rate_is_said_with_its_probability_and_interval():
    assert say(Measure.RATE, (-0.19, -0.03), 0.996, Estimand.MATCHED_ATT) == (
        "Participants almost certainly reoffended less than they would have without the "
        "programme: the probability of less reoffending is more than 99%. For every 100 people, "
        "that is between 3 and 19 people fewer within one year (95% interval)."
    )


def test_an_interval_that_includes_no_difference_is_said_from_end_to_end():
    assert say(Measure.RATE, (-0.06, 0.02), 0.87) == (
        "Participants probably reoffended less than they would have without the programme: the "
        "probability of less reoffending is 87%. For every 100 people, that is anything from 6 "
        "people fewer to 2 people more within one year (95% interval), so that more reoffending "
        "is not ruled out."
    )


@pytest.mark.parametrize(
    ("benefit", "words"),
    [
        (0.995, "almost certainly reoffended less"),
        (0.95, "very probably reoffended less"),
        (0.66, "probably reoffended less"),
        (0.65, "It is unclear whether participants reoffended less"),
        (0.36, "It is unclear whether participants reoffended more"),
        (0.30, "Participants probably reoffended more"),
        (0.001, "almost certainly reoffended more"),
    ],
)
def test_the_adverb_follows_the_probability_in_both_directions(benefit, words):
    assert words in say(Measure.RATE, (-0.1, 0.1), benefit)


def test_a_harm_is_said_with_the_probability_of_harm():
    sentence = say(Measure.RATE, (0.02, 0.2), 0.01)
    assert "the probability of more reoffending is 99%" in sentence
    assert "between 2 and 20 people more" in sentence


def test_people_who_were_not_all_there_would_reoffend():
    sentence = say(Measure.RATE, (-0.1, 0.1), 0.8, Estimand.ATE)
    assert sentence.startswith(
        "With the programme, people like those in the study would probably reoffend less often "
        "than without it"
    )


def test_days_and_hazards_have_their_own_words():
    assert "went longer without a reoffence" in say(Measure.RMST, (-4, 14), 0.88)
    assert "anything from 4 days shorter to 14 days longer" in say(Measure.RMST, (-4, 14), 0.88)
    assert "0.64 to 1.25 times that without" in say(Measure.HAZARD_RATIO, (0.64, 1.25), 0.7)
