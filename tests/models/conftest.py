import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.estimands import Estimand


def make_cohort(**columns):
    """A cohort from arrays; roles are taken by name."""
    roles = {name: name for name in ("reoffended", "offences", "days") if name in columns}
    groups = tuple(name for name in ("prison",) if name in columns)
    return Cohort(pd.DataFrame(columns), treatment="treated", groups=groups, **roles)


def weigh(cohort, weights=None, estimand=Estimand.ATT):
    """A design with the weights given, equal ones by default."""
    weights = np.ones(cohort.n_people) if weights is None else np.asarray(weights, dtype=float)
    return Design(weights, cohort.treated, estimand)


@pytest.fixture(scope="session")
def people():
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
