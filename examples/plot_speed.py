"""
Two engines, one posterior, and how fast
========================================

The Laplace engine starts from the mode and corrects by importance; NUTS samples. They are two ways
to one posterior, and ``inference="auto"`` may take the quick one only where they agree. This page
draws two benchmarks that were kept: ``benchmarks/engines.py`` fits every model without groups to
five data sets with both engines; ``benchmarks/speed.py`` times the whole evaluation against the
same models as a statistician would write them in PyMC, row by row, and against bambi.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

root = Path.cwd() if (Path.cwd() / "docs").is_dir() else Path.cwd().parent
engines, speed = (
    json.loads((root / "docs" / "_data" / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("engines", "speed")
)

# %%
# Do the engines agree?
# ---------------------
#
# Every dot is one model on one data set: of all its parameters and effects the one whose means lie
# farthest apart, in posterior standard deviations (to the right), and the one whose standard
# deviations differ most (upwards). The box is what is asked, 0.05 and 5 %. Open dots would be fits
# for which ``auto`` refuses Laplace, because k-hat is 0.5 or more or no mode is found.

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for row in engines["results"]:
    axes.plot(
        row["mean_difference"],
        row["sd_ratio"],
        "o",
        color="#1f6fb2",
        markerfacecolor="#1f6fb2" if row["auto_takes_laplace"] else "none",
        alpha=0.7,
    )
axes.add_patch(plt.Rectangle((0, 0.95), 0.05, 0.1, fill=False, color="#333333"))
axes.set_xlabel("difference of the means, in standard deviations")
axes.set_ylabel("ratio of the standard deviations, Laplace over NUTS")
plt.show()

# %%
columns = ["model", "data", "khat", "auto_takes_laplace", "agrees", "mean_difference", "sd_ratio"]
print(pd.DataFrame(engines["results"])[columns].round(3).to_string(index=False))
print()
print("taken by auto and not in agreement:", engines["not_shown"] or "none")

# %%
# The difference of two frequencies is the exponential of parameters whose tails are heavy: its
# standard deviation cannot be measured by sampling, as two runs of NUTS differ by more than 5 %
# in it. There half the distance from the 16 % to the 84 % quantile stands in for it:

judged = [
    f"{row['model']} on {row['data']}: {', '.join(row['judged_by_quantiles'])}"
    for row in engines["results"]
    if row.get("judged_by_quantiles")
]
print("\n".join(judged) or "nowhere")

# %%
# How fast?
# ---------
#
# Seconds of whole processes, from start to result, on one machine in one run. "Empty" is a
# machine on which no model has been compiled before. Python's own bytecode is there, as it is
# after an installation: where ``PYTHONDONTWRITEBYTECODE`` forbids it, every process reads the
# source of all packages anew, and three to five seconds more go by before anything is computed.

seconds = {
    name: found["seconds"]
    for name, found in speed["results"].items()
    if name.split(",")[0] in {"desist", "pymc", "pymc_own", "bambi"}
}
figure, axes = plt.subplots(figsize=(7, 2.6), layout="constrained")
axes.barh(list(seconds), list(seconds.values()), color="#1f6fb2")
axes.set_xscale("log")
axes.set_xlabel("seconds")
axes.invert_yaxis()
for place, value in enumerate(seconds.values()):
    axes.text(value, place, f" {value:.1f}", va="center")
axes.set_xlim(1, 2 * np.max(list(seconds.values())))
plt.show()

# %%
# How many times faster ``desist`` was:

for what, ratio in speed["times_faster"].items():
    print(f"{ratio:>8}  {what}")

# %%
# What bambi could not fit, with its own words, and the memory of each process at its peak:

for what, words in speed["results"]["bambi, warm"]["cannot"].items():
    print(f"{what}: {words}")
for name, found in speed["results"].items():
    print(f"{found['peak_mib']:>6} MiB  {name}")

# %%
# Made by ``python benchmarks/engines.py`` and ``uv run --with bambi python benchmarks/speed.py``
# on

for kept in (engines, speed):
    print(kept["machine"], "Python", kept["python"], "in", round(kept["seconds"]), "seconds")
