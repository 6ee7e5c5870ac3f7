"""A picture of what the data taught: the effect before and after them."""

from typing import TYPE_CHECKING

import numpy as np

from desist.effects import Effect
from desist.report.plots import STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREY, BLUE = "#9aa5b1", "#1f6fb2"
MOST_SHOWN = 0.99  # of the draws; the priors of a ratio have no end


def prior_and_posterior(prior: Effect, posterior: Effect) -> "Figure":
    """Draw the density of an effect under the priors alone and with the data.

    Parameters
    ----------
    prior : Effect
        Of a fit from `sample_prior`.
    posterior : Effect
        The same measure of the fit itself.

    Returns
    -------
    Figure
        One panel, in the unit of the measure.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    tail = (1 - MOST_SHOWN) / 2
    low, high = np.quantile(prior.draws.to_numpy(), [tail, 1 - tail])
    bins = np.linspace(low, high, 61)
    with rc_context(STYLE):
        figure = Figure(figsize=(6.4, 2.8), layout="constrained")
        axes = figure.subplots()
        for effect, name, colour in ((prior, "prior", GREY), (posterior, "posterior", BLUE)):
            draws = effect.draws.to_numpy().ravel()
            axes.hist(draws, list(bins), density=True, label=name, color=colour, alpha=0.75)
        axes.axvline(prior.scale.null, color="#333333", linewidth=1)
        axes.set_xlabel(f"{prior.scale} of {prior.measure.label}")
        axes.set_yticks([])
        axes.legend(frameon=False)
    return figure
