"""A posterior of the time of those who would reoffend either way, by a prior of who."""

import numpy as np
import pandas as pd

from desist._types import Floats
from desist.arguments import (
    find_kind_faults,
    find_number_faults,
    find_probability_faults,
)
from desist.errors import CannotAnswerError, raise_faults
from desist.models.priors import Normal
from desist.sample import Sample
from desist.sensitivity._days import SUBJECT, describe_arms, read_people
from desist.sensitivity._trimming import Reoffending
from desist.sensitivity.result import SensitivityResult, summarise
from desist.sensitivity.time_bounds import TimeBounds
from desist.weights import scale_weights


def model_principal_stratum(
    sample: Sample,
    *,
    prior: Normal | None = None,
    n_draws: int = 4000,
    probability: float = 0.95,
    seed: int = 0,
) -> SensitivityResult:
    r"""Give the effect on those who would reoffend either way a posterior, by a prior of who.

    Who of the comparison reoffenders would reoffend either way depends on how soon they do, by
    :math:`\mathrm{logit}\,s(u) = a + k u`, with u from -1 to 1 the place of their days among
    those of all; a is found from the share that the two rates imply. With k = 0 they are any
    of them, and with k towards minus or plus infinity the fastest or the slowest, the two ends
    of the bounds. Arms have Dirichlet weights (Bayesian bootstrap) with as many people as they
    are worth. Data say nothing of k: its posterior is its prior.

    Parameters
    ----------
    sample : Sample
        With days to the first reoffence.
    prior : Normal, optional
        Of k; by default Normal(0, 1).
    n_draws : int
        Draws.
    probability : float
        Of the interval.
    seed : int
        Of the draws.

    Returns
    -------
    SensitivityResult
        One row of the posterior, in days, with draws.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If the days cannot be had, or the participants reoffended more than the others.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.models import Normal
    >>> cohort = ds.simulate_cohort(200, 1000, rng=3, frequency=1.5).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = ds.build_sample(cohort, design)
    >>> found = ds.sensitivity.model_principal_stratum(
    ...     sample, prior=Normal(0, 1), n_draws=100, seed=1
    ... )
    >>> list(found.table.columns)
    ['label', 'estimate', 'lower', 'upper']
    """
    faults = find_kind_faults("sample", sample, Sample, "a Sample", "see desist.sample")
    faults += [] if prior is None else find_kind_faults("prior", prior, Normal, "Normal(0, 1)")
    faults += find_number_faults("n_draws", n_draws, least=100, whole=True)
    faults += find_number_faults("seed", seed, least=0, whole=True)
    raise_faults(SUBJECT, faults + find_probability_faults(probability))
    people = read_people(sample, None)
    rates, _, _ = describe_arms(people)
    if rates[0] > rates[1]:
        raise CannotAnswerError(
            f"{SUBJECT}: more participants than comparison people reoffended, so that nobody need "
            "have been kept from it"
        )
    prior = Normal(0.0, 1.0) if prior is None else prior
    draws = _draw_stratum(people, prior, n_draws, np.random.default_rng(seed))
    estimate, low, high = summarise(draws, probability)
    row = ("either way, by a prior of who", estimate, low, high)
    table = pd.DataFrame([row], columns=["label", "estimate", "lower", "upper"])
    sentence = (
        f"With a prior of {prior} for how far those who would reoffend either way are the slow "
        f"ones, the programme changes their days by {estimate:.0f} ({low:.0f} to {high:.0f})."
    )
    units = dict.fromkeys(("estimate", "lower", "upper"), "days")
    return SensitivityResult(
        "principal_stratum",
        "Time of those who would reoffend either way",
        TimeBounds.doubt,
        sentence,
        table,
        units,
        {str(row[0]): draws},
    )


def _draw_stratum(
    people: Reoffending, prior: Normal, n_draws: int, rng: np.random.Generator
) -> Floats:
    scaled = scale_weights(people.weights, people.treated)
    tilts = rng.normal(prior.mean, prior.scale, n_draws)
    chosen = {
        arm: np.flatnonzero(people.reoffended & (people.treated == arm)) for arm in (True, False)
    }
    draws = np.empty(n_draws)
    for number, tilt in enumerate(tilts):
        masses = rng.gamma(scaled)
        totals = {arm: masses[people.treated == arm].sum() for arm in (True, False)}
        inside = {arm: masses[places] for arm, places in chosen.items()}
        rates = {arm: inside[arm].sum() / totals[arm] for arm in (True, False)}
        first = float(people.days[chosen[True]] @ inside[True] / inside[True].sum())
        share = min(rates[True] / rates[False], 1.0)
        second = _mean_either_way(people.days[chosen[False]], inside[False], share, tilt)
        draws[number] = first - second
    return draws


def _mean_either_way(days: Floats, masses: Floats, share: float, tilt: float) -> float:
    """Average the days of those chosen with odds that grow with their place."""
    from scipy.optimize import brentq
    from scipy.special import expit

    if share >= 1:
        return float(days @ masses / masses.sum())
    order = np.argsort(days, kind="stable")
    part = masses[order] / masses.sum()
    place = 2 * (np.cumsum(part) - part / 2) - 1
    reach = abs(tilt) + 40.0

    def excess(level: float) -> float:
        return float(part @ expit(level + tilt * place)) - share

    picked = part * expit(brentq(excess, -reach, reach, xtol=1e-6) + tilt * place)
    return float(days[order] @ picked / picked.sum())
