"""The people compared and what happened to them within the horizon, joined once.

People, design and outcomes meet here and nowhere else. A design of other people, or of the same
people in another order, is refused; the outcomes are read once and cut to the horizon once, and
what cannot be cut is said once. Models, checks, predictive checks and sensitivity analyses take a
sample and nothing beside it.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desist._types import Integers
from desist.arguments import find_kind_faults, find_number_faults
from desist.cohort.cohort import Cohort
from desist.cohort.outcomes import Outcomes, cut_outcomes, read_outcomes
from desist.design.design import Design, find_stranger_faults
from desist.errors import Fault, InputError, raise_faults
from desist.notebook import show_record
from desist.privacy import find_shared

SUBJECT = "sample"


@dataclass(frozen=True, eq=False, repr=False)
class Sample:
    """People, their weights, and their outcomes within a horizon, in the order of the cohort.

    Attributes
    ----------
    cohort : Cohort
        Everybody, those without weight too.
    design : Design
        Their weights and the estimand.
    horizon : float
        Days over which the study is answered.
    used : ndarray of bool, shape (n_people,)
        Those with weight, the people compared.
    recorded : Outcomes
        As they were recorded, over each person's own follow-up; the follow-up of people who are
        not used is the horizon, so that it decides nothing.
    within : Outcomes
        What happened within the horizon, where that can be told.
    uncut : mapping of str to str
        Why "reoffended" or "offences" could not be cut to the horizon.
    obstacles : mapping of str to str
        Why a rate ("reoffended") or a frequency ("offences") cannot be had at this horizon. Days
        that end before it are censored, and never an obstacle.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(83, 1000, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = ds.build_sample(cohort, design, horizon=180)
    >>> sample.horizon, int(sample.used.sum())
    (180.0, 1009)
    >>> print(sample.obstacles["offences"])
    offences are counted over the whole follow-up and cannot be cut to the horizon
    """

    cohort: Cohort
    design: Design
    horizon: float
    used: NDArray[np.bool_]
    recorded: Outcomes
    within: Outcomes
    uncut: Mapping[str, str]
    obstacles: Mapping[str, str]

    @property
    def treated(self) -> NDArray[np.bool_]:
        """Whether each person took part, shape (n_people,)."""
        return self.design.treated

    @property
    def weights(self) -> NDArray[np.float64]:
        """Probability weights, 0 for people who are not used, shape (n_people,)."""
        return self.design.weights

    @property
    def clusters(self) -> Integers:
        """Person or matched set of each, shape (n_people,): people of one may be alike."""
        persons, sets = np.arange(len(self.weights)), self.design.sets
        # people in no set stand alone; sets are numbered after all people
        return persons if sets is None else np.where(sets >= 0, sets + len(persons), persons)

    @property
    def followed_alike(self) -> bool:
        """Whether everybody who is used was followed for the same time."""
        return bool(np.ptp(self.recorded.time_at_risk[self.used]) == 0)

    def count(self, people: NDArray[np.bool_] | None = None) -> tuple[int, int]:
        """Count the people who are used, or some of them, by arm.

        Parameters
        ----------
        people : ndarray of bool, shape (n_people,), optional
            Those to count; all when left out.

        Returns
        -------
        tuple of int
            Participants and comparison people.
        """
        counted = self.used if people is None else self.used & people
        return int((counted & self.treated).sum()), int((counted & ~self.treated).sum())

    _repr_html_ = show_record

    def __repr__(self) -> str:
        """Return how many people are compared, over how long."""
        treated, comparison = self.count()
        return (
            f"<Sample: {treated:,} participants and {comparison:,} comparison people, "
            f"{self.horizon:g} days, {self.design.estimand}>"
        )


def build_sample(cohort: Cohort, design: Design, horizon: float | None = None) -> Sample:
    """Join people, design and outcomes.

    Parameters
    ----------
    cohort : Cohort
        The people and their outcomes.
    design : Design
        Made from this cohort.
    horizon : float, optional
        Days over which the study is answered; by default the follow-up that all people share.

    Returns
    -------
    Sample
        What models and checks take.

    Raises
    ------
    InputError
        If the design is of other people or of another order of them, or the horizon is not
        positive, lies beyond what an arm was followed for, or is missing while people's
        follow-up differs.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(83, 1000, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> build_sample(cohort, design).horizon
    365.0
    """
    faults = find_kind_faults("cohort", cohort, Cohort, "a Cohort", "see desist.Cohort")
    faults += find_kind_faults("design", design, Design, "a Design", "see desist.build_design")
    faults += find_number_faults("horizon", horizon, above=0.0, optional=True)
    raise_faults(SUBJECT, faults)
    marks = cohort.treated, cohort.covariates, cohort.sampling_weights
    raise_faults(SUBJECT, find_stranger_faults(design, *marks))
    used, outcomes = design.weights > 0, read_outcomes(cohort)
    days = _choose_horizon(outcomes.time_at_risk, used, design.treated, horizon)
    recorded = replace(outcomes, time_at_risk=np.where(used, outcomes.time_at_risk, days))
    within, uncut = cut_outcomes(recorded, days, used)
    obstacles = {role: why for role, why in uncut.items() if role == "reoffended"}
    if float(recorded.time_at_risk[used].min()) > days:
        reason = "offences are counted over the whole follow-up and cannot be cut to the horizon"
        obstacles["offences"] = reason
    return Sample(cohort, design, days, used, recorded, within, uncut, obstacles)


def read_sample(
    sample: Sample | Cohort, design: Design | None, horizon: float | None = None
) -> Sample:
    """Return a sample, built when a cohort and its design were given instead.

    Parameters
    ----------
    sample : Sample or Cohort
        People joined with their design, or people alone.
    design : Design or None
        Beside a cohort only.
    horizon : float, optional
        Beside a cohort; a sample has its own, which this may only repeat.

    Returns
    -------
    Sample
        What was given, or made of it.

    Raises
    ------
    InputError
        If a sample comes with another design or horizon, or as `build_sample` does.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.sample import read_sample
    >>> cohort = ds.simulate_cohort(83, 1000, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = read_sample(cohort, design)
    >>> read_sample(sample, None) is sample
    True
    """
    if not isinstance(sample, Sample):
        return build_sample(sample, design, horizon)  # type: ignore[arg-type]  # it says so
    faults = []
    if design is not None and design is not sample.design:
        faults.append(Fault("design", "none beside a sample", "another one", "leave it out"))
    if horizon is not None and horizon != sample.horizon:
        advice = "give the horizon to build_sample"
        faults.append(Fault("horizon", f"{sample.horizon:g} or none", f"{horizon:g}", advice))
    raise_faults(SUBJECT, faults)
    return sample


def of_a_sample[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Let a function of a sample be called with a cohort and its design in its place.

    Parameters
    ----------
    function : callable
        It has a parameter `sample`, the first one or the one after a fit.

    Returns
    -------
    callable
        The function, which also takes a cohort, its design and ``horizon=`` where the sample
        stands, and joins them. Beside a fit the horizon is that of the fit.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(83, 1000, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> @of_a_sample
    ... def count(sample):
    ...     return sample.count()
    >>> count(cohort, design) == count(build_sample(cohort, design))
    True
    """
    place = list(inspect.signature(function).parameters).index("sample")

    @wraps(function)
    def call(*given: Any, **settings: Any) -> R:
        before, rest = list(given[:place]), list(given[place:])
        first = rest.pop(0) if rest else settings.pop("sample", settings.pop("cohort", None))
        design = settings.pop("design", None)
        if rest and (isinstance(rest[0], Design) or not isinstance(first, Sample)):
            design = rest.pop(0)
        # what stands before a sample is the fit that it belongs to, for the same horizon
        fit = before[0] if before else settings.get("fit")
        horizon = settings.pop("horizon", getattr(fit, "horizon", None))
        joined = read_sample(first, design, horizon)
        if len(before) < place:
            settings["sample"] = joined
            return function(*before, **settings)
        return function(*[*before, joined, *rest], **settings)

    return call


def _choose_horizon(
    time_at_risk: NDArray[np.float64],
    used: NDArray[np.bool_],
    treated: NDArray[np.bool_],
    horizon: float | None,
) -> float:
    """Return the horizon in days: the one asked for, or the follow-up that all share."""
    followed = time_at_risk[used]
    # beyond the shorter of the arms' longest follow-ups there is nothing to compare
    longest = min(float(time_at_risk[used & arm].max()) for arm in (treated, ~treated))
    if horizon is None:
        if float(np.ptp(followed)) == 0.0:
            return longest
        n_less = int((followed < followed.max()).sum())
        found = f"follow-up that differs between people ({n_less} followed for less than others)"
        advice = "give horizon=; whoever was followed for less counts for as long as that"
        raise InputError(SUBJECT, [Fault("horizon", "a number of days", found, advice)])
    faults = find_number_faults("horizon", horizon, above=0, most=longest)
    if faults:
        # the longest follow-up is shown where it is no single person's
        shown = f"{longest:g}, " if find_shared(followed[followed == longest].tolist()) else "that "
        expected = f"days above 0 and up to {shown}which some of each arm were followed for"
        raise InputError(SUBJECT, [replace(faults[0], expected=expected)])
    return float(horizon)
