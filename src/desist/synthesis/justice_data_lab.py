"""The published results of the Justice Data Lab as reports for a synthesis, by a written rule."""

from typing import Any

import pandas as pd

from desist.arguments import find_choice_faults
from desist.errors import raise_faults
from desist.synthesis.overlaps import Independent, drop_overlaps

SUBJECT = "published results"
FORMS = ("estimates", "partial")
# Reports about the same people, in part or whole, by what the notes beside them say: all
# analyses of a programme that extend or divide one cohort are one.
SAME_PEOPLE = {
    "Making Connections": "Making Connections mentoring",
    "Prisoners' Education Trust": "Prisoners' Education Trust",
    "Open University": "Prisoners' Education Trust",  # paid for by the trust
    "Langley House": "Langley House",
    "Clink": "Clink",
    "City & Guilds": "City & Guilds",
    "HMPPS CFO": "HMPPS CFO",
    "Thinking Skills": "Thinking Skills",
    "Women's Substance": "Women's Substance Dependence",
}
TWO_YEARS = "TWO-YEAR"
HIGHER = "HIGHER rate"
SIZES = (30.0, 3000.0)  # participants, where the number is not told: the range of those that are
RATE = 0.3  # of the comparison, where it is not told: near the middle of those that are


def list_published(table: pd.DataFrame, *, form: str = "partial") -> Independent:
    """Turn the published results into a table for `synthesise`, one row for the same people.

    The rule: results over two years are left out. Of analyses about the same people, in part or
    whole, the complex one comes before the standard, then one whose rate difference has an
    interval, then one with both rates, then the one of most participants, then the latest. Rates
    in whole points have all counts that round to them; where the number of participants is not
    told, it is taken as between 30 and 3,000; a comparison group whose size is not told is taken
    as so large that its rate is known; where no rate is told, 30% of the comparison reoffend.
    Effects are risk differences.

    Parameters
    ----------
    table : DataFrame
        As `desist.datasets.jdl_published` gives it.
    form : {"estimates", "partial"}
        Only results with an interval or with rates and a number of participants, or every result
        that says anything.

    Returns
    -------
    Independent
        `kept` is for ``synthesise(..., scale="risk_difference")``; `left_out` says why.

    Raises
    ------
    InputError
        If the form is not known.

    Examples
    --------
    >>> from desist.datasets import jdl_published
    >>> len(list_published(jdl_published(), form="estimates").kept)
    10
    """
    raise_faults(SUBJECT, find_choice_faults("form", form, FORMS))
    rows = table.assign(
        study=table["programme"].where(
            ~table["programme"].duplicated(keep=False),
            table["programme"] + " (" + table["analysis"].astype(str) + ")",
        ),
        people=table["programme"].map(_name_people),
        complex=(table["analysis"] == "complex").astype(int),
        interval=table["rate_diff_low_pp"].notna().astype(int),
        rates=table[["rate_treatment_pct", "rate_comparison_pct"]].notna().all(axis=1).astype(int),
    )
    one_year = rows[~rows["note"].str.contains(TWO_YEARS)]
    records: list[Any] = one_year.to_dict("records")
    reports = pd.DataFrame([_report(row) for row in records])
    tells = reports["form"].isin(("estimates",) if form == "estimates" else FORMS)
    prefer = ["complex", "interval", "rates", "n_treatment", "published"]
    known = one_year.drop(columns="n_comparison").reset_index(drop=True)
    both = pd.concat([known, reports], axis=1)[tells]
    chosen = drop_overlaps(both, people="people", prefer=prefer)
    columns = [name for name in reports.columns if name != "form"]
    kept = chosen.kept[["study", *columns]].dropna(axis=1, how="all")
    silent = one_year.reset_index(drop=True)[~tells].assign(
        because="it does not say what this form needs", instead=""
    )
    longer = rows[rows["note"].str.contains(TWO_YEARS)].assign(
        because="followed for two years", instead=""
    )
    shown = ["study", "because", "instead"]
    left_out = pd.concat([chosen.left_out[shown], silent[shown], longer[shown]], ignore_index=True)
    return Independent(kept, left_out)


def _name_people(programme: str) -> str | None:
    return next((name for part, name in SAME_PEOPLE.items() if part in programme), None)


def _report(row: dict[str, Any]) -> dict[str, Any]:
    """Turn one result into the columns of the richest form that it fills."""
    if not pd.isna(row["rate_diff_low_pp"]):
        low, high = (float(row[f"rate_diff_{end}_pp"]) / 100 for end in ("low", "high"))
        return {"form": "estimates", "lower": low, "upper": high}
    known = not pd.isna(row["n_treatment"])
    size = (
        {"n_treated": float(row["n_treatment"])}
        if known
        else {"n_treated_low": SIZES[0], "n_treated_high": SIZES[1]}
    )
    rest = size | {"n_comparison": "large"}
    said = str(row["significant_rate"])
    if row["rates"]:
        return {
            "form": "estimates" if known else "partial",
            "treated_percentage": row["rate_treatment_pct"],
            "comparison_percentage": row["rate_comparison_pct"],
            "significant": said if said in ("yes", "no") and not known else None,
        } | rest
    if said not in ("yes", "no"):
        return {"form": "nothing"}
    found = "none" if said == "no" else "reduction"
    found = "increase" if HIGHER in str(row["note"]) else found
    rate = row["rate_comparison_pct"]
    stated = RATE if pd.isna(rate) else float(rate) / 100
    return {"form": "partial", "found": found, "comparison_rate": stated} | rest
