"""One line a family of checks."""

import pytest

from desist.checks.catalogue import CATALOGUE
from desist.estimands import Measure, Scale
from desist.evaluation.record import ComparedCheck
from desist.report._shown import ShownCheck
from desist.report.words.families import FAMILIES, QUESTIONS, say_families

AGREES, SIZE, OTHER = "agrees", "differs in size", "disagrees"


def shown(slug, word=AGREES, *, applicable=True):
    agrees = None if word is None else word == AGREES
    numbers = (0.1, 0.0, 0.2, 0.04)
    stands = {"agrees": agrees, "agreement": word}
    check = ComparedCheck(Measure.RATE, slug, Scale.DIFFERENCE, *numbers, applicable, "", **stands)
    return ShownCheck(check, "0.04")


def test_every_check_has_a_family_and_every_family_a_check():
    assert set(FAMILIES) == set(CATALOGUE)
    assert set(FAMILIES.values()) == set(QUESTIONS)


def test_a_family_without_a_check_has_no_line():
    assert say_families([]) == ()
    assert say_families([shown("welch")]) == ("The usual tests: the one check agrees.",)


def test_families_stand_in_the_order_of_the_questions():
    lines = say_families([shown("randomisation"), shown("newcombe"), shown("cr2_difference")])
    assert [line.partition(":")[0] for line in lines] == [
        "Small samples",
        "Weights and matched sets",
        "Randomisation",
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([AGREES, AGREES], "both checks agree."),
        ([AGREES] * 3, "all 3 checks agree."),
        ([AGREES, SIZE], "1 of 2 checks agree; 1 differs in size."),
        ([SIZE, SIZE, OTHER], "none of 3 checks agrees; 2 differ in size; 1 disagrees."),
        ([SIZE], "the one check differs in size."),
        ([AGREES, None], "the one check agrees; 1 without a verdict."),
        ([None], "1 without a verdict."),
    ],
)
def test_a_line_counts_how_the_checks_stand(words, expected):
    slugs = ["newcombe", "fisher", "boschloo"]
    lines = say_families([shown(*each) for each in zip(slugs, words, strict=False)])
    assert lines == (f"Small samples: {expected}",)


def test_checks_that_cannot_be_made_are_counted_and_agree_with_nothing():
    missing = shown("fisher", None, applicable=False)
    assert say_families([missing]) == ("Small samples: 1 check cannot be made with these data.",)
    assert say_families([missing, shown("newcombe")]) == (
        "Small samples: the one check agrees; 1 check cannot be made with these data.",
    )
