"""Mean and tau by maximum likelihood, whatever the studies report."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from desist._types import Floats
from desist.arguments import describe, find_choice_faults
from desist.errors import Fault, NotConvergedError, name_rows, raise_faults
from desist.synthesis._kernel import integrate_effects, spread_population
from desist.synthesis._tables import shelve, tabulate
from desist.synthesis.evidence import Evidence
from desist.synthesis.evidence.protocol import SCALES

SUBJECT = "maximum likelihood"
STEP = 2e-3  # of the differences that give the curvature, in units of the first spread
FLAT = 100.0  # error from which a curvature is that of rounding alone
NO_SPREAD = 1e-4  # tau at which the likelihood is as at 0


@dataclass(frozen=True)
class LikelihoodEstimate:
    """The highest point of the likelihood of mean and tau.

    Attributes
    ----------
    estimate, standard_error : float
        Mean effect over the population of programmes; its error from the curvature in mean and
        tau together, in the mean alone where tau is 0.
    tau : float
        Standard deviation of true effects.
    log_likelihood : float
        Up to a constant of the data.

    Examples
    --------
    >>> from desist.synthesis import TwoArmCounts, maximise_likelihood
    >>> found = maximise_likelihood([TwoArmCounts(2, 20, 6, 20), TwoArmCounts(3, 50, 9, 50)])
    >>> round(found.estimate, 2), round(found.tau, 2)
    (-1.3, 0.0)
    """

    estimate: float
    standard_error: float
    tau: float
    log_likelihood: float


def maximise_likelihood(
    evidence: Sequence[Evidence], scale: str = "log_odds"
) -> LikelihoodEstimate:
    """Estimate mean and tau by maximum likelihood with the likelihood of each study.

    With `TwoArmCounts(..., likelihood="conditional")` this is the mixed conditional logistic
    model with its exact, non-central hypergeometric likelihood.

    Parameters
    ----------
    evidence : sequence of Evidence
        What is known of each study; two or more.
    scale : {"log_odds", "log_risk", "risk_difference", "log_rate"}
        Of the effects.

    Returns
    -------
    LikelihoodEstimate
        Mean, its error and tau.

    Raises
    ------
    InputError
        If there are fewer than two studies, or the scale is not known or not theirs.
    NotConvergedError
        If the likelihood has no highest point.

    References
    ----------
    Stijnen, T., Hamza, T. H. and Ozdemir, P. (2010). Random effects meta-analysis of event
    outcome in the framework of the generalized linear mixed model. Statistics in Medicine 29,
    3046-3067.

    Examples
    --------
    >>> from desist.synthesis import TwoArmCounts
    >>> trials = [TwoArmCounts(0, 20, 4, 20, "conditional"), TwoArmCounts(3, 50, 9, 50)]
    >>> maximise_likelihood(trials).estimate < 0
    True
    """
    from scipy.optimize import minimize

    faults = find_choice_faults("scale", scale, SCALES)
    raise_faults(SUBJECT, [*faults, *_find_evidence_faults(evidence, scale)])
    shelves = shelve(tabulate(evidence, scale))

    def lower(point: Floats) -> float:
        total = 0.0
        for shelf in shelves:
            kernel = spread_population(shelf, point[:1], max(abs(float(point[1])), NO_SPREAD))
            total -= float(np.log(integrate_effects(shelf, kernel)).sum())
        return total

    starts = [minimize(lower, [0.0, tau], method="Nelder-Mead") for tau in (0.1, 1.0)]
    best = min(starts, key=lambda found: float(found.fun))
    fine = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000}
    best = minimize(lower, best.x, method="Nelder-Mead", options=fine)
    tau = abs(float(best.x[1]))
    if not best.success or not np.isfinite(best.x).all():
        message = "the likelihood of mean and tau has no highest point: give a prior instead"
        raise NotConvergedError(message)
    error = _find_error(lower, np.array([best.x[0], tau]))
    return LikelihoodEstimate(
        float(best.x[0]), error, tau if tau > NO_SPREAD else 0.0, -float(best.fun)
    )


def _find_evidence_faults(evidence: Any, scale: str) -> list[Fault]:
    is_list = isinstance(evidence, list | tuple)
    if not is_list or not all(hasattr(one, "log_likelihood") for one in evidence):
        expected = "a list of evidence such as TwoArmCounts(...)"
        return [Fault("evidence", expected, describe(evidence))]
    if len(evidence) < 2:
        return [Fault("evidence", "two studies or more", str(len(evidence)))]
    silent = [row for row, one in enumerate(evidence) if scale not in one.scales]
    if not silent or scale not in SCALES:
        return []
    return [Fault("scale", "one that all reports can speak of", f"{scale}, {name_rows(silent)}")]


def _find_error(lower: Callable[[Floats], float], point: Floats) -> float:
    """Return the error of the mean from second differences; tau held where it is 0."""
    steps = STEP * np.array([1.0, max(point[1], NO_SPREAD)])
    size = 2 if point[1] > 10 * NO_SPREAD else 1
    bends = np.empty((size, size))
    for row in range(size):
        for column in range(size):
            total = 0.0
            for one in (1, -1):
                for other in (1, -1):
                    moved = point.copy()
                    moved[row] += one * steps[row]
                    moved[column] += other * steps[column]
                    total += one * other * lower(moved)
            bends[row, column] = total / (4 * steps[row] * steps[column])
    return invert_bends(bends)


def invert_bends(bends: Floats) -> float:
    """Return the error of the first parameter from the curvature at the highest point."""
    try:
        variance = float(np.linalg.inv(bends)[0, 0])
    except np.linalg.LinAlgError:
        variance = 0.0
    if 0 < variance < FLAT**2:
        return math.sqrt(variance)
    message = "the likelihood is flat at its highest point: give a prior instead, synthesise(...)"
    raise NotConvergedError(message)
