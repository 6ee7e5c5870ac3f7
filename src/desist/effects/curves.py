"""The share of people without a reoffence, day by day, with and without the programme."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from desist._types import Floats
from desist.arguments import find_kind_faults, find_probability_faults
from desist.effects._corrected import correct_fit
from desist.errors import NotConvergedError, raise_faults
from desist.estimands import Estimand
from desist.inference.diagnostics import Diagnostics
from desist.models.fitted import Fit, require_times

N_STEPS = 52  # of the follow-up, when no days are asked for
PARTS = ("treated", "comparison", "difference")


@dataclass(frozen=True, eq=False, repr=False)
class SurvivalEffect:
    """Posterior of the share without a reoffence on some days, for the same people.

    Attributes
    ----------
    estimand : Estimand
        For whom.
    treated, comparison : xarray.DataArray, dims (chain, draw, day)
        Share with and without the programme, from 0 to 1.
    diagnostics : Diagnostics
        Of the fit that the draws come from.
    probability : float
        Of the intervals.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.effects import estimate_survival
    >>> from desist.models import SurvivalModel
    >>> cohort = ds.simulate_cohort(60, 200, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> fit = ds.fit_model(SurvivalModel(family="weibull"), cohort, design, seed=1)
    >>> curve = estimate_survival(fit, [182, 365])
    >>> curve.table[["day", "treated", "comparison"]].round(2)
         day  treated  comparison
    0  182.0     0.93        0.78
    1  365.0     0.87        0.72
    """

    estimand: Estimand
    treated: xr.DataArray
    comparison: xr.DataArray
    diagnostics: Diagnostics
    probability: float = 0.95

    @property
    def difference(self) -> xr.DataArray:
        """With minus without, dims (chain, draw, day): above 0 is less reoffending."""
        return self.treated - self.comparison

    @property
    def table(self) -> pd.DataFrame:
        """One row a day: posterior means and equal-tailed limits of the shares, 0 to 1.

        Columns day, and for each of treated, comparison and difference its mean and, with
        ``_lower`` and ``_upper``, its limits; then probability_of_benefit.
        """
        tail = (1 - self.probability) / 2
        columns = {"day": self.treated["day"].to_numpy()}
        for part in PARTS:
            draws = getattr(self, part)
            limits = draws.quantile([tail, 1 - tail], dim=("chain", "draw")).to_numpy()
            columns[part] = draws.mean(("chain", "draw")).to_numpy()
            columns[f"{part}_lower"], columns[f"{part}_upper"] = limits
        benefit = (self.difference > 0).mean(("chain", "draw")).to_numpy()
        return pd.DataFrame(columns | {"probability_of_benefit": benefit})

    def __repr__(self) -> str:
        """Return the difference on the last day in one line."""
        last = self.table.iloc[-1]
        return (
            f"<Survival effect up to day {last['day']:g}: {100 * last['difference']:.3g} per 100 "
            f"people ({100 * last['difference_lower']:.3g} to "
            f"{100 * last['difference_upper']:.3g}), {self.estimand}>"
        )


def estimate_survival(
    fit: Fit,
    days: ArrayLike | None = None,
    *,
    probability: float = 0.95,
    calibrated: bool = True,
) -> SurvivalEffect:
    r"""Estimate the share without a reoffence on some days, with and without the programme.

    Within each draw :math:`S_a(t)` is averaged over the people whom the estimand is about,
    once with the programme and once without, and corrected by what was observed by then, as
    in `estimate_effects`; then the two are contrasted.

    Parameters
    ----------
    fit : Fit
        Of a survival or a process model.
    days : array_like of float, shape (n_days,), optional
        Above 0 and up to the horizon of the fit; by default 52 evenly spaced.
    probability : float
        Of the equal-tailed intervals.
    calibrated : bool
        Whether the shares are corrected; False for those of the model alone.

    Returns
    -------
    SurvivalEffect
        Draws and a table; one minus a share is the cumulative incidence.

    Raises
    ------
    InputError
        If the model has no times, a day lies outside the horizon, or an argument is of the
        wrong kind.
    NotConvergedError
        If a share is not a number.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.effects import estimate_survival
    >>> cohort = ds.simulate_cohort(60, 200, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> fit = ds.fit_model(ds.SurvivalModel(), cohort, design, inference="laplace")
    >>> estimate_survival(fit, [91, 182, 365]).table["day"].tolist()
    [91.0, 182.0, 365.0]
    """
    faults = find_kind_faults("fit", fit, Fit, "a fit of fit_model")
    raise_faults("survival", faults + find_probability_faults(probability))
    if days is None:
        days = np.linspace(0.0, fit.horizon, N_STEPS + 1)[1:]
    asked = np.atleast_1d(np.asarray(days))
    shares = _predict_curves(fit, asked, calibrated=calibrated)
    coords = {"day": asked.astype(float)}
    with_programme, without = (
        xr.DataArray(share, dims=("chain", "draw", "day"), coords=coords) for share in shares
    )
    if not (np.isfinite(with_programme) & np.isfinite(without)).all():
        raise NotConvergedError(f"{fit.model.name} model: a share without a reoffence is no number")
    return SurvivalEffect(fit.estimand, with_programme, without, fit.diagnostics, probability)


def _predict_curves(fit: Fit, days: NDArray[Any], *, calibrated: bool) -> list[Floats]:
    _, days = require_times(fit, days)
    ascending, place = np.unique(days, return_inverse=True)
    # to the horizon: those who reoffend by then are spread over the days
    whole = np.append(ascending[ascending < fit.horizon], fit.horizon)
    corrected = correct_fit(fit, whole) if calibrated else None
    if corrected is None:
        return [fit.predict_survival(arm, days) for arm in (1, 0)]
    return [corrected.predict(arm)["curve"][..., place] for arm in (1, 0)]
