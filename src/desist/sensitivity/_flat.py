"""The usual model of a measure without groups, which a Laplace fit answers in a second."""

from desist.errors import CannotAnswerError
from desist.estimands import Measure
from desist.models.fit import Model
from desist.models.frequency import FrequencyModel
from desist.models.predictors import FROM_DESIGN
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel


def choose_model(measure: str, covariates: str | None = FROM_DESIGN) -> Model:
    """Return the model of a measure; groups are left out, and said to be in the pages."""
    if measure == Measure.RATE:
        return RateModel(covariates=covariates, groups=())
    if measure == Measure.FREQUENCY:
        return FrequencyModel(covariates=covariates, groups=())
    if measure in (Measure.RMST, Measure.HAZARD_RATIO, Measure.TIME_AMONG_REOFFENDERS):
        return SurvivalModel(covariates=covariates, groups=())
    raise CannotAnswerError(f"no model is known for {measure}")
