import json
from pathlib import Path

import pandas as pd
import pytest

from desist.datasets import landenberger
from desist.synthesis import EstimateWithError, Study, TwoArmCounts

REFERENCE = Path(__file__).parents[1] / "reference" / "meta"


@pytest.fixture(scope="session")
def bcg_reference():
    """What metafor and bayesmeta find in the BCG trials."""
    return json.loads((REFERENCE / "bcg_meta.json").read_text())


@pytest.fixture(scope="session")
def published():
    """What others printed of known data."""
    return json.loads((REFERENCE / "published.json").read_text())["synthesis"]


@pytest.fixture(scope="session")
def bcg_effects():
    """Estimates and standard errors of the BCG trials, by effect measure."""
    tables = {
        name: pd.read_csv(REFERENCE / f"bcg_escalc_{name}.csv") for name in ("RR", "OR", "RD")
    }
    return {name: (table["yi"], table["vi"] ** 0.5) for name, table in tables.items()}


@pytest.fixture(scope="session")
def catheters():
    """Trials of catheters, six with an arm without an infection."""
    return pd.read_csv(REFERENCE / "dat_nielweise2007.csv")


@pytest.fixture(scope="session")
def passive_smoking():
    """Log odds ratios of lung cancer and passive smoking."""
    return pd.read_csv(REFERENCE / "dat_hackshaw1998.csv")


@pytest.fixture(scope="session")
def programmes():
    """Counts of cognitive behavioural programmes, one study a row."""
    trials = landenberger()
    cells = trials[["n.cbt.rec", "n.cbt.non", "n.ctrl.rec", "n.ctrl.non"]].to_numpy()
    return [
        Study(f"{row + 1}", TwoArmCounts(int(a), int(a + b), int(c), int(c + d)))
        for row, (a, b, c, d) in enumerate(cells)
    ]


@pytest.fixture(scope="session")
def as_studies():
    """Turn estimates and their errors into studies."""

    def make(estimates, errors):
        return [
            Study(f"study {row + 1}", EstimateWithError(float(estimate), float(error)))
            for row, (estimate, error) in enumerate(zip(estimates, errors, strict=True))
        ]

    return make
