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
# 0.15 standard deviations from the truth, with the reason.

reasons = {
    (
        "frequency",
        False,
    ): "a handful who offend very often carry the mean, and the sample may hold "
    "none of them; evaluate warns where fewer than ten carry it",
    ("frequency", True): "the wider of what was seen and what the model expects, and wider still "
    "where few people carry it",
    ("days among reoffenders", False): "a dozen reoffenders say little of how days are spread",
    ("days among reoffenders", True): "the wider of what was seen and what the model expects",
}
default = table[table["method"] == "posterior"].copy()
outside = default[~default["coverage"].between(0.93, 0.97) | (default["bias_sd"].abs() > 0.15)]
for _, row in outside.iterrows():
    covers = abs(row["coverage"] - 0.95) - 0.02 > 2 * row["coverage_error"]
    leans = abs(row["bias_sd"]) - 0.15 > 2 * row["bias_sd_error"]
    reason = reasons.get((row["measure"], row["coverage"] > 0.95), "few people")
    print(
        f"{row['cell']}, {row['measure']}: coverage {row['coverage']:.3f} (error "
        f"{row['coverage_error']:.3f}), bias {row['bias_sd']:+.2f} (error "
        f"{row['bias_sd_error']:.2f}) standard deviations: "
        f"{reason if covers or leans else 'within two errors of the bounds'}"
    )

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
