"""The written rule by which Yes and No become 1 and 0."""

import numpy as np
import pandas as pd

from desist.intake.table import Table

YES = frozenset({"yes", "y", "true", "t", "1", "1.0"})
NO = frozenset({"no", "n", "false", "f", "0", "0.0"})
RULE = "yes, y, true, t and 1 are 1; no, n, false, f and 0 are 0, in capitals or not"

# words for the two arms, which say who took part as yes and no do
TOOK_PART = frozenset({"programme", "program", "treatment", "treated", "intervention"})
DID_NOT = frozenset({"comparison", "control"})
RULE_OF_ARMS = (
    "programme, program, treatment, treated and intervention are 1; comparison and control are 0, "
    "in capitals or not"
)


def read_codes(table: Table, columns: tuple[str, ...], treatment: str | None = None) -> Table:
    """Turn words for yes and no, or for the arms, into 1 and 0 where a column holds no others."""
    frame, notes = table.frame.copy(), []
    for name in columns:
        if name not in frame.columns or not frame.columns.is_unique:
            continue
        codes, rule = _read_column(frame[name], YES, NO), RULE
        if codes is None and name == treatment:
            codes, rule = _read_column(frame[name], TOOK_PART, DID_NOT), RULE_OF_ARMS
        if codes is not None:
            frame[name] = codes
            notes.append(f"{name}: words read as 1 and 0 ({rule})")
    return table.change(frame, *notes)


def _read_column(cells: pd.Series, ones: frozenset[str], zeros: frozenset[str]) -> pd.Series | None:
    """Return the codes; None where they are numbers already, or where a cell is another word."""
    if cells.dtype.kind in "fiub" or pd.api.types.is_numeric_dtype(cells.dtype):
        return None
    words = cells.dropna().map(lambda cell: str(cell).strip().casefold())
    if not len(words) or not words.isin(ones | zeros).all():
        return None
    codes = np.full(len(cells), np.nan)  # by position: an index may have a label twice
    codes[cells.notna().to_numpy()] = words.isin(ones).to_numpy()
    return pd.Series(codes if np.isnan(codes).any() else codes.astype(np.int64), cells.index)
