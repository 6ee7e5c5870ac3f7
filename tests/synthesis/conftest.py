import json
from pathlib import Path

import pandas as pd
import pytest

REFERENCE = Path(__file__).parents[1] / "reference" / "meta"


@pytest.fixture(scope="session")
def bcg_reference():
    """What metafor and bayesmeta find in the BCG trials."""
    return json.loads((REFERENCE / "bcg_meta.json").read_text())


@pytest.fixture(scope="session")
def bcg_effects():
    """Estimates and standard errors of the BCG trials, by effect measure."""
    tables = {
        name: pd.read_csv(REFERENCE / f"bcg_escalc_{name}.csv") for name in ("RR", "OR", "RD")
    }
    return {name: (table["yi"], table["vi"] ** 0.5) for name, table in tables.items()}
