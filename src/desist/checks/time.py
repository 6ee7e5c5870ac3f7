"""The checks of the time to a first reoffence, for weighted people."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from desist.checks.arms import Arms, join_arms
from desist.checks.check import Check, label, not_applicable
from desist.checks.columns import Columns, find_draw_faults, find_horizon_faults
from desist.checks.cox import cox
from desist.checks.finding import Finding, exponentiate, from_standard_error
from desist.checks.frequency import check_bca
from desist.checks.kaplan_meier import rmst_difference
from desist.checks.log_rank import log_rank
from desist.checks.log_rank_permutation import log_rank_permutation
from desist.checks.ranks import brunner_munzel, permutation, wilcoxon
from desist.checks.rate import check_means, read_clusters
from desist.checks.welch import FEWEST_REOFFENDERS
from desist.errors import CannotAnswerError
from desist.estimands import Measure, Scale
from desist.weights import effective_sample_size, scale_weights

RANK_NOTE = "the estimate is P(later) minus P(sooner), not days"
FEWEST_RANKED, FEWEST_RANKED_BY_WEIGHT = 10, 20
DESCRIPTIVE = "descriptive: only those who reoffended are compared"


def check_time(
    days: ArrayLike,
    reoffended: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    horizon: float,
    sets: ArrayLike | None = None,
    rng: np.random.Generator | int | None = None,
) -> tuple[Check, ...]:
    """Make every check of the time to a first reoffence.

    Parameters
    ----------
    days : array_like, shape (n_people,)
        Days to the first reoffence, or to the end of follow-up.
    reoffended : array_like, shape (n_people,)
        True or 1 when the days end with a reoffence.
    treated : array_like, shape (n_people,)
        True for participants.
    weights : array_like, shape (n_people,), optional
        Probability weights; people of weight 0 are left out.
    horizon : float
        Days up to which the restricted mean counts.
    sets : array_like of int, shape (n_people,), optional
        Matched set of each person, -1 for none; with enough sets the error of Cox is
        clustered by them.
    rng : numpy.random.Generator or int, optional
        For permutations that are too many to count.

    Returns
    -------
    tuple of Check
        Restricted mean difference, Cox and log-rank for everybody; Welch, HC3,
        Brunner-Munzel, Wilcoxon and permutation among those who reoffended.

    Raises
    ------
    InputError
        If a column or the horizon cannot be read; every fault is listed.

    Examples
    --------
    >>> checks = check_time([5, 9, 9, 2, 4, 9], [1, 0, 0, 1, 1, 0], [1, 1, 1, 0, 0, 0], horizon=9)
    >>> [check.check for check in checks][:3]
    ['rmst_difference', 'cox', 'log_rank']
    """
    columns = Columns()
    until, happened = columns.days("days", days), columns.truths("reoffended", reoffended)
    members = None if sets is None else columns.sets("sets", sets)
    faults = find_horizon_faults(horizon) + find_draw_faults("n_draws", 1, rng)
    arms = join_arms(columns, until, treated, weights, faults, fewest=0)
    events = happened[arms.positions]
    return (
        _check_rmst(arms, events, horizon),
        *_check_hazards(arms, events, read_clusters(arms, members)),
        _check_permuted_hazards(arms, events, rng),
        *_check_reoffenders(arms, events, rng),
    )


def _check_rmst(arms: Arms, events: NDArray[np.bool_], horizon: float) -> Check:
    slug = "rmst_difference"
    if min(arms.n_treated, arms.n_comparison) < 2 or not events.any():
        reason = "nobody reoffended" if not events.any() else arms.obstacle
        return not_applicable(Measure.RMST, slug, reason)
    for name, members in (("treated", arms.treated), ("comparison", ~arms.treated)):
        followed = arms.outcome[members].max()
        if followed < horizon and not events[members][arms.outcome[members] == followed].all():
            reason = f"nobody in the {name} arm was followed for {horizon:g} days"
            return not_applicable(Measure.RMST, slug, reason)
    found = rmst_difference(
        arms.outcome, events, arms.treated, arms.weights, horizon=horizon, small_sample=True
    )
    if math.isnan(found.p_value):
        return not_applicable(Measure.RMST, slug, f"nobody reoffended within {horizon:g} days")
    return label(found, Measure.RMST, slug, reason=f"up to {horizon:g} days")


def _check_hazards(
    arms: Arms, events: NDArray[np.bool_], clusters: NDArray[np.int64] | None
) -> list[Check]:
    measure, scale = Measure.HAZARD_RATIO, Scale.RATIO
    if min(arms.n_treated, arms.n_comparison) < 2:
        return [not_applicable(measure, s, arms.obstacle, scale) for s in ("cox", "log_rank")]
    if np.ptp(arms.outcome) == 0:
        reason = "everybody has the same time, so nobody is ahead of anybody"
        return [not_applicable(measure, s, reason, scale) for s in ("cox", "log_rank")]
    weights = scale_weights(arms.weights, arms.treated)
    note = "weights of each arm scaled to its effective sample size" if arms.weights_differ else ""

    def robust_cox() -> Finding:
        fit = cox(arms.outcome, events, arms.treated, weights, clusters=clusters)
        found = from_standard_error(float(fit.coefficients[0]), float(fit.robust_errors[0]))
        return exponentiate(found)

    def score_test() -> Finding:
        return log_rank(arms.outcome, events, arms.treated, weights if note else None)

    formulas: dict[str, Callable[[], Finding]] = {"cox": robust_cox, "log_rank": score_test}
    made = []
    for slug, formula in formulas.items():
        try:
            found = formula()
        except CannotAnswerError as error:
            made.append(not_applicable(measure, slug, str(error), scale))
            continue
        if math.isnan(found.p_value):
            reason = "nobody was at risk in both arms when somebody reoffended"
            made.append(not_applicable(measure, slug, reason, scale))
        else:
            made.append(label(found, measure, slug, scale=scale, reason=note))
    return made


def _check_permuted_hazards(
    arms: Arms, events: NDArray[np.bool_], rng: np.random.Generator | int | None
) -> Check:
    slug, measure, scale = "log_rank_permutation", Measure.HAZARD_RATIO, Scale.RATIO
    reason = arms.shortage(2) or _say_why_not_exchangeable(arms, events)
    if reason:
        return not_applicable(measure, slug, reason, scale)
    found = log_rank_permutation(arms.outcome, events, arms.treated, rng=rng)
    if math.isnan(found.estimate):
        reason = "nobody was at risk in both arms when somebody reoffended"
        return not_applicable(measure, slug, reason, scale)
    return label(found, measure, slug, scale=scale)


def _say_why_not_exchangeable(arms: Arms, events: NDArray[np.bool_]) -> str:
    """Say why who took part cannot be permuted; empty when it can."""
    if arms.weights_differ:
        return "the weights differ, so people are not exchangeable between the arms"
    if not events.any():
        return "nobody reoffended"
    if np.ptp(arms.outcome) == 0:
        return "everybody has the same time, so nobody is ahead of anybody"
    free = arms.outcome[~events]
    if free.size and (np.ptp(free) > 0 or free[0] < arms.outcome.max()):
        return "the follow-up differs between people, who are then not exchangeable"
    return ""


def _check_reoffenders(
    arms: Arms, events: NDArray[np.bool_], rng: np.random.Generator | int | None
) -> list[Check]:
    measure = Measure.TIME_AMONG_REOFFENDERS
    among = Arms(
        arms.outcome[events], arms.treated[events], arms.weights[events], arms.positions[events]
    )
    slugs = ("brunner_munzel", "wilcoxon", "permutation")
    source = np.random.default_rng(rng)
    plain, robust = check_means(among, measure)
    fewest = min(among.n_treated, among.n_comparison)
    if plain.applicable and fewest < FEWEST_REOFFENDERS:
        few = f"an arm has {fewest} reoffenders; with fewer than {FEWEST_REOFFENDERS}"
        plain = not_applicable(measure, "welch", f"{few} it rejects too often")
    made = [plain, robust, check_bca(among, measure, source)]
    if among.obstacle:
        reason = f"among those who reoffended, {among.obstacle}"
        return made + [not_applicable(measure, slug, reason) for slug in slugs]
    ranked = brunner_munzel(among.outcome, among.treated, among.weights)
    few = _too_few_to_rank(among)
    if few:
        made.append(not_applicable(measure, slugs[0], few))
    elif math.isnan(ranked.p_value):
        made.append(not_applicable(measure, slugs[0], "the times of the arms do not overlap"))
    else:
        made.append(label(ranked, measure, slugs[0], reason=f"{RANK_NOTE}; {DESCRIPTIVE}"))
    if among.weights_differ:
        reason = "the weights differ, so people are not exchangeable between the arms"
        return made + [not_applicable(measure, slug, reason) for slug in slugs[1:]]
    ranked = wilcoxon(among.outcome, among.treated, rng=source)
    made.append(label(ranked, measure, "wilcoxon", reason=DESCRIPTIVE))
    drawn = permutation(among.outcome, among.treated, rng=source)
    return [*made, label(drawn, measure, "permutation", reason=DESCRIPTIVE)]


def _too_few_to_rank(arms: Arms) -> str:
    for members in (arms.treated, ~arms.treated):
        size = effective_sample_size(arms.weights[members])
        fewest = FEWEST_RANKED if size > members.sum() - 0.5 else FEWEST_RANKED_BY_WEIGHT
        if size < fewest - 1e-9:
            return f"an arm has {size:.1f} effective reoffenders; {fewest} are needed"
    return ""
