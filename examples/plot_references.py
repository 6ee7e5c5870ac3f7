"""
The same numbers as MatchIt, WeightIt and cobalt
================================================

Every method of design was run on the National Supported Work data as they come with MatchIt, and
its weights and balance held to those of R: MatchIt 4.7.2, WeightIt 1.4.0, cobalt 4.5.5. The table
has the largest difference in any weight or figure.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

root = Path.cwd() if (Path.cwd() / "docs").is_dir() else Path.cwd().parent
kept = json.loads((root / "docs" / "_data" / "design_reference.json").read_text(encoding="utf-8"))


def flatten(found, above=""):
    """Yield the path and the value of every number."""
    for name, value in found.items():
        path = f"{above}{name}"
        if isinstance(value, dict):
            yield from flatten(value, f"{path}, ")
        elif isinstance(value, int | float):
            yield path, float(value)


numbers = pd.Series(dict(flatten(kept)))
totals = numbers[numbers.index.str.startswith("total_distance")]
differences = numbers.drop(totals.index)

# %%
# Optimal and full matching minimise a total distance; ours is at or below that of optmatch, which
# stops at a tolerance.

print(totals.to_string())

# %%
# All other methods: largest absolute difference from the reference. Where it is above a millionth,
# the reference stops early (a probit score), leaves out a constant (energy) or uses a coarser grid
# (overlap).

print(differences.to_string())

# %%
shown = differences.clip(lower=1e-17).sort_values()
figure, axes = plt.subplots(figsize=(7, 0.16 * len(shown) + 1), layout="constrained")
axes.semilogx(shown, range(len(shown)), "o", color="#1f6fb2", markersize=3)
axes.axvline(1e-6, color="#333333", linewidth=1)
axes.set_yticks(range(len(shown)), shown.index, fontsize=6)
axes.set_xlabel("largest absolute difference (the line is a millionth)")
plt.show()

# %%
# At the scale of a police database
# ---------------------------------
#
# 9,000 participants, 20 covariates, seconds on two cores; memory in multiples of the covariate
# matrix. Sorting is numpy's argsort of the scores, which the radius step needs.

scale = json.loads((root / "docs" / "_data" / "scale.json").read_text(encoding="utf-8"))
rows = {
    f"{size['n_comparison']:,}": {
        f"{step}, {what}": found[key]
        for step, found in size["steps"].items()
        for what, key in (("s", "seconds"), ("memory", "peak_matrices"))
    }
    | {
        "radius step / sorting": size["radius_step_over_sort"],
        "build by radius / fit": size["build_radius_over_fit"],
    }
    for size in scale["sizes"]
}
print(pd.DataFrame(rows).to_string())
print("growth as a power of the number of people:", scale["exponents"])

# %%
# Made by ``python benchmarks/design_reference.py`` and
# ``python benchmarks/scale.py 10000 100000 1000000``.
