"""
Every check, and how often each is wrong
========================================

The report on Making Connections says of its third result, which rests on 13 people, that "the
effects were verified using additional statistical tests". These are such tests, for every measure,
first on the figures that the report prints and then on people who were simulated to be like those
in it. The last table counts how often each test finds something where there is nothing.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import desist as ds
from desist.checks import judge_agreement
from desist.plots import forest

columns = ["measure", "method", "estimate", "lower", "upper", "p_value", "applicable", "agrees"]

# %%
# From the printed figures
# ------------------------
#
# The comparison records carry unequal weights, so that exact tests of their count are not
# applicable; the intervals use the least effective size that the report allows.

published = ds.evaluate_published(ds.datasets.making_connections(), seed=2017)
print(published.table[columns].round(3).to_string(index=False))

# %%
picture = forest(published, rules="2017")

# %%
# From people
# -----------
#
# 83 participants and 5,514 comparison people with a known effect; the design is radius matching.

simulated = ds.simulate_cohort(rng=2017, n_groups=0)
design = ds.build_design(
    simulated.cohort,
    "age + copas + I(ethnicity == 'black') + I(ethnicity == 'asian')",
    method=ds.RadiusMatching(),
)
people = ds.evaluate(simulated.cohort, design, seed=2017)
print(people.table[columns].round(3).to_string(index=False))

# %%
# Why a check does not apply is part of the answer:

for check in people.checks:
    if not check.applicable:
        print(f"{check.measure}, {check.check}: {check.reason}")

# %%
picture = forest(people)

# %%
# Do they agree?
# --------------
#
# One word a measure, and the sentence that explains it.

for effect in people.effects:
    verdict = judge_agreement(effect.measure, people.checks, effect.interval, scale=effect.scale)
    print(f"{effect.measure}: {verdict.word}. {verdict.sentence}")

# %%
# How often each is wrong
# -----------------------
#
# ``benchmarks/size.py`` makes data sets like the report's in which the programme does nothing, with
# equal comparison weights, with weights at both ends of what the report allows, and with an
# effective comparison size near 30. The share of p-values below 0.05 should be at most 0.06. The
# tests of pseudo-counts and raw counts at the foot are mistakes, shown as such.

root = Path.cwd() if (Path.cwd() / "docs").is_dir() else Path.cwd().parent
kept = json.loads((root / "docs" / "_data" / "size.json").read_text(encoding="utf-8"))
sizes = pd.DataFrame(
    [
        {"weights": name, "check": check, **found}
        for name, checks in kept["scenarios"].items()
        for check, found in checks.items()
    ]
)
table = sizes.pivot_table("size", "check", "weights", sort=False, dropna=False)
print(table.to_string(na_rep="not applicable"))

# %%
# The largest among the checks that are made, with its Monte Carlo error and in how many data sets
# it was applicable:

made = sizes[~sizes["check"].str.endswith("_illustration") & (sizes["n_applicable"] > 0)]
print(made.nlargest(5, "size").to_string(index=False))

# %%
# Made by

print("\n".join(kept["commands"]), "\nin", round(kept["seconds"]), "seconds")
plt.show()
