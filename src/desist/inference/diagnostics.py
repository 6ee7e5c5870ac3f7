"""The gate between a posterior and a table."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from desist.errors import NotConvergedError


@dataclass(frozen=True)
class _Finding:
    sentence: str
    is_fatal: bool


@dataclass(frozen=True)
class Diagnostics:
    """How well a posterior was found; NaN where a figure does not apply to the engine.

    Attributes
    ----------
    engine : str
        "nuts" or "laplace".
    rhat_max : float
        Largest rank-normalised split R-hat of any parameter (NUTS).
    ess_bulk_min, ess_tail_min : float
        Smallest effective number of draws of any parameter; for the Laplace engine, the
        effective number after importance weighting.
    divergences : int
        Divergent transitions after tuning (NUTS); more than one draw in a hundred is too many.
    n_draws : int
        Draws of all chains (NUTS).
    ebfmi_min : float
        Smallest energy fraction of missing information of any chain (NUTS).
    khat : float
        Pareto shape of the importance weights (Laplace).

    References
    ----------
    Vehtari, A. et al. (2021). Rank-normalization, folding, and localization. Bayesian
    Analysis 16(2), 667-718. Vehtari, A. et al. (2024). Pareto smoothed importance sampling.
    JMLR 25(72).
    """

    engine: str
    rhat_max: float = math.nan
    ess_bulk_min: float = math.nan
    ess_tail_min: float = math.nan
    divergences: int = 0
    n_draws: int = 0
    ebfmi_min: float = math.nan
    khat: float = math.nan

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
        fewest = min(self.ess_bulk_min, self.ess_tail_min)
        share = self.divergences / self.n_draws if self.n_draws else math.inf
        unknown = self.engine == "nuts" and math.isnan(self.rhat_max + self.ess_bulk_min)
        candidates = (
            (
                unknown,
                unknown,
                "R-hat or the effective number of draws cannot be computed: a chain is stuck, "
                "or there is only one",
            ),
            (
                self.rhat_max > 1.01,
                self.rhat_max > 1.05,
                f"the chains disagree (R-hat {self.rhat_max:.3f}, limit 1.01): "
                "sample longer, or give tighter priors",
            ),
            (
                fewest < 400,
                fewest < 100,
                f"few effective draws ({fewest:.0f}, 400 are enough): ask for more",
            ),
            (
                self.divergences > 0,
                share > 0.01,
                f"{self.divergences} divergent transitions: raise target_accept, "
                "or give tighter priors for the scales",
            ),
            (
                self.ebfmi_min < 0.3,
                self.ebfmi_min < 0.2,
                f"the energy is explored slowly (E-BFMI {self.ebfmi_min:.2f}, limit 0.3): "
                "give tighter priors for the scales",
            ),
            (
                self.khat > 0.5,
                self.khat > 0.7,
                f"the Laplace approximation does not fit well (k-hat {self.khat:.2f}, limit 0.5, "
                'unusable above 0.7): use inference="nuts"',
            ),
        )
        return tuple(
            _Finding(sentence, is_fatal) for is_there, is_fatal, sentence in candidates if is_there
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the figures by name, for a file."""
        return asdict(self)


def worst_of(diagnostics: Sequence[Diagnostics]) -> Diagnostics:
    """Return the worst figure of several fits, each figure on its own.

    Parameters
    ----------
    diagnostics : sequence of Diagnostics
        At least one.

    Returns
    -------
    Diagnostics
        NaN where no fit has the figure; engines are named once each.
    """

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
    """
    if diagnostics.problems:
        listed = "".join(f"\n  - {problem}" for problem in diagnostics.problems)
        raise NotConvergedError(f"{model} model, {diagnostics.engine} engine: {listed.lstrip()}")
