"""One row per person, and the role of each column."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.cohort.reading import read_people
from desist.cohort.roles import Roles, name_groups, read_follow_up
from desist.cohort.validation import validate_people
from desist.notebook import show_record


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Cohort:
    """People, whether each took part, and where their outcomes are written.

    The table is checked when the cohort is made, and all its faults are reported
    together. The caller's table is never changed. Outcomes are read with
    `desist.cohort.outcomes.read_outcomes`; nothing here gives them away, so that a
    design can be made without having seen them.

    Parameters
    ----------
    people : DataFrame, str or Path
        One row per person, or the CSV or Parquet file that holds it. The index is
        ignored. Columns may be stored in any way (nullable, Arrow, sparse, Decimal);
        durations are read as days.
    treatment : str
        Column that says who took part: 0 and 1, or truth values.
    person : str, optional
        Column of the identifier. It is checked for people who occur twice and never
        shown.
    reoffended : str, optional
        Column that says who has a proven reoffence within the follow-up: 0 and 1, or
        truth values.
    offences : str, optional
        Column of the number of proven reoffences within the follow-up.
    days : str, optional
        Column of the days from the start of follow-up to the first reoffence; blank, or
        the whole follow-up, for those without one. Day 0 is valid.
    follow_up : float or str
        Days of follow-up of everybody, or the column that holds them: the days up to the
        end, or up to death, deportation or whatever else ended it for a person before.
    groups : sequence of str
        Columns of groups that people belong to (prison, region). They remain covariates.
    sampling_weight : str, optional
        Column of positive weights, such as 1 over the chance of having been sampled, where people
        were sampled with unequal chances. Only their ratios mean anything; scores, balance and
        weights of a design take them into account.

    Raises
    ------
    InputError
        If the table or a role is wrong; every fault is listed.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"programme": [1, 0, 0], "age": [31, 28, 40]})
    >>> Cohort(people, treatment="programme")
    Cohort(n_people=3, n_treated=1, n_comparison=2)
    """

    people: pd.DataFrame
    treatment: str
    person: str | None
    reoffended: str | None
    offences: str | None
    days: str | None
    follow_up: float | str
    groups: tuple[str, ...]
    sampling_weight: str | None

    def __init__(
        self,
        people: pd.DataFrame | str | Path,
        *,
        treatment: str,
        person: str | None = None,
        reoffended: str | None = None,
        offences: str | None = None,
        days: str | None = None,
        follow_up: float | str = 365,
        groups: Sequence[str] = (),
        sampling_weight: str | None = None,
    ) -> None:
        days_followed, grouped = read_follow_up(follow_up), name_groups(groups)
        roles = Roles(
            treatment, person, reoffended, offences, days, days_followed, grouped, sampling_weight
        )
        frame = validate_people(read_people(people, person), roles)
        for name, value in {"people": frame, **vars(roles)}.items():
            object.__setattr__(self, name, value)

    _repr_html_ = show_record

    def __repr__(self) -> str:
        """Return the numbers of people and nothing about any of them."""
        counts = f"n_treated={self.n_treated}, n_comparison={self.n_comparison}"
        return f"Cohort(n_people={self.n_people}, {counts})"

    @property
    def roles(self) -> Roles:
        """Which column is which, without the people."""
        return Roles(
            self.treatment,
            self.person,
            self.reoffended,
            self.offences,
            self.days,
            self.follow_up,
            self.groups,
            self.sampling_weight,
        )

    @property
    def n_people(self) -> int:
        """Number of people."""
        return len(self.people)

    @property
    def n_treated(self) -> int:
        """Number of people who took part."""
        return int(self.treated.sum())

    @property
    def n_comparison(self) -> int:
        """Number of comparison people."""
        return self.n_people - self.n_treated

    @property
    def treated(self) -> NDArray[np.bool_]:
        """Whether each person took part, shape (n_people,)."""
        return self.people[self.treatment].to_numpy(dtype=bool, copy=True)

    @property
    def covariates(self) -> pd.DataFrame:
        """Columns that are no treatment, identifier, outcome, follow-up or weight; groups are."""
        hidden, names = self.roles.hidden, enumerate(self.people.columns)
        shown = [place for place, name in names if name not in hidden]
        return self.people.take(shown, axis=1).copy()

    @property
    def time_at_risk(self) -> NDArray[np.float64]:
        """Days of follow-up of each person, shape (n_people,)."""
        if isinstance(self.follow_up, str):
            return self.people[self.follow_up].to_numpy(dtype=float, copy=True)
        return np.full(self.n_people, float(self.follow_up))

    @property
    def sampling_weights(self) -> NDArray[np.float64] | None:
        """Sampling weights with mean 1, shape (n_people,); None without, or where all are equal."""
        if self.sampling_weight is None:
            return None
        given = self.people[self.sampling_weight].to_numpy(dtype=np.float64)
        relative = given / given.max()  # sums of large weights must not overflow
        return None if given.min() == given.max() else relative / relative.mean()

    @property
    def person_ids(self) -> NDArray[np.int64]:
        """Number of each person, counted from 0 in the order of rows; not the identifier."""
        return np.arange(self.n_people, dtype=np.int64)

    def settings(self) -> dict[str, Any]:
        """Return the role of each column as plain values that can be stored.

        Returns
        -------
        dict
            One entry a role; nothing about the people.
        """
        return self.roles.settings()
