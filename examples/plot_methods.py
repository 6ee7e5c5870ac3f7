"""
One question, ten designs
=========================

Two real studies through every kind of design: a prison work programme that prisoners chose
(*recid*), and financial aid that was given by lot (*rossi*). The design is a choice, and this page
shows what it costs and what it changes: how alike the arms become, how many people the comparison
is still worth, who is dropped, whom the answer is about, and the answer.

A set of analyses is not a better estimate than one that was chosen beforehand, and the smallest of
ten p-values is not a p-value. Look at the spread, and at the designs that leave something poorly
matched.
"""

import matplotlib.pyplot as plt
import pandas as pd

import desist as ds
from desist.plots import common_support, covariate_densities

METHODS = {
    "radius, 0.05": ds.RadiusMatching(0.05),
    "radius, 0.2": ds.RadiusMatching(0.2),
    "nearest": ds.NearestMatching(),
    "nearest, with replacement": ds.NearestMatching(replacement=True),
    "optimal": ds.OptimalMatching(),
    "full": ds.FullMatching(),
    "subclasses": ds.Subclassification(),
    "inverse probability": ds.InverseProbability(),
    "overlap": ds.OverlapWeights(),
    "entropy balancing": ds.EntropyBalancing(),
}


def evaluate(cohort, formula):
    """Return one row a method: the design, and the difference in the rate per 100 people."""
    rows = []
    for name, method in METHODS.items():
        try:
            design = ds.build_design(cohort, formula, method=method)
        except (ds.CannotAnswerError, ds.InputError) as refusal:
            rows.append({"method": name, "estimand": str(refusal).splitlines()[-1].strip()[:60]})
            continue
        fit = ds.fit_model(ds.RateModel(covariates=None), cohort, design, seed=2017)
        effect = ds.estimate_effects(fit)[0]
        rows.append(
            {
                "method": name,
                "estimand": str(design.estimand),
                "dropped": design.n_treated_dropped,
                "effective size": round(design.effective_sample_size_comparison),
                "worst": design.balance.worst,
                "worst, SD": design.balance.worst_difference,
                "poorly matched": design.balance.n_out_of_tolerance,
                "difference": 100 * effect.estimate,
                "lower": 100 * effect.interval.lower,
                "upper": 100 * effect.interval.upper,
            }
        )
    return pd.DataFrame(rows)


# %%
# Those who chose
# ---------------
#
# Differences are in people per 100 who returned to prison within a year.

recid = evaluate(
    ds.datasets.recid_cohort(),
    "age + tserved + priors + rules + educ + black + alcohol + drugs + super + married + felon "
    "+ property + against_person",
)
print(recid.round(2).to_string(index=False, na_rep=""))

# %%
# Where the arms overlap, before and after radius matching:

cohort = ds.datasets.recid_cohort()
design = ds.build_design(
    cohort, "age + tserved + priors + rules + super", method=ds.RadiusMatching()
)
picture = common_support(design)

# %%
picture = covariate_densities(cohort, design, "age")

# %%
# Those who drew the lot
# ----------------------
#
# Where treatment was given by lot the design should change little, and does.

rossi = evaluate(ds.datasets.rossi_cohort(), "age + race + wexp + mar + paro + prio + educ")
print(rossi.round(2).to_string(index=False, na_rep=""))

# %%
# Side by side
# ------------
#
# Open circles: designs that leave at least one covariate poorly matched.

figure, panels = plt.subplots(1, 2, sharey=True, figsize=(9, 4.2), layout="constrained")
for axes, (name, table) in zip(panels, {"recid": recid, "rossi": rossi}.items(), strict=True):
    made = table.dropna(subset="difference")
    places = [list(METHODS).index(method) for method in made["method"]]
    axes.axvline(0, color="#333333", linewidth=1)
    axes.hlines(places, made["lower"], made["upper"], color="#1f6fb2")
    for matched, face in ((True, "#1f6fb2"), (False, "white")):
        rows = (made["poorly matched"] == 0) == matched
        axes.plot(
            made["difference"][rows],
            [place for place, row in zip(places, rows, strict=True) if row],
            "o",
            color="#1f6fb2",
            markerfacecolor=face,
        )
    axes.set_title(name)
    axes.set_xlabel("difference per 100 people")
panels[0].set_yticks(range(len(METHODS)), list(METHODS))
panels[0].invert_yaxis()
plt.show()
