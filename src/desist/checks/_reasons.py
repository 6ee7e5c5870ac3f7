"""Why a check of the catalogue cannot be made or would mislead: no words where neither holds."""

# Needs and doubts take a case; what is missed is told from what was found as well. An entry lists
# them in the order in which they are asked, the plainest first.

import math

import numpy as np
from numpy.typing import NDArray

from desist.checks.arms import Arms
from desist.checks.case import FEWEST_CLUSTERS, Case
from desist.checks.finding import Finding
from desist.checks.offences.quasi_poisson import overdispersion
from desist.checks.people.skewness import doubt_about_normality
from desist.checks.people.welch import FEWEST_REOFFENDERS, doubt_about_welch
from desist.estimands import Measure
from desist.weights import are_equal, effective_sample_size

EXACT_REASON = (
    "the comparison weights differ, so the comparison count is a pseudo-count and not one of people"
)
EVENTS_PER_COLUMN = 5  # Vittinghoff and McCulloch (2007), American Journal of Epidemiology 165
FEWEST_DF = 4  # Tipton (2015), Psychological Methods 20, 375-393
FEWEST_RANKED, FEWEST_RANKED_BY_WEIGHT = 10, 20
MOST_P_OF_POISSON = 0.05
FEW_SETS = f"errors clustered by fewer than {FEWEST_CLUSTERS} sets are too small"
NOBODY_AHEAD = "everybody has the same time, so nobody is ahead of anybody"
NOBODY_IN_BOTH = "nobody was at risk in both arms when somebody reoffended"


# What the design or the data have to have.


def need_varying_arms(case: Case) -> str:
    """Need two people in each arm, and outcomes that differ."""
    return case.arms.obstacle


def need_two_arms(case: Case) -> str:
    """Need two people in each arm."""
    return case.arms.shortage(2)


def need_somebody(case: Case) -> str:
    """Need somebody in each arm, for formulas of counts."""
    fewest = min(case.arms.n_treated, case.arms.n_comparison)
    return "" if fewest > 0 else case.arms.shortage(2)


def need_one_each(case: Case) -> str:
    """Need somebody in each arm, for formulas of sets."""
    return case.arms.shortage(1)


def need_people(case: Case) -> str:
    """Need equal weights, so that counts are of people."""
    return EXACT_REASON if case.arms.weights_differ else ""


def need_whole_count(case: Case) -> str:
    """Need equal weights of the participants, so that their count is whole."""
    equal = are_equal(case.arms.weights[case.arms.treated])
    return "" if equal else "the participants carry unequal weights"


def need_exchangeable(case: Case) -> str:
    """Need equal weights, so that who took part can be permuted."""
    if not case.arms.weights_differ:
        return ""
    if case.measure is Measure.FREQUENCY:
        return "the weights differ, and the method counts people as equal"
    return "the weights differ, so people are not exchangeable between the arms"


def need_varying_outcomes(case: Case) -> str:
    """Need two varying arms, of everybody or of those who reoffended."""
    reason = case.arms.obstacle
    among = reason and case.measure is Measure.TIME_AMONG_REOFFENDERS
    return f"among those who reoffended, {reason}" if among else reason


def need_reoffences(case: Case) -> str:
    """Need one reoffence at least."""
    return "" if case.events.any() else "nobody reoffended"


def need_varying_times(case: Case) -> str:
    """Need times that differ."""
    return NOBODY_AHEAD if np.ptp(case.arms.outcome) == 0 else ""


def need_follow_up(case: Case) -> str:
    """Need somebody of each arm at the horizon, or all of it to have reoffended before."""
    arms = case.arms
    for name, members in (("treated", arms.treated), ("comparison", ~arms.treated)):
        followed = arms.outcome[members].max()
        last = case.events[members][arms.outcome[members] == followed]
        if followed < case.horizon and not last.all():
            return f"nobody in the {name} arm was followed for {case.horizon:g} days"
    return ""


def need_equal_follow_up(case: Case) -> str:
    """Need everybody without a reoffence to be followed for the same time."""
    free = case.arms.outcome[~case.events]
    if free.size and (np.ptp(free) > 0 or free[0] < case.arms.outcome.max()):
        return "the follow-up differs between people, who are then not exchangeable"
    return ""


def need_known_outcomes(case: Case) -> str:
    """Need outcomes that are not censored."""
    return "not everybody was followed to one horizon" if case.is_censored else ""


def need_redraws(case: Case) -> str:
    """Need participation that can be drawn again."""
    redraws = case.made.redraws
    return "" if redraws is None else redraws.obstacle


def need_groups(case: Case) -> str:
    """Need two groups in each arm: one alone has no spread between groups to be estimated by."""
    groups, treated = case.groups, case.arms.treated
    if groups is None:
        return "no groups were declared"
    for name, members in (("treated", treated), ("comparison", ~treated)):
        if np.unique(groups[members]).size < 2:
            where = case.made.grouping
            return f"all {name} people are in one group ({where}), which errors need two of"
    return ""


def need_varying_cohort(case: Case) -> str:
    """Need outcomes that differ in the cohort, people who are not used included."""
    return "everybody has the same outcome" if np.ptp(case.outcome) == 0 else ""


def need_equations(case: Case) -> str:
    """Need the equations of the weights."""
    return case.made.design.arose.no_equations


# What makes a check doubtful although it can be made.


def need_equal_sampling(case: Case) -> str:
    """Ask for people drawn alike, as sets weighted by their numbers do."""
    reason = "it weights matched sets by their numbers of people, not by sampling weights"
    return reason if _is_sampled(case) else ""


def need_errors_of_sampling(case: Case) -> str:
    """Ask for people drawn alike, as the two-way errors of Austin and Cafri do."""
    return "its errors are not those of sampling weights" if _is_sampled(case) else ""


def doubt_normality(case: Case) -> str:
    """Doubt a normal law: the outcome is too skewed, or an arm too thin."""
    return doubt_about_normality(case.arms)


def doubt_raw_numbers(case: Case) -> str:
    """Doubt weighted records that count as so many equal people."""
    return doubt_about_welch(case.arms)


def doubt_few_sets(case: Case) -> str:
    """Doubt errors clustered by few sets."""
    return FEW_SETS if case.clusters is None else ""


def doubt_few_matched(case: Case) -> str:
    """Doubt errors clustered by few participants with their matches."""
    return FEW_SETS if case.arms.n_treated < FEWEST_CLUSTERS else ""


def doubt_poisson(case: Case) -> str:
    """Doubt a Poisson law: counts vary more."""
    arms = case.arms
    dispersion, p_value = overdispersion(arms.outcome, arms.treated, case.time_at_risk)
    if p_value >= MOST_P_OF_POISSON:
        return ""
    return f"the counts vary {dispersion:.1f} times as much as Poisson ones"


def doubt_few_ranked(case: Case) -> str:
    """Doubt ranks of few effective reoffenders."""
    arms = case.arms
    for members in (arms.treated, ~arms.treated):
        size = effective_sample_size(arms.weights[members])
        fewest = FEWEST_RANKED if size > members.sum() - 0.5 else FEWEST_RANKED_BY_WEIGHT
        if size < fewest - 1e-9:
            return f"an arm has {size:.1f} effective reoffenders; {fewest} are needed"
    return ""


def doubt_no_covariates(case: Case) -> str:
    """Doubt a model of a design without a formula that can be read."""
    return "the design has no covariates" if case.made.matrix is None else ""


def doubt_many_columns(case: Case) -> str:
    """Doubt a model with few people of either outcome a column."""
    n_columns = read_covariates(case).shape[1]
    n_events = min(case.arms.outcome.sum(), (1 - case.arms.outcome).sum())
    needed = EVENTS_PER_COLUMN * (n_columns + 1)
    if n_events >= needed:
        return ""
    return f"a model of {n_columns} columns needs {needed} people of either outcome"


def read_covariates(case: Case) -> NDArray[np.float64]:
    """Return the columns of the formula that vary among the people used."""
    matrix = case.made.matrix
    if matrix is None:
        return np.zeros((case.arms.positions.size, 0))
    columns = matrix.values[case.arms.positions]
    return np.asarray(columns[:, columns.std(axis=0) > 0])


# What was found, and is no verdict.


def miss_error(case: Case, found: Finding) -> str:
    """Miss a standard error, and so p."""
    if found.p_value >= 0:
        return ""
    heaviest = max(case.arms.arm(treated=is_treated)[1].max() for is_treated in (True, False))
    if heaviest > 1 - 1e-9:
        return "one person carries all the weight of an arm"
    return "neither arm varies, so there is no standard error"


def miss_reoffenders(case: Case, found: Finding) -> str:
    """Miss a standard error, or reoffenders enough for Welch's test of their days."""
    reason, fewest = miss_error(case, found), _fewest(case.arms)
    among = case.measure is Measure.TIME_AMONG_REOFFENDERS
    if reason or not among or fewest >= FEWEST_REOFFENDERS:
        return reason
    few = f"an arm has {fewest} reoffenders; with fewer than {FEWEST_REOFFENDERS}"
    return f"{few} it rejects too often"


def miss_degrees(_: Case, found: Finding) -> str:
    """Miss degrees of freedom between clusters."""
    if found.df < FEWEST_DF:
        return f"the sets leave {found.df:.1f} degrees of freedom; {FEWEST_DF} are needed"
    return "nothing varies within or between the sets" if math.isnan(found.p_value) else ""


def miss_group_degrees(case: Case, found: Finding) -> str:
    """Miss degrees of freedom between groups: with one treated group hardly any are left."""
    if found.df < FEWEST_DF:
        what = f"{case.made.grouping}: the groups leave {found.df:.1f} degrees of freedom"
        return f"{what}; {FEWEST_DF} are needed"
    return "nothing varies within or between the groups" if math.isnan(found.p_value) else ""


def miss_mixed_sets(_: Case, found: Finding) -> str:
    """Miss sets in which some reoffended and some did not."""
    alike = "no set has people with and without the outcome"
    return alike if math.isnan(found.p_value) else ""


def miss_odds(_: Case, found: Finding) -> str:
    """Miss an odds ratio: a margin of the table is empty."""
    none = "nobody reoffended, or everybody: there is no odds ratio"
    return none if math.isnan(found.estimate) else ""


def miss_ratio_error(_: Case, found: Finding) -> str:
    """Miss the error of a ratio."""
    none = "an arm has no offences or all its weight on one person: the ratio has no error"
    return none if math.isnan(found.p_value) else ""


def miss_offences(_: Case, found: Finding) -> str:
    """Miss offences of the comparison people."""
    return "" if math.isfinite(found.estimate) else "the comparison arm has no offences"


def miss_time(case: Case, found: Finding) -> str:
    """Miss reoffences within the horizon."""
    none = f"nobody reoffended within {case.horizon:g} days"
    return none if math.isnan(found.p_value) else ""


def miss_risk(_: Case, found: Finding) -> str:
    """Miss reoffences with both arms at risk."""
    return NOBODY_IN_BOTH if math.isnan(found.p_value) else ""


def miss_overlap(_: Case, found: Finding) -> str:
    """Miss times at which the arms overlap."""
    return "the times of the arms do not overlap" if math.isnan(found.p_value) else ""


def miss_variance(_: Case, found: Finding) -> str:
    """Miss a two-way variance above 0."""
    return "the two-way variance is not above 0" if math.isnan(found.p_value) else ""


def _is_sampled(case: Case) -> bool:
    return case.background is not None and case.background.design.sampling is not None


def _fewest(arms: Arms) -> int:
    return min(arms.n_treated, arms.n_comparison)
