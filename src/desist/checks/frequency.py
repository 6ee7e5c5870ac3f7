"""The checks of the reoffending frequency, for weighted people."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import Arms, join_arms
from desist.checks.bootstrap import bca_bootstrap
from desist.checks.check import Check, label, not_applicable
from desist.checks.columns import Columns, find_draw_faults
from desist.checks.counts import exact_rate_ratio, overdispersion, quasi_poisson
from desist.checks.finding import Finding
from desist.checks.negative_binomial import (
    negative_binomial,
    negative_binomial_score,
    negative_binomial_test,
)
from desist.checks.ranks import permutation
from desist.checks.rate import check_clustered, check_means, read_clusters
from desist.checks.skewness import doubt_about_normality
from desist.errors import CannotAnswerError
from desist.estimands import Measure, Scale

FREQUENCY, RATIO = Measure.FREQUENCY, Scale.RATIO
UNEQUAL = "the weights differ, and the method counts people as equal"
NO_RATIO = "an arm has no offences or all its weight on one person: the ratio has no error"


def check_frequency(
    offences: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    time_at_risk: ArrayLike | None = None,
    sets: ArrayLike | None = None,
    rng: np.random.Generator | int | None = None,
) -> tuple[Check, ...]:
    """Make every check of the frequency that does not need the design itself.

    Parameters
    ----------
    offences : array_like, shape (n_people,)
        Proven reoffences of each person in the follow-up.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    time_at_risk : array_like, shape (n_people,), optional
        Days of follow-up; equal for everybody when left out. The difference checks
        compare counts per person and do not use it.
    sets : array_like of int, shape (n_people,), optional
        Matched set of each person, -1 for none.
    rng : numpy.random.Generator or int, optional
        For permutations and resamples.

    Returns
    -------
    tuple of Check
        Welch, robust weighted difference, BCa, negative binomial score test, quasi-Poisson
        and negative binomial ratios; for equal weights the likelihood-ratio test, the
        exact ratio and the permutation test.

    Raises
    ------
    InputError
        If a column cannot be read; every fault is listed.

    Examples
    --------
    >>> checks = check_frequency([0, 2, 0, 1, 3, 1, 0, 4], [1, 1, 1, 1, 0, 0, 0, 0], rng=1)
    >>> [check.check for check in checks][:4]
    ['welch', 'weighted_difference_hc3', 'bca_bootstrap', 'negative_binomial_score']
    """
    columns = Columns()
    counted = columns.numbers("offences", offences, least=0.0)
    days = columns.numbers("time_at_risk", time_at_risk, above=0.0, truths=False, default=1.0)
    members = None if sets is None else columns.sets("sets", sets)
    faults = find_draw_faults("n_draws", 1, rng)
    arms = join_arms(columns, counted, treated, weights, faults, fewest=0)
    exposure, source = days[arms.positions], np.random.default_rng(rng)
    made = [*check_means(arms, FREQUENCY), check_bca(arms, FREQUENCY, source)]
    if members is not None:
        made += check_clustered(arms, FREQUENCY, members)
    return (
        *made,
        *_check_ratios(arms, exposure, read_clusters(arms, members)),
        *_check_unweighted(arms, exposure, source),
    )


def check_bca(arms: Arms, measure: Measure, rng: np.random.Generator) -> Check:
    """Make the BCa bootstrap of a difference of weighted means.

    Parameters
    ----------
    arms : Arms
        Outcome, arm and weight of the people used.
    measure : Measure
        What the outcome is.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Check
        Slug `bca_bootstrap`.
    """
    slug = "bca_bootstrap"
    reason = arms.obstacle or doubt_about_normality(arms)
    if reason:
        return not_applicable(measure, slug, reason)
    try:
        found = bca_bootstrap(arms.outcome, arms.treated, arms.weights, rng=rng)
    except CannotAnswerError as error:
        return not_applicable(measure, slug, str(error))
    return label(found, measure, slug, reason="the weights count as known")


def _check_ratios(
    arms: Arms, exposure: NDArray[np.float64], clusters: NDArray[np.int64] | None
) -> list[Check]:
    formulas: dict[str, Callable[..., Finding]] = {
        "quasi_poisson": quasi_poisson,
        "negative_binomial": negative_binomial,
    }
    skewed = arms.obstacle or doubt_about_normality(arms)
    data = (arms.outcome, arms.treated, arms.weights)
    made = [_check_score(arms, exposure)]
    for slug, formula in formulas.items():
        reason = skewed
        if not reason:
            try:
                found = formula(*data, time_at_risk=exposure, clusters=clusters)
                reason = NO_RATIO if math.isnan(found.p_value) else ""
            except CannotAnswerError as error:
                reason = str(error)
        made.append(
            not_applicable(FREQUENCY, slug, reason, RATIO)
            if reason
            else label(found, FREQUENCY, slug, scale=RATIO)
        )
    return made


def _check_score(arms: Arms, exposure: NDArray[np.float64]) -> Check:
    slug = "negative_binomial_score"
    reason = arms.obstacle
    if not reason:
        try:
            found = negative_binomial_score(
                arms.outcome, arms.treated, arms.weights, time_at_risk=exposure
            )
            return label(found, FREQUENCY, slug, scale=RATIO)
        except CannotAnswerError as error:
            reason = str(error)
    return not_applicable(FREQUENCY, slug, reason, RATIO)


def _check_unweighted(
    arms: Arms, exposure: NDArray[np.float64], rng: np.random.Generator
) -> list[Check]:
    reason = arms.obstacle or (UNEQUAL if arms.weights_differ else "")
    if reason:
        return [
            not_applicable(FREQUENCY, "negative_binomial_test", reason, RATIO),
            not_applicable(FREQUENCY, "exact_rate_ratio", reason, RATIO),
            not_applicable(FREQUENCY, "permutation", reason),
        ]
    drawn = permutation(arms.outcome, arms.treated, rng=rng)
    return [
        _check_likelihood(arms, exposure),
        _check_exact_ratio(arms, exposure),
        label(drawn, FREQUENCY, "permutation"),
    ]


def _check_likelihood(arms: Arms, exposure: NDArray[np.float64]) -> Check:
    slug = "negative_binomial_test"
    skewed = doubt_about_normality(arms)
    if skewed:
        return not_applicable(FREQUENCY, slug, skewed, RATIO)
    try:
        found = negative_binomial_test(arms.outcome, arms.treated, time_at_risk=exposure)
    except CannotAnswerError as error:
        return not_applicable(FREQUENCY, slug, str(error), RATIO)
    return label(found, FREQUENCY, slug, scale=RATIO)


def _check_exact_ratio(arms: Arms, exposure: NDArray[np.float64]) -> Check:
    slug = "exact_rate_ratio"
    dispersion, p_value = overdispersion(arms.outcome, arms.treated, exposure)
    if p_value < 0.05:
        reason = f"the counts vary {dispersion:.1f} times as much as Poisson ones"
        return not_applicable(FREQUENCY, slug, reason, RATIO)
    y, z = arms.outcome, arms.treated
    sums = (float(y[z].sum()), float(exposure[z].sum()))
    rest = (float(y[~z].sum()), float(exposure[~z].sum()))
    found = exact_rate_ratio(*sums, *rest)
    if not math.isfinite(found.estimate):
        return not_applicable(FREQUENCY, slug, "the comparison arm has no offences", RATIO)
    return label(found, FREQUENCY, slug, scale=RATIO)
