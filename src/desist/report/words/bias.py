"""What is said of the result with the bias that placebo programmes show."""

from desist.estimands import Interval
from desist.evaluation.with_bias import BiasResult
from desist.report.words._numbers import count_of
from desist.report.words._wording import WORDINGS
from desist.report.words.statements import describe_interval


def say_bias(result: BiasResult) -> str:
    """Say how the result stands once the bias of placebo programmes is allowed for."""
    wording = WORDINGS[result.measure]
    programmes = count_of(result.n_programmes, "programme")
    interval = describe_interval(result.measure, Interval(result.lower, result.upper))
    return (
        f"The same method was tried on {programmes} that nobody gave. Beyond chance, their results "
        f"for {wording.name} differ with a standard deviation of {_say(result, result.spread)} "
        f"(it may be as large as {_say(result, result.spread_upper)}), where there is nothing to "
        f"find. If that bias is allowed for, {wording.name} may be {interval}. This stands beside "
        "the result, and not in its place."
    )


def _say(result: BiasResult, spread: float) -> str:
    wording = WORDINGS[result.measure]
    per_100 = " per 100" if wording.factor == 100 else ""
    return f"{wording.count(spread)}{per_100}"
