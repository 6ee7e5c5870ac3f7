import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def people() -> pd.DataFrame:
    """Eight people in good order: person 2 reoffended on the day of release."""
    return pd.DataFrame(
        {
            "id": ["P-901", "P-902", "P-903", "P-904", "P-905", "P-906", "P-907", "P-908"],
            "programme": [1, 1, 1, 0, 0, 0, 0, 0],
            "age": [23, 41, 35, 28, 52, 30, 44, 26],
            "ethnicity": ["white", "black", "white", "white", "asian", "black", "white", "white"],
            "prison": ["Send", "Send", "Downview", "Send", "Downview", "Send", "Send", "Downview"],
            "reoffended": [0, 1, 0, 1, 0, 0, 1, 0],
            "offences": [0, 1, 0, 3, 0, 0, 2, 0],
            "days": [np.nan, 0, 365, 120, np.nan, np.nan, 365, np.nan],
            "followed": [365.0] * 8,
        }
    )


@pytest.fixture
def roles() -> dict[str, object]:
    return {
        "treatment": "programme",
        "person": "id",
        "reoffended": "reoffended",
        "offences": "offences",
        "days": "days",
        "groups": ["prison"],
    }
