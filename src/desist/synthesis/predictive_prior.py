"""From a synthesis to the prior of the next evaluation, and what it would do there."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from desist._types import Floats
from desist.arguments import find_kind_faults, find_number_faults
from desist.errors import Fault, raise_faults
from desist.models.evidence import EvidencePrior
from desist.models.priors import Normal
from desist.synthesis.mixture import Mixture

SUBJECT = "evidence prior"
# Shares of the prediction at which it is cut by tau: finer where the tail comes from.
CUTS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.96, 0.99, 1.0)
NODES = 61  # estimates at which limits are found, and how far from the truth in errors
FAR = 5.0
OF_A_PRIOR = "a prior such as synthesis.prior()"
FINE = 4001  # estimates between them


def make_prior(
    prediction: Mixture, scale: str, n_programmes: int, *, vague: float, vague_prior: Normal
) -> EvidencePrior:
    """Make a prior of a prediction: few components that keep its moments, and a vague one."""
    faults = find_number_faults("vague", vague, above=0, below=1)
    faults += find_kind_faults("vague_prior", vague_prior, Normal, "a prior such as Normal(0, 1)")
    if not faults and np.isinf(vague_prior.scale):
        faults.append(Fault("vague_prior", "a proper prior", str(vague_prior)))
    raise_faults(SUBJECT, faults)
    weights, means, scales = _compress(prediction)
    return EvidencePrior(
        (*((1 - vague) * weights).tolist(), vague),
        (*means.tolist(), vague_prior.mean),
        (*scales.tolist(), vague_prior.scale),
        scale,
        n_programmes,
    )


def effective_sample_size_of_prior(
    prior: EvidencePrior, *, comparison_rate: float, ratio: float = float("inf")
) -> float:
    r"""Return how many participants a prior is worth.

    .. math:: n = E\left[\frac{-\partial^2 \log \pi(\theta) / \partial\theta^2}{I_1(\theta)}\right]

    with :math:`I_1` the information of one participant, so that prior and data add up.

    Parameters
    ----------
    prior : EvidencePrior
        Of the log odds ratio.
    comparison_rate : float
        Proportion of the comparison group who reoffend.
    ratio : float
        Comparison people to a participant; very many by default.

    Returns
    -------
    float
        Participants.

    Raises
    ------
    InputError
        If the prior is on another scale or a number is wrong.

    References
    ----------
    Neuenschwander, B. et al. (2020). Predictively consistent prior effective sample sizes.
    Biometrics 76, 578-587.

    Examples
    --------
    >>> prior = EvidencePrior((0.999, 0.001), (0.0, 0.0), (0.5, 1.5), "log_odds", 10)
    >>> round(effective_sample_size_of_prior(prior, comparison_rate=0.5))
    17
    """
    faults = find_number_faults("comparison_rate", comparison_rate, above=0, below=1)
    if ratio != float("inf"):
        faults += find_number_faults("ratio", ratio, above=0)
    faults += find_kind_faults("prior", prior, EvidencePrior, OF_A_PRIOR)
    if isinstance(prior, EvidencePrior) and prior.scale != "log_odds":
        faults.append(Fault("prior", "one of the log odds ratio", prior.scale))
    raise_faults(SUBJECT, faults)
    places, shares = prior.grid
    odds = comparison_rate / (1 - comparison_rate) * np.exp(places)
    treated = (odds / (1 + odds)) * (1 / (1 + odds))
    # information of a log odds ratio: of both arms in series
    comparison = comparison_rate * (1 - comparison_rate) * ratio
    information = treated if np.isinf(ratio) else 1 / (1 / treated + 1 / comparison)
    return float(shares @ (prior.bend(places) / information))


def try_prior(
    prior: EvidencePrior,
    truths: Sequence[float],
    standard_error: float,
    *,
    default: Normal,
    probability: float = 0.95,
) -> pd.DataFrame:
    """Try a prior before it is used: what it does to an evaluation of some size.

    Parameters
    ----------
    prior : EvidencePrior
        From other programmes.
    truths : sequence of float
        True effects, on its scale.
    standard_error : float
        Of the evaluation's estimate.
    default : Normal
        The prior that it stands beside.
    probability : float
        Of the intervals.

    Returns
    -------
    DataFrame
        One row a truth and prior: coverage, width, interval_score (Gneiting and Raftery 2007;
        less is better), bias, concludes (probability that the interval excludes 0), conflict
        (probability that the data are flagged as in conflict).

    Raises
    ------
    InputError
        If a number is wrong.

    Examples
    --------
    >>> prior = EvidencePrior((0.8, 0.2), (-0.3, 0.0), (0.2, 1.5), "log_odds", 10)
    >>> table = try_prior(prior, [-0.3], 0.4, default=Normal(0, 1.5))
    >>> table["interval_score"].round(1).tolist()
    [1.8, 0.9]
    """
    from scipy.interpolate import CubicSpline

    faults = find_number_faults("standard_error", standard_error, above=0)
    faults += find_kind_faults("prior", prior, EvidencePrior, OF_A_PRIOR)
    faults += find_kind_faults("truths", truths, (list, tuple, np.ndarray), "a list of numbers")
    for truth in truths if not faults else ():
        faults += find_number_faults("truths", truth)
    faults += find_number_faults("probability", probability, above=0, below=1)
    faults += find_kind_faults("default", default, Normal, "a prior such as Normal(0, 1.5)")
    raise_faults(SUBJECT, faults)
    alone = EvidencePrior(
        (0.0, 1.0), (0.0, default.mean), (1.0, default.scale), prior.scale, prior.n_programmes
    )
    rows = []
    places = np.linspace(-FAR, FAR, NODES)
    for truth in truths:
        estimates = truth + standard_error * places
        for name, chosen in (("default", alone), ("evidence", prior)):
            limits = [_limit(chosen, one, standard_error, probability) for one in estimates]
            conflict = [prior.find_conflict(float(one), standard_error) for one in estimates]
            smooth = CubicSpline(places, np.column_stack([np.array(limits), conflict]))
            rows.append({"truth": truth, "prior": name} | _score(smooth, truth, probability))
    return pd.DataFrame(rows)


def _limit(
    prior: EvidencePrior, estimate: float, error: float, probability: float
) -> tuple[float, float, float]:
    found = Mixture(*prior.update(float(estimate), error))
    return (found.mean, *found.interval(probability))


def _score(
    smooth: Callable[[Floats], Floats], truth: float, probability: float
) -> dict[str, float]:
    """Average over what may be seen: limits are smooth in it, whether they cover is not."""
    fine = np.linspace(-FAR, FAR, FINE)
    weights = np.exp(-(fine**2) / 2)
    weights /= weights.sum()
    means, low, high, conflict = smooth(fine).T
    missed = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    scores = high - low + 2 / (1 - probability) * missed
    return {
        "coverage": float(weights @ (missed == 0)),
        "width": float(weights @ (high - low)),
        "interval_score": float(weights @ scores),
        "bias": float(weights @ means - truth),
        "concludes": float(weights @ ((low > 0) | (high < 0))),
        "conflict": float(weights @ (conflict < 0.05)),
    }


def _compress(prediction: Mixture) -> tuple[Floats, Floats, Floats]:
    """Cut a prediction by the widths of its components, and keep the moments of each part."""
    order = np.argsort(prediction.scales, kind="stable")
    weights, means, scales = (
        part[order] for part in (prediction.weights, prediction.means, prediction.scales)
    )
    reached = np.cumsum(weights) / weights.sum()
    part_of = np.searchsorted(np.array(CUTS[1:-1]), reached - weights / weights.sum() / 2)
    parts = []
    for part in np.unique(part_of):
        chosen = part_of == part
        share = weights[chosen].sum()
        mean = weights[chosen] @ means[chosen] / share
        variance = weights[chosen] @ (scales[chosen] ** 2 + (means[chosen] - mean) ** 2) / share
        parts.append((share, mean, np.sqrt(variance)))
    found = np.array(parts).T
    return found[0] / found[0].sum(), found[1], found[2]
