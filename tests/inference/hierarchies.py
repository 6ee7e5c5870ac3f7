"""Studies with groups, drawn anew from a seed, and the models that are fitted to them."""

import numpy as np
import pandas as pd

from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.estimands import Estimand
from desist.models.frequency import FrequencyModel
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

FOLLOW_UP = 365.0
COVARIATES = "age + priors"
MODELS = {
    "rate": RateModel(COVARIATES),
    "poisson": FrequencyModel(COVARIATES, family="poisson"),
    "negative_binomial": FrequencyModel(COVARIATES),
    "hurdle": FrequencyModel(COVARIATES, family="hurdle"),
    "zero_inflated": FrequencyModel(COVARIATES, family="zero_inflated"),
    "plain_rate": RateModel(None),
    "weibull": SurvivalModel(COVARIATES, family="weibull"),
    "flexible": SurvivalModel(COVARIATES, family="flexible"),
}
# people, groups, log of offences a year, deviation of intercepts and of effects between groups
SHAPES = {
    "even": (350, 10, 0.0, 0.4, 0.3),
    "weighted": (400, 10, -0.5, 0.7, 0.05),
    "sparse": (300, 10, -1.5, 0.1, 0.5),
}


def make_study(shape):
    """A cohort with all three outcomes, in groups of different sizes, and its design."""
    if shape not in SHAPES:
        return make_degenerate(shape)
    n, n_groups, level, between, between_effects = SHAPES[shape]
    rng = np.random.default_rng(list(SHAPES).index(shape))
    group = rng.choice(n_groups, n, p=rng.dirichlet(np.full(n_groups, 3.0)))
    treated = rng.random(n) < 0.3
    age, priors = rng.normal(33, 9, n).round(), rng.poisson(4, n)
    log_mean = level - 0.02 * (age - 33) + 0.08 * (priors - 4) - 0.3 * treated
    log_mean += between * rng.standard_normal(n_groups)[group]
    log_mean += between_effects * rng.standard_normal(n_groups)[group] * treated
    offences = rng.poisson(np.exp(log_mean) * rng.gamma(1.2, 1 / 1.2, n))
    first = np.floor(FOLLOW_UP * rng.beta(1, np.maximum(offences, 1)) ** 1.2)
    people = pd.DataFrame(
        {
            "treated": treated.astype(int),
            "age": age,
            "priors": priors,
            "prison": np.char.add("P", group.astype(str)),
            "reoffended": (offences > 0).astype(int),
            "offences": offences,
            "days": np.where(offences > 0, first, np.nan),
        }
    )
    weights = np.where(treated, 1.0, rng.gamma(2.0, 0.5, n) if shape == "weighted" else 1.0)
    return make_cohort(people), Design(weights, treated, Estimand.ATT)


def make_cohort(people):
    """A cohort of people with some of the outcomes, in prisons."""
    roles = {name: name for name in ("reoffended", "offences", "days") if name in people}
    groups = tuple(name for name in ("prison", "provider") if name in people)
    return Cohort(people, treatment="treated", groups=groups, follow_up=FOLLOW_UP, **roles)


def make_degenerate(case):
    """A cohort in whose groups there is hardly anything to learn from, and its design."""
    rng = np.random.default_rng(1)
    few, many = rng.random((2, 60)) < 0.4, rng.random((2, 200)) < 0.3
    group = rng.integers(0, 10, 200)
    groups, treated, reoffended = {
        "groups of one": (np.arange(60), *few),
        "groups in one arm": (group, group < 4, many[1]),
        "two groups": (np.arange(60) % 2, *few),
        "all events in one group": (group, many[0], (group == 3) & (rng.random(200) < 0.6)),
        "no events in most groups": (group, many[0], (group < 2) & many[1]),
    }[case]
    people = pd.DataFrame(
        {
            "treated": treated.astype(int),
            "prison": np.char.add("P", groups.astype(str)),
            "reoffended": reoffended.astype(int),
        }
    )
    return make_cohort(people), Design(np.ones(len(groups)), treated, Estimand.ATT)
