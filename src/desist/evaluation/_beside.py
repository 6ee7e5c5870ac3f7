"""Results that stand beside the default one: with other programmes, with the bias of a method."""

from collections.abc import Mapping
from typing import Any

from desist.effects.effect import Effect
from desist.errors import Fault
from desist.estimands import Measure
from desist.evaluation.with_bias import BiasPrior, find_bias_faults, weigh_bias
from desist.evaluation.with_evidence import find_evidence_faults, weigh_evidence
from desist.models.evidence import EvidencePrior
from desist.models.fit import Fit


def find_beside_faults(evidence: object, bias: object) -> list[Fault]:
    """Find what is wrong with what results beside the default one are made from."""
    return find_evidence_faults(evidence) + find_bias_faults(bias)


def set_beside(
    effects: Mapping[Measure, Effect],
    fits: tuple[Fit, ...],
    evidence: EvidencePrior | None,
    bias: BiasPrior | None,
    seed: int,
) -> dict[str, Any]:
    """Make the results that stand beside the default one, by the fields of an evaluation."""
    return {
        "evidence": weigh_evidence(effects, fits, evidence),
        "bias": weigh_bias(effects, bias, seed),
    }
