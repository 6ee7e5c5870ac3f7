"""One row per person, and the role of each column."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, repr=False)
class Cohort:
    """People, whether each took part, and what happened to them."""

    people: pd.DataFrame | str | Path
    _: KW_ONLY
    treatment: str
    person: str | None = None
    reoffended: str | None = None
    offences: str | None = None
    days: str | None = None
    follow_up: float | str = 365
    groups: Sequence[str] = ()

    @property
    def treated(self) -> NDArray[np.bool_]:
        """Whether each person took part, shape (n_people,)."""
        return np.asarray(self._frame[self.treatment] == 1)

    @property
    def n_people(self) -> int:
        """Number of people."""
        return len(self._frame)

    @property
    def covariates(self) -> pd.DataFrame:
        """Columns without an outcome, treatment or identifier role (groups included)."""
        roles = {self.treatment, self.person, self.reoffended, self.offences, self.days, self.follow_up}
        return self._frame.drop(columns=[c for c in self._frame.columns if c in roles])

    @property
    def time_at_risk(self) -> NDArray[np.float64]:
        """Days of follow-up of each person, shape (n_people,)."""
        if isinstance(self.follow_up, str):
            return self._frame[self.follow_up].to_numpy(dtype=float)
        return np.full(self.n_people, float(self.follow_up))

    @property
    def _frame(self) -> pd.DataFrame:
        assert isinstance(self.people, pd.DataFrame)
        return self.people
