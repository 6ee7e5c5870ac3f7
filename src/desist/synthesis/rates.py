"""Several programmes' reoffenders pooled with exact likelihoods: a Bayesian meta-analysis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from desist.arguments import find_kind_faults, find_number_faults
from desist.effects.effect import summarise_interval
from desist.errors import Fault, name_rows, raise_faults
from desist.estimands import Interval
from desist.inference.diagnostics import Diagnostics, require_convergence
from desist.inference.engines import Nuts, draw_posterior
from desist.models.priors import HalfNormal, Normal
from desist.synthesis._columns import name_shapes, read_column, read_labels

SUBJECT = "meta-analysis of rates"
ENGINE = Nuts()
MOST_PEOPLE = 2**53  # beyond, not every whole number is one
HALF = 0.5  # added to counts, for the parameterisation only, never for the likelihood


@dataclass(frozen=True)
class PoolingPriors:
    """Priors of the meta-analysis of rates, on the log-odds scale.

    Attributes
    ----------
    effect : Normal
        Mean log odds ratio over the population of programmes.
    heterogeneity : HalfNormal
        Standard deviation of the log odds ratios between programmes.
    baseline : Normal
        Log-odds of each study, half way between its arms; wide, and separate for each study,
        so that studies learn from each other about effects only.

    Examples
    --------
    >>> from desist.models import HalfNormal
    >>> from desist.synthesis import PoolingPriors
    >>> PoolingPriors(heterogeneity=HalfNormal(0.25)).effect
    Normal(mean=0.0, scale=1.5)
    """

    effect: Normal = Normal(0.0, 1.5)
    heterogeneity: HalfNormal = HalfNormal(0.5)
    baseline: Normal = Normal(0.0, 10.0)

    def __post_init__(self) -> None:
        """Check that each is a prior of its kind."""
        raise_faults(
            "pooling priors",
            [
                *find_kind_faults("effect", self.effect, Normal, "a prior such as Normal(0, 1.5)"),
                *find_kind_faults(
                    "heterogeneity",
                    self.heterogeneity,
                    HalfNormal,
                    "a prior such as HalfNormal(0.5)",
                ),
                *find_kind_faults(
                    "baseline", self.baseline, Normal, "a prior such as Normal(0, 10)"
                ),
            ],
        )


@dataclass(frozen=True, eq=False, repr=False)
class PooledRates:
    """Posterior of the effects of several programmes, as log odds ratios of reoffending.

    Attributes
    ----------
    effect : xarray.DataArray, dims (chain, draw)
        Mean over the population of programmes; below 0 is fewer reoffenders.
    heterogeneity : xarray.DataArray, dims (chain, draw)
        Standard deviation between programmes, tau.
    new : xarray.DataArray, dims (chain, draw)
        Predicted effect of a new programme.
    studies : xarray.DataArray, dims (chain, draw, study)
        Effect of each study, shrunken towards the others.
    counts : DataFrame
        What was pooled, one row a study: treated_events, n_treated, comparison_events,
        n_comparison.
    priors : PoolingPriors
        What was assumed.
    diagnostics : Diagnostics
        How well the posterior was found.
    probability : float
        Of the equal-tailed intervals.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import xarray as xr
    >>> from desist.inference import Diagnostics
    >>> from desist.synthesis import PooledRates, PoolingPriors
    >>> drawn = xr.DataArray(np.array([[-0.4, -0.3, -0.2, 0.1]]), dims=("chain", "draw"))
    >>> found = PooledRates(
    ...     drawn, abs(drawn), drawn, drawn, pd.DataFrame(), PoolingPriors(), Diagnostics("nuts")
    ... )
    >>> found.probability_of_benefit
    0.75
    """

    effect: xr.DataArray
    heterogeneity: xr.DataArray
    new: xr.DataArray
    studies: xr.DataArray
    counts: pd.DataFrame
    priors: PoolingPriors
    diagnostics: Diagnostics
    probability: float = 0.95

    @property
    def n_studies(self) -> int:
        """Number of studies."""
        return len(self.counts)

    @property
    def odds_ratio(self) -> float:
        """Posterior median of the odds ratio, mean over the population of programmes."""
        return float(np.exp(self.effect.median()))

    @cached_property
    def interval(self) -> Interval:
        """Equal-tailed posterior interval of the odds ratio."""
        return summarise_interval(_exponentiate(self.effect), self.probability)

    @cached_property
    def prediction(self) -> Interval:
        """Equal-tailed posterior interval of the odds ratio of a new programme."""
        return summarise_interval(_exponentiate(self.new), self.probability)

    @property
    def probability_of_benefit(self) -> float:
        """Posterior probability that programmes reduce reoffending on average."""
        return float((self.effect < 0).mean())

    @property
    def probability_of_benefit_new(self) -> float:
        """Posterior probability that a new programme reduces reoffending."""
        return float((self.new < 0).mean())

    @cached_property
    def table(self) -> pd.DataFrame:
        """Odds ratios: one row a study, then "mean" and "new programme".

        Columns: observed (as counted; NaN when a count is 0), odds_ratio (posterior median),
        lower, upper, probability_of_benefit.
        """
        rows = [_summarise(self.studies.isel(study=k), self.probability) for k in range(len(self))]
        rows += [_summarise(draws, self.probability) for draws in (self.effect, self.new)]
        table = pd.DataFrame(rows, index=[*self.counts.index, "mean", "new programme"])
        table.insert(0, "observed", [*_observed_odds_ratios(self.counts), np.nan, np.nan])
        return table.rename_axis("study")

    def difference_at(self, comparison: float, *, new: bool = False) -> xr.DataArray:
        r"""Return the difference in the reoffending rate where a comparison rate is known.

        .. math:: \mathrm{expit}(\mathrm{logit}\,p_0 + \theta) - p_0

        Parameters
        ----------
        comparison : float
            Proportion :math:`p_0` who would reoffend without the programme.
        new : bool
            Whether :math:`\theta` is the effect of a new programme, or the mean effect.

        Returns
        -------
        xarray.DataArray, dims (chain, draw)
            Participants minus comparison, as a proportion.

        Raises
        ------
        InputError
            If the proportion is not between 0 and 1.
        """
        faults = find_number_faults("comparison", comparison, above=0, below=1)
        raise_faults(SUBJECT, [*faults, *find_kind_faults("new", new, bool, "True or False")])
        odds = comparison / (1 - comparison) * _exponentiate(self.new if new else self.effect)
        return odds / (1 + odds) - comparison

    def __len__(self) -> int:
        """Return the number of studies."""
        return self.n_studies

    def __repr__(self) -> str:
        """Return the mean odds ratio and that of a new programme, in one line."""
        return (
            f"<Meta-analysis of the rates of {self.n_studies} studies: odds ratio "
            f"{self.odds_ratio:.2f} ({self.interval.lower:.2f} to {self.interval.upper:.2f}); "
            f"a new programme {self.prediction.lower:.2f} to {self.prediction.upper:.2f}>"
        )


def pool_rates(
    treated_events: ArrayLike,
    n_treated: ArrayLike,
    comparison_events: ArrayLike,
    n_comparison: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    priors: PoolingPriors = PoolingPriors(),
    engine: Nuts = ENGINE,
    probability: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> PooledRates:
    r"""Pool the reoffending rates of several programmes, with exact binomial likelihoods.

    .. math:: y_{Ti} \sim \mathrm{Bin}(n_{Ti}, p_{Ti}), \quad
        \mathrm{logit}\,p_{Ti} = \alpha_i + (T - \tfrac12)\, \theta_i, \quad
        \theta_i \sim N(\mu, \tau^2)

    No study is left out and nothing is added to a count of 0. The effect of a new programme is
    a further draw :math:`\theta^* \sim N(\mu, \tau^2)`, and is the one to plan by.

    Parameters
    ----------
    treated_events, n_treated : array_like of int, shape (n_studies,)
        Reoffenders and people among those who took part.
    comparison_events, n_comparison : array_like of int, shape (n_studies,)
        Reoffenders and people in the comparison group. Whole people: a weighted comparison
        rate is a given estimate, for `pool_effects`.
    labels : sequence of str, optional
        Names of the studies; numbers from 1 by default.
    priors : PoolingPriors
        On the log-odds scale.
    engine : Nuts
        Settings of the sampler.
    probability : float
        Of the equal-tailed intervals.
    seed : int or numpy.random.Generator
        Source of randomness.

    Returns
    -------
    PooledRates
        Draws of the mean, of the heterogeneity, of each study and of a new programme.

    Raises
    ------
    InputError
        If the counts are not possible, or there are fewer than two studies; every fault is
        listed.
    NotConvergedError
        If a convergence diagnostic failed.

    References
    ----------
    Stijnen, T., Hamza, T. H. and Ozdemir, P. (2010). Random effects meta-analysis of event
    outcome in the framework of the generalized linear mixed model. Statistics in Medicine 29,
    3046-3067. Rover, C. et al. (2021). On weakly informative prior distributions for the
    heterogeneity parameter in Bayesian random-effects meta-analysis. Research Synthesis
    Methods 12, 448-474. Higgins, J. P. T., Thompson, S. G. and Spiegelhalter, D. J. (2009). A
    re-evaluation of random-effects meta-analysis. JRSS A 172, 137-159.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.synthesis import pool_rates
    >>> try:
    ...     pool_rates([13], [83], [278.5], [1000])
    ... except ds.InputError as error:
    ...     print(error)
    meta-analysis of rates: 2 faults
      - studies: expected 2 or more, found 1
      - comparison_events: expected whole numbers from 0 to n_comparison, found 1 other, row 1
    """
    counts, faults = read_counts(treated_events, n_treated, comparison_events, n_comparison, labels)
    raise_faults(SUBJECT, [*faults, *_find_option_faults(priors, engine, probability, seed)])
    rng = np.random.default_rng(seed)
    draws, diagnostics = draw_posterior(
        lambda arrays: _build(priors, arrays),
        _arrange(counts, priors),
        structure=("pool_rates", priors, len(counts)),
        engines=(engine,),
        rng=rng,
    )
    require_convergence(diagnostics, SUBJECT)
    mean, tau = draws["effect"], draws["heterogeneity"]
    return PooledRates(
        effect=xr.DataArray(mean, dims=("chain", "draw")),
        heterogeneity=xr.DataArray(tau, dims=("chain", "draw")),
        new=xr.DataArray(mean + tau * rng.standard_normal(mean.shape), dims=("chain", "draw")),
        studies=xr.DataArray(
            draws["study"], dims=("chain", "draw", "study"), coords={"study": list(counts.index)}
        ),
        counts=counts,
        priors=priors,
        diagnostics=diagnostics,
        probability=probability,
    )


def _arrange(counts: pd.DataFrame, priors: PoolingPriors) -> dict[str, NDArray[Any]]:
    treated, n_treated, comparison, n_comparison = counts.to_numpy(dtype=np.int64).T
    cells = np.array([treated, n_treated - treated, comparison, n_comparison - comparison])
    known = (1 / (cells + HALF)).sum(axis=0)
    # How far each study's effect is centred: by how much its own data tell of it, as against
    # the population (Papaspiliopoulos, Roberts and Skold 2007, Statistical Science 22, 59-73).
    # The posterior is the same; the sampler's way through it is not.
    return {
        "events": np.stack([treated, comparison]),
        "people": np.stack([n_treated, n_comparison]),
        "centring": priors.heterogeneity.scale**2 / (priors.heterogeneity.scale**2 + known),
    }


def _build(priors: PoolingPriors, arrays: Mapping[str, NDArray[Any]]) -> Any:
    import pymc as pm
    import pytensor.tensor as pt

    n_studies = arrays["events"].shape[1]
    with pm.Model() as built:
        data = {name: pm.Data(name, values) for name, values in arrays.items()}
        mean = priors.effect.variable("effect")
        tau = priors.heterogeneity.variable("heterogeneity")
        baseline = priors.baseline.variable("baseline", shape=n_studies)
        part = data["centring"]
        position = pm.Normal("position", mu=part * mean, sigma=tau**part, shape=n_studies)
        study = pm.Deterministic("study", mean + tau ** (1 - part) * (position - part * mean))
        log_odds = pt.stack([baseline + study / 2, baseline - study / 2])
        pm.Binomial("outcome", n=data["people"], logit_p=log_odds, observed=data["events"])
    return built


def _summarise(draws: xr.DataArray, probability: float) -> dict[str, float]:
    interval = summarise_interval(_exponentiate(draws), probability)
    return {
        "odds_ratio": float(np.exp(draws.median())),
        "lower": interval.lower,
        "upper": interval.upper,
        "probability_of_benefit": float((draws < 0).mean()),
    }


def _exponentiate(draws: xr.DataArray) -> xr.DataArray:
    return draws.copy(data=np.exp(draws.to_numpy()))


def _observed_odds_ratios(counts: pd.DataFrame) -> NDArray[np.float64]:
    treated, n_treated, comparison, n_comparison = counts.to_numpy(dtype=float).T
    cells = np.array([treated, n_treated - treated, comparison, n_comparison - comparison])
    cells[:, (cells == 0).any(axis=0)] = np.nan
    return np.asarray(cells[0] * cells[3] / (cells[1] * cells[2]))


def read_counts(
    treated_events: object,
    n_treated: object,
    comparison_events: object,
    n_comparison: object,
    labels: object = None,
) -> tuple[pd.DataFrame, list[Fault]]:
    """Read reoffenders and people of both arms."""
    columns = {
        "treated_events": treated_events,
        "n_treated": n_treated,
        "comparison_events": comparison_events,
        "n_comparison": n_comparison,
    }
    arrays: dict[str, NDArray[np.float64]] = {}
    faults: list[Fault] = []
    for where, column in columns.items():
        arrays[where], found = read_column(where, column)
        faults += found
    names, found = read_labels(labels, arrays["n_treated"].size)
    faults += found
    if not faults and {array.size for array in arrays.values()} != {len(names)}:
        text = f"shapes {', '.join(name_shapes(arrays))}, {len(names)} labels"
        expected = "one value and label for each study in every column"
        faults.append(Fault(", ".join(columns), expected, text))
    if faults:
        return pd.DataFrame(), faults
    faults = _find_count_faults(arrays, len(names))
    counts = pd.DataFrame(arrays, index=pd.Index(names, name="study"))
    return (counts if faults else counts.astype(np.int64)), faults


def _find_option_faults(
    priors: object, engine: object, probability: object, seed: object
) -> list[Fault]:
    faults = [
        *find_kind_faults("priors", priors, PoolingPriors, "PoolingPriors(...)"),
        *find_kind_faults("engine", engine, Nuts, "Nuts(...)"),
        *find_number_faults("probability", probability, above=0, below=1),
    ]
    if not isinstance(seed, np.random.Generator):
        faults += find_number_faults("seed", seed, least=0, whole=True)
    return faults


def _find_count_faults(arrays: Mapping[str, NDArray[np.float64]], n_studies: int) -> list[Fault]:
    faults = []
    if n_studies < 2:
        faults.append(Fault("studies", "2 or more", str(n_studies)))
    for arm in ("treated", "comparison"):
        events, people = arrays[f"{arm}_events"], arrays[f"n_{arm}"]
        for where, expected, wrong in (
            (f"n_{arm}", "whole numbers above 0", ~_is_count(people) | (people == 0)),
            (f"{arm}_events", f"whole numbers from 0 to n_{arm}", ~_is_count(events)),
            (f"{arm}_events", f"no more reoffenders than n_{arm}", events > people),
        ):
            rows = np.flatnonzero(wrong)
            if rows.size:
                found = f"{rows.size} other, {name_rows(rows.tolist())}"
                faults.append(Fault(where, expected, found))
    return faults


def _is_count(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray((values >= 0) & (values <= MOST_PEOPLE) & (values == np.round(values)))
