"""A picture of what the data taught: the effect before and after them."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from desist.effects.effect import Effect
from desist.report.pictures._style import draw_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY, BLUE = "#9aa5b1", "#1f6fb2"
MOST_SHOWN = 0.99  # of the draws; the priors of a ratio have no end


def prior_and_posterior(prior: Effect, posterior: Effect, *, ax: "Axes | None" = None) -> "Figure":
    """Draw the density of an effect under the priors alone and with the data.

    Parameters
    ----------
    prior : Effect
        Of a fit from `sample_prior`.
    posterior : Effect
        The same measure of the fit itself.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        One panel, in the unit of the measure.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> fit = ds.fit_model(ds.RateModel(), cohort, design, seed=1)
    >>> [after] = ds.estimate_effects(fit)
    >>> [before] = ds.estimate_effects(ds.models.sample_prior(fit, seed=1))
    >>> figure = ds.plots.prior_and_posterior(before, after)
    >>> figure.axes[0].get_xlabel()
    'difference of Reoffending rate (proportion)'
    """
    draw = partial(_draw_draws, prior=prior, posterior=posterior)
    return draw_in(ax, (6.4, 2.8), draw, room=False)


def _draw_draws(ax: "Axes", *, prior: Effect, posterior: Effect) -> None:
    tail = (1 - MOST_SHOWN) / 2
    low, high = np.quantile(prior.draws.to_numpy(), [tail, 1 - tail])
    bins = np.linspace(low, high, 61)
    for effect, name, colour in ((prior, "prior", GREY), (posterior, "posterior", BLUE)):
        draws = effect.draws.to_numpy().ravel()
        ax.hist(draws, list(bins), density=True, label=name, color=colour, alpha=0.75)
    ax.axvline(prior.scale.null, color="#333333", linewidth=1)
    ax.set_xlabel(f"{prior.scale} of {prior.measure.label}")
    ax.set_yticks([])
    ax.legend(frameon=False)
