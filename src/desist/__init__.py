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
    from desist.cohort.cohort import Cohort
    from desist.cohort.flow import RecordFlow
    from desist.cohort.published import PublishedMeasure, PublishedStudy
    from desist.cohort.simulate import simulate_cohort
    from desist.design.design import Design, build_design
    from desist.design.radius import RadiusMatching
    from desist.design.weighting import GivenWeights
    from desist.effects import Effect, estimate_effects
    from desist.errors import CannotAnswerError, DesistError, DesistWarning, InputError
    from desist.estimands import Estimand, Measure
    from desist.evaluation.evaluate import evaluate
    from desist.evaluation.published import evaluate_published
    from desist.evaluation.record import Evaluation
    from desist.evaluation.storage import load_evaluation, save_evaluation
    from desist.inference.engines import Laplace, Nuts
    from desist.models.fit import Fit, fit_model
    from desist.models.frequency import FrequencyModel
    from desist.models.priors import Priors
    from desist.models.rate import RateModel
    from desist.models.survival import SurvivalModel
    from desist.report.document import write_report

__version__ = version("desist")

_HOME = {
    "CannotAnswerError": "desist.errors",
    "Cohort": "desist.cohort.cohort",
    "DesistError": "desist.errors",
    "DesistWarning": "desist.errors",
    "Design": "desist.design.design",
    "Effect": "desist.effects",
    "Estimand": "desist.estimands",
    "Evaluation": "desist.evaluation.record",
    "Fit": "desist.models.fit",
    "FrequencyModel": "desist.models.frequency",
    "GivenWeights": "desist.design.weighting",
    "InputError": "desist.errors",
    "Laplace": "desist.inference.engines",
    "Measure": "desist.estimands",
    "Nuts": "desist.inference.engines",
    "Priors": "desist.models.priors",
    "PublishedMeasure": "desist.cohort.published",
    "PublishedStudy": "desist.cohort.published",
    "RadiusMatching": "desist.design.radius",
    "RateModel": "desist.models.rate",
    "RecordFlow": "desist.cohort.flow",
    "SurvivalModel": "desist.models.survival",
    "build_design": "desist.design.design",
    "estimate_effects": "desist.effects",
    "evaluate": "desist.evaluation.evaluate",
    "evaluate_published": "desist.evaluation.published",
    "fit_model": "desist.models.fit",
    "load_evaluation": "desist.evaluation.storage",
    "save_evaluation": "desist.evaluation.storage",
    "simulate_cohort": "desist.cohort.simulate",
    "write_report": "desist.report.document",
}

__all__ = [
    "CannotAnswerError",
    "Cohort",
    "Design",
    "DesistError",
    "DesistWarning",
    "Effect",
    "Estimand",
    "Evaluation",
    "Fit",
    "FrequencyModel",
    "GivenWeights",
    "InputError",
    "Laplace",
    "Measure",
    "Nuts",
    "Priors",
    "PublishedMeasure",
    "PublishedStudy",
    "RadiusMatching",
    "RateModel",
    "RecordFlow",
    "SurvivalModel",
    "__version__",
    "build_design",
    "datasets",
    "estimate_effects",
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
    if name == "datasets":
        return import_module("desist.datasets")
    raise AttributeError(f"module 'desist' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
