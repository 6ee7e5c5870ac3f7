"""Pictures of how programmes differ: by how much, and where one of them stands."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from desist.arguments import describe
from desist.errors import Fault, raise_faults
from desist.report.pictures._style import BLUE, GREY, INK, VERMILION, calm, draw_in
from desist.report.pictures.programmes import POINTS, fill_density
from desist.synthesis.errors_of_sign import CRITICAL
from desist.synthesis.evidence.protocol import SCALES
from desist.synthesis.priors import log_density_of_spread
from desist.synthesis.synthesis import Synthesis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def heterogeneity_of_programmes(synthesis: Synthesis, *, ax: "Axes | None" = None) -> "Figure":
    """Draw how much programmes differ: the posterior of tau, beside its prior.

    Parameters
    ----------
    synthesis : Synthesis
        Of several programmes.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        Where the two are alike, the studies say little of how programmes differ. A prior without
        a height of its own (uniform without a limit, Jeffreys) is not drawn.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.synthesis import EstimateWithError, Study, synthesise
    >>> effects = [-0.5, -0.3, -0.4, 0.1, -0.2]
    >>> studies = [Study(f"study {n}", EstimateWithError(y, 0.2)) for n, y in enumerate(effects, 1)]
    >>> figure = ds.plots.heterogeneity_of_programmes(synthesise(studies))
    >>> figure.axes[0].get_xlabel()
    'standard deviation of programmes, log odds ratio'
    """
    return draw_in(ax, (6.4, 2.8), partial(_draw_heterogeneity, synthesis=synthesis))


def programme_among_others(
    synthesis: Synthesis, study: str, *, ax: "Axes | None" = None
) -> "Figure":
    """Draw where one programme stands: what it says, beside what programmes do.

    Parameters
    ----------
    synthesis : Synthesis
        Of several programmes.
    study : str
        Name of one of them.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        What a new programme may do as a density; below it the programme as reported with its 95%
        limits, where it has an estimate, and as shrunken towards the others.

    Raises
    ------
    InputError
        If no study has this name.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.synthesis import EstimateWithError, Study, synthesise
    >>> effects = [-0.5, -0.3, -0.4, 0.1, -0.2]
    >>> studies = [Study(f"study {n}", EstimateWithError(y, 0.2)) for n, y in enumerate(effects, 1)]
    >>> figure = ds.plots.programme_among_others(synthesise(studies), "study 4")
    >>> [line.get_label() for line in figure.axes[0].lines[:1]]
    ['what programmes do']
    """
    if study not in synthesis.table.index:
        expected = "the name of one of the studies"
        raise_faults("picture", [Fault("study", expected, describe(study))])
    draw = partial(_draw_standing, synthesis=synthesis, study=study)
    return draw_in(ax, (6.4, 3.0), draw)


def _draw_heterogeneity(ax: "Axes", *, synthesis: Synthesis) -> None:
    found = synthesis.heterogeneity
    places = np.linspace(0.0, 1.2 * found.quantile(0.995), POINTS)
    fill_density(ax, places, found.density(places), BLUE, "seen in the studies")
    prior = synthesis.priors.heterogeneity
    logs = np.array([log_density_of_spread(prior, float(tau)) for tau in places])
    if np.isfinite(getattr(prior, "scale", getattr(prior, "upper", np.inf))):
        ax.plot(places, np.exp(logs), color=GREY, lw=1.4, ls="--", label=f"prior, {prior}")
    ax.set_ylim(0.0)
    ax.set_yticks([])
    ax.set_xlabel(f"standard deviation of programmes, {SCALES[synthesis.scale]}")
    ax.legend(frameon=False)
    calm(ax)


def _draw_standing(ax: "Axes", *, synthesis: Synthesis, study: str) -> None:
    row = synthesis.table.loc[[study]].iloc[0]
    estimate, error = float(row["estimate"]), float(row["standard_error"])
    reported = [estimate - CRITICAL * error, estimate + CRITICAL * error]
    ends = [*synthesis.prediction.interval(0.999), row["lower"], row["upper"], *reported]
    places = np.linspace(np.nanmin(ends), np.nanmax(ends), POINTS)
    heights = synthesis.prediction.density(places)
    fill_density(ax, places, heights, VERMILION, "what programmes do")
    step = 0.16 * float(heights.max())
    if np.isfinite(estimate):
        ax.plot(reported, [-step, -step], color=GREY, lw=2.4, label=f"{study}, as reported")
        ax.plot(estimate, -step, "D", color=GREY, ms=4)
    shrunken = [row["lower"], row["upper"]]
    ax.plot(shrunken, [-2 * step, -2 * step], color=BLUE, lw=2.4, label=f"{study}, by all studies")
    ax.plot(row["shrunken"], -2 * step, "o", color=BLUE, ms=5)
    ax.axvline(0.0, color=INK, lw=1.0)
    ax.set_yticks([])
    ax.set_ylim(-3 * step, 1.55 * float(heights.max()))
    ax.set_xlabel(f"← less reoffending     {SCALES[synthesis.scale]}     more →")
    ax.legend(frameon=False, fontsize=8, loc="upper left")
    calm(ax)
