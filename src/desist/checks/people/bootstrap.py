"""Bootstrap intervals, of weighted means and of the whole design."""

# `bca_bootstrap` resamples people within each arm with the weights they have; its interval is
# corrected for bias and for a spread that changes with the mean (BCa), and widened by Student's t
# and n / (n - 1), without which it is too narrow for few people. `redo_design` resamples people and
# makes score, matching and weights again for every resample, so that their uncertainty is in the
# interval. That is not valid after matching with a fixed number of neighbours, however many people
# there are (Abadie and Imbens 2008), and is refused there.
# Efron, B. (1987). JASA 82, 171-185. Hesterberg, T. C. (2015). The American Statistician 69,
# 371-386 (the widening). Abadie, A. and Imbens, G. W. (2008). Econometrica 76, 1537-1557.

import math
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from desist.arguments import find_number_faults
from desist.checks.arms import Arms, join_arms, read_arms
from desist.checks.columns import Columns, find_draw_faults, find_probability_faults
from desist.checks.finding import Finding, from_standard_error, satterthwaite
from desist.checks.people.weighted import weighted_contrast
from desist.cohort.cohort import Cohort
from desist.design.design import build_design
from desist.design.made_from import recall_recipe
from desist.errors import CannotAnswerError, Fault, InputError, raise_faults
from desist.estimands import Measure
from desist.execution import run_tasks
from desist.sample import Sample, build_sample, of_a_sample
from desist.weights import effective_sample_size

Floats = NDArray[np.float64]

N_RESAMPLES = 1999
LARGEST_BLOCK = 100_000  # resampled people worked on at once, so that they stay near the processor
FEWEST_PEOPLE = 5
BATCHES = 16  # of resamples, to be worked on at the same time


def bca_bootstrap(
    outcome: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    n_resamples: int = N_RESAMPLES,
    rng: np.random.Generator | int | None = None,
    probability: float = 0.95,
) -> Finding:
    """Compare two weighted means by a BCa bootstrap of people within arms.

    Parameters
    ----------
    outcome : array_like, shape (n_people,)
        In the unit of the measure.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights, taken as known.
    n_resamples : int
        Resamples.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or a seed.
    probability : float
        Coverage of the interval.

    Returns
    -------
    Finding
        Difference of the weighted means; p is 1 minus the coverage at which the
        interval just reaches 0, and not below 2 / (n_resamples + 1).

    Raises
    ------
    InputError
        If a column or a setting cannot be read.
    CannotAnswerError
        If an arm has fewer than five people, or neither varies.

    Examples
    --------
    >>> found = bca_bootstrap([0, 0, 1, 2, 0, 3, 1, 4, 2, 5], [1] * 5 + [0] * 5, rng=1)
    >>> found.lower < found.estimate < found.upper
    True
    """
    columns = Columns()
    numbers = columns.numbers("outcome", outcome)
    faults = find_draw_faults("n_resamples", n_resamples, rng) + find_probability_faults(
        probability
    )
    arms = join_arms(columns, numbers, treated, weights, faults)
    if min(arms.n_treated, arms.n_comparison) < FEWEST_PEOPLE:
        raise CannotAnswerError(f"a bootstrap needs {FEWEST_PEOPLE} people in each arm")
    estimate = weighted_contrast(arms)
    source = np.random.default_rng(rng)
    values1, shares1 = arms.arm(treated=True)
    values0, shares0 = arms.arm(treated=False)
    drawn = _resample_mean(values1, shares1, n_resamples, source)
    drawn -= _resample_mean(values0, shares0, n_resamples, source)
    if np.ptp(drawn) <= 1e-12 * (1 + abs(estimate)):
        raise CannotAnswerError("neither arm varies, so every resample is the same")
    return _bca(estimate, np.sort(drawn), _acceleration(arms), _Widening.of(arms), probability)


@of_a_sample
def redo_design(
    sample: Sample,
    *,
    n_resamples: int = 499,
    rng: np.random.Generator | int | None = None,
    executor: Executor | None = None,
    probability: float = 0.95,
) -> dict[Measure, Finding]:
    """Bootstrap the weighted differences with score, matching and weights made again.

    Parameters
    ----------
    sample : Sample
        The people compared, by a method that bootstraps are valid for; or a cohort and its
        design in its place.
    n_resamples : int
        Resamples of people, within arms.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or a seed; the same answer on any executor.
    executor : concurrent.futures.Executor, optional
        Where the resamples are worked on; here, one after another, when left out.
    probability : float
        Coverage of the intervals.

    Returns
    -------
    dict of Measure to Finding
        Difference of each of rate and frequency that the sample has, with the standard
        error of the resamples and normal limits.

    Raises
    ------
    CannotAnswerError
        For nearest-neighbour, optimal and full matching and for given weights, and when
        a tenth of the resamples have no design.
    InputError
        If the design was not made by a method, or a setting cannot be read.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> found = ds.checks.redo_design(cohort, design, n_resamples=20, rng=1)
    >>> [measure.value for measure in found]
    ['rate', 'frequency']
    """
    raise_faults(
        "check",
        [
            *find_number_faults("n_resamples", n_resamples, least=2, whole=True),
            *find_draw_faults("n_resamples", 1, rng),
            *find_probability_faults(probability),
        ],
    )
    design = sample.design
    if design.method is None:
        fault = Fault("design", "a design made by a method", "one given by hand")
        raise InputError("check", [fault])
    if design.method.no_bootstrap:
        raise CannotAnswerError(design.method.no_bootstrap)
    seeds = np.random.default_rng(rng).integers(2**63, size=n_resamples).tolist()
    work = partial(_redo_once, sample)
    # the people travel with each batch
    batch = math.ceil(n_resamples / BATCHES)
    results = run_tasks(work, seeds, executor=executor, batch=batch, progress="resampling people")
    made = [result for result in results if result is not None]
    if len(made) < 0.9 * n_resamples:
        lost = n_resamples - len(made)
        why = "little overlap, or a level that few people have"
        raise CannotAnswerError(f"{lost} of {n_resamples} resamples have no design: {why}")
    outcomes = _measures(sample)
    found = {}
    for measure, values in outcomes.items():
        arms = read_arms(values, design.treated, design.weights)
        error = float(np.std([result[measure] for result in made], ddof=1))
        found[measure] = from_standard_error(weighted_contrast(arms), error, math.inf, probability)
    return found


def _redo_once(sample: Sample, seed: int) -> dict[Measure, float] | None:
    """Resample people, build the design again, and contrast; None where none exists."""
    source, cohort = np.random.default_rng(seed), sample.cohort
    rows = np.concatenate(
        [
            source.choice(np.flatnonzero(members), int(members.sum()))
            for members in (cohort.treated, ~cohort.treated)
        ]
    )
    # repeated people are rows of their own: the identifier would be found duplicated
    settings = {key: value for key, value in cohort.settings().items() if key != "person"}
    frame = cohort.people.iloc[rows].reset_index(drop=True)
    if cohort.person is not None:
        frame = frame.drop(columns=[cohort.person])
    for name in frame.select_dtypes("category"):  # a group of whom nobody is drawn is none
        frame[name] = frame[name].cat.remove_unused_categories()
    recipe = recall_recipe(sample.design)
    try:
        again = Cohort(frame, **settings)
        remade = build_sample(again, build_design(again, **recipe), sample.horizon)
    except (CannotAnswerError, InputError):  # or all who are drawn have the same covariate
        return None
    values = _measures(remade)
    if set(values) != set(_measures(sample)):  # somebody drawn was followed for less
        return None
    return {
        measure: weighted_contrast(read_arms(one, remade.treated, remade.weights))
        for measure, one in values.items()
    }


def _measures(sample: Sample) -> dict[Measure, Floats]:
    """Return the outcomes that can be had at the horizon."""
    within = sample.within
    values = {Measure.RATE: within.reoffended, Measure.FREQUENCY: within.offences}
    roles = {Measure.RATE: "reoffended", Measure.FREQUENCY: "offences"}
    known = {m: v for m, v in values.items() if v is not None and roles[m] not in sample.uncut}
    return {m: np.asarray(v, dtype=float) for m, v in known.items()}


def _resample_mean(
    values: Floats, shares: Floats, n_resamples: int, rng: np.random.Generator
) -> Floats:
    n, parts = values.size, shares * values
    rows = max(LARGEST_BLOCK // n, 1)
    means = []
    for start in range(0, n_resamples, rows):
        picked = rng.integers(n, size=(min(rows, n_resamples - start), n))
        top, mass = parts.take(picked).sum(axis=1), shares.take(picked).sum(axis=1)
        means.append(top / mass)
    return np.concatenate(means)


def _acceleration(arms: Arms) -> float:
    """Skewness of the influence of people, over 6 (Efron 1987, equation 6.6)."""
    influence = []
    for is_treated, sign in ((True, 1.0), (False, -1.0)):
        values, shares = arms.arm(treated=is_treated)
        influence.append(sign * shares * (values - shares @ values))
    joined = np.concatenate(influence)
    spread = float((joined**2).sum()) ** 1.5
    return float((joined**3).sum()) / (6 * spread) if spread > 0 else 0.0


def _bca(
    estimate: float, ordered: Floats, acceleration: float, widening: "_Widening", probability: float
) -> Finding:
    n = ordered.size
    bias = float(ndtri(_share_below(ordered, estimate)))

    def level(z: float) -> float:
        moved = bias + z
        return float(ndtr(bias + moved / (1 - acceleration * moved)))

    z = widening.quantile((1 + probability) / 2)
    lower, upper = (float(np.quantile(ordered, level(sign * z))) for sign in (-1, 1))
    at_zero = float(ndtri(_share_below(ordered, 0.0))) - bias
    distance = at_zero / (1 + acceleration * at_zero) - bias
    p_value = min(max(widening.p_value(distance), 2 / (n + 1)), 1.0)
    return Finding(
        estimate, lower, upper, p_value, probability, float(ordered.std(ddof=1)) * widening.factor
    )


@dataclass(frozen=True)
class _Widening:
    """Student's t and n / (n - 1), which a bootstrap of few people leaves out."""

    factor: float
    df: float

    @classmethod
    def of(cls, arms: Arms) -> "_Widening":
        known, unbiased = [], []
        for is_treated in (True, False):
            values, shares = arms.arm(treated=is_treated)
            variance = float((shares**2) @ (values - shares @ values) ** 2)
            size = effective_sample_size(shares)
            known.append(variance)
            unbiased.append(variance * size / max(size - 1, 1e-9))
        factor = math.sqrt(sum(unbiased) / sum(known)) if sum(known) > 0 else 1.0
        return cls(factor, satterthwaite(unbiased, arms.effective_sizes))

    def quantile(self, level: float) -> float:
        return self.factor * float(stdtrit(self.df, level))

    def p_value(self, distance: float) -> float:
        return 2 * float(stdtr(self.df, -abs(distance) / self.factor))


def _share_below(ordered: Floats, value: float) -> float:
    """Share of the resamples below a value, ties by half, never 0 or 1."""
    below = np.searchsorted(ordered, value, side="left")
    upto = np.searchsorted(ordered, value, side="right")
    return float((below + upto + 1) / (2 * (ordered.size + 1)))
