"""The data sets as tables, typed and otherwise as they were distributed."""

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import pandas as pd


def recid() -> pd.DataFrame:
    """Load the men released from North Carolina prisons in 1977 and 1978.

    Returns
    -------
    DataFrame
        1,445 rows. `workprg` is 1 for those who took part in a prison work programme;
        `durat` is the number of months to the return to prison, or to the end of
        follow-up where `cens` is 1. Times and ages are in whole months. The column
        `person` is 1 for a crime against a person; it identifies nobody.

    Examples
    --------
    >>> int(recid()["workprg"].sum())
    672
    """
    return _read("recid.csv")


def rossi() -> pd.DataFrame:
    """Load the prisoners released in Maryland who were given financial aid at random.

    Returns
    -------
    DataFrame
        432 rows. `fin` is "yes" for those given aid; `week` is the week of the first
        arrest, or 52 where `arrest` is 0.

    Examples
    --------
    >>> int(rossi()["arrest"].sum())
    114
    """
    weeks = [f"emp{week}" for week in range(1, 53)]
    frame = _read("rossi.csv", ["race"])
    mar = pd.CategoricalDtype(["not married", "married"])
    answer = pd.CategoricalDtype(["no", "yes"])
    answers: dict[str, Any] = dict.fromkeys(["fin", "wexp", "paro", *weeks], answer)
    return frame.astype(answers | {"mar": mar})


def lalonde() -> pd.DataFrame:
    """Load the National Supported Work data, as distributed with MatchIt.

    Returns
    -------
    DataFrame
        614 rows, of which 185 were treated. For designs only: the outcome `re78` is
        earnings.

    Examples
    --------
    >>> int(lalonde()["treat"].sum())
    185
    """
    return _read("lalonde.csv", ["race"])


def landenberger() -> pd.DataFrame:
    """Load the trials of cognitive behavioural programmes of Landenberger and Lipsey.

    Returns
    -------
    DataFrame
        58 rows. `n.cbt.rec`, `n.cbt.non`, `n.ctrl.rec` and `n.ctrl.non` are people who
        did and did not reoffend; the columns `cbt.*` are truth values.

    Examples
    --------
    >>> int(landenberger()["n.cbt.rec"].sum())
    3991
    """
    labels = ["pubtype", "country", "design", "program", "setting", "designprob", "group"]
    frame = _read("landenberger2005.csv", labels)
    elements = [name for name in frame.columns if name.startswith("cbt.")]
    return frame.assign(**{name: frame[name] == "yes" for name in elements})


def jdl_published() -> pd.DataFrame:
    """Load the results of the Justice Data Lab as they were published.

    Organisations publish their good results: every row with an interval is a significant
    reduction. Some rows overlap; `note` says which.

    Returns
    -------
    DataFrame
        52 rows, one an analysis; percentages, percentage points, offences per person and
        days; missing where not stated in the text that was read.

    Examples
    --------
    >>> int(jdl_published()["rate_diff_low_pp"].notna().sum())
    8
    """
    frame = _read("jdl_published.csv", ["analysis", "significant_rate"])
    counts = [name for name in frame.columns if name.startswith("n_")]
    return frame.astype(dict.fromkeys(counts, "Int64"))


def bcg() -> pd.DataFrame:
    """Load the trials of the BCG vaccine.

    Returns
    -------
    DataFrame
        13 rows: people with and without tuberculosis among the vaccinated (`tpos`,
        `tneg`) and the others (`cpos`, `cneg`).

    Examples
    --------
    >>> int(bcg()["tpos"].sum())
    1065
    """
    return _read("dat_bcg.csv", ["alloc"])


def _read(name: str, labels: Iterable[str] = ()) -> pd.DataFrame:
    with (files("desist.datasets") / "data" / name).open(encoding="utf-8") as file:
        frame = pd.read_csv(file)
    return frame.astype(dict.fromkeys(labels, "category"))
