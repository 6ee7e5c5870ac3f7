"""
Sooner, or a different thirteen?
================================

The report on Making Connections says that participants who reoffended did so after 75 days on
average, and comparison people after 143: "more quickly". But the 75 days are those of 13 people
whom the programme did not keep from reoffending. If it kept others from it, the two groups of
reoffenders are different people, and comparing their days compares who they are.
"""

import matplotlib.pyplot as plt

import desist as ds
from desist.effects import fit_process_published
from desist.sensitivity import AnyShape, ProcessShape, WeibullShape, bound_published_time

study = ds.datasets.making_connections()

# %%
# Suppose that the programme caused nobody to reoffend. Then everybody who reoffended with it would
# have done so without it, and the comparison group's reoffenders are these people and others, whom
# it would have kept from it. Those who would reoffend either way are a share of them; their mean
# lies between that of the fastest and that of the slowest such share.

bounds = {
    "no assumption of the days": bound_published_time(study, shape=AnyShape()),
    "Weibull, steady hazard": bound_published_time(study, shape=WeibullShape(k=1.0)),
    "as the rate and frequency imply": bound_published_time(study, shape=ProcessShape()),
}
for name, found in bounds.items():
    print(
        f"{name}: {found.lower:.0f} to {found.upper:.0f} days, "
        f"may be selection alone: {found.may_be_selection}"
    )

# %%
# The 75 days lie inside: a programme that keeps the slow ones from reoffending, and does nothing to
# anybody else, would give the printed difference.

figure, axes = plt.subplots(figsize=(7, 2.2), layout="constrained")
for place, found in enumerate(bounds.values()):
    axes.plot([found.lower, found.upper], [place, place], color="#1f6fb2", linewidth=3)
axes.axvline(75.0, color="#b23a1f", linewidth=1)
axes.set_yticks(range(len(bounds)), bounds)
axes.set_ylim(-0.6, len(bounds) - 0.4)
axes.set_xlabel("mean days of those who would reoffend either way (the line is what is printed)")

# %%
# The other way round: from the printed rate and frequency alone one process of offending says how
# many days to expect. It agrees with neither printed mean, so that something else than the amount
# of offending is in them.

process = fit_process_published(study, seed=2017)
process.table[["arm", "days_solved", "days_printed", "n_reoffenders"]].round(0)

# %%
# What may be said is a description, and a report says so: see :doc:`/method/time`.
