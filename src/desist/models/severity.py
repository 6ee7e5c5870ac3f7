"""Severity and custody: how the reoffences of each arm ended at court."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from desist.arguments import (
    describe,
    find_kind_faults,
    find_number_faults,
    find_probability_faults,
)
from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.errors import Fault, InputError, NoEventsError, name_rows, raise_faults
from desist.inference.diagnostics import Diagnostics, require_convergence
from desist.inference.engines import Engine, Nuts, choose_engine, draw_posterior, find_engine_faults
from desist.inference.seeds import find_seed_faults, make_generator
from desist.models.priors import (
    HalfNormal,
    HalfStudentT,
    Normal,
    find_between_faults,
    find_normal_faults,
)
from desist.sample import Sample, read_sample
from desist.weights import effective_sample_size

type Floats = NDArray[np.float64]

TIERS = ("indictable", "either way", "summary", "none")
CUSTODY = ("custody", "none")
ARMS = ("treated", "comparison")


@dataclass(frozen=True)
class CourtCounts:
    """People of each arm by how their reoffending ended at court, one category a person.

    Attributes
    ----------
    treated, comparison : tuple of int
        People in each category, unweighted: what a rule set decides by.
    categories : tuple of str
        Their names; the last is that of everybody else ("none").
    treated_weights, comparison_weights : tuple of float, or None
        The same people weighted, on any scale: printed percentages will do. None where all
        weigh the same.
    treated_size, comparison_size : float or None
        Effective number of people of each arm; None for the number of people.

    Raises
    ------
    InputError
        If the parts contradict each other; every fault is listed.

    Examples
    --------
    >>> counts = CourtCounts((0, 4, 9, 70), (60, 700, 1658, 3096), comparison_size=1070)
    >>> counts.n_reoffenders
    (13, 2418)
    >>> counts.effective.sum(axis=1).tolist()
    [83.0, 1070.0]
    """

    treated: tuple[int, ...]
    comparison: tuple[int, ...]
    categories: tuple[str, ...] = TIERS
    treated_weights: tuple[float, ...] | None = None
    comparison_weights: tuple[float, ...] | None = None
    treated_size: float | None = None
    comparison_size: float | None = None

    def __post_init__(self) -> None:
        """Check that the parts do not contradict each other."""
        for name in ("categories", *ARMS, *(f"{arm}_weights" for arm in ARMS)):
            values = getattr(self, name)
            if isinstance(values, list | np.ndarray):
                object.__setattr__(self, name, tuple(np.asarray(values).tolist()))
        kinds, sizes = _find_kind_faults(self), _find_size_faults(self)
        raise_faults("court outcomes", kinds + sizes if kinds else [])
        faults = [fault for arm in ARMS for fault in _find_arm_faults(self, arm)] + sizes
        if len(self.categories) < 2 or len(set(self.categories)) < len(self.categories):
            found = ", ".join(self.categories) or "none"
            faults.insert(0, Fault("categories", "two or more different names", found))
        raise_faults("court outcomes", faults)

    @property
    def n_reoffenders(self) -> tuple[int, int]:
        """People outside the last category, treated first."""
        return sum(self.treated[:-1]), sum(self.comparison[:-1])

    @property
    def effective(self) -> Floats:
        """Weighted shares times effective sizes, treated first, shape (2, n_categories)."""
        return np.array([self._scale(arm) for arm in ARMS])

    def _scale(self, arm: str) -> Floats:
        people = np.array(getattr(self, arm), dtype=float)
        weights = getattr(self, f"{arm}_weights")
        weights = people if weights is None else np.array(weights, dtype=float)
        size = getattr(self, f"{arm}_size")
        scaled: Floats = weights / weights.sum() * (people.sum() if size is None else size)
        return scaled


@dataclass(frozen=True)
class SeverityModel:
    r"""Hierarchical multinomial model of the court outcomes of reoffending.

    .. math:: \log\frac{P(\text{tier } j)}{P(\text{none})} = \alpha_j + T(\tau + \sigma z_j),
        \quad z_j \sim N(0, 1)

    Each tier has its own effect :math:`\tau + \sigma z_j`. The tiers share what they know of
    it: one with hardly any people leans on the effect :math:`\tau` that they have in common,
    as far as the others agree with each other.

    Attributes
    ----------
    baseline : Normal
        Prior of :math:`\alpha_j`: log odds of a tier against none in the comparison group.
    treatment : Normal
        Prior of :math:`\tau`, the log odds ratio in common.
    spread : HalfNormal or HalfStudentT
        Prior of :math:`\sigma`, the standard deviation of the effect between tiers.

    Raises
    ------
    InputError
        If one of them is no such prior; every fault is listed.
    """

    baseline: Normal = Normal(-2.0, 1.5)
    treatment: Normal = Normal(0.0, 1.5)
    spread: HalfNormal | HalfStudentT = HalfNormal(0.5)
    name: ClassVar[str] = "severity"
    is_hierarchical: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that each is a prior of its kind."""
        faults = find_normal_faults("baseline", self.baseline)
        faults += find_normal_faults("treatment", self.treatment)
        raise_faults("severity model", faults + find_between_faults("spread", self.spread))

    def add_effects(self) -> Any:
        """Add the effect of each tier to the PyMC model that is open."""
        import pymc as pm

        common = self.treatment.variable("treatment")
        spread = self.spread.variable("spread")
        standard = pm.Normal("effect_standard", dims="category")
        return pm.Deterministic("effect", common + spread * standard, dims="category")


@dataclass(frozen=True)
class CustodyModel:
    r"""Binomial model of a custodial sentence for a reoffence.

    .. math:: \mathrm{logit}\,P(\text{custody}) = \alpha + \tau T

    Attributes
    ----------
    baseline : Normal
        Prior of :math:`\alpha`: log odds of custody in the comparison group.
    treatment : Normal
        Prior of :math:`\tau`, the log odds ratio.

    Raises
    ------
    InputError
        If one of them is no such prior; every fault is listed.
    """

    baseline: Normal = Normal(-2.0, 1.5)
    treatment: Normal = Normal(0.0, 1.5)
    name: ClassVar[str] = "custody"
    is_hierarchical: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check that each is a prior."""
        faults = find_normal_faults("baseline", self.baseline)
        raise_faults("custody model", faults + find_normal_faults("treatment", self.treatment))

    def add_effects(self) -> Any:
        """Add the effect of each category but the last to the PyMC model that is open."""
        return self.treatment.variable("effect", dims="category")


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
        lambda arrays: _build(model, counts.categories[:-1], arrays),
        {"n_people": counts.effective},
        structure=(model, counts.categories),
        engines=_choose_engines(model, inference),
        rng=make_generator(seed),
    )
    require_convergence(diagnostics, model.name)
    measures = _derive(draws, counts.categories)
    table = _tabulate(measures, counts, probability)
    return CourtOutcomes(model, counts, measures, table, diagnostics, probability)


def count_court_outcomes(
    sample: Sample | Cohort,
    design: Design | None = None,
    column: str = "court",
    categories: Sequence[str] = TIERS,
) -> CourtCounts:
    """Count the people of a cohort by court outcome, weighted by a design.

    Parameters
    ----------
    sample : Sample or Cohort
        The people compared; or a cohort, beside its design. The column is an outcome: keep it
        out of every formula.
    design : Design, optional
        Beside a cohort: the weights; people of weight zero are not counted.
    column : str
        Its values are the categories. Blank is the last category for those who did not
        reoffend.
    categories : sequence of str
        Their names, the last that of everybody else.

    Returns
    -------
    CourtCounts
        With the effective sample size of each arm.

    Raises
    ------
    InputError
        If there is no such column, or a value is blank or none of the categories.
    """
    names, joined = tuple(categories), read_sample(sample, design)
    cohort, design = joined.cohort, joined.design
    if column not in cohort.people:
        known = ", ".join(map(str, cohort.people.columns))
        raise InputError("court outcomes", [Fault(column, f"one of the columns {known}", "none")])
    values = cohort.people[column].astype("string")
    reoffended = joined.recorded.reoffended
    if reoffended is not None:
        values = values.mask(values.isna().to_numpy() & ~reoffended, names[-1])
    codes = pd.Index(names).get_indexer(pd.Index(values.astype(object)))
    unknown = np.flatnonzero(codes < 0)
    if len(unknown):
        found = f"{len(unknown)} other or blank in {name_rows(unknown)}"
        fault = Fault(column, f"one of {', '.join(names)}", found, "mend them, or name them")
        raise InputError("court outcomes", [fault])
    parts: dict[str, Any] = {}
    for arm, of_arm in zip(ARMS, (design.treated, ~design.treated), strict=True):
        used = of_arm & (design.weights > 0)
        weights = design.weights[used]
        parts[arm] = tuple(np.bincount(codes[used], minlength=len(names)).tolist())
        shares = np.bincount(codes[used], weights / weights.sum(), minlength=len(names))
        parts[f"{arm}_weights"] = tuple(shares.tolist())
        parts[f"{arm}_size"] = effective_sample_size(weights)
    return CourtCounts(categories=names, **parts)


def _find_kind_faults(counts: CourtCounts) -> list[Fault]:
    """Find parts that are no tuples of numbers or names, before they are compared."""
    names = counts.categories
    faults = []
    if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
        faults.append(Fault("categories", "a list of names", describe(names)))
    for arm in ARMS:
        people, weights = getattr(counts, arm), getattr(counts, f"{arm}_weights")
        for name, values in ((arm, people), (f"{arm}_weights", weights)):
            given = isinstance(values, tuple) and not any(
                find_number_faults(name, value) for value in values
            )
            if not given and (values is not None or name == arm):
                faults.append(Fault(name, "a list of numbers", describe(values)))
    return faults


def _find_size_faults(counts: CourtCounts) -> list[Fault]:
    sizes = {name: getattr(counts, name) for name in (f"{arm}_size" for arm in ARMS)}
    found = [find_number_faults(name, s, above=0.0, optional=True) for name, s in sizes.items()]
    return [fault for faults in found for fault in faults]


def _find_arm_faults(counts: CourtCounts, arm: str) -> list[Fault]:
    n = len(counts.categories)
    people, weights = getattr(counts, arm), getattr(counts, f"{arm}_weights")
    faults = []
    whole = all(isinstance(count, int | np.integer) and count >= 0 for count in people)
    if len(people) != n or not whole or not sum(people):
        faults.append(Fault(arm, f"{n} whole numbers from 0, some above", repr(people)))
    if weights is not None and not _are_weights(weights, n):
        faults.append(Fault(f"{arm}_weights", f"{n} numbers from 0, some above", repr(weights)))
    return faults


def _are_weights(weights: tuple[float, ...], n: int) -> bool:
    return len(weights) == n and min(weights) >= 0 and 0 < sum(weights) < np.inf


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


def _build(
    model: SeverityModel | CustodyModel,
    categories: tuple[str, ...],
    arrays: Mapping[str, NDArray[Any]],
) -> Any:
    import pymc as pm
    import pytensor.tensor as pt

    def weighted(value: Any, log_odds: Any) -> Any:
        shifted = log_odds - pt.max(log_odds, axis=-1, keepdims=True)
        return value * (shifted - pt.log(pt.exp(shifted).sum(axis=-1, keepdims=True)))

    with pm.Model(coords={"category": list(categories)}) as built:
        n_people = pm.Data("n_people", arrays["n_people"])
        baseline = model.baseline.variable("baseline", dims="category")
        log_odds = pt.stack([baseline + model.add_effects(), baseline])
        reference = pt.zeros_like(log_odds[:, :1])
        pm.CustomDist(
            "outcome",
            pt.concatenate([log_odds, reference], axis=1),
            logp=weighted,
            observed=n_people,
            signature="(a,k)->(a,k)",
        )
    return built


def _derive(draws: dict[str, Floats], categories: tuple[str, ...]) -> xr.Dataset:
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
