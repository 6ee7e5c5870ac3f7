"""Across programmes: what several studies say together."""

from desist.synthesis.counts_pooled import PooledCounts, pool_counts
from desist.synthesis.evidence import (
    CountsOverTime,
    EstimateWithError,
    EstimateWithInterval,
    PValue,
    Significance,
    TwoArmCounts,
    WholePercentages,
)
from desist.synthesis.likelihood import LikelihoodEstimate, maximise_likelihood
from desist.synthesis.mixture import Mixture
from desist.synthesis.moderation import ModeratedEffects, regress_effects
from desist.synthesis.passports import Passport, read_passport
from desist.synthesis.pooling import PooledEffects, leave_one_out, pool_effects
from desist.synthesis.priors import SynthesisPriors, Uniform
from desist.synthesis.rates import PooledRates, PoolingPriors, pool_rates
from desist.synthesis.reading import read_studies
from desist.synthesis.selection import StepSelection
from desist.synthesis.small_studies import (
    SmallStudyTest,
    TrimmedAndFilled,
    adjust_by_precision,
    check_funnel,
    trim_and_fill,
)
from desist.synthesis.spread import SpreadPosterior
from desist.synthesis.step_selection import SelectedEffects, adjust_for_selection
from desist.synthesis.studies import Study
from desist.synthesis.synthesis import Synthesis
from desist.synthesis.synthesise import synthesise

__all__ = [
    "CountsOverTime",
    "EstimateWithError",
    "EstimateWithInterval",
    "LikelihoodEstimate",
    "Mixture",
    "ModeratedEffects",
    "PValue",
    "Passport",
    "PooledCounts",
    "PooledEffects",
    "PooledRates",
    "PoolingPriors",
    "SelectedEffects",
    "Significance",
    "SmallStudyTest",
    "SpreadPosterior",
    "StepSelection",
    "Study",
    "Synthesis",
    "SynthesisPriors",
    "TrimmedAndFilled",
    "TwoArmCounts",
    "Uniform",
    "WholePercentages",
    "adjust_by_precision",
    "adjust_for_selection",
    "check_funnel",
    "leave_one_out",
    "maximise_likelihood",
    "pool_counts",
    "pool_effects",
    "pool_rates",
    "read_passport",
    "read_studies",
    "regress_effects",
    "synthesise",
    "trim_and_fill",
]
