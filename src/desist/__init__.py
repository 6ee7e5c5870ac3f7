"""Did a programme reduce reoffending? Bayesian causal inference on matched samples.

The way through is `Cohort` -> `build_design` -> `evaluate` -> `write_report`; each step
takes the record of the one before. Names are loaded when they are first used, so that
``import desist`` takes no time.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desist import datasets
    from desist import plots as plots
    from desist.cohort.cohort import Cohort
    from desist.cohort.flow import RecordFlow
    from desist.cohort.published import PublishedMeasure, PublishedStudy
    from desist.cohort.simulate import simulate_cohort
    from desist.design.design import build_design, draw_designs
    from desist.design.matching.nearest import NearestMatching
    from desist.design.matching.optimal import FullMatching, OptimalMatching
    from desist.design.matching.radius import RadiusMatching
    from desist.design.matching.strata import (
        CoarsenedExactMatching,
        ExactMatching,
        Subclassification,
    )
    from desist.design.weighting.by_score import InverseProbability, OverlapWeights
    from desist.design.weighting.entropy import EntropyBalancing
    from desist.design.weighting.given import GivenWeights
    from desist.effects import (
        estimate_effects,
        estimate_effects_by_group,
        estimate_effects_over_designs,
    )
    from desist.errors import CannotAnswerError, InputError
    from desist.estimands import Estimand, Measure
    from desist.evaluation.evaluate import evaluate
    from desist.evaluation.published import evaluate_published
    from desist.evaluation.storage import load_evaluation, save_evaluation
    from desist.inference.engines import Laplace, Nuts
    from desist.models.fit import fit_model
    from desist.models.frequency import FrequencyModel
    from desist.models.priors import Priors
    from desist.models.process import ProcessModel
    from desist.models.rate import RateModel
    from desist.models.survival import SurvivalModel
    from desist.report.document import write_report

__version__ = version("desist")

_HOME = {
    "CannotAnswerError": "desist.errors",
    "CoarsenedExactMatching": "desist.design.matching.strata",
    "Cohort": "desist.cohort.cohort",
    "EntropyBalancing": "desist.design.weighting.entropy",
    "Estimand": "desist.estimands",
    "ExactMatching": "desist.design.matching.strata",
    "FrequencyModel": "desist.models.frequency",
    "FullMatching": "desist.design.matching.optimal",
    "GivenWeights": "desist.design.weighting.given",
    "InputError": "desist.errors",
    "InverseProbability": "desist.design.weighting.by_score",
    "Laplace": "desist.inference.engines",
    "Measure": "desist.estimands",
    "NearestMatching": "desist.design.matching.nearest",
    "Nuts": "desist.inference.engines",
    "OptimalMatching": "desist.design.matching.optimal",
    "OverlapWeights": "desist.design.weighting.by_score",
    "Priors": "desist.models.priors",
    "ProcessModel": "desist.models.process",
    "PublishedMeasure": "desist.cohort.published",
    "PublishedStudy": "desist.cohort.published",
    "RadiusMatching": "desist.design.matching.radius",
    "RateModel": "desist.models.rate",
    "RecordFlow": "desist.cohort.flow",
    "Subclassification": "desist.design.matching.strata",
    "SurvivalModel": "desist.models.survival",
    "build_design": "desist.design.design",
    "draw_designs": "desist.design.design",
    "estimate_effects": "desist.effects",
    "estimate_effects_by_group": "desist.effects",
    "estimate_effects_over_designs": "desist.effects",
    "evaluate": "desist.evaluation.evaluate",
    "evaluate_published": "desist.evaluation.published",
    "fit_model": "desist.models.fit",
    "load_evaluation": "desist.evaluation.storage",
    "save_evaluation": "desist.evaluation.storage",
    "simulate_cohort": "desist.cohort.simulate",
    "write_report": "desist.report.document",
}

# Modules that hold more names, reached as `ds.plots.forest`.
_FACES = frozenset({"datasets", "plots"})

__all__ = [
    "CannotAnswerError",
    "CoarsenedExactMatching",
    "Cohort",
    "EntropyBalancing",
    "Estimand",
    "ExactMatching",
    "FrequencyModel",
    "FullMatching",
    "GivenWeights",
    "InputError",
    "InverseProbability",
    "Laplace",
    "Measure",
    "NearestMatching",
    "Nuts",
    "OptimalMatching",
    "OverlapWeights",
    "Priors",
    "ProcessModel",
    "PublishedMeasure",
    "PublishedStudy",
    "RadiusMatching",
    "RateModel",
    "RecordFlow",
    "Subclassification",
    "SurvivalModel",
    "__version__",
    "build_design",
    "datasets",
    "draw_designs",
    "estimate_effects",
    "estimate_effects_by_group",
    "estimate_effects_over_designs",
    "evaluate",
    "evaluate_published",
    "fit_model",
    "load_evaluation",
    "save_evaluation",
    "simulate_cohort",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in _FACES:
        return import_module(f"desist.{name}")
    raise AttributeError(f"module 'desist' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
