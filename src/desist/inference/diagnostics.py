"""The gate between a posterior and a table."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from desist.errors import NotConvergedError


@dataclass(frozen=True)
class _Finding:
    sentence: str
    is_fatal: bool


@dataclass(frozen=True)
class Limit:
    """One diagnostic of the gate: from where it is a caution, and from where a refusal.

    Attributes
    ----------
    name : str
        In words.
    engines : str
        Which engines have it.
    direction : {"above", "below"}
        On which side of the limits is the trouble.
    caution, refusal : float
        Beyond the first a reader is told, beyond the second the posterior is refused.
    measure : callable
        (diagnostics) to the figure; NaN where the engine has none.
    sentence : str
        What is said, with what to try.

    Examples
    --------
    >>> [(limit.name, limit.caution, limit.refusal) for limit in GATE if limit.name == "k-hat"]
    [('k-hat', 0.5, 0.7)]
    """

    name: str
    engines: str
    direction: str
    caution: float
    refusal: float
    measure: Callable[["Diagnostics"], float]
    sentence: str

    def is_beyond(self, figure: float, limit: float) -> bool:
        """Say whether a figure is beyond one of the limits; NaN never is."""
        return figure > limit if self.direction == "above" else figure < limit

    def __str__(self) -> str:
        """Return a row of the table in the documentation."""
        limits = f"{self.direction} {self.caution:<5g} | {self.direction} {self.refusal:g}"
        return f"{self.name:<41}| {self.engines:<8}| {limits}"


GATE = (
    Limit(
        "R-hat, the largest of any parameter",
        "NUTS",
        "above",
        1.01,
        1.05,
        lambda found: found.rhat_max,
        "the chains disagree (R-hat {figure:.3f}, limit {limit.caution:g}): "
        "sample longer, or give tighter priors",
    ),
    Limit(
        "effective draws, bulk or tail, the fewest",
        "all",
        "below",
        400,
        100,
        lambda found: min(found.ess_bulk_min, found.ess_tail_min),
        "few effective draws ({figure:.0f}, {limit.caution:g} are enough): ask for more",
    ),
    Limit(
        "divergent transitions, share of draws",
        "NUTS",
        "above",
        0,
        0.01,
        lambda found: found.divergent_share,
        "{found.divergences} divergent transitions: raise target_accept, "
        "or give tighter priors for the scales",
    ),
    Limit(
        "E-BFMI, the smallest of any chain",
        "NUTS",
        "below",
        0.3,
        0.2,
        lambda found: found.ebfmi_min,
        "the energy is explored slowly (E-BFMI {figure:.2f}, limit {limit.caution:g}): "
        "give tighter priors for the scales",
    ),
    Limit(
        "k-hat",
        "weighted",
        "above",
        0.5,
        0.7,
        lambda found: found.khat,
        "the Laplace approximation does not fit well (k-hat {figure:.2f}, limit "
        '{limit.caution:g}, unusable above {limit.refusal:g}): use inference="nuts"',
    ),
)
UNKNOWN = {
    "nuts": "R-hat or the effective number of draws cannot be computed: a chain is stuck, "
    "or there is only one",
    "laplace": "k-hat cannot be computed: ask for more draws",
    "nested": "k-hat cannot be computed: ask for more draws",
}


@dataclass(frozen=True)
class Diagnostics:
    """How well a posterior was found; NaN where a figure does not apply to the engine.

    Attributes
    ----------
    engine : str
        "nuts", "laplace", "nested", or "quadrature" where nothing is drawn.
    rhat_max : float
        Largest rank-normalised split R-hat of any parameter (NUTS).
    ess_bulk_min, ess_tail_min : float
        Smallest effective number of draws of any parameter; for the Laplace and nested engines,
        after importance weighting, of all draws and of the 5% and 95% points.
    divergences : int
        Divergent transitions after tuning (NUTS); more than one draw in a hundred is too many.
    n_draws : int
        Draws of all chains (NUTS).
    ebfmi_min : float
        Smallest energy fraction of missing information of any chain (NUTS).
    khat : float
        Pareto shape of the importance weights (Laplace and nested).
    reason : str
        Why this engine was taken: what is told of it, or of those tried before.

    References
    ----------
    Vehtari, A. et al. (2021). Rank-normalization, folding, and localization. Bayesian
    Analysis 16(2), 667-718. Vehtari, A. et al. (2024). Pareto smoothed importance sampling.
    JMLR 25(72).

    Examples
    --------
    >>> found = Diagnostics("nuts", rhat_max=1.2, ess_bulk_min=900, ess_tail_min=850, n_draws=4000)
    >>> [problem.partition(" (")[0] for problem in found.problems]
    ['the chains disagree']
    """

    engine: str
    rhat_max: float = math.nan
    ess_bulk_min: float = math.nan
    ess_tail_min: float = math.nan
    divergences: int = 0
    n_draws: int = 0
    ebfmi_min: float = math.nan
    khat: float = math.nan
    reason: str = ""

    @property
    def divergent_share(self) -> float:
        """Divergent transitions as a share of the draws."""
        if not self.divergences:
            return 0.0
        return self.divergences / self.n_draws if self.n_draws else math.inf

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the posterior cannot be used, with what to try; empty when it can."""
        return tuple(finding.sentence for finding in self._findings if finding.is_fatal)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What the reader of a usable posterior has to know, with what to try."""
        return tuple(finding.sentence for finding in self._findings if not finding.is_fatal)

    @property
    def _findings(self) -> tuple["_Finding", ...]:
        found = [_Finding(UNKNOWN[self.engine], is_fatal=True)] if self._is_unknown else []
        for limit in GATE:
            figure = limit.measure(self)
            if limit.is_beyond(figure, limit.caution):
                sentence = limit.sentence.format(figure=figure, limit=limit, found=self)
                found.append(_Finding(sentence, limit.is_beyond(figure, limit.refusal)))
        return tuple(found)

    @property
    def _is_unknown(self) -> bool:
        if self.engine == "nuts":
            return math.isnan(self.rhat_max + self.ess_bulk_min)
        return self.engine in {"laplace", "nested"} and math.isnan(self.khat)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures by name, for a file."""
        return asdict(self)


def worst_of(diagnostics: Sequence[Diagnostics]) -> Diagnostics:
    """Return the worst figure of several fits, each figure on its own."""

    def largest(name: str, sign: float = 1.0) -> float:
        figures = [getattr(one, name) for one in diagnostics]
        known = [sign * figure for figure in figures if not math.isnan(figure)]
        return sign * max(known) if known else math.nan

    return Diagnostics(
        engine=", ".join(sorted({one.engine for one in diagnostics})),
        rhat_max=largest("rhat_max"),
        ess_bulk_min=largest("ess_bulk_min", -1.0),
        ess_tail_min=largest("ess_tail_min", -1.0),
        divergences=max(one.divergences for one in diagnostics),
        n_draws=min(one.n_draws for one in diagnostics),
        ebfmi_min=largest("ebfmi_min", -1.0),
        khat=largest("khat"),
        reason="; ".join(dict.fromkeys(one.reason for one in diagnostics if one.reason)),
    )


def require_convergence(diagnostics: Diagnostics, model: str) -> None:
    """Refuse a posterior that was not found.

    Parameters
    ----------
    diagnostics : Diagnostics
        Of the fit.
    model : str
        Name of the model, for the message.

    Raises
    ------
    NotConvergedError
        If any diagnostic failed; the message lists all that did.

    Examples
    --------
    >>> diagnostics = Diagnostics("laplace", ess_bulk_min=900, ess_tail_min=800, khat=0.3)
    >>> require_convergence(diagnostics, "rate")  # says nothing
    >>> diagnostics.problems
    ()
    """
    if diagnostics.problems:
        listed = "".join(f"\n  - {problem}" for problem in diagnostics.problems)
        raise NotConvergedError(f"{model} model, {diagnostics.engine} engine: {listed.lstrip()}")
