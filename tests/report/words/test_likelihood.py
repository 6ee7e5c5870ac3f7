"""Words for probabilities."""

import re

import pytest

from desist.report.words._numbers import format_probability
from desist.report.words.likelihood import SCALE, explain_scale, find_adverb


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (1.0, "almost certainly"),
        (0.985, "almost certainly"),
        (0.984, "very probably"),
        (0.895, "very probably"),
        (0.894, "probably"),
        (0.77, "probably"),
        (0.655, "probably"),
        (0.654, ""),
        (0.5, ""),
    ],
)
def test_the_word_is_that_of_the_percentage_as_it_is_printed(probability, word):
    assert find_adverb(probability) == word
    printed = int(re.search(r"\d+", format_probability(probability))[0])
    assert bool(word) == (printed >= 66)


def test_the_scale_is_told_from_the_table_that_chooses_the_words():
    told = explain_scale().casefold()
    assert [int(one) for one in re.findall(r"(\d+)% or more", told)] == [66, 90, 99]
    assert all(f"“{word}”" in told for _, word in SCALE)
    assert "below 66% it is unclear" in told
    assert "not ruled out" in told
