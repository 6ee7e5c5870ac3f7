"""
What have other programmes done?
================================

Fifty-eight trials of cognitive behavioural programmes (Landenberger and Lipsey 2005), pooled with
exact likelihoods of their counts: what they say on average, what a new programme may do, and how
that becomes a prior for its evaluation.
"""

import numpy as np
import pandas as pd

import desist as ds
from desist.plots import (
    densities_of_programmes,
    forest_of_programmes,
    funnel_of_programmes,
    heterogeneity_of_programmes,
    programme_among_others,
)
from desist.synthesis import find_influence, predict_conclusions, synthesise

trials = ds.datasets.landenberger()
table = pd.DataFrame(
    {
        "study": [f"{name} {row + 1}" for row, name in enumerate(trials["study"])],
        "treated_events": trials["n.cbt.rec"],
        "n_treated": trials["n.cbt.rec"] + trials["n.cbt.non"],
        "comparison_events": trials["n.ctrl.rec"],
        "n_comparison": trials["n.ctrl.rec"] + trials["n.ctrl.non"],
    }
)
found = synthesise(table)
print(found)

# %%
# Each programme as reported (grey) and drawn towards the others (blue), the more the less is
# known of it alone:

figure = forest_of_programmes(found)

# %%
# Programmes differ: the mean is known far better than what a new one will do.

figure = densities_of_programmes(found)
print(f"The next one reduces reoffending with probability {found.probability_of_benefit():.2f}")

# %%
# By how much do they differ? Far more is known of it than the prior says (dashed):

figure = heterogeneity_of_programmes(found)

# %%
# Where does one of them stand? A small trial with a large effect says less than it seems to:

print(found.stand("Ross (1988) 8"))
figure = programme_among_others(found, "Ross (1988) 8")

# %%
# Does the funnel lean? Estimates that are missing where they would not be significant point to
# selective publication.

figure = funnel_of_programmes(found)

# %%
# Which trial moves the answer, and does one not belong with the others? By their estimates:

estimates = table[["study"]].assign(
    estimate=found.table["estimate"].to_numpy(),
    standard_error=found.table["standard_error"].to_numpy(),
)
influence = find_influence(synthesise(estimates.dropna()))
influence.reindex(influence["shift"].abs().sort_values(ascending=False).index)[
    ["mean", "tau", "shift", "surprise", "stands_out"]
].head().round(3)

# %%
# What they say becomes a prior for an evaluation of 40 people so far, with the same comparison rate
# as in the Justice Data Lab's report. How likely are more participants to end inconclusive?

prior = found.prior()
print(prior)
so_far = {"n_treated": 40, "estimate": -0.4, "comparison_rate": 0.278}
error = float(np.sqrt(1 / 40 / (0.278 * (1 - 0.278))))
predict_conclusions(prior, standard_error=error, **so_far).round(2)
