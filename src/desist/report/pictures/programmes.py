"""Pictures of several programmes: each beside the others, the funnel, and what a new one may do."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from desist.report.pictures._style import BLUE, FAINT, GREY, INK, VERMILION, calm, draw_in
from desist.synthesis.errors_of_sign import CRITICAL
from desist.synthesis.evidence.protocol import SCALES
from desist.synthesis.synthesis import Synthesis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from desist._types import Floats

ROW = 0.19  # inches of a study: 58 stand on one page
POINTS = 301  # of a density
LEVELS = ((2.575829303548901, "p < 0.01"), (CRITICAL, "p < 0.05"), (1.6448536269514722, "p < 0.10"))


def forest_of_programmes(synthesis: Synthesis, *, ax: "Axes | None" = None) -> "Figure":
    """Draw each programme as reported and as shrunken towards the others, the mean below.

    Parameters
    ----------
    synthesis : Synthesis
        Of several programmes.
    ax : Axes, optional
        Where to draw; a new figure by default, high enough for every name.

    Returns
    -------
    Figure
        Reported estimates and their 95% limits in grey, none where the report has no estimate;
        shrunken ones in blue; mean and prediction for a new programme in orange.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.synthesis import EstimateWithError, Study, synthesise
    >>> effects = [-0.5, -0.3, -0.4, 0.1, -0.2]
    >>> studies = [Study(f"study {n}", EstimateWithError(y, 0.2)) for n, y in enumerate(effects, 1)]
    >>> found = synthesise(studies)
    >>> figure = ds.plots.forest_of_programmes(found)
    >>> figure.axes[0].get_xlabel()
    '← less reoffending     log odds ratio     more →'
    """
    size = (8.0, ROW * (synthesis.n_studies + 3) + 1.2)
    return draw_in(ax, size, partial(_draw_forest, synthesis=synthesis))


def funnel_of_programmes(synthesis: Synthesis, *, ax: "Axes | None" = None) -> "Figure":
    """Draw estimates against their errors, with contours of significance.

    Parameters
    ----------
    synthesis : Synthesis
        Of several programmes; those without an estimate are counted below the picture.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        Estimates that are missing where they would not be significant point to selection, those
        missing anywhere to other reasons (Peters et al. 2008).

    Examples
    --------
    >>> import desist as ds
    >>> from desist.synthesis import EstimateWithError, Study, synthesise
    >>> effects = [-0.5, -0.3, -0.4, 0.1, -0.2]
    >>> studies = [Study(f"study {n}", EstimateWithError(y, 0.2)) for n, y in enumerate(effects, 1)]
    >>> found = synthesise(studies)
    >>> figure = ds.plots.funnel_of_programmes(found)
    >>> figure.axes[0].get_xlabel()
    'log odds ratio as reported'
    """
    return draw_in(ax, (6.4, 4.2), partial(_draw_funnel, synthesis=synthesis))


def densities_of_programmes(synthesis: Synthesis, *, ax: "Axes | None" = None) -> "Figure":
    """Draw the densities of the mean effect and of the effect of a new programme.

    Parameters
    ----------
    synthesis : Synthesis
        Of several programmes.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        The two differ by the heterogeneity between programmes.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.synthesis import EstimateWithError, Study, synthesise
    >>> effects = [-0.5, -0.3, -0.4, 0.1, -0.2]
    >>> studies = [Study(f"study {n}", EstimateWithError(y, 0.2)) for n, y in enumerate(effects, 1)]
    >>> found = synthesise(studies)
    >>> figure = ds.plots.densities_of_programmes(found)
    >>> figure.axes[0].get_xlabel()
    '← less reoffending     log odds ratio     more →'
    """
    return draw_in(ax, (6.4, 2.8), partial(_draw_densities, synthesis=synthesis))


def _draw_forest(ax: "Axes", *, synthesis: Synthesis) -> None:
    table = synthesis.table
    places = np.arange(len(table))
    reported, errors = table["estimate"].to_numpy(), table["standard_error"].to_numpy()
    ax.hlines(
        places - 0.16,
        reported - CRITICAL * errors,
        reported + CRITICAL * errors,
        color=FAINT,
        lw=2.4,
    )
    ax.plot(reported, places - 0.16, "D", color=GREY, ms=2.6, label="as reported")
    ax.hlines(places + 0.16, table["lower"], table["upper"], color=BLUE, lw=1.3)
    ax.plot(table["shrunken"], places + 0.16, "o", color=BLUE, ms=3.2, label="by all studies")
    rows = (
        (synthesis.mean.mean, synthesis.interval),
        (synthesis.prediction.mean, synthesis.prediction_interval),
    )
    for place, (centre, limits) in enumerate(rows, start=len(table) + 1):
        ax.hlines(place, *limits, color=VERMILION, lw=2.4)
        ax.plot(centre, place, "s", color=VERMILION, ms=4.5)
    labels = [*table.index, "mean", "a new programme"]
    ax.set_yticks([*places, len(table) + 1, len(table) + 2], labels, fontsize=7)
    ax.set_ylim(len(table) + 2.8, -0.8)
    ax.axvline(0.0, color=INK, lw=1.0)
    ax.set_xlabel(f"← less reoffending     {SCALES[synthesis.scale]}     more →")
    ax.legend(frameon=False, fontsize=7, ncols=2, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    calm(ax)


def _draw_funnel(ax: "Axes", *, synthesis: Synthesis) -> None:
    table = synthesis.table.dropna(subset=["estimate"])
    top = 1.08 * float(table["standard_error"].max()) if len(table) else 1.0
    for shade, (width, label) in zip(("#EEF2F5", "#DDE4EA", "#C9D3DB"), LEVELS, strict=True):
        ax.fill_betweenx([0, top], [0, -width * top], [0, width * top], color=shade, label=label)
    ax.plot(table["estimate"], table["standard_error"], "o", color=BLUE, ms=4, mec="white")
    ax.axvline(synthesis.mean.mean, color=VERMILION, lw=1.4)
    ax.axvline(0.0, color=INK, lw=1.0)
    ax.set_ylim(top, 0)
    ax.set_ylabel("standard error")
    missing = synthesis.n_studies - len(table)
    note = f"; {missing} without an estimate" if missing else ""
    ax.set_xlabel(f"{SCALES[synthesis.scale]} as reported{note}")
    ax.legend(frameon=False, fontsize=8, title="outside:", title_fontsize=8)


def _draw_densities(ax: "Axes", *, synthesis: Synthesis) -> None:
    low, high = synthesis.prediction.interval(0.999)
    places = np.linspace(low, high, POINTS)
    for mixture, colour, label in (
        (synthesis.mean, BLUE, "mean of programmes"),
        (synthesis.prediction, VERMILION, "a new programme"),
    ):
        fill_density(ax, places, mixture.density(places), colour, label)
    ax.axvline(0.0, color=INK, lw=1.0)
    ax.set_yticks([])
    ax.set_xlabel(f"← less reoffending     {SCALES[synthesis.scale]}     more →")
    ax.legend(frameon=False)
    calm(ax)


def fill_density(ax: "Axes", places: "Floats", heights: "Floats", colour: str, label: str) -> None:
    """Draw a density as a line above its area."""
    ax.plot(places, heights, color=colour, lw=1.6, label=label)
    ax.fill_between(places, heights, color=colour, alpha=0.25)
