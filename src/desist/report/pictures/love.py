"""The love plot: how alike the arms are, before and after."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from desist.design.balance.table import Balance
from desist.design.design import Design
from desist.errors import Fault, InputError
from desist.evaluation.categories import WITHHELD
from desist.evaluation.record import Evaluation
from desist.report.disclosure import RuleSet
from desist.report.pictures._style import (
    BLUE,
    FAINT,
    GREY,
    VERMILION,
    WIDE,
    Screen,
    calm,
    draw_in,
    name_rows,
)
from desist.report.view import make_view
from desist.report.words._numbers import as_float

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WELL_MATCHED, REASONABLY_MATCHED = 5.0, 10.0
MOST_COVARIATES = 40


def love_plot(
    study: Evaluation | Design | Balance | Mapping[str, Any],
    *,
    rules: str | RuleSet = "2019",
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw the standardised difference of every covariate before and after.

    Parameters
    ----------
    study : Evaluation, Design, Balance or mapping
        An evaluation of people, or the `design` of its record, of which `balance` is read; or a
        design or its balance, before any outcome is seen, for whoever may see the people.
    rules : str or RuleSet, default "2019"
        How many people a category of an evaluation has to have.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
        One row per covariate, the largest difference before on top; lines at 5% and
        10% of a standard deviation. Of more than 40 covariates, the 40 with the largest
        difference after are drawn, and the title says so.

    Raises
    ------
    InputError
        If there is no balance: the evaluation is of published figures, or the design has none.
    CannotAnswerError
        If there are too few people to report on.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> figure = ds.plots.love_plot(design.balance)
    >>> figure.axes[0].get_xlabel()
    'absolute standardised difference (% of a standard deviation)'
    """
    shown = make_view(study, rules).design if isinstance(study, Evaluation) else study
    if shown is None:
        fault = Fault("evaluation", "a design", "published figures", "they have no balance")
        raise InputError("love plot", [fault])
    return draw_love_plot(_read_balance(shown), ax=ax)


def _read_balance(study: Design | Balance | Mapping[str, Any]) -> Mapping[str, Any]:
    balance = study.balance if isinstance(study, Design) else study
    if balance is None:
        fault = Fault("design", "one with a balance", "none", "build it with `build_design`")
        raise InputError("love plot", [fault])
    return _list_covariates(balance) if isinstance(balance, Balance) else balance


def _list_covariates(balance: Balance) -> dict[str, Any]:
    return {"balance": balance.table.to_dict("records")}


def draw_love_plot(
    design: Mapping[str, Any], screen: Screen = WIDE, *, ax: "Axes | None" = None
) -> "Figure":
    """Draw the balance of a design that may be shown."""
    balance, n_covariates = _choose_covariates(design["balance"])
    size = (screen.width, (screen.row_height - 0.06) * max(len(balance), 2) + 1.2)
    draw = partial(_draw_balance, balance=balance, n_covariates=n_covariates, screen=screen)
    return draw_in(ax, size, draw)


def describe_love_plot(design: Mapping[str, Any]) -> str:
    """Describe the love plot in words, for those who do not see it."""
    counts = []
    for key in ("smd_before", "smd_after"):
        sizes = [abs(100 * as_float(item[key])) for item in design["balance"]]
        counts.append(
            (sum(s > WELL_MATCHED for s in sizes), sum(s > REASONABLY_MATCHED for s in sizes))
        )
    (five_before, ten_before), (five_after, ten_after) = counts
    return (
        f"Standardised differences of {len(design['balance'])} covariates. Above 10%: {ten_before} "
        f"before and {ten_after} after. Above 5%: {five_before} before and {five_after} after."
    )


def _choose_covariates(
    balance: Sequence[Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], int]:
    drawn = [item for item in balance if not str(item.get("word")).startswith(WITHHELD)]
    worst = sorted(drawn, key=lambda item: -_size(item["smd_after"]))[:MOST_COVARIATES]
    return sorted(worst, key=lambda item: -_size(item["smd_before"])), len(drawn)


def _draw_balance(
    ax: "Axes", *, balance: Sequence[Mapping[str, Any]], n_covariates: int, screen: Screen
) -> None:
    _draw_points(ax, balance, screen)
    if not balance:
        ax.set_title("No covariate can be shown.", loc="left", fontsize=11)
    if n_covariates > len(balance):
        title = f"The {len(balance)} least alike of {n_covariates}"
        ax.set_title(title, loc="left", fontsize=11)


def _draw_points(ax: "Axes", balance: Sequence[Mapping[str, Any]], screen: Screen) -> None:
    positions = range(len(balance))
    before, after = (
        [abs(100 * as_float(item[key])) for item in balance] for key in ("smd_before", "smd_after")
    )
    ax.hlines(positions, before, after, color=FAINT, lw=1.5, zorder=2)
    ax.plot(
        before,
        positions,
        "o",
        mfc="white",
        mec=VERMILION,
        mew=1.5,
        ms=7,
        label="before",
        zorder=5,
        clip_on=False,
    )
    ax.plot(
        after, positions, "o", color=BLUE, mec="white", ms=8, label="after", zorder=6, clip_on=False
    )
    for threshold in (WELL_MATCHED, REASONABLY_MATCHED):
        ax.axvline(threshold, color=GREY, lw=1.0, ls=(0, (4, 3)), zorder=1)
    name_rows(ax, [str(item["covariate"]) for item in balance], screen)
    ax.set_xlim(left=0, right=max(12.0, ax.get_xlim()[1]))
    gap = "\n" if screen.names_above else " "
    ax.set_xlabel(f"absolute standardised difference{gap}(% of a standard deviation)")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0.2)
    calm(ax)


def _size(value: Any) -> float:
    size = abs(as_float(value))
    return -1.0 if math.isnan(size) else size
