"""What stands beside the default result, without what the rules withhold."""

from collections.abc import Collection, Container
from dataclasses import replace
from typing import Any

import pandas as pd

from desist.estimands import Measure
from desist.evaluation._one_process import OneProcess
from desist.evaluation.with_evidence import EvidenceResult
from desist.models.predictive.record import PredictiveCheck
from desist.report._digits import count_decimals, round_share, round_to

# Which measure a statistic of the check of one process tells of.
STATISTICS = {
    "rate": Measure.RATE,
    "frequency": Measure.FREQUENCY,
    "mean days among reoffenders": Measure.TIME_AMONG_REOFFENDERS,
}


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
