"""What a significant result is worth: errors of its sign and of its size."""

import numpy as np

from desist._types import Floats
from desist.synthesis.mixture import Mixture

CRITICAL = 1.959963984540054  # standard errors: two-sided p = 0.05, half a 95% interval
PLACES = 81


def find_sign_errors(truth: Mixture, standard_error: float) -> tuple[float, float, float]:
    """Return power, type S and type M error of a study whose true effect is one of many."""
    power, wrong, size = list_sign_errors(truth, np.array([standard_error]))[0]
    return float(power), float(wrong), float(size)


def list_sign_errors(truth: Mixture, standard_errors: Floats) -> Floats:
    """Return power, type S and type M error of studies, a row each; NaN without an error."""
    from scipy.special import ndtr

    # Gelman and Carlin (2014), Perspectives on Psychological Science 9, 641-651, averaged over
    # the true effect; its distribution stands for itself at equally spaced places.
    places = np.linspace(truth.mean - 5 * truth.sd, truth.mean + 5 * truth.sd, PLACES)
    shares = truth.density(places)
    shares /= shares.sum()
    away = places / standard_errors[:, None]
    above, below = ndtr(away - CRITICAL), ndtr(-CRITICAL - away)
    power = (above + below) @ shares
    wrong = np.where(places >= 0, below, above) @ shares
    # mean of |estimate| where it is significant, in standard errors
    density = (np.exp(-((CRITICAL - away) ** 2) / 2) + np.exp(-((CRITICAL + away) ** 2) / 2)) / (
        np.sqrt(2 * np.pi)
    )
    size = (away * (above - below) + density) @ shares
    true_size = (np.abs(away) * (above + below)) @ shares
    return np.column_stack([power, wrong / power, size / true_size])
