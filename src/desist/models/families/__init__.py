"""Families of distributions, one file each: of times to a reoffence, and of counts of offences."""

from collections.abc import Mapping

from desist.models.families.cure import MixtureCure
from desist.models.families.exponential import Exponential
from desist.models.families.flexible import Flexible
from desist.models.families.hurdle import Hurdle
from desist.models.families.log_logistic import LogLogistic
from desist.models.families.log_normal import LogNormal
from desist.models.families.negative_binomial import NegativeBinomial
from desist.models.families.pieces import Pieces
from desist.models.families.poisson import Poisson
from desist.models.families.protocol import (
    FrequencyFamily,
    SettlingFamily,
    SurvivalFamily,
    WithCured,
    read_family,
)
from desist.models.families.weibull import Weibull
from desist.models.families.zero_inflated import ZeroInflated

__all__ = [
    "FREQUENCY_FAMILIES",
    "SETTLING_FAMILIES",
    "SURVIVAL_FAMILIES",
    "Exponential",
    "Flexible",
    "FrequencyFamily",
    "Hurdle",
    "LogLogistic",
    "LogNormal",
    "MixtureCure",
    "NegativeBinomial",
    "Pieces",
    "Poisson",
    "SettlingFamily",
    "SurvivalFamily",
    "Weibull",
    "WithCured",
    "ZeroInflated",
    "read_family",
]

# a word stands for the record with its defaults; a family of one's own is given as a record
SURVIVAL_FAMILIES: Mapping[str, type[SurvivalFamily]] = {
    family.name: family
    for family in (Weibull, Exponential, LogNormal, LogLogistic, Pieces, MixtureCure)
}
SETTLING_FAMILIES: Mapping[str, type[SettlingFamily]] = {Flexible.name: Flexible}
FREQUENCY_FAMILIES: Mapping[str, type[FrequencyFamily]] = {
    family.name: family for family in (NegativeBinomial, ZeroInflated, Hurdle, Poisson)
}
