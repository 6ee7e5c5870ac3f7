"""What a family of distributions has to offer, and the words that stand for families."""

# A family is a record of its own priors with methods of one protocol, so that a prior that it does
# not read cannot be given. In all survival families eta alone says how many reoffend by the
# horizon, and a larger eta is more of them: priors of the programme effect mean much the same in
# each, and an arm's shape is only about when. In all families of counts a larger eta is more
# offences, and the time at risk enters as an offset of it.

from collections.abc import Iterable, Mapping
from dataclasses import fields
from types import UnionType
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from desist._types import Data, Draws, Floats, Integers
from desist.arguments import find_choice_faults
from desist.errors import Fault, InputError, raise_faults
from desist.models.priors import find_normal_faults

type Terms = tuple[Any, Any]  # log hazard and log survival


@runtime_checkable
class SurvivalFamily(Protocol):
    """A family of distributions of the time to a first reoffence.

    Attributes
    ----------
    name : str
        The word that stands for it.
    signature : tuple of str
        Core dimensions of the parameters beside eta.

    Examples
    --------
    >>> from desist.models import SURVIVAL_FAMILIES, SurvivalFamily, Weibull
    >>> isinstance(Weibull(), SurvivalFamily), "mixture_cure" in SURVIVAL_FAMILIES
    (True, True)
    """

    name: ClassVar[str]
    signature: ClassVar[tuple[str, ...]]

    @property
    def structure(self) -> "SurvivalFamily":
        """The family but for settings that are data to the compiled model."""
        return self

    def find_changes(self) -> tuple[float, ...]:
        """Return the days at which the hazard may jump; the data then hold "starts"."""
        return ()

    def move_changes(self, changes: tuple[float, ...]) -> "SurvivalFamily":
        """Return the family with its hazard jumping elsewhere."""
        del changes
        return self

    def share_out(self, _time: Floats, _rows: Mapping[str, Any], /) -> dict[str, Floats]:
        """Return what the likelihood reads of times in their place, one of each a row."""
        return {}

    def declare(self, eta: Any, data: Data) -> tuple[Any, ...]:
        """Return the parameters beside eta, as variables of the PyMC model that is open."""

    def terms(self, time: Any, data: Data, eta: Any, parameters: tuple[Any, ...]) -> Terms:
        """Return log hazard and log survival at times, one of each a row."""

    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        """Return predictions of the shape of eta, the restricted mean as a share of the horizon."""

    def find_time(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, survival: Floats
    ) -> Floats:
        """Return when survival is so much, as shares of the horizon, infinite for never."""

    def survive(
        self, eta: Floats, draws: Draws, arm: int, horizon: float, *, share: float
    ) -> Floats:
        """Return survival after a share of the horizon, above 0 and up to 1."""


@runtime_checkable
class SettlingFamily(Protocol):
    """A survival family that takes settings from the reoffences that it is fitted to.

    Attributes
    ----------
    name : str
        The word that stands for it.

    Examples
    --------
    >>> import numpy as np
    >>> from desist.models import Flexible, SettlingFamily
    >>> isinstance(Flexible(), SettlingFamily)
    True
    >>> settled = Flexible().settle(np.arange(1.0, 41.0), np.ones(40), 100.0)
    >>> type(settled).__name__
    'Pieces'
    """

    name: ClassVar[str]

    def settle(self, days: Floats, weights: Floats, horizon: float) -> SurvivalFamily:
        """Return the family that is fitted, from the days and weights of first reoffences."""

    def explain(self, settled: SurvivalFamily) -> str:
        """Say in words what was chosen, and why; no day of a person is told."""


@runtime_checkable
class WithCured(Protocol):
    """A survival family in which some never reoffend.

    Examples
    --------
    >>> from desist.models import MixtureCure, Weibull, WithCured
    >>> isinstance(MixtureCure(), WithCured), isinstance(Weibull(), WithCured)
    (True, False)
    """

    def log_odds_never(self, eta: Any, parameters: tuple[Any, ...]) -> Any:
        """Return the log-odds of those among everybody."""


@runtime_checkable
class FrequencyFamily(Protocol):
    """A family of distributions of the number of offences.

    Attributes
    ----------
    name : str
        The word that stands for it.
    signature : tuple of str
        Core dimensions of the parameters beside eta.
    has_dispersion : bool
        Whether it needs the gamma functions of the negative binomial; the data then hold the
        distinct counts of each arm.

    Examples
    --------
    >>> from desist.models import FREQUENCY_FAMILIES, FrequencyFamily, Poisson
    >>> isinstance(Poisson(), FrequencyFamily), sorted(FREQUENCY_FAMILIES)
    (True, ['hurdle', 'negative_binomial', 'poisson', 'zero_inflated'])
    """

    name: ClassVar[str]
    signature: ClassVar[tuple[str, ...]]
    has_dispersion: ClassVar[bool]

    def declare(self, data: Data) -> tuple[Any, ...]:
        """Return the parameters beside eta, as variables of the PyMC model that is open."""

    def log_likelihood(self, counts: Any, data: Data, eta: Any, parameters: tuple[Any, ...]) -> Any:
        """Return one term a row; eta holds the offset."""

    def predict(self, eta: Floats, draws: Draws, arm: int) -> dict[str, Floats]:
        """Return predictions of the shape of eta."""

    def draw(self, eta: Floats, draws: Draws, arm: int, rng: np.random.Generator) -> Integers:
        """Draw counts of the shape of eta, which holds the offset."""

    def vary(self, eta: Floats, draws: Draws, arm: int) -> Floats:
        """Return the variance of a count, of the shape of eta, which holds the offset."""


def require_priors(record: Any, optional: Iterable[str] = ()) -> None:
    """Refuse a family of which a setting is no prior."""
    faults = []
    for item in fields(record):
        may_lack = item.name in optional
        faults += find_normal_faults(item.name, getattr(record, item.name), optional=may_lack)
    raise_faults(f"{record.name} family", faults)


def read_family[Family](
    given: object, kind: type[Any] | UnionType, known: Mapping[str, type[Family]]
) -> tuple[Family | None, list[Fault]]:
    """Read a family that was given as a record, or as the word for one with its defaults."""
    if isinstance(given, kind) and not isinstance(given, type):
        return given, []
    if isinstance(given, type) and issubclass(given, tuple(known.values())):
        expected, advice = "a record", f"write {given.__name__}()"
        return None, [Fault("family", expected, f"the class {given.__name__}", advice)]
    faults = find_choice_faults("family", given, known)
    if faults:
        return None, faults
    try:
        return known[str(given)](), []
    except InputError as error:
        return None, list(error.faults)
