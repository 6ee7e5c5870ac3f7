"""The record flow as it may be shown: steps at which few were left out are told together."""

from dataclasses import replace

from desist.cohort.flow import FlowStep, RecordFlow


def disclose_flow(flow: RecordFlow, fewest: int) -> RecordFlow:
    """Join steps at which few were left out with the next ones, until they are many or nobody."""
    # A small step cannot be left blank: what remained before it and after it gives it away.
    first, *others = flow.steps
    shown, waiting = [first], list[FlowStep]()
    for step in others:
        waiting.append(step)
        if not _is_small(waiting, fewest):
            shown.append(_join(waiting))
            waiting = []
    while waiting and len(shown) > 1 and _is_small(waiting, fewest):
        waiting = [shown.pop(), *waiting]
    if not waiting:
        return RecordFlow(tuple(shown))
    if not _is_small(waiting, fewest):
        return RecordFlow((*shown, _join(waiting)))
    # so few were left out in all that the number at first would tell how many
    last = waiting[-1]
    return RecordFlow((replace(last, name=f"people after: {_name(waiting)}", n_excluded=0),))


def close_flow(flow: RecordFlow, n_compared: int, fewest: int) -> RecordFlow:
    """Add the step to the people compared, where few are lost in it that the flow does not tell."""
    # their number stands elsewhere, and what the flow ends at would tell how many were dropped
    n_lost = flow.n_analysed - n_compared
    if not 0 < n_lost < fewest:
        return flow
    return flow.exclude("no suitable comparison person", n_lost)


def _is_small(steps: list[FlowStep], fewest: int) -> bool:
    return 0 < sum(step.n_excluded for step in steps) < fewest


def _join(steps: list[FlowStep]) -> FlowStep:
    """Make one step of several."""
    total = sum(step.n_excluded for step in steps)
    return replace(steps[-1], name=_name(steps), n_excluded=total)


def _name(steps: list[FlowStep]) -> str:
    return "; ".join(step.name for step in steps)
