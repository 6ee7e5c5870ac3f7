"""Prior distributions as records that can be printed, compared and stored."""

import math
from dataclasses import dataclass, fields
from typing import Any

from desist.arguments import find_kind_faults, find_number_faults
from desist.errors import Fault, raise_faults


# what comes first is asked while the defaults below are made
def _require_numbers(prior: Any, faults: list[Fault]) -> None:
    raise_faults(type(prior).__name__, faults)
    for item in fields(prior):
        object.__setattr__(prior, item.name, float(getattr(prior, item.name)))


@dataclass(frozen=True)
class Normal:
    """A normal prior; an infinite scale is a flat one.

    Attributes
    ----------
    mean, scale : float
        On the scale of the linear predictor (log-odds, log rate, log hazard).

    Raises
    ------
    InputError
        If the mean is no finite number, or the scale not above 0.

    Examples
    --------
    >>> import desist as ds
    >>> ds.models.Normal(0.0, 1.5)
    Normal(mean=0.0, scale=1.5)
    """

    mean: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check and store plain numbers."""
        is_flat = isinstance(self.scale, float) and self.scale == math.inf
        scale = [] if is_flat else find_number_faults("scale", self.scale, above=0.0)
        _require_numbers(self, [*find_number_faults("mean", self.mean), *scale])

    def variable(self, name: str, *, shift: Any = 0.0, **shape: Any) -> Any:
        """Create the random variable in the PyMC model that is open, its mean moved by a shift."""
        import pymc as pm

        if math.isinf(self.scale):
            return pm.Flat(name, **shape)
        return pm.Normal(name, mu=self.mean + shift, sigma=self.scale, **shape)

    def __str__(self) -> str:
        """Return the prior as it is written in a table."""
        return "flat" if math.isinf(self.scale) else f"Normal({self.mean:g}, {self.scale:g})"


@dataclass(frozen=True)
class HalfNormal:
    """A half-normal prior of a standard deviation between groups.

    Attributes
    ----------
    scale : float
        On the scale of the linear predictor.

    Raises
    ------
    InputError
        If the scale is no finite number above 0.

    Examples
    --------
    >>> import desist as ds
    >>> ds.models.HalfNormal(0.5)
    HalfNormal(scale=0.5)
    """

    scale: float = 0.5

    def __post_init__(self) -> None:
        """Check and store a plain number."""
        _require_numbers(self, find_number_faults("scale", self.scale, above=0.0))

    def variable(self, name: str, **shape: Any) -> Any:
        """Create the random variable in the PyMC model that is open."""
        import pymc as pm

        return pm.HalfNormal(name, sigma=self.scale, **shape)

    def __str__(self) -> str:
        """Return the prior as it is written in a table."""
        return f"HalfNormal({self.scale:g})"


@dataclass(frozen=True)
class HalfStudentT:
    """A half-t prior of a standard deviation between groups, for groups that may differ much.

    Attributes
    ----------
    scale : float
        On the scale of the linear predictor.
    degrees_of_freedom : float
        The fewer, the heavier the tail.

    Raises
    ------
    InputError
        If one of them is no finite number above 0.

    Examples
    --------
    >>> import desist as ds
    >>> ds.models.HalfStudentT(1.0)
    HalfStudentT(scale=1.0, degrees_of_freedom=3.0)
    """

    scale: float = 0.5
    degrees_of_freedom: float = 3.0

    def __post_init__(self) -> None:
        """Check and store plain numbers."""
        names = ("scale", "degrees_of_freedom")
        faults = [find_number_faults(name, getattr(self, name), above=0.0) for name in names]
        _require_numbers(self, [*faults[0], *faults[1]])

    def variable(self, name: str, **shape: Any) -> Any:
        """Create the random variable in the PyMC model that is open."""
        import pymc as pm

        return pm.HalfStudentT(name, nu=self.degrees_of_freedom, sigma=self.scale, **shape)

    def __str__(self) -> str:
        """Return the prior as it is written in a table."""
        return f"HalfStudentT({self.degrees_of_freedom:g}, {self.scale:g})"


def find_normal_faults(where: str, prior: object, *, optional: bool = False) -> list[Fault]:
    """Find what is wrong with a setting that has to be a normal prior."""
    if optional and prior is None:
        return []
    expected = "a prior such as Normal(0, 1)" + (" or None" if optional else "")
    return find_kind_faults(where, prior, Normal, expected, _suggest_normal(prior))


def find_between_faults(where: str, prior: object) -> list[Fault]:
    """Find what is wrong with a setting that has to be a prior of a standard deviation."""
    expected = "a prior such as HalfNormal(0.5) or HalfStudentT(0.5)"
    return find_kind_faults(where, prior, (HalfNormal, HalfStudentT), expected)


def _suggest_normal(prior: object) -> str:
    is_pair = isinstance(prior, tuple | list) and len(prior) == 2
    if not is_pair or any(find_number_faults("", part) for part in prior):  # type: ignore[attr-defined]
        return ""
    return f"write Normal({prior[0]:g}, {prior[1]:g})"  # type: ignore[index]


FLAT = Normal(0.0, math.inf)


@dataclass(frozen=True)
class Priors:
    r"""Priors of the linear predictor, which all models share.

    Attributes
    ----------
    intercept : Normal
        Of the middle between the two arms, :math:`\alpha + \tau/2`, at average covariates, on the
        scale of the model: log-odds of reoffending, log of offences over the follow-up, log
        cumulative hazard at its end; up is more reoffending in every model and family. Of the
        middle, so that neither arm is held back more than the other: with 5 reoffenders in 100
        a prior of the comparison arm alone draws that arm up, and finds benefit where none is.
    treatment : Normal
        Programme effect on the same scale: log odds ratio, log rate ratio, log hazard ratio.
    covariates : Normal
        Effect of one unit of each covariate: its standard deviation, or up to two of them where
        somebody stands far off; half the step from one category to another.
    group_intercept, group_treatment : HalfNormal or HalfStudentT
        Standard deviation between groups of the intercept and of the programme effect.

    Raises
    ------
    InputError
        If one of them is no such prior; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> priors = ds.Priors(treatment=ds.models.Normal(0.0, 0.5))
    >>> priors.treatment.scale
    0.5
    """

    intercept: Normal = Normal(0.0, 2.5)
    treatment: Normal = Normal(0.0, 1.5)
    covariates: Normal = Normal(0.0, 0.5)
    group_intercept: HalfNormal | HalfStudentT = HalfNormal(1.0)
    group_treatment: HalfNormal | HalfStudentT = HalfNormal(0.5)

    def __post_init__(self) -> None:
        """Check that each is a prior of its kind."""
        normal = ("intercept", "treatment", "covariates")
        between = ("group_intercept", "group_treatment")
        faults = [find_normal_faults(name, getattr(self, name)) for name in normal]
        faults += [find_between_faults(name, getattr(self, name)) for name in between]
        raise_faults("priors", [fault for found in faults for fault in found])

    @classmethod
    def flat(cls) -> "Priors":
        """Return flat priors: the mode is the weighted maximum-likelihood estimate."""
        return cls(intercept=FLAT, treatment=FLAT, covariates=FLAT)
