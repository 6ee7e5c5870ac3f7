"""Pictures of a design: where the arms overlap, before and after weighting."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from desist.design.balance.similarity import density_table
from desist.design.design import Design
from desist.design.made_from import of_a_design
from desist.errors import Fault, InputError
from desist.report.pictures._canvas import divide
from desist.report.pictures._style import BLUE, STYLE, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOOKS = {"treated": ("participants", BLUE, "-"), "comparison": ("comparison", VERMILION, "--")}


def common_support(design: Design, *, ax: "Axes | None" = None) -> "Figure":
    """Draw the density of the log odds of the score in each arm.

    Parameters
    ----------
    design : Design
        With scores.
    ax : Axes, optional
        Where to draw, divided into the panels; a new figure by default.

    Returns
    -------
    Figure
        Two panels: all people, and the weighted people.

    Raises
    ------
    InputError
        If the design has no scores.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> figure = ds.plots.common_support(design)
    >>> len(figure.axes)
    2
    """
    if design.scores is None:
        fault = Fault("design", "a propensity score", "none", "draw a covariate instead")
        raise InputError("common support", [fault])
    return _draw_densities(design.scores.logit, design, "log odds of taking part", ax)


@of_a_design
def covariate_densities(design: Design, covariate: str, *, ax: "Axes | None" = None) -> "Figure":
    """Draw the density of one covariate in each arm.

    Parameters
    ----------
    design : Design
        As built; its cohort may stand before it, and has to for one made by hand.
    covariate : str
        A column of numbers.
    ax : Axes, optional
        Where to draw, divided into the panels; a new figure by default.

    Returns
    -------
    Figure
        Two panels: all people, and the weighted people.

    Raises
    ------
    InputError
        If there is no such column of numbers.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> figure = ds.plots.covariate_densities(design, "age")
    >>> [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes]
    ['all people', 'weighted people']
    """
    if design.covariates is None:
        fault = Fault("design", "one that was built", "one made by hand", "give its cohort as well")
        raise InputError("densities", [fault])
    frame = design.covariates.select_dtypes("number")
    if covariate not in frame.columns:
        expected = f"one of {', '.join(map(str, frame.columns))}"
        raise InputError("densities", [Fault("covariate", expected, repr(covariate))])
    return _draw_densities(frame[covariate].to_numpy(dtype=np.float64), design, covariate, ax)


def _draw_densities(
    values: NDArray[np.float64], design: Design, name: str, ax: "Axes | None"
) -> "Figure":
    from matplotlib import rc_context

    panels_of = {"all people": np.ones(len(values)), "weighted people": design.weights}
    with rc_context(STYLE):
        figure, grid = divide(ax, (8, 2.8), (1, 2), sharex=True, sharey=True)
        panels = grid[0]
        for axes, (title, weights) in zip(panels, panels_of.items(), strict=True):
            table = density_table(values, design.treated, weights)
            for arm, (label, colour, line) in LOOKS.items():
                axes.plot(table["value"], table[arm], line, color=colour, label=label)
            axes.set_title(title)
            axes.set_xlabel(name)
            axes.set_yticks([])
        panels[0].legend(frameon=False)
    return figure
