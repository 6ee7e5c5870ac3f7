"""Pictures: of an evaluation as a report may show it, and of the steps before for its makers.

The forests and the love plot withhold what the rules withhold. The others show people in curves and
densities: they are for whoever may see the people, not for a report. Each returns a matplotlib
Figure, which a notebook shows, and draws in the axes that it is given: a picture of several panels
divides their place.
"""

from desist.report.pictures.flow import record_flow
from desist.report.pictures.forest import forest
from desist.report.pictures.groups import effects_by_group
from desist.report.pictures.incidence import cumulative_incidence
from desist.report.pictures.influence import influence
from desist.report.pictures.love import love_plot
from desist.report.pictures.overlap import common_support, covariate_densities
from desist.report.pictures.posterior import posterior
from desist.report.pictures.predictive import predicted_and_observed
from desist.report.pictures.prior import prior_and_posterior
from desist.report.pictures.programmes import (
    densities_of_programmes,
    forest_of_programmes,
    funnel_of_programmes,
)
from desist.report.pictures.sensitivity import (
    hidden_bias,
    placebo_estimates,
    scenarios,
    specification_curve,
    tipping_points,
)
from desist.report.pictures.standing import heterogeneity_of_programmes, programme_among_others
from desist.report.pictures.survival import survival_curves

__all__ = [
    "common_support",
    "covariate_densities",
    "cumulative_incidence",
    "densities_of_programmes",
    "effects_by_group",
    "forest",
    "forest_of_programmes",
    "funnel_of_programmes",
    "heterogeneity_of_programmes",
    "hidden_bias",
    "influence",
    "love_plot",
    "placebo_estimates",
    "posterior",
    "predicted_and_observed",
    "prior_and_posterior",
    "programme_among_others",
    "record_flow",
    "scenarios",
    "specification_curve",
    "survival_curves",
    "tipping_points",
]
