"""Compare a design with one that MatchIt made."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).parents[2] / "reference" / "match"


def read_result(name):
    return json.loads((REFERENCE / "matchit_results.json").read_text())[name]


def read_units(name):
    return pd.read_csv(REFERENCE / f"{name}_units.csv")


def read_matches(name):
    table = pd.read_csv(REFERENCE / f"{name}_matches.csv").set_index("id")
    return {(person, match) for person, row in table.iterrows() for match in row.dropna()}


def share_weights(units):
    """MatchIt's weights, with those of the comparison people summing to the treated ones."""
    weights = units["weight"].to_numpy(dtype=float, copy=True)
    treated = units["treat"].to_numpy() == 1
    weights[~treated] *= weights[treated].sum() / weights[~treated].sum()
    return weights


def assert_same_counts(design, name):
    expected = read_result(name)
    assert design.n_treated == expected["n_treated_matched"]
    assert design.n_comparison == expected["n_control_matched"]
    np.testing.assert_allclose(
        [design.effective_sample_size_treated, design.effective_sample_size_comparison],
        [expected["ess_treated"], expected["ess_control"]],
        rtol=0,
        atol=1e-6,
    )


def assert_same_balance(design, name):
    """Means, standardised differences, variance ratios and KS, before and after, to 1e-6."""
    table = design.balance.table.set_index("covariate")
    table = table.rename(index={c: c.replace("[", "").replace("]", "") for c in table.index})
    for when, columns in {
        "summary_all": {
            "Std. Mean Diff.": "smd_before",
            "Var. Ratio": "variance_ratio_before",
            "eCDF Max": "ks_before",
        },
        "summary_matched": {
            "Means Treated": "mean_treated",
            "Means Control": "mean_comparison",
            "Std. Mean Diff.": "smd_after",
            "Var. Ratio": "variance_ratio",
            "eCDF Max": "ks",
        },
    }.items():
        expected = pd.DataFrame(read_result(name)[when]).set_index("variable")
        expected = expected.drop(index="distance", errors="ignore")
        assert sorted(expected.index) == sorted(table.index)
        for theirs, ours in columns.items():
            np.testing.assert_allclose(
                table.loc[expected.index, ours].to_numpy(dtype=float),
                expected[theirs].to_numpy(dtype=float),
                rtol=1e-9,
                atol=1e-6,
                err_msg=f"{when} {theirs}",
            )
