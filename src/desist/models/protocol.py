"""What every outcome model offers: settings, and the steps of the way."""

from collections.abc import Hashable
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from numpy.typing import NDArray

from desist._types import Data, Draws, Floats
from desist.cohort.outcomes import Outcomes
from desist.models._observed import Observed
from desist.models.priors import Priors

type Columns = dict[str, NDArray[Any]]


class Model(Protocol):
    """An outcome model: frozen settings, and the steps from outcomes to predictions.

    Examples
    --------
    >>> import desist as ds
    >>> models: list[ds.models.Model] = [ds.RateModel(), ds.FrequencyModel(), ds.SurvivalModel()]
    >>> [(model.name, model.covariates) for model in models]
    [('rate', 'design'), ('frequency', 'design'), ('survival', 'design')]
    """

    name: ClassVar[str]
    needs: ClassVar[str]

    @property
    def covariates(self) -> str | None:
        """Right-hand side of a formula, "design" for the design's, or None."""

    @property
    def groups(self) -> tuple[str, ...] | None:
        """Groupings, or None for the cohort's."""

    @property
    def priors(self) -> Priors:
        """Priors of the linear predictor."""

    def read_columns(self, outcomes: Outcomes, horizon: float) -> Columns | None:
        """Return the outcome columns, or None when the cohort lacks them."""

    def complete_rows(self, rows: Columns) -> Columns:
        """Add to the collapsed rows what the likelihood needs beside them."""

    def add_outcome(self, eta: Any, data: Data) -> None:
        """Add the observed outcome to the PyMC model that is open."""

    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        """Return expected outcomes, each of the shape of `eta` (chains, draws, rows)."""


@runtime_checkable
class TimedModel(Protocol):
    """An outcome model of the time to a first reoffence.

    Examples
    --------
    >>> from desist.models import RateModel, SurvivalModel, TimedModel
    >>> isinstance(SurvivalModel(), TimedModel), isinstance(RateModel(), TimedModel)
    (True, False)
    """

    def predict_survival(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, share: float
    ) -> Floats:
        """Return survival after a share of the horizon, of the shape of `eta`."""


@runtime_checkable
class ObservedModel(Protocol):
    """An outcome model whose averages can be set beside what was observed.

    Examples
    --------
    >>> from desist.models import ObservedModel, ProcessModel, RateModel
    >>> isinstance(RateModel(), ObservedModel), isinstance(ProcessModel(), ObservedModel)
    (True, False)
    """

    def observe(self, rows: Columns, horizon: float) -> Observed:
        """Return the outcomes of the rows, beside what is expected of them."""


@runtime_checkable
class ObservedTimes(Protocol):
    """An outcome model whose curves can be set beside what was observed."""

    def observe_days(self, rows: Columns, horizon: float, shares: Floats) -> Observed:
        """Return who of the rows reoffended by some shares of the horizon."""


@runtime_checkable
class SettlingModel(Protocol):
    """An outcome model some of whose settings may be taken from the data.

    Examples
    --------
    >>> from desist.models import RateModel, SettlingModel, SurvivalModel
    >>> isinstance(SurvivalModel(), SettlingModel), isinstance(RateModel(), SettlingModel)
    (True, False)
    """

    @property
    def structure(self) -> Hashable:
        """What the compiled model depends on: models that share it compile once."""

    def settle(self, outcomes: Outcomes, weights: Floats, horizon: float) -> Self:
        """Return the model that is fitted."""
