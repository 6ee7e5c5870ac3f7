"""Which figures on days fall with the time to first reoffence, because they tell what it is."""

from collections.abc import Collection, Mapping

from desist.estimands import Measure

WHY = "with the rate it would tell the time to first reoffence, which is not printed"


def explain_days(shown: Collection[Measure], reasons: Mapping[Measure, str]) -> dict[Measure, str]:
    """Explain why the restricted mean falls with the time among reoffenders, where it does."""
    # A day without a reoffence is one of a person who never reoffended, or one before a first
    # reoffence: RMST = (1 - rate) * horizon + rate * days. The rate is what a study is about, and
    # the horizon stands in every sentence; so it is the restricted mean that falls.
    is_told = Measure.RMST in shown and Measure.RMST not in reasons
    return {Measure.RMST: WHY} if is_told and Measure.TIME_AMONG_REOFFENDERS in reasons else {}
