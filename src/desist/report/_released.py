"""What stands beside the default result, without what the rules withhold."""

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from desist.effects.correction import Correction
from desist.effects.effect import Effect
from desist.estimands import Measure
from desist.evaluation._one_process import OneProcess
from desist.evaluation.with_evidence import EvidenceResult
from desist.models.predictive.record import PredictiveCheck
from desist.privacy import FEWEST_SHARING
from desist.report._digits import count_decimals, round_share, round_to
from desist.report.words._wording import WORDINGS

# Which measure a statistic of the check of one process tells of.
STATISTICS = {
    "rate": Measure.RATE,
    "frequency": Measure.FREQUENCY,
    "mean days among reoffenders": Measure.TIME_AMONG_REOFFENDERS,
}


def cut_effects(effects: Iterable[Effect], withheld: Container[Measure]) -> tuple[Effect, ...]:
    """Return the effects that are printed, without what would tell of few people."""
    return tuple(
        replace(one, correction=_cut_correction(one.correction))
        for one in effects
        if one.measure not in withheld
    )


def say_what_is_cut(reasons: Mapping[Measure, str], rules: str) -> tuple[str, ...]:
    """Say what a stored record lacks, so that nobody takes it for the whole; nothing if it is."""
    if not reasons:
        return ()
    names = ", ".join(WORDINGS[measure].title for measure in reasons)
    return (
        f"This record was cut by rule set {rules}: it has no draws and no figures of what that "
        f"withholds ({names}). The whole is what the analyst's own save_evaluation wrote.",
    )


def _cut_correction(correction: Correction | None) -> Correction | None:
    """Take out effective numbers of people under ten, which the table does not print either."""
    if correction is None:
        return None
    hidden: dict[str, Any] = {}
    for together in (("sizes", "kish"), ("freedom",)):
        pairs = [getattr(correction, name) or () for name in together]
        if any(number < FEWEST_SHARING for pair in pairs for number in pair):
            hidden |= dict.fromkeys(together)
    return replace(correction, **hidden)


def disclose_evidence(
    result: EvidenceResult | None, withheld: Container[Measure]
) -> EvidenceResult | None:
    """Return the result with other programmes, unless its measure is withheld."""
    return None if result is None or result.measure in withheld else round_evidence(result)


def round_evidence(result: EvidenceResult) -> EvidenceResult:
    """Round the figures of a result with other programmes."""
    decimals = count_decimals(result.measure)
    figures: dict[str, Any] = {
        name: round_to(getattr(result, name), decimals) for name in ("estimate", "lower", "upper")
    }
    figures |= {
        name: round_share(getattr(result, name))
        for name in ("probability_of_benefit", "conflict", "vague")
    }
    figures |= {name: round_to(getattr(result, name), 0) for name in ("draws", "worth")}
    return replace(result, **figures)


def disclose_process(process: OneProcess | None, printed: Collection[Measure]) -> OneProcess | None:
    """Return one process with the measures that are printed alone, or none."""
    if process is None:
        return None
    check = _keep_rows(process.check, printed)
    # a check that fails on what is withheld would seem to succeed
    if not printed or len(check.unexplained) < len(process.check.unexplained):
        return None
    effects = tuple(effect for effect in process.effects if effect.measure in printed)
    return OneProcess(effects, check)


def _keep_rows(check: PredictiveCheck, printed: Collection[Measure]) -> PredictiveCheck:
    """Keep the statistics of printed measures, with the digits that these are printed with."""
    tables = (check.table, check.contrasts)
    table, contrasts = (_round_rows(one, printed) for one in tables)
    return replace(check, table=table, contrasts=contrasts)


def _round_rows(table: pd.DataFrame, printed: Collection[Measure]) -> pd.DataFrame:
    kept = table[[STATISTICS.get(name) in printed for name in table["statistic"]]].copy()
    for name in ("observed", "predicted", "lower", "upper"):
        kept[name] = [
            round_to(value, count_decimals(STATISTICS[statistic]))
            for value, statistic in zip(kept[name], kept["statistic"], strict=True)
        ]
    return kept.reset_index(drop=True)
