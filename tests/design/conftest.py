import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort

REFERENCE = Path(__file__).parents[1] / "reference"
LALONDE = "age + educ + race + married + nodegree + re74 + re75"


@pytest.fixture(scope="session")
def lalonde() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "lalonde.csv")


@pytest.fixture(scope="session")
def cohort(lalonde: pd.DataFrame) -> Cohort:
    return Cohort(lalonde.drop(columns="re78"), treatment="treat", person="id")


@pytest.fixture(scope="session")
def formula() -> str:
    return LALONDE


@pytest.fixture(scope="session")
def units() -> Callable[[str], pd.DataFrame]:
    return lambda name: pd.read_csv(REFERENCE / name)


@pytest.fixture(scope="session")
def results() -> Callable[[str], Any]:
    return lambda name: json.loads((REFERENCE / name).read_text())


@pytest.fixture
def small() -> pd.DataFrame:
    """Forty people with two covariates that overlap, and outcomes."""
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "programme": np.repeat([1, 0], [10, 30]),
            "age": rng.normal(30, 5, 40).round(1),
            "sex": np.tile(["f", "m"], 20),
            "prior": np.tile([0, 1, 2, 3, 1], 8),
            "reoffended": np.tile([0, 1], 20),
            "offences": np.tile([0, 2], 20),
            "days": np.tile([365, 100], 20),
        }
    )


@pytest.fixture
def make_cohort() -> Callable[..., Cohort]:
    def make(people: pd.DataFrame, **roles: str) -> Cohort:
        outcomes = {"reoffended": "reoffended", "offences": "offences", "days": "days"}
        known = {role: column for role, column in outcomes.items() if column in people.columns}
        return Cohort(people, treatment="programme", **(known | roles))

    return make
