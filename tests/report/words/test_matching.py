"""The match in sentences."""

import math

from desist.report.words.matching import describe_matching, say_balance

WELL, REASONABLE, POOR = "well matched", "reasonably matched", "poorly matched"


def row(covariate, word, ratio=1.0):
    return {"covariate": covariate, "word": word, "variance_ratio": ratio}


def test_all_alike_is_said_in_one_sentence():
    assert describe_matching([row("age", WELL), row("sex", WELL, math.nan)]) == (
        "All 2 covariates are well matched on average.",
    )


def test_those_that_are_less_alike_are_named():
    told = describe_matching(
        [row("age", WELL), row("sex", WELL), row("Copas rate", REASONABLE), row("sentence", POOR)]
    )
    assert told[0] == "Few of the covariates are well matched on average: 2 of 4."
    assert told[1] == "Reasonably matched: Copas rate."
    assert told[2].startswith("Poorly matched: sentence. Where such a covariate goes with")


def test_most_are_more_than_half():
    told = describe_matching([row("a", WELL), row("b", WELL), row("c", POOR)])
    assert told[0].startswith("Most of the covariates")
    assert describe_matching([row("c", POOR)])[0].startswith("None of the covariates")


def test_a_mean_that_fits_does_not_hide_a_spread_that_does_not():
    told = describe_matching([row("age", WELL, 0.51), row("prior", WELL, 1.2), row("x", WELL, 3)])
    assert told[-1].startswith("Equal means are not enough: the spread of age and x differs")


def test_of_many_covariates_eight_are_named():
    told = describe_matching([row(f"x{place}", POOR) for place in range(11)])
    assert "x7 and 3 more" in told[1]


def test_what_is_withheld_is_not_counted():
    withheld = row("ethnicity", "withheld, few people")
    assert say_balance([withheld]) == "No covariate can be shown"
    assert describe_matching([withheld]) == ()
    assert say_balance([withheld, row("age", WELL)]) == "Of 1 covariate, 1 well matched"


def test_one_line_counts_each_word():
    balance = [row("a", WELL), row("b", REASONABLE), row("c", POOR), row("d", POOR)]
    expected = "Of 4 covariates, 1 well matched, 1 reasonably matched and 2 poorly matched"
    assert say_balance(balance) == expected
