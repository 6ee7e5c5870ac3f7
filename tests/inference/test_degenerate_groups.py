"""Groups with hardly anything to learn from: nested against sums over everything."""

# The reference shares nothing with the engine: common effects from a wide t, scales from their
# priors, by a Sobol sequence, and the effects of each kind of group summed over a fixed grid.

import numpy as np
import pytest
from scipy.special import log_expit, ndtri
from scipy.stats import qmc
from scipy.stats import t as student

from desist.errors import NotConvergedError
from desist.inference import engines
from desist.inference.nested import Nested
from desist.models.fit import fit_model
from desist.models.priors import Priors

from .hierarchies import FOLLOW_UP, MODELS, make_study

CASES = (
    "groups of one",
    "groups in one arm",
    "all events in one group",
    "no events in most groups",
)
N_POINTS, FREEDOM, WIDE = 2**13, 4.0, 1.5
GRID = np.linspace(-4.5, 4.5, 17)  # of standard effects: the sum is exact to far below the noise


def count_kinds(cohort, design):
    """Groups with the same people: (people and reoffenders, comparison first), and how many."""
    group = np.unique(cohort.people["prison"], return_inverse=True)[1]
    reoffended, arm = cohort.people["reoffended"].to_numpy(), design.treated.astype(int)
    counts = np.zeros((group.max() + 1, 2, 2), dtype=int)
    np.add.at(counts, (group, arm, 0), 1)
    np.add.at(counts, (group, arm, 1), reoffended)
    kinds, n_groups = np.unique(counts.reshape(-1, 4), axis=0, return_counts=True)
    return kinds.reshape(-1, 2, 2), n_groups


def log_binomial(counts, eta):
    people, events = counts
    if not people:
        return np.zeros(1)
    return events * log_expit(eta) + (people - events) * log_expit(-eta)


def integrate_kind(kind, points):
    """Log-likelihood of one group, its effects summed over the grid, at each point."""
    intercept, treatment, of_intercept, of_treatment = (part[:, None, None] for part in points.T)
    first, second = GRID[:, np.newaxis], GRID[np.newaxis, :]
    mass = -(first**2 + second**2) / 2
    mass = mass - np.log(np.exp(mass).sum())
    own = intercept + of_intercept * first
    terms = mass + log_binomial(kind[0], own)
    terms = terms + log_binomial(kind[1], own + treatment + of_treatment * second)
    top = terms.max(axis=(1, 2))
    return top + np.log(np.exp(terms - top[:, None, None]).sum(axis=(1, 2)))


def sum_over_everything(cohort, design, pilot):
    """Means and deviations of intercept, effect and both scales, and the effective points."""
    priors, mean, root = Priors(), pilot.mean(axis=0), WIDE * np.linalg.cholesky(np.cov(pilot.T))
    uniform = qmc.Sobol(4, seed=1).random(N_POINTS) * (1 - 2e-6) + 1e-6
    standard = student.ppf(uniform[:, :2], FREEDOM)
    common = mean + standard @ root.T
    widths = np.array([priors.group_intercept.scale, priors.group_treatment.scale])
    points = np.column_stack([common, widths * ndtri(0.5 + uniform[:, 2:] / 2)])
    middle = points[:, 0] + points[:, 1] / 2  # whose prior that of the intercept is
    log_weight = -np.square((middle - priors.intercept.mean) / priors.intercept.scale) / 2
    log_weight -= np.square((points[:, 1] - priors.treatment.mean) / priors.treatment.scale) / 2
    log_weight -= student.logpdf(standard, FREEDOM).sum(axis=1)
    for kind, n_groups in zip(*count_kinds(cohort, design), strict=True):
        log_weight += n_groups * np.concatenate(
            [integrate_kind(kind, part) for part in np.array_split(points, 16)]
        )
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    centre = weight @ points
    return centre, np.sqrt(weight @ np.square(points - centre)), 1 / np.square(weight).sum()


@pytest.mark.parametrize("case", CASES)
def test_nested_agrees_with_sums_over_everything(case):
    cohort, design = make_study(case)
    fit = fit_model(
        MODELS["plain_rate"],
        cohort,
        design,
        horizon=FOLLOW_UP,
        seed=1,
        inference=Nested(draws=12_000),
    )
    assert fit.diagnostics.khat < 0.5
    names = ("intercept", "treatment", "prison_intercept_sd", "prison_treatment_sd")
    drawn = np.column_stack([fit.draws[name].ravel() for name in names])
    centre, spread, n_effective = sum_over_everything(cohort, design, drawn[:, :2])
    assert n_effective > 500
    # beside 0.05 and 5 %, what so many effective draws of both sides leave to chance
    noise = 2 * np.sqrt(1 / n_effective + 1 / fit.diagnostics.ess_bulk_min)
    gap = np.abs(drawn.mean(axis=0) - centre) / spread
    assert gap.max() < 0.05 + noise, gap.round(3)
    ratio = np.abs(drawn.std(axis=0) / spread - 1)
    assert ratio.max() < 0.05 + noise, ratio.round(3)


def test_the_sums_know_a_posterior_that_is_known():
    # without a group effect of any size, one group of everybody is a logistic model of two arms
    points = np.array([[-1.0, 0.5, 0.0, 0.0]])
    kind = np.array([[10, 3], [8, 4]])
    by_hand = 3 * -1.0 - 10 * np.log1p(np.exp(-1.0)) + 4 * -0.5 - 8 * np.log1p(np.exp(-0.5))
    assert integrate_kind(kind, points)[0] == pytest.approx(by_hand)


def test_of_two_groups_auto_takes_nuts_and_says_why(monkeypatch):
    def refuse(*_):
        raise NotConvergedError("nuts was taken")

    monkeypatch.setattr(engines, "_run_nuts", refuse)
    cohort, design = make_study("two groups")
    with pytest.raises(NotConvergedError, match="nuts was taken"):
        fit_model(MODELS["plain_rate"], cohort, design, horizon=FOLLOW_UP, seed=1)
