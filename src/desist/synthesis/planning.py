"""When will it be conclusive? What more participants would show, given what is known."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from desist._types import Floats
from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.errors import Fault, raise_faults
from desist.models.evidence import EvidencePrior
from desist.synthesis.evidence.significance import OF_PROPORTIONS, find_error
from desist.synthesis.mixture import Mixture

SUBJECT = "planning"
LEAST, MOST = 1e-9, 100.0  # of an error; an estimate is no farther from 0 than the latter
NODES = 41  # of the estimate that more people would give


def predict_conclusions(
    prior: EvidencePrior,
    *,
    n_treated: int,
    estimate: float,
    standard_error: float,
    comparison_rate: float,
    more: Sequence[int] = (20, 50, 100),
    probability: float = 0.95,
) -> pd.DataFrame:
    """Predict how likely more participants are to end inconclusive.

    Parameters
    ----------
    prior : EvidencePrior
        What is believed before these people; `Synthesis.prior` or a vague one.
    n_treated : int
        Participants so far.
    estimate, standard_error : float
        Of the effect so far, on the scale of the prior.
    comparison_rate : float
        Proportion of the comparison group who reoffend.
    more : sequence of int
        How many further participants, of a comparison group so large that it adds no error.
    probability : float
        Of the interval that has to exclude 0.

    Returns
    -------
    DataFrame
        One row a number of further participants: further, n_treated, inconclusive, reduction,
        increase; the last three are probabilities that sum to 1.

    Raises
    ------
    InputError
        If a number is wrong; every fault is listed.

    References
    ----------
    Spiegelhalter, D. J., Freedman, L. S. and Blackburn, P. R. (1986). Monitoring clinical
    trials: conditional or predictive power? Controlled Clinical Trials 7, 8-17.

    Examples
    --------
    >>> prior = EvidencePrior((0.8, 0.2), (-0.3, 0.0), (0.2, 1.5), "log_odds", 10)
    >>> table = predict_conclusions(
    ...     prior, n_treated=40, estimate=-0.4, standard_error=0.35, comparison_rate=0.3
    ... )
    >>> table["further"].tolist()
    [20, 50, 100]
    """
    faults = [
        *find_kind_faults("prior", prior, EvidencePrior, "a prior such as synthesis.prior()"),
        *find_number_faults("n_treated", n_treated, least=1, whole=True),
        *find_number_faults("estimate", estimate, least=-MOST, most=MOST),
        *find_number_faults("standard_error", standard_error, least=LEAST, most=MOST),
        *find_number_faults("comparison_rate", comparison_rate, above=0, below=1),
        *find_number_faults("probability", probability, above=0, below=1),
    ]
    raise_faults(SUBJECT, [*faults, *_find_more_faults(more), *_find_scale_faults(prior)])
    rows = []
    for number in more:
        error = find_error(float(number), None, comparison_rate, prior.scale)
        shares = _predict(prior, estimate, standard_error, error, probability)
        rows.append({"further": number, "n_treated": n_treated + number} | shares)
    return pd.DataFrame(rows)


def _find_more_faults(more: object) -> list[Fault]:
    if not isinstance(more, list | tuple) or not more:
        expected = "a list of numbers of people"
        return [Fault("more", expected, describe(more), "write [20, 50, 100]")]
    return [
        one for number in more for one in find_number_faults("more", number, least=1, whole=True)
    ]


def _find_scale_faults(prior: object) -> list[Fault]:
    if not isinstance(prior, EvidencePrior) or prior.scale in OF_PROPORTIONS:
        return []
    expected = f"one on a scale of proportions ({', '.join(OF_PROPORTIONS)})"
    return [Fault("prior", expected, prior.scale)]


def _predict(
    prior: EvidencePrior, estimate: float, known: float, error: float, probability: float
) -> dict[str, float]:
    """Average the conclusion over what the further people may show."""
    now = Mixture(*prior.update(estimate, known))
    spread = Mixture(now.weights, now.means, np.hypot(now.scales, error))
    further = np.array([spread.quantile(p) for p in (np.arange(NODES) + 0.5) / NODES])
    total = 1 / (known**-2 + error**-2)
    both = total * (estimate / known**2 + further / error**2)
    limits: Floats = np.array(
        [Mixture(*prior.update(float(one), total**0.5)).interval(probability) for one in both]
    )
    reduction, increase = float((limits[:, 1] < 0).mean()), float((limits[:, 0] > 0).mean())
    return {
        "inconclusive": 1 - reduction - increase,
        "reduction": reduction,
        "increase": increase,
    }
