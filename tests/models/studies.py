"""Studies drawn anew from a seed, and the models of which long runs of NUTS are kept."""

import numpy as np
import pandas as pd

from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.estimands import Estimand
from desist.models.frequency import FrequencyModel
from desist.models.process import ProcessModel
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel

# model, study, and which of its predictions are held against the long run
CASES = {
    "rate": (RateModel(), "people", ("rate",)),
    "frequency": (FrequencyModel(), "people", ("frequency",)),
    "zero_inflated": (
        FrequencyModel(family="zero_inflated"),
        "inflated",
        ("frequency", "inflated"),
    ),
    "flexible": (SurvivalModel(), "people", ("rmst",)),
    "log_normal": (SurvivalModel(family="log_normal"), "people", ("rmst",)),
    "process": (ProcessModel(), "people", ("rate", "frequency", "rmst")),
}


def make_people():
    """400 people with all three outcomes; comparison weights differ."""
    rng = np.random.default_rng(11)
    n = 400
    treated = np.arange(n) < 80
    age = rng.normal(30, 8, n).round()
    personal = rng.gamma(0.5, 2.0, n) * np.where(treated, 0.5, 1.0)
    offences = rng.poisson(personal)
    reoffended = (offences > 0).astype(int)
    first = np.floor(365 * rng.beta(1, np.maximum(offences, 1)))
    return {
        "treated": treated.astype(int),
        "age": age,
        "reoffended": reoffended,
        "offences": offences,
        "days": np.where(reoffended == 1, first, np.nan),
        "weight": np.where(treated, 1.0, rng.gamma(2.0, 0.5, n)),
    }


def make_inflated():
    """Half the treated and 3 in 10 of the others never offend; the rest have NB counts."""
    rng = np.random.default_rng(21)
    treated = np.repeat([1, 0], [400, 800])
    never = rng.random(1200) < np.where(treated == 1, 0.5, 0.3)
    mean = np.where(treated == 1, 2.0, 3.0)
    return {
        "treated": treated,
        "offences": np.where(never, 0, rng.poisson(rng.gamma(2.0, mean / 2.0))),
    }


def make_cohort(**columns):
    """A cohort from arrays; roles are taken by name."""
    roles = {name: name for name in ("reoffended", "offences", "days") if name in columns}
    groups = tuple(name for name in ("prison",) if name in columns)
    return Cohort(pd.DataFrame(columns), treatment="treated", groups=groups, **roles)


def weigh(cohort, weights=None, estimand=Estimand.ATT):
    """A design with the weights given, equal ones by default."""
    weights = np.ones(cohort.n_people) if weights is None else np.asarray(weights, dtype=float)
    return Design(weights, cohort.treated, estimand)


def make_case(name):
    """The model, the cohort, the design and the predictions of a case."""
    model, study, quantities = CASES[name]
    people = {"people": make_people, "inflated": make_inflated}[study]()
    cohort = make_cohort(**people)
    return model, cohort, weigh(cohort, people.get("weight")), quantities
