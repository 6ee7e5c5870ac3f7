"""The passport of an evaluation: what its people say of an effect, and nothing of them."""

from itertools import pairwise

import numpy as np

from desist._types import Floats, Mask
from desist.arguments import find_choice_faults, find_kind_faults
from desist.cohort.flow import RecordFlow
from desist.errors import CannotAnswerError, raise_faults
from desist.privacy import FEWEST_SHARING
from desist.sample import Sample
from desist.synthesis.evidence._weighted import weigh_arms
from desist.synthesis.passports import Passport
from desist.weights import effective_sample_size, weighted_variance

SUBJECT = "passport"
OF_RATES = ("log_odds", "log_risk", "risk_difference")
POINTS = 241
DEPTH = 60.0  # logs below the top to which the grid goes
FIRST_REACH = {"log_odds": 15.0, "log_risk": 15.0, "risk_difference": 0.999}


def make_passport(
    sample: Sample,
    *,
    measure: str = "rate",
    scale: str = "log_odds",
    title: str = "",
    flow: RecordFlow | None = None,
) -> Passport:
    """Make the passport of an evaluation from the people compared.

    The rate has the likelihood of two binomials of as many people as the weights of each arm are
    worth, its baseline integrated out; with equal weights it is that of the counts themselves. The
    frequency has a normal likelihood of its log ratio, with the weighted variance between people.
    Covariates are what the weights have made of them.

    Parameters
    ----------
    sample : Sample
        From `build_sample`.
    measure : {"rate", "frequency"}
        What is compared.
    scale : {"log_odds", "log_risk", "risk_difference", "log_rate"}
        Of the effect; "log_rate" for the frequency, and for it alone.
    title : str
        Of the evaluation.
    flow : RecordFlow, optional
        Its steps are told as far as no step left out fewer than ten.

    Returns
    -------
    Passport
        In memory; it is written with `Passport.write`, which refuses what tells of few.

    Raises
    ------
    InputError
        If an argument is wrong.
    CannotAnswerError
        If the cohort has not the outcome, or nobody reoffended in an arm whose frequency is
        asked for.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = ds.build_sample(cohort, design)
    >>> passport = ds.synthesis.make_passport(sample, title="Mentoring")
    >>> passport.measure, passport.scale, passport.is_small
    ('rate', 'log_odds', True)
    """
    faults = find_kind_faults("sample", sample, Sample, "a sample from build_sample(...)")
    faults += find_choice_faults("measure", measure, ("rate", "frequency"))
    allowed = OF_RATES if measure == "rate" else ("log_rate",)
    faults += find_choice_faults("scale", scale, allowed)
    faults += find_kind_faults("title", title, str, "a text")
    if flow is not None:
        faults += find_kind_faults("flow", flow, RecordFlow, "a RecordFlow")
    raise_faults(SUBJECT, faults)
    outcome = _take_outcome(sample, measure)
    effects, heights = (
        _describe_rate(sample, outcome, scale)
        if measure == "rate"
        else _describe_frequency(sample, outcome)
    )
    arms = [sample.used & arm for arm in (sample.treated, ~sample.treated)]
    return Passport(
        effects=tuple(effects.tolist()),
        log_likelihoods=tuple(heights.tolist()),
        scale=scale,
        measure=measure,
        estimand=str(sample.design.estimand),
        n_treated=int(arms[0].sum()),
        n_comparison=int(arms[1].sum()),
        horizon=float(sample.horizon),
        flow=_tell_flow(flow),
        title=title,
        is_small=any(_is_small(outcome[arm]) for arm in arms),
    )


def _take_outcome(sample: Sample, measure: str) -> Floats:
    within = sample.within
    outcome = within.reoffended if measure == "rate" else within.offences
    if outcome is None:
        raise CannotAnswerError(f"The cohort has no outcome for the {measure} at this horizon.")
    return np.asarray(outcome, dtype=float)


def _describe_rate(sample: Sample, outcome: Floats, scale: str) -> tuple[Floats, Floats]:
    means, sizes = [], []
    for arm in (sample.treated, ~sample.treated):
        weights = sample.weights[arm]
        means.append(float(weights @ outcome[arm] / weights.sum()))
        sizes.append(effective_sample_size(weights))

    def heighten(effects: Floats) -> Floats:
        found = weigh_arms(effects, scale, (means[0], means[1]), (sizes[0], sizes[1]))
        return np.asarray(found - found.max())

    reach = FIRST_REACH[scale]
    effects = np.linspace(-reach, reach, POINTS)
    for _ in range(4):  # the grid closes in on what is not negligible
        heights = heighten(effects)
        kept = np.flatnonzero(heights > -DEPTH)
        low, high = effects[max(kept[0] - 1, 0)], effects[min(kept[-1] + 1, POINTS - 1)]
        effects = np.linspace(low, high, POINTS)
    return effects, heighten(effects)


def _describe_frequency(sample: Sample, outcome: Floats) -> tuple[Floats, Floats]:
    logs, variances = [], []
    for arm in (sample.treated, ~sample.treated):
        weights = sample.weights[arm] / sample.weights[arm].sum()
        mean = float(weights @ outcome[arm])
        if mean <= 0:
            raise CannotAnswerError("An arm has no offence: its log ratio has no error.")
        variance = weighted_variance(outcome[arm], weights) * float(weights @ weights)
        logs.append(np.log(mean))
        variances.append(variance / mean**2)
    error = float(np.sqrt(sum(variances)))
    centre = float(logs[0] - logs[1])
    effects = centre + error * np.linspace(-11, 11, POINTS)
    return effects, -(((effects - centre) / error) ** 2) / 2


def _is_small(outcome: Floats) -> bool:
    having: Mask = outcome > 0
    return min(int(having.sum()), int((~having).sum())) < FEWEST_SHARING


def _tell_flow(flow: RecordFlow | None) -> tuple[tuple[str, int], ...]:
    """Tell who is left after each step, unless a step left out fewer than ten."""
    if flow is None:
        return ()
    told = [(step.name, step.n_remaining) for step in flow.steps]
    gaps = [before[1] - after[1] for before, after in pairwise(told)]
    is_safe = all(gap == 0 or gap >= FEWEST_SHARING for gap in gaps)
    kept = told if is_safe else [told[0], told[-1]]
    lost = kept[0][1] - kept[-1][1]
    return tuple(kept) if lost == 0 or lost >= FEWEST_SHARING else (kept[-1],)
