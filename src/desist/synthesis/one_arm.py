"""One arm of several programmes: how often people reoffend, and how much that varies."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from desist._types import Floats
from desist.arguments import find_probability_faults
from desist.errors import Fault, raise_faults
from desist.synthesis._columns import read_column
from desist.synthesis.likelihood import maximise_likelihood

SUBJECT = "pooled proportion"


@dataclass(frozen=True)
class PooledProportion:
    """A proportion over several studies.

    Attributes
    ----------
    logit, standard_error : float
        Mean log-odds over the population of studies and its error, with tau estimated.
    tau : float
        Standard deviation of true log-odds.
    proportion : float
        That of a study in the middle: half of the studies have a smaller one.
    lower, upper : float
        Its limits.
    new_lower, new_upper : float
        Limits of the proportion of a new study, mean and tau taken as found.
    n_studies : int
        How many there are.

    Examples
    --------
    >>> from desist.synthesis import pool_proportions
    >>> found = pool_proportions([30, 22, 60], [100, 80, 150])
    >>> found.n_studies, round(found.tau, 2)
    (3, 0.16)
    """

    logit: float
    standard_error: float
    tau: float
    proportion: float
    lower: float
    upper: float
    new_lower: float
    new_upper: float
    n_studies: int

    def __repr__(self) -> str:
        """Return the proportion, its limits and those of a new study."""
        return (
            f"<Proportion of {self.n_studies} studies: {self.proportion:.3g} "
            f"({self.lower:.3g} to {self.upper:.3g}); a new study {self.new_lower:.3g} to "
            f"{self.new_upper:.3g}>"
        )


@dataclass(frozen=True)
class _OneArm:
    """Events among people, with their log-odds in place of an effect."""

    events: int
    people: int
    kind: ClassVar[str] = "one arm"
    scales: ClassVar[tuple[str, ...]] = ("log_odds",)

    def log_likelihood(self, effects: Floats, _scale: str, /) -> Floats:
        return np.asarray(self.events * effects - self.people * np.logaddexp(0.0, effects))

    def summarise(self, _scale: str, /) -> tuple[float, float]:
        rest = self.people - self.events
        if not self.events * rest:
            return np.nan, np.nan
        return float(np.log(self.events / rest)), float(np.sqrt(1 / self.events + 1 / rest))


def pool_proportions(
    events: ArrayLike, people: ArrayLike, *, probability: float = 0.95
) -> PooledProportion:
    r"""Pool the proportion of one arm over studies, as binomials with normal log-odds.

    .. math:: y_i \sim \text{Binomial}(n_i, p_i), \quad \text{logit}\, p_i \sim N(\mu, \tau^2)

    By maximum likelihood. How often people like these reoffend without a programme, and how much
    that varies, is what a plan for the next evaluation needs. Nothing is added to a count of 0.

    Parameters
    ----------
    events, people : array_like of int, shape (n_studies,)
        Reoffenders and people; two studies or more.
    probability : float
        Of all limits.

    Returns
    -------
    PooledProportion
        The proportion of a study in the middle, and of a new one.

    Raises
    ------
    InputError
        If counts or settings are wrong; every fault is listed.
    NotConvergedError
        If the likelihood has no highest point.

    References
    ----------
    Stijnen, T., Hamza, T. H. and Ozdemir, P. (2010). Random effects meta-analysis of event
    outcome in the framework of the generalized linear mixed model. Statistics in Medicine 29,
    3046-3067, section 3.

    Examples
    --------
    >>> from desist.synthesis import pool_proportions
    >>> pool_proportions([30, 22, 60], [100, 80, 150])
    <Proportion of 3 studies: 0.333 (0.269 to 0.403); a new study 0.268 to 0.405>
    """
    from scipy.special import expit
    from scipy.stats import norm

    counts, faults = _read_arm(events, people)
    raise_faults(SUBJECT, [*faults, *find_probability_faults(probability)])
    found = maximise_likelihood([_OneArm(int(y), int(n)) for y, n in counts])
    quantile = float(norm.ppf((1 + probability) / 2))
    ends = np.array([-1, 1]) * quantile
    lower, upper = expit(found.estimate + ends * found.standard_error)
    new_lower, new_upper = expit(found.estimate + ends * found.tau)
    return PooledProportion(
        found.estimate,
        found.standard_error,
        found.tau,
        float(expit(found.estimate)),
        float(lower),
        float(upper),
        float(new_lower),
        float(new_upper),
        len(counts),
    )


def _read_arm(events: object, people: object) -> tuple[Floats, list[Fault]]:
    some, faults = read_column("events", events)
    all_, more = read_column("people", people)
    faults += more
    if not faults and len(some) != len(all_):
        faults.append(Fault("events, people", "one of each for a study", "other numbers of them"))
    if not faults and len(some) < 2:
        faults.append(Fault("events", "two studies or more", str(len(some))))
    if faults:
        return np.empty((0, 2)), faults
    wrong = ~((all_ > 0) & (all_ % 1 == 0) & np.isfinite(all_))
    if wrong.any():
        faults.append(Fault("people", "whole numbers above 0", f"{wrong.sum()} other"))
    wrong = ~((some >= 0) & (some % 1 == 0) & (some <= all_))
    if wrong.any():
        faults.append(Fault("events", "whole numbers from 0 to people", f"{wrong.sum()} other"))
    if not faults and (not some.any() or (some == all_).all()):
        faults.append(Fault("events", "a study with some and one not with all", "none"))
    return np.stack([some, all_], axis=1), faults
