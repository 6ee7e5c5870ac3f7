"""Posterior predictive checks: whether people drawn from a model look like those observed."""

from desist.models.predictive.check import check_predictions
from desist.models.predictive.process import check_one_process
from desist.models.predictive.record import PredictiveCheck

__all__ = ["PredictiveCheck", "check_one_process", "check_predictions"]
