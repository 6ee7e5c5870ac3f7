import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="session")
def small_intervals():
    return pd.read_csv(REFERENCE / "small" / "two_proportions_intervals.csv")


@pytest.fixture(scope="session")
def small_p_values():
    return pd.read_csv(REFERENCE / "small" / "two_proportions_pvalues.csv")


@pytest.fixture(scope="session")
def rossi():
    """Weeks to arrest of 432 released prisoners, with the arm and weights of R."""
    return pd.read_csv(REFERENCE / "survival" / "rossi_weights.csv")


@pytest.fixture(scope="session")
def rossi_tests():
    return json.loads((REFERENCE / "survival" / "rossi_tests.json").read_text())


@pytest.fixture(scope="session")
def uneven_once():
    """Thirty participants and sixty comparison people with very unequal weights."""
    rng = np.random.default_rng(7)
    treated = np.repeat([True, False], [30, 60])
    weights = np.where(treated, 1.0, rng.exponential(size=90))
    reoffended = rng.random(90) < np.where(treated, 0.4, 0.5)
    offences = np.where(reoffended, 1 + rng.poisson(1.5, 90), 0)
    days = np.where(reoffended, np.ceil(rng.uniform(0, 364, 90)), 365.0)
    return pd.DataFrame(
        {
            "treated": treated,
            "weights": weights,
            "reoffended": reoffended,
            "offences": offences,
            "days": days,
        }
    )


@pytest.fixture
def uneven(uneven_once):
    return uneven_once.copy()
