"""The result with what other programmes showed, beside the default one and never in its place."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from desist._types import Floats
from desist.arguments import find_number_faults
from desist.effects.effect import Effect
from desist.errors import CannotAnswerError, Fault
from desist.estimands import Measure
from desist.models.evidence import EvidencePrior
from desist.models.fit import Fit
from desist.models.priors import Normal

MEASURES: Mapping[str, Measure] = {"log_odds": Measure.RATE, "log_rate": Measure.FREQUENCY}
CONFLICT = 0.05
_NO_FIGURES = (math.nan,) * 6
FEWEST_DRAWS = 100.0  # worth, of those that are weighted anew
TOO_FAR = (
    "what other programmes showed lies so far from these people that the two cannot be put "
    "together; the default result stands alone."
)
DISAGREES = (
    "these people and the other programmes are in conflict; the result with the other programmes "
    "is mostly that of the vague part of their prior."
)


@dataclass(frozen=True)
class EvidenceResult:
    """One measure with the prior that other programmes give.

    Attributes
    ----------
    measure : Measure
        What is compared.
    prior : EvidencePrior
        From the other programmes.
    estimate, lower, upper : float
        Posterior mean and limits of the difference, in the unit of the measure; NaN where the
        draws do not reach so far.
    probability_of_benefit : float
        Posterior probability that the programme reduces it.
    conflict : float
        How surprising these people are, were their programme like the others: below 0.05 the
        two disagree.
    vague : float
        Posterior weight of the part of the prior that knows nothing of other programmes.
    draws : float
        How many independent draws the weighted ones are worth.
    worth : float
        How many participants of this study the prior is worth: its expected information over
        that of one participant here (Neuenschwander et al. 2020).
    warning : str
        What the reader has to know of it, without figures; empty when nothing.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.models import EvidencePrior
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> others = EvidencePrior((0.8, 0.2), (-0.2, 0.0), (0.3, 1.5), "log_odds", n_programmes=6)
    >>> rate = ds.RateModel()
    >>> found = ds.evaluate(cohort, design, models=[rate], evidence=others, seed=1).evidence
    >>> round(found.estimate, 2), round(found.conflict, 2)
    (-0.25, 0.0)
    """

    measure: Measure
    prior: EvidencePrior
    estimate: float
    lower: float
    upper: float
    probability_of_benefit: float
    conflict: float
    vague: float
    draws: float
    worth: float = math.nan
    warning: str = ""

    @property
    def is_known(self) -> bool:
        """Whether the draws reach as far as what other programmes showed."""
        return math.isfinite(self.estimate)

    @property
    def is_in_conflict(self) -> bool:
        """Whether these people and the other programmes disagree."""
        return self.conflict < CONFLICT

    def __str__(self) -> str:
        """Return the result in one sentence."""
        return (
            f"{self.measure} with {self.prior}: {self.estimate:.3g} "
            f"({self.lower:.3g} to {self.upper:.3g})"
            + ("; in conflict with these people" if self.is_in_conflict else "")
        )


def find_evidence_faults(evidence: object) -> list[Fault]:
    """Find what is wrong with a prior from other programmes."""
    if evidence is None:
        return []
    if not isinstance(evidence, EvidencePrior):
        found = type(evidence).__name__
        return [Fault("evidence", "a prior such as synthesis.prior()", found)]
    if evidence.scale in MEASURES:
        return []
    expected = f"a prior on the scale {' or '.join(MEASURES)}, as the models have theirs"
    return [Fault("evidence", expected, evidence.scale)]


def find_result_faults(result: EvidenceResult | None) -> list[Fault]:
    """Find what no evaluation would have stored of a result with other programmes."""
    if result is None:
        return []
    where = "evidence"
    faults = []
    if MEASURES.get(result.prior.scale) is not result.measure:
        faults.append(Fault(f"{where}, prior", "one of its measure", "one of another"))
    if not result.is_known:
        return faults
    shares = (result.probability_of_benefit, result.conflict, result.vague)
    faults += [f for one in shares for f in find_number_faults(where, one, least=0, most=1)]
    for one in (result.draws, result.worth):
        faults += find_number_faults(where, one, least=0)
    if not result.lower <= result.upper:
        faults.append(Fault(where, "limits in their order", "others"))
    return faults


def weigh_evidence(
    effects: Mapping[Measure, Effect], fits: tuple[Fit, ...], evidence: EvidencePrior | None
) -> EvidenceResult | None:
    """Weigh the draws of the default posterior by the prior from other programmes."""
    if evidence is None:
        return None
    measure = MEASURES[evidence.scale]
    if measure not in effects:
        warning = f"The evidence of other programmes is of the {measure}, which there is not."
        return EvidenceResult(measure, evidence, *_NO_FIGURES, draws=0.0, warning=warning)
    result = _weigh(effects[measure], _find_default(fits, measure), evidence)
    if result.draws < FEWEST_DRAWS:
        names = ("estimate", "lower", "upper", "probability_of_benefit")
        figures: dict[str, Any] = dict.fromkeys(names, math.nan)
        return replace(result, **figures, warning=f"{measure}: {TOO_FAR}")
    return replace(result, warning=f"{measure}: {DISAGREES}" if result.is_in_conflict else "")


def _weigh(effect: Effect, default: Normal, evidence: EvidencePrior) -> EvidenceResult:
    ratio = effect.odds_ratio if effect.measure is Measure.RATE else effect.ratio
    if effect.difference is None or ratio is None:
        raise CannotAnswerError(f"evidence: the {effect.measure} has no difference and ratio")
    logs = np.log(ratio.to_numpy().ravel())
    differences = effect.difference.to_numpy().ravel()
    raw = evidence.density(logs) / _density(default, logs)
    weights = raw / raw.sum()
    order = np.argsort(differences)
    reached = np.cumsum(weights[order]) - weights[order] / 2
    tail = (1 - effect.probability) / 2
    low, high = np.interp([tail, 1 - tail], reached, differences[order])
    estimate, error = _take_off(logs, default)
    return EvidenceResult(
        measure=effect.measure,
        prior=evidence,
        estimate=float(weights @ differences),
        lower=float(low),
        upper=float(high),
        probability_of_benefit=float(weights @ (differences < 0)),
        conflict=evidence.find_conflict(estimate, error),
        vague=float(evidence.update(estimate, error)[0][-1]),
        draws=float(1 / (weights**2).sum()),
        worth=evidence.expected_information * error**2 * effect.n_treated,
    )


def _take_off(logs: Floats, default: Normal) -> tuple[float, float]:
    """Return the estimate and error of the people alone: the default prior taken off."""
    known = 0.0 if math.isinf(default.scale) else default.scale**-2
    left = max(1 / float(logs.var()) - known, 1e-6)
    mean = (float(logs.mean()) / float(logs.var()) - known * default.mean) / left
    return mean, left**-0.5


def _density(prior: Normal, effects: Floats) -> Floats:
    if math.isinf(prior.scale):
        return np.ones_like(effects)
    return np.asarray(np.exp(-(((effects - prior.mean) / prior.scale) ** 2) / 2))


def _find_default(fits: tuple[Fit, ...], measure: Measure) -> Normal:
    """Return the default prior of the effect, of the model that the measure is of."""
    role = {Measure.RATE: "reoffended", Measure.FREQUENCY: "offences"}[measure]
    for fit in fits:
        priors = getattr(fit.model, "priors", None)
        if role in fit.model.needs and priors is not None:
            prior: Normal = priors.treatment
            return prior
    return Normal(0.0, math.inf)
