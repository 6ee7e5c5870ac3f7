"""
How often the intervals cover
=============================

An interval is a claim, and a claim can be counted. ``benchmarks/coverage.py`` simulates studies
whose effects are known, makes a design, fits every model, and judges every method by the same
studies. This page draws the counts that were kept; the command and the machine stand at its end.

A cell is a kind of study, told by how its outcomes arise:

- *one frailty*: offences at personal gamma rates and one ratio for everybody, as the models assume;
- *more for high risk*, *more for low risk*, *harm for high risk*: effects that differ by person;
- *hump*, *falling*, *early effect*, *late effect*, *crossing*: the hazard over the year;
- *wrong form*: bends and products that the outcome models lack, with weights that are right;
- *wrong weights*: participation bends and the score does not, with outcome models that are right;
- *rate of 5, size 40*: 40 against 40 people of whom one in twenty reoffends;
- *thirteen reoffenders*, *effective size 30*, *like the report*: few people in one way or another;
- *ipw ate*: inverse probability weights for everybody, of whom 1.5 % took part;
- *prisons n of 12*: the programme in so many of twelve prisons, and a hierarchical model;
- *censored*: half of the people are followed for between half a year and a year.

In cells called *null* the programme does nothing, or nothing on average.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

root = Path.cwd() if (Path.cwd() / "docs").is_dir() else Path.cwd().parent
kept = json.loads((root / "docs" / "_data" / "coverage.json").read_text(encoding="utf-8"))
table = pd.DataFrame(kept["results"])
names = {
    "rate": "rate",
    "frequency": "frequency",
    "rmst": "restricted mean",
    "time_among_reoffenders": "days among reoffenders",
    "hazard_ratio": "hazard ratio (log)",
}
table["measure"] = table["measure"].map(names)
null = {cell.replace("_", " ") for cell in kept["null"]}
table["cell"] = table["cell"].str.replace("_", " ")
shown = [name for name in names.values() if name in set(table["measure"])]

# %%
# The default beside the others
# -----------------------------
#
# The bars are two Monte Carlo errors, long where few studies were made; the band is 0.93 to 0.97.

styles = {
    "posterior": ("o", "#1f6fb2"),
    "model alone": ("s", "#9aa5b1"),
    "weights alone, HC3": ("^", "#c05a1c"),
}
cells = list(dict.fromkeys(table["cell"]))
figure, panels = plt.subplots(
    1, len(shown), sharey=True, figsize=(11, 0.5 * len(cells) + 1.6), layout="constrained"
)
for axes, measure in zip(panels, shown, strict=True):
    axes.axvspan(0.93, 0.97, color="#e8eef4")
    axes.axvline(0.95, color="#333333", linewidth=1)
    for offset, (method, (marker, colour)) in zip((-0.2, 0, 0.2), styles.items(), strict=True):
        rows = table[(table["measure"] == measure) & (table["method"] == method)]
        axes.errorbar(
            rows["coverage"],
            [cells.index(cell) + offset for cell in rows["cell"]],
            xerr=2 * rows["coverage_error"],
            fmt=marker,
            color=colour,
            markersize=4,
            linewidth=1,
            label=method,
        )
    axes.set_title(measure, fontsize=10)
    axes.set_xlim(0.7, 1.01)
panels[0].set_yticks(range(len(cells)), cells)
panels[0].invert_yaxis()
figure.supxlabel("coverage of 95 % intervals")
handles, labels = panels[0].get_legend_handles_labels()
figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
plt.show()

# %%
# Where the default leaves its bounds
# -----------------------------------
#
# Every default interval that covers less than 0.93 or more than 0.97, or whose centre is more than
# 0.15 standard deviations from the truth, by more than two Monte Carlo errors, with the reason. The
# lists after it are of those that are outside, but by no more than that.

too_seldom = {
    "frequency": "a handful who offend very often carry the mean and most samples hold too few of "
    "them; evaluate warns where fewer than ten carry it",
    "rate": "effective sizes of weights know nothing of the score that was fitted",
    "restricted mean": "a dozen reoffenders say little of how days are spread",
    "days among reoffenders": "a dozen reoffenders say little of how days are spread",
    "hazard ratio (log)": "as the rate, of which it is a function",
}
too_often = {
    "frequency": "the widest of three variances, so that it covers where there is a tail",
    "rate": "few reoffenders: a share of so few people takes few values",
    "restricted mean": "the wider of what was seen and what the model expects",
    "days among reoffenders": "the wider of what was seen and what the model expects of the few "
    "who reoffend",
    "hazard ratio (log)": "what a model that is wrong in form leaves unexplained counts as chance, "
    "though the people are given",
}
centre = {
    "hazard ratio (log)": "the logarithm of a ratio of small shares leans; the differences do not",
    "days among reoffenders": "few reoffenders, and a share of the horizon leans towards its half",
}
IN_PRISONS = "twelve prisons say little of how much prisons differ, and the prior allows for much"
WHEN_LOST = "the chance of being followed to the end is estimated and counts as known: too wide"


def explain(row):
    """Return why a default interval is outside its bounds."""
    if row["cell"].startswith("prisons"):
        return IN_PRISONS
    if row["cell"].startswith("censored"):
        return WHEN_LOST
    if abs(row["bias_sd"]) - 0.15 > 2 * row["bias_sd_error"]:
        return centre.get(row["measure"], "few people")
    return (too_often if row["coverage"] > 0.95 else too_seldom)[row["measure"]]


default = table[table["method"] == "posterior"].copy()
default["covers"] = (default["coverage"] - 0.95).abs() - 0.02
default["leans"] = default["bias_sd"].abs() - 0.15
outside = default[(default["covers"] > 1e-9) | (default["leans"] > 0)]
surely = (outside["covers"] > 2 * outside["coverage_error"]) | (
    outside["leans"] > 2 * outside["bias_sd_error"]
)
for _, row in outside[surely].iterrows():
    print(
        f"{row['cell']}, {row['measure']}: coverage {row['coverage']:.3f} (error "
        f"{row['coverage_error']:.3f}), bias {row['bias_sd']:+.2f} (error "
        f"{row['bias_sd_error']:.2f}) standard deviations: {explain(row)}"
    )

# %%
# By no more than two errors:

for measure, rows in outside[~surely].groupby("measure", sort=False):
    told = (
        f"{row['cell']} ({row['coverage']:.3f}, {row['bias_sd']:+.2f})"
        for _, row in rows.iterrows()
    )
    print(f"{measure}: {'; '.join(told)}")
inside = len(default) - len(outside)
print(inside, "of", len(default), "are inside,", int(surely.sum()), "outside beyond two errors")

# %%
# All kinds together
# ------------------
#
# The share of all studies without prisons whose intervals hold the effect, lie above it, or below
# it.

flat = table[~table["cell"].str.startswith("prisons")]
shares = ["coverage", "too_high", "too_low"]
counted = flat[shares].mul(flat["replicates"], axis=0).assign(studies=flat["replicates"])
together = counted.groupby([flat["measure"], flat["method"]], sort=False).sum()
together[shares] = together[shares].div(together["studies"], axis=0)
print(together.loc[shown].round(3).to_string())

# %%
# The interval score
# ------------------
#
# Width, and forty times the distance by which the truth is missed (Gneiting and Raftery 2007): the
# smaller the better. Of each method relative to the default, averaged over the cells of a measure.

score = table.merge(
    default[["cell", "measure", "interval_score"]],
    on=["cell", "measure"],
    suffixes=("", "_default"),
)
score["relative"] = score["interval_score"] / score["interval_score_default"]
print(score.pivot_table("relative", "method", "measure", sort=False).round(3).to_string(na_rep=""))

# %%
# Of the others, those that keep both bounds in a cell may be better there by chance as well. Where
# the best of them has a score more than 5 % smaller than that of the default:

kept_bounds = ((score["coverage"] - 0.95).abs() <= 0.02 + 1e-9) & (score["bias_sd"].abs() <= 0.15)
rivals = score[kept_bounds & (score["method"] != "posterior")].sort_values("relative")
best = rivals.groupby(["cell", "measure"], sort=False).first()
better = best[best["relative"] < 0.95]
print(better[["method", "relative", "coverage", "replicates"]].round(3).to_string())
print(len(better), "of", len(default), "cells and measures")

# %%
# What is found where there is nothing to find
# --------------------------------------------
#
# The share of intervals that lie above the truth, and below it, where the programme does nothing.

nothing = default[default["cell"].isin(null)]
columns = ["cell", "measure", "replicates", "too_high", "too_low"]
print(nothing[columns].round(3).to_string(index=False))

# %%
# Every method in every cell
# --------------------------
#
# "CausalPy" draws the scores and holds the outcomes fixed, which leaves out nearly all that is not
# known. "One step" is the corrected posterior of Yiu et al. (2023) with Dirichlet weights.

columns = ["cell", "measure", "method", "replicates", "bias_sd", "coverage", "coverage_error"]
columns += ["width", "interval_score", "too_high", "too_low"]
print(table[columns].round(3).to_string(index=False))

# %%
# Made by ``python benchmarks/coverage.py --cells all --store coverage.sqlite``, which goes on where
# it was stopped; refusals of the package are counted and not hidden:

print(kept["machine"], "Python", kept["python"], "desist", kept["version"])
for refusal, count in kept["refused"].items():
    print(count, refusal)
