"""Severity and custody: models of how the reoffences of each arm ended at court."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from desist.errors import raise_faults
from desist.models.priors import (
    HalfNormal,
    HalfStudentT,
    Normal,
    find_between_faults,
    find_normal_faults,
)


@dataclass(frozen=True)
class SeverityModel:
    r"""Hierarchical multinomial model of the court outcomes of reoffending.

    .. math:: \log\frac{P(\text{tier } j)}{P(\text{none})} = \alpha_j + T(\tau + \sigma z_j),
        \quad z_j \sim N(0, 1)

    Each tier has its own effect :math:`\tau + \sigma z_j`. The tiers share what they know of
    it: one with hardly any people leans on the effect :math:`\tau` that they have in common,
    as far as the others agree with each other.

    Attributes
    ----------
    baseline : Normal
        Prior of :math:`\alpha_j`: log odds of a tier against none in the comparison group.
    treatment : Normal
        Prior of :math:`\tau`, the log odds ratio in common.
    spread : HalfNormal or HalfStudentT
        Prior of :math:`\sigma`, the standard deviation of the effect between tiers.

    Raises
    ------
    InputError
        If one of them is no such prior; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> ds.models.SeverityModel(spread=ds.models.HalfNormal(0.3)).spread
    HalfNormal(scale=0.3)
    """

    baseline: Normal = Normal(-2.0, 1.5)
    treatment: Normal = Normal(0.0, 1.5)
    spread: HalfNormal | HalfStudentT = HalfNormal(0.5)
    name: ClassVar[str] = "severity"
    is_hierarchical: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that each is a prior of its kind."""
        faults = find_normal_faults("baseline", self.baseline)
        faults += find_normal_faults("treatment", self.treatment)
        raise_faults("severity model", faults + find_between_faults("spread", self.spread))

    def add_effects(self) -> Any:
        """Add the effect of each tier to the PyMC model that is open."""
        import pymc as pm

        common = self.treatment.variable("treatment")
        spread = self.spread.variable("spread")
        standard = pm.Normal("effect_standard", dims="category")
        return pm.Deterministic("effect", common + spread * standard, dims="category")


@dataclass(frozen=True)
class CustodyModel:
    r"""Binomial model of a custodial sentence for a reoffence.

    .. math:: \mathrm{logit}\,P(\text{custody}) = \alpha + \tau T

    Attributes
    ----------
    baseline : Normal
        Prior of :math:`\alpha`: log odds of custody in the comparison group.
    treatment : Normal
        Prior of :math:`\tau`, the log odds ratio.

    Raises
    ------
    InputError
        If one of them is no such prior; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> ds.models.CustodyModel()
    CustodyModel(baseline=Normal(mean=-2.0, scale=1.5), treatment=Normal(mean=0.0, scale=1.5))
    """

    baseline: Normal = Normal(-2.0, 1.5)
    treatment: Normal = Normal(0.0, 1.5)
    name: ClassVar[str] = "custody"
    is_hierarchical: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check that each is a prior."""
        faults = find_normal_faults("baseline", self.baseline)
        raise_faults("custody model", faults + find_normal_faults("treatment", self.treatment))

    def add_effects(self) -> Any:
        """Add the effect of each category but the last to the PyMC model that is open."""
        return self.treatment.variable("effect", dims="category")


def build_court_model(
    model: SeverityModel | CustodyModel,
    categories: tuple[str, ...],
    arrays: Mapping[str, NDArray[Any]],
) -> Any:
    """Build the PyMC model of counts of people by court outcome.

    Parameters
    ----------
    model : SeverityModel or CustodyModel
        What is assumed.
    categories : tuple of str
        All but the last.
    arrays : mapping of str to ndarray
        "n_people", shape (2, n_categories): effective counts, treated first.

    Returns
    -------
    pymc.Model
        Its array stands in it as `pymc.Data`.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.models import CustodyModel, build_court_model
    >>> counts = np.array([[12.0, 71.0], [175.0, 895.0]])
    >>> model = build_court_model(CustodyModel(), ("custody",), {"n_people": counts})
    >>> sorted(variable.name for variable in model.free_RVs)
    ['baseline', 'effect']
    """
    import pymc as pm
    import pytensor.tensor as pt

    def weighted(value: Any, log_odds: Any) -> Any:
        shifted = log_odds - pt.max(log_odds, axis=-1, keepdims=True)
        return value * (shifted - pt.log(pt.exp(shifted).sum(axis=-1, keepdims=True)))

    with pm.Model(coords={"category": list(categories)}) as built:
        n_people = pm.Data("n_people", arrays["n_people"])
        baseline = model.baseline.variable("baseline", dims="category")
        log_odds = pt.stack([baseline + model.add_effects(), baseline])
        reference = pt.zeros_like(log_odds[:, :1])
        pm.CustomDist(
            "outcome",
            pt.concatenate([log_odds, reference], axis=1),
            logp=weighted,
            observed=n_people,
            signature="(a,k)->(a,k)",
        )
    return built
