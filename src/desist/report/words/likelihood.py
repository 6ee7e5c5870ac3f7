"""Words for probabilities: one table, used wherever a probability is said as a word."""

from desist.report.words._numbers import round_half_away

# The steps are those of the Intergovernmental Panel on Climate Change (Mastrandrea and others,
# 2010, table 1): virtually certain, very likely, likely; "about as likely as not" is said as
# unclear, and nothing is called certain. The probability yardstick of the United Kingdom's
# intelligence assessment says "likely or probable" from 55 %, "highly likely" from 80 % and
# "almost certain" from 95 %: each word of ours is said later than there.
SCALE = ((99, "almost certainly"), (90, "very probably"), (66, "probably"))


def find_adverb(probability: float) -> str:
    """Find the word for a probability as it is printed; empty where it is unclear."""
    percent = round_half_away(100 * probability)
    return next((word for least, word in SCALE if percent >= least), "")


def explain_scale() -> str:
    """Say from which probability each word is used."""
    (sure, surest), (high, higher), (least, word) = SCALE
    return (
        f"“{word[:1].upper()}{word[1:]}” is said of a probability of {least}% or more, “{higher}” "
        f"of {high}% or more and “{surest}” of {sure}% or more; below {least}% it is unclear. "
        "Where the interval reaches from less to more reoffending, the other direction is not "
        "ruled out, however probable the first."
    )
