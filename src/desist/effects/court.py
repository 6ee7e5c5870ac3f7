"""Effects on court outcomes: the share of people in each category, with and without."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from desist._types import Draws
from desist.arguments import find_kind_faults, find_probability_faults
from desist.cohort.court import ARMS, CourtCounts
from desist.errors import Fault, InputError, NoEventsError, raise_faults
from desist.inference.diagnostics import Diagnostics, require_convergence
from desist.inference.engines import Engine, Nuts, choose_engine, draw_posterior, find_engine_faults
from desist.inference.seeds import find_seed_faults, make_generator
from desist.models.severity import CustodyModel, SeverityModel, build_court_model


@dataclass(frozen=True, eq=False, repr=False)
class CourtOutcomes:
    """Posterior of the share of people in each category, with and without the programme.

    Attributes
    ----------
    model : SeverityModel or CustodyModel
        What was assumed.
    counts : CourtCounts
        The people, for the rule sets too.
    draws : xarray.Dataset
        probability, dims (arm, category, chain, draw); difference (treated minus comparison)
        and ratio, dims (category, chain, draw). The last category is among them.
    table : DataFrame
        One row a category. Columns: category, n_treated, n_comparison (people, unweighted),
        treated, comparison, difference (posterior means), lower, upper, ratio (median),
        ratio_lower, ratio_upper, probability_fewer (that the programme makes the share
        smaller).
    diagnostics : Diagnostics
        How well the posterior was found.
    probability : float
        Of the equal-tailed intervals.

    Examples
    --------
    >>> from desist.cohort.court import CourtCounts
    >>> from desist.effects import fit_court_outcomes
    >>> from desist.models import CustodyModel
    >>> counts = CourtCounts((12, 71), (900, 4614), ("custody", "none"), comparison_size=1070)
    >>> found = fit_court_outcomes(CustodyModel(), counts, seed=1)
    >>> found.table["difference"].round(2).tolist()
    [-0.02, 0.02]
    """

    model: SeverityModel | CustodyModel
    counts: CourtCounts
    draws: xr.Dataset
    table: pd.DataFrame
    diagnostics: Diagnostics
    probability: float = 0.95

    def __repr__(self) -> str:
        """Say what was fitted to how many people."""
        return (
            f"<CourtOutcomes of the {self.model.name} model: {sum(self.counts.treated)} treated "
            f"and {sum(self.counts.comparison)} comparison people, "
            f"{len(self.counts.categories)} categories, {self.diagnostics.engine}>"
        )


def fit_court_outcomes(
    model: SeverityModel | CustodyModel,
    counts: CourtCounts,
    *,
    inference: str | Engine = "auto",
    probability: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> CourtOutcomes:
    r"""Fit a severity or custody model to counts of people by court outcome.

    The log-likelihood is :math:`\sum_T \sum_j n_{Tj} \log p_{Tj}` with the effective counts
    :math:`n_{Tj}`: weighted shares times the effective sample size of the arm. Whether a
    category may be shown is decided elsewhere, by a rule set, from `CourtOutcomes.counts`.

    Parameters
    ----------
    model : SeverityModel or CustodyModel
        What is assumed.
    counts : CourtCounts
        The people; two categories for custody.
    inference : {"auto", "nuts", "laplace"}, Nuts or Laplace
        The engine; the hierarchical model takes NUTS, by "auto" too.
    probability : float
        Of the equal-tailed intervals.
    seed : int or numpy.random.Generator
        Source of randomness.

    Returns
    -------
    CourtOutcomes
        Draws and a table.

    Raises
    ------
    InputError
        If custody has other than two categories, severity is asked of the Laplace engine, or an
        argument is of the wrong kind.
    NoEventsError
        If nobody is outside the last category.
    NotConvergedError
        If a convergence diagnostic failed.

    Examples
    --------
    >>> from desist.cohort.court import CourtCounts
    >>> from desist.effects import fit_court_outcomes
    >>> from desist.models import CustodyModel
    >>> counts = CourtCounts((12, 71), (900, 4614), ("custody", "none"), comparison_size=1070)
    >>> found = fit_court_outcomes(CustodyModel(), counts, seed=1)
    >>> found.table[["category", "treated", "comparison"]].round(2)
      category  treated  comparison
    0  custody     0.15        0.16
    1     none     0.85        0.84
    """
    expected = "SeverityModel() or CustodyModel()"
    faults = find_kind_faults("model", model, (SeverityModel, CustodyModel), expected)
    faults += find_kind_faults("counts", counts, CourtCounts, "CourtCounts(...)")
    faults += find_engine_faults(inference) + find_seed_faults(seed)
    raise_faults("court outcomes", faults + find_probability_faults(probability))
    if isinstance(model, CustodyModel) and len(counts.categories) != 2:
        fault = Fault("categories", "two for custody", f"{len(counts.categories)}")
        raise InputError("court outcomes", [fault])
    if sum(counts.n_reoffenders) == 0:
        raise NoEventsError(
            f"{model.name} model: all people are in the category {counts.categories[-1]!r}; "
            "no difference can be estimated, and a longer follow-up is needed"
        )
    draws, diagnostics = draw_posterior(
        lambda arrays: build_court_model(model, counts.categories[:-1], arrays),
        {"n_people": counts.effective},
        structure=(model, counts.categories),
        engines=_choose_engines(model, inference),
        rng=make_generator(seed),
    )
    require_convergence(diagnostics, model.name)
    measures = _derive(draws, counts.categories)
    table = _tabulate(measures, counts, probability)
    return CourtOutcomes(model, counts, measures, table, diagnostics, probability)


def _choose_engines(
    model: SeverityModel | CustodyModel, inference: str | Engine
) -> tuple[Engine, ...]:
    engines = choose_engine(inference)
    if not model.is_hierarchical:
        return engines
    if not isinstance(engines[-1], Nuts):
        # the scale of a hierarchy has no bell-shaped posterior
        fault = Fault("inference", "auto or nuts for the severity model", repr(inference))
        raise InputError("court outcomes", [fault])
    return engines[-1:]


def _derive(draws: Draws, categories: tuple[str, ...]) -> xr.Dataset:
    from scipy.special import softmax

    baseline = draws["baseline"]
    log_odds = np.stack([baseline + draws["effect"], baseline])
    log_odds = np.concatenate([log_odds, np.zeros((*log_odds.shape[:-1], 1))], axis=-1)
    probability = xr.DataArray(
        softmax(log_odds, axis=-1),
        dims=("arm", "chain", "draw", "category"),
        coords={"arm": list(ARMS), "category": list(categories)},
    ).transpose("arm", "category", "chain", "draw")
    treated, comparison = (probability.sel(arm=arm, drop=True) for arm in ARMS)
    return xr.Dataset(
        {
            "probability": probability,
            "difference": treated - comparison,
            "ratio": treated / comparison,
        }
    )


def _tabulate(measures: xr.Dataset, counts: CourtCounts, probability: float) -> pd.DataFrame:
    tail = (1 - probability) / 2
    over = ("chain", "draw")
    means = measures.mean(over)
    limits = measures[["difference", "ratio"]].quantile([tail, 0.5, 1 - tail], dim=over)
    difference, ratio = limits["difference"].to_numpy(), limits["ratio"].to_numpy()
    return pd.DataFrame(
        {
            "category": counts.categories,
            "n_treated": counts.treated,
            "n_comparison": counts.comparison,
            "treated": means["probability"].sel(arm="treated").to_numpy(),
            "comparison": means["probability"].sel(arm="comparison").to_numpy(),
            "difference": means["difference"].to_numpy(),
            "lower": difference[0],
            "upper": difference[2],
            "ratio": ratio[1],
            "ratio_lower": ratio[0],
            "ratio_upper": ratio[2],
            "probability_fewer": (measures["difference"] < 0).mean(over).to_numpy(),
        }
    )
