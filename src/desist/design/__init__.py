"""Who is compared with whom, decided before any outcome is seen: weights, sets, balance."""

from desist.design.analyses import (
    Analysis,
    AnalysisDesign,
    AnalysisSet,
    build_analyses,
    restrict_comparison,
)
from desist.design.arose import Balanced, FromScores, FromSets, Given
from desist.design.balance.characteristics import describe_people, profile_dropped
from desist.design.balance.love import draw_love_plot
from desist.design.balance.similarity import (
    BalanceDistances,
    GroupBalance,
    density_table,
    measure_by_group,
    measure_distances,
    measure_overlap,
    measure_products,
    overlap_coefficient,
)
from desist.design.balance.table import Balance, measure_balance
from desist.design.catalogue import METHODS, make_method
from desist.design.design import Design, build_design, draw_designs
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.optimal import FullMatching, OptimalMatching
from desist.design.matching.radius import RadiusMatching, radius_weights
from desist.design.matching.strata import CoarsenedExactMatching, ExactMatching, Subclassification
from desist.design.missing import mark_missing
from desist.design.protocol import Material, Method, UsualAnswers, Weighting
from desist.design.reweighing import EachDraw, Reweighing
from desist.design.scores.models import GivenScore, GroupedScore, RegressionScore, ScoreModel
from desist.design.scores.propensity import PropensityScore, fit_score
from desist.design.scores.support import CommonSupport, describe_support
from desist.design.weighting.by_score import InverseProbability, MatchingWeights, OverlapWeights
from desist.design.weighting.entropy import EntropyBalancing
from desist.design.weighting.equations import WeightEquations
from desist.design.weighting.given import GivenWeights
from desist.design.weighting.tilting import BalancingScore, ProbabilityTilting
from desist.weights import effective_sample_size

__all__ = [
    "METHODS",
    "Analysis",
    "AnalysisDesign",
    "AnalysisSet",
    "Balance",
    "BalanceDistances",
    "Balanced",
    "BalancingScore",
    "CoarsenedExactMatching",
    "CommonSupport",
    "Design",
    "EachDraw",
    "EntropyBalancing",
    "ExactMatching",
    "FromScores",
    "FromSets",
    "FullMatching",
    "Given",
    "GivenScore",
    "GivenWeights",
    "GroupBalance",
    "GroupedScore",
    "InverseProbability",
    "MatchingWeights",
    "Material",
    "Method",
    "NearestMatching",
    "OptimalMatching",
    "OverlapWeights",
    "ProbabilityTilting",
    "PropensityScore",
    "RadiusMatching",
    "RegressionScore",
    "Reweighing",
    "ScoreModel",
    "Subclassification",
    "UsualAnswers",
    "WeightEquations",
    "Weighting",
    "build_analyses",
    "build_design",
    "density_table",
    "describe_people",
    "describe_support",
    "draw_designs",
    "draw_love_plot",
    "effective_sample_size",
    "fit_score",
    "make_method",
    "mark_missing",
    "measure_balance",
    "measure_by_group",
    "measure_distances",
    "measure_overlap",
    "measure_products",
    "overlap_coefficient",
    "profile_dropped",
    "radius_weights",
    "restrict_comparison",
]
