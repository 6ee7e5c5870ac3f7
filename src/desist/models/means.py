"""A model of two published means, for when only the report's figures are known."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats
from desist.arguments import find_choice_faults, find_kind_faults, find_number_faults
from desist.cohort.outcomes import Outcomes
from desist.errors import raise_faults
from desist.estimands import Measure
from desist.models.priors import Priors
from desist.models.protocol import Columns, Model
from desist.models.settings import find_predictor_faults

MEASURES = (Measure.FREQUENCY, Measure.TIME_AMONG_REOFFENDERS)


@dataclass(frozen=True)
class MeansModel(Model):
    r"""Model of the mean of each arm, known with its standard error.

    .. math:: \log \bar y_T \sim t_{\nu_T}(\log \mu_T,\; s_T / \bar y_T), \quad
        \log(\mu_T / c) = \alpha + \tau T

    The logarithm, because means of days or offences are positive and their sampling
    distribution leans to the right: for 13 people with a mean of 75 days and a standard
    deviation of 78 an interval symmetric in days would begin too low and end too early. The t
    distribution with :math:`\nu_T` degrees of freedom, not the normal, because the standard
    errors were themselves estimated.

    Attributes
    ----------
    measure : Measure
        Frequency or time among reoffenders.
    unit : float
        The value :math:`c` that the priors are centred on, in the unit of the measure.
    priors : Priors
        On the log scale.

    Raises
    ------
    InputError
        If an attribute is of the wrong kind; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> ds.models.MeansModel(ds.Measure.FREQUENCY, unit=1.06).unit
    1.06
    """

    measure: Measure
    unit: float = 1.0
    covariates: None = None
    groups: tuple[str, ...] = ()
    priors: Priors = Priors()
    name: ClassVar[str] = "means"
    needs: ClassVar[str] = "published means"

    def __post_init__(self) -> None:
        """Check that a mean of the measure is known from a report."""
        faults = find_kind_faults("measure", self.measure, Measure, "such as Measure.FREQUENCY")
        faults += [] if faults else find_choice_faults("measure", self.measure, MEASURES)
        faults += find_number_faults("unit", self.unit, above=0)
        raise_faults("means model", faults + find_predictor_faults(self))

    @override
    def read_columns(self, outcomes: Outcomes, horizon: float) -> Columns | None:
        """Return None: a cohort of people has better models than this one."""
        return None

    @override
    def complete_rows(self, rows: Columns) -> Columns:
        """Return the collapsed rows as they are."""
        return rows

    @override
    def add_outcome(self, eta: Any, data: Data) -> None:
        """Add the observed means to the PyMC model that is open."""
        import pymc as pm

        pm.StudentT(
            "outcome",
            nu=data["degrees_of_freedom"],
            mu=eta,
            sigma=data["relative_error"],
            observed=data["log_mean"],
        )

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        """Return the mean, in the unit of the measure, shape of `eta`."""
        return {str(self.measure): self.unit * np.exp(eta)}
