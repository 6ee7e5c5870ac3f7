"""What a significant result is worth: errors of its sign and of its size."""

import numpy as np

from desist.synthesis.mixture import Mixture

CRITICAL = 1.959963984540054
PLACES = 81


def find_sign_errors(truth: Mixture, standard_error: float) -> tuple[float, float, float]:
    """Return power, type S and type M error of a study whose true effect is one of many.

    Parameters
    ----------
    truth : Mixture
        Distribution of the true effect.
    standard_error : float
        Of the estimate.

    Returns
    -------
    tuple of float
        Power; probability of the wrong sign given significance; how many times too large a
        significant estimate is on average.
    """
    from scipy.special import ndtr

    # Gelman and Carlin (2014), Perspectives on Psychological Science 9, 641-651, averaged over
    # the true effect; its distribution stands for itself at equally spaced places.
    places = np.linspace(truth.mean - 5 * truth.sd, truth.mean + 5 * truth.sd, PLACES)
    shares = truth.density(places)
    shares /= shares.sum()
    away = places / standard_error
    above, below = ndtr(away - CRITICAL), ndtr(-CRITICAL - away)
    power = float(shares @ (above + below))
    wrong = float(shares @ np.where(places >= 0, below, above))
    # mean of |estimate| where it is significant, in standard errors
    density = (np.exp(-((CRITICAL - away) ** 2) / 2) + np.exp(-((CRITICAL + away) ** 2) / 2)) / (
        np.sqrt(2 * np.pi)
    )
    size = float(shares @ (away * (above - below) + density))
    true_size = float(shares @ (np.abs(away) * (above + below)))
    return power, wrong / power, size / true_size
