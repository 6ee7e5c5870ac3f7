"""
Is the posterior that of the model it names?
============================================

Simulation-based calibration: parameters are drawn from the priors, data from the likelihood
(written in NumPy, apart from the package), the model is fitted, and the rank of the true value
among the posterior draws is noted. Over many simulations the ranks are uniform if likelihood,
engine and predictions are right (Talts et al. 2018). Weighted fits are not for this: a likelihood
raised to weights generates no data; they are held to :ref:`coverage
<sphx_glr_gallery_plot_coverage.py>` instead.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

root = Path.cwd() if (Path.cwd() / "docs").is_dir() else Path.cwd().parent
kept = json.loads((root / "docs" / "_data" / "calibration_ranks.json").read_text(encoding="utf-8"))
table = pd.DataFrame(kept["results"])
models = list(dict.fromkeys(table["model"]))

# %%
# Every line is the cumulative share of ranks of one parameter or effect less that of the uniform
# distribution; the grey band holds 95 % of such lines at each place.

n_rows = -(-len(models) // 4)
figure, panels = plt.subplots(
    n_rows, 4, sharey=True, figsize=(10, 2.4 * n_rows), layout="constrained", squeeze=False
)
for axes in panels.flat[len(models) :]:
    axes.set_axis_off()
for axes, model in zip(panels.flat, models, strict=False):
    for _, row in table[table["model"] == model].iterrows():
        counts = np.array(row["counts"])
        place = (1 + np.arange(len(counts))) / len(counts)
        axes.plot(place, counts.cumsum() / counts.sum() - place, linewidth=1)
    band = 1.96 * np.sqrt(place * (1 - place) / counts.sum())
    axes.fill_between(place, -band, band, color="#dde3ea", zorder=0)
    axes.set_title(model, fontsize=10)
    axes.set_xlabel("rank")
figure.supylabel("difference from uniform", fontsize=10)
plt.show()

# %%
print(table.drop(columns="counts").to_string(index=False))
print()
print(
    f"{kept['n_tests']} tests of uniformity: smallest p {kept['smallest_p']}, "
    f"{kept['smallest_p_bonferroni']} after Bonferroni"
)

# %%
# Made by ``python benchmarks/calibration_ranks.py --simulations 300``, and 80 for the piecewise and
# the mixture cure model and for severity, on

print(
    kept["machine"],
    "in",
    round(kept["seconds"]),
    "seconds, load at the start",
    kept["load_at_start"],
)
