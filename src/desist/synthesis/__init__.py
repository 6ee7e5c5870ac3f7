"""Across programmes: what several studies say together."""

from desist.synthesis.evidence import (
    CountsOverTime,
    EstimateWithError,
    EstimateWithInterval,
    PValue,
    Significance,
    TwoArmCounts,
    WholePercentages,
)
from desist.synthesis.mixture import Mixture
from desist.synthesis.passports import Passport, read_passport
from desist.synthesis.pooling import PooledEffects, leave_one_out, pool_effects
from desist.synthesis.priors import SynthesisPriors, Uniform
from desist.synthesis.rates import PooledRates, PoolingPriors, pool_rates
from desist.synthesis.reading import read_studies
from desist.synthesis.selection import StepSelection
from desist.synthesis.spread import SpreadPosterior
from desist.synthesis.studies import Study
from desist.synthesis.synthesis import Synthesis
from desist.synthesis.synthesise import synthesise

__all__ = [
    "CountsOverTime",
    "EstimateWithError",
    "EstimateWithInterval",
    "Mixture",
    "PValue",
    "Passport",
    "PooledEffects",
    "PooledRates",
    "PoolingPriors",
    "Significance",
    "SpreadPosterior",
    "StepSelection",
    "Study",
    "Synthesis",
    "SynthesisPriors",
    "TwoArmCounts",
    "Uniform",
    "WholePercentages",
    "leave_one_out",
    "pool_effects",
    "pool_rates",
    "read_passport",
    "read_studies",
    "synthesise",
]
