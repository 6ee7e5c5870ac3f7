"""Prior distributions as records that can be printed, compared and stored."""

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Normal:
    """A normal prior; an infinite scale is a flat one.

    Attributes
    ----------
    mean, scale : float
        On the scale of the linear predictor (log-odds, log rate, log hazard).
    """

    mean: float = 0.0
    scale: float = 1.0

    def variable(self, name: str, **shape: Any) -> Any:
        """Create the random variable in the PyMC model that is open."""
        import pymc as pm

        if math.isinf(self.scale):
            return pm.Flat(name, **shape)
        return pm.Normal(name, mu=self.mean, sigma=self.scale, **shape)

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
    """

    scale: float = 0.5

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
        The fewer, the heavier the tail; infinitely many give the half-normal.
    """

    scale: float = 0.5
    degrees_of_freedom: float = 3.0

    def variable(self, name: str, **shape: Any) -> Any:
        """Create the random variable in the PyMC model that is open."""
        import pymc as pm

        return pm.HalfStudentT(name, nu=self.degrees_of_freedom, sigma=self.scale, **shape)

    def __str__(self) -> str:
        """Return the prior as it is written in a table."""
        return f"HalfStudentT({self.degrees_of_freedom:g}, {self.scale:g})"


FLAT = Normal(0.0, math.inf)


@dataclass(frozen=True)
class Priors:
    """Priors of the linear predictor, which all models share.

    Attributes
    ----------
    intercept : Normal
        Of a comparison person with average covariates, on the scale of the model: log-odds of
        reoffending, log of offences over the follow-up, log cumulative hazard at its end; up
        is more reoffending in every model and family.
    treatment : Normal
        Programme effect on the same scale: log odds ratio, log rate ratio, log hazard ratio.
    covariates : Normal
        Effect of one unit of each covariate: its standard deviation, or up to two of them where
        somebody stands far off; half the step from one category to another.
    group_intercept, group_treatment : HalfNormal or HalfStudentT
        Standard deviation between groups of the intercept and of the programme effect.
    """

    intercept: Normal = Normal(0.0, 1.5)
    treatment: Normal = Normal(0.0, 1.5)
    covariates: Normal = Normal(0.0, 0.5)
    group_intercept: HalfNormal | HalfStudentT = HalfNormal(1.0)
    group_treatment: HalfNormal | HalfStudentT = HalfNormal(0.5)

    @classmethod
    def flat(cls) -> "Priors":
        """Return flat priors: the mode is the weighted maximum-likelihood estimate."""
        return cls(intercept=FLAT, treatment=FLAT, covariates=FLAT)
