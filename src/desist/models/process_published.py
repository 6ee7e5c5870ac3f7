"""The model of one process behind a report's rate and frequency."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

from desist._types import Data, Draws, Floats
from desist.arguments import find_kind_faults
from desist.cohort.outcomes import Outcomes
from desist.errors import Fault, InputError, raise_faults
from desist.inference.process_likelihood import counts_of_group
from desist.models.priors import Priors
from desist.models.process import ProcessModel
from desist.models.protocol import Columns, Model

CONSTANT_INTENSITY = ProcessModel(log_shape=None)


@dataclass(frozen=True)
class PublishedProcessModel(Model):
    r"""The process of constant intensity, known from the counts and means that a report prints.

    Treated: the numbers of reoffenders and of offences are counts, with their exact joint
    probability under the negative binomial (`counts_of_group`). Comparison: rate and frequency
    are weighted means worth :math:`n_e` equally weighted people,

    .. math:: (\hat p, \bar y) \sim N\{(1 - \pi, m),\; \Sigma / n_e\}, \quad
        \Sigma = \begin{pmatrix} \pi(1-\pi) & m\pi \\ m\pi & m + m^2/a \end{pmatrix}, \quad
        \pi = (1 + m/a)^{-a}

    Attributes
    ----------
    process : ProcessModel
        Its priors, its dispersions, and the unit of the printed days. Its intensity is
        constant: a report's figures do not tell of a shape.

    Raises
    ------
    InputError
        If the process has a shape.

    Examples
    --------
    >>> import desist as ds
    >>> model = ds.models.PublishedProcessModel()
    >>> model.process.log_dispersion
    Normal(mean=0.0, scale=1.5)
    """

    process: ProcessModel = CONSTANT_INTENSITY
    covariates: None = None
    groups: tuple[str, ...] = ()
    name: ClassVar[str] = "published process"
    needs: ClassVar[str] = "published rate and frequency"

    def __post_init__(self) -> None:
        """Check that the intensity is constant."""
        raise_faults(
            "published process",
            find_kind_faults("process", self.process, ProcessModel, "a ProcessModel"),
        )
        if self.process.log_shape is not None:
            fault = Fault("log_shape", "None", str(self.process.log_shape), "see shape_for_days")
            raise InputError("published process", [fault])

    @property
    def priors(self) -> Priors:
        """The priors of the linear predictor."""
        return self.process.priors

    @override
    def read_columns(self, outcomes: Outcomes, horizon: float) -> Columns | None:
        """Return None: a cohort of people has a better model than this one."""
        return None

    @override
    def complete_rows(self, rows: Columns) -> Columns:
        """Return the rows as they are."""
        return rows

    @override
    def add_outcome(self, eta: Any, data: Data) -> None:
        """Add the printed figures to the PyMC model that is open; treated first in `eta`."""
        import pymc as pm
        import pytensor.tensor as pt

        comparison, treated = self.process.add_dispersions()

        def counts(value: Any, log_mean: Any, log_dispersion: Any) -> Any:
            coefficients = (data["power"], data["log_coefficient"])
            return counts_of_group(
                value, log_mean, log_dispersion, data["n_treated"][0], coefficients
            )

        pm.CustomDist("counts", eta[0], treated, logp=counts, observed=data["n_offences"][0])
        mean, dispersion = pt.exp(eta[1]), pt.exp(comparison)
        none = pt.exp(-dispersion * pt.log1p(mean / dispersion))
        variance = mean + mean**2 / dispersion
        together = mean * none
        left = none * (1 - none) - together**2 / variance
        size, frequency = data["comparison_size"][0], data["frequency"][0]
        pm.Normal("printed_frequency", mean, pt.sqrt(variance / size), observed=frequency)
        pm.Normal(
            "printed_rate",
            1 - none + together / variance * (frequency - mean),
            pt.sqrt(left / size),
            observed=data["rate"][0],
        )

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        """Return all measures at the horizon, each of the shape of `eta`."""
        return self.process.predict(eta, draws, arm, horizon)
