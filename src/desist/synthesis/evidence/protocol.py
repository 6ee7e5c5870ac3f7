"""What every kind of evidence answers, and the scales of an effect."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from desist._types import Floats
from desist.models.priors import Normal

BASELINE = Normal(0.0, 10.0)  # log-odds half way between the arms: wide, each study its own

# Name of the scale in words, and how far from 0 effects are looked for.
SCALES: Mapping[str, str] = {
    "log_odds": "log odds ratio",
    "log_risk": "log risk ratio",
    "risk_difference": "risk difference",
    "log_rate": "log rate ratio",
}
REACH: Mapping[str, float] = {
    "log_odds": 15.0,
    "log_risk": 15.0,
    "risk_difference": 1.0,
    "log_rate": 15.0,
}


class Evidence(Protocol):
    """What is known of the effect of one programme, as a likelihood.

    Attributes
    ----------
    kind : str
        In words, for tables.
    scales : tuple of str
        On which it can speak of the effect.

    Examples
    --------
    >>> from desist.synthesis import EstimateWithError, Evidence, Significance
    >>> first, second = EstimateWithError(-0.2, 0.1), Significance("none", 150, None, 0.35)
    >>> reports: list[Evidence] = [first, second]
    >>> [round(report.summarise("log_odds")[1], 2) for report in reports]
    [0.1, 0.17]
    """

    kind: ClassVar[str]
    scales: ClassVar[tuple[str, ...]]

    def log_likelihood(self, effects: Floats, scale: str, /) -> Floats:
        """Return the log-likelihood of effects, up to a constant.

        Parameters
        ----------
        effects : ndarray, shape (n,)
            On the scale, participants against comparison.
        scale : str
            One of `SCALES`.

        Returns
        -------
        ndarray, shape (n,)
            Minus infinity where the evidence excludes the effect.
        """
        ...

    def summarise(self, scale: str, /) -> tuple[float, float]:
        """Return the usual estimate and its standard error; NaN where there is none.

        Parameters
        ----------
        scale : str
            One of `SCALES`.

        Returns
        -------
        tuple of float
            For pictures, and for what asks how large a study is; never for the likelihood.
        """
        ...

    def __hash__(self) -> int:
        """Equal reports are tabulated once."""
        ...
