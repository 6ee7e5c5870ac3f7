"""
Did the programme reduce reoffending?
=====================================

Between July 1977 and June 1978, 1,445 men were released from prisons in North Carolina; 672 of
them had taken part in a work programme. Who took part was not left to chance. Did fewer of them
come back within a year?

The steps are those of every evaluation: cohort, design, evaluation, report. The outcomes are not
looked at before the third.
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import desist as ds
from desist.checks import kaplan_meier
from desist.cohort.outcomes import read_outcomes
from desist.effects import estimate_survival
from desist.plots import forest, love_plot, survival_curves
from desist.report import RULE_SETS, make_statements

pd.set_option("display.max_colwidth", None)
cohort = ds.datasets.recid_cohort()
print(cohort)

# %%
# A cohort is a table with one row per person in which the role of each column is named. It was
# checked when it was made; all faults of a table are reported together. With a table of your own
# it is ``ds.Cohort(people, treatment="programme", reoffended="reoffended", days="days")``.
#
# Design
# ------
#
# Who is compared with whom is decided by covariates alone. Here: every comparison person whose
# propensity score lies within a caliper of a participant's, each participant's matches sharing
# weight 1.

formula = (
    "age + tserved + priors + rules + educ + black + alcohol + drugs + super + married + felon "
    "+ property + against_person"
)
design = ds.build_design(cohort, formula, method=ds.RadiusMatching(caliper=0.05))
print(design)

# %%
# Raw numbers of people stand beside effective ones: comparison people who are alike to many
# participants carry much weight, others hardly any, so 750 of them are worth about 400. Some
# participants have nobody alike; they are dropped, and the estimand becomes the effect on the
# matched participants.
#
# Scores of the two arms, before any weighting. Matching needs overlap, and here there is plenty.

scores = Figure(figsize=(7, 2.8), layout="constrained")
ax = scores.subplots()
bins = np.linspace(0, 1, 31)
for arm, name in ((design.treated, "participants"), (~design.treated, "comparison people")):
    ax.hist(design.scores.scores[arm], bins, histtype="step", lw=1.8, density=True, label=name)
ax.set_xlabel("propensity score")
ax.set_yticks([])
legend = ax.legend(frameon=False)

# %%
# Balance: the difference of each covariate's means in standard deviations of the participants
# before weighting, the same unit before and after. Up to 5% is well matched, up to 10% reasonably.

design.balance.table[["covariate", "smd_before", "smd_after", "variance_ratio", "word"]].round(3)

# %%
# Evaluation
# ----------
#
# Now the outcomes are read. Every measure that the cohort can answer is estimated, with checks
# beside it; reoffences were not counted in these data, and the evaluation says so.

evaluation = ds.evaluate(cohort, design, seed=2017, title="Prison work programme")
print(evaluation)

# %%
# The love plot, as a report shows it:

balance = love_plot(evaluation)

# %%
# Posterior and checks, side by side:

columns = ["measure", "method", "estimate", "lower", "upper", "p_value", "agrees"]
evaluation.table.query("applicable")[columns].round(3)

# %%
# Checks that are not valid here remain visible, with the reason. Fisher's test, for instance,
# counts people, and weighted people cannot be counted.

evaluation.table.query("not applicable")[["measure", "method", "reason"]]

# %%
# Every interval that bears on an effect includes no difference. The time among reoffenders is
# labelled descriptive: it compares people who reoffended with people who reoffended, and the
# programme may have changed who they are (see :doc:`/method/time`).

figure = forest(evaluation)

# %%
# The restricted mean and the hazard ratio are two summaries of these curves. The posterior's are
# for the participants, once as they were and once as they would have been; the steps are the
# weighted Kaplan-Meier curves of the two arms, which assume no shape.

outcomes = read_outcomes(cohort)
observed = {
    name: kaplan_meier(outcomes.days[arm], outcomes.reoffended[arm], design.weights[arm])
    for name, arm in (("treated", cohort.treated), ("comparison", ~cohort.treated))
}
curves = estimate_survival(
    ds.fit_model(ds.SurvivalModel(covariates=None), cohort, design, seed=2017)
)
figure = survival_curves(curves, observed)
curves.table.iloc[12::13].round(3)

# %%
# What may be said
# ----------------
#
# Inconclusive is not "no effect": the statements give the range that remains possible.

for statement in make_statements(evaluation, RULE_SETS["2019"]):
    print(statement.measure.label)
    print("  may say:    ", " ".join(statement.may_say))
    print("  may not say:", " ".join(statement.may_not_say))

# %%
# A probability for a margin that matters, such as at least 2 people in 100 fewer:

rate = evaluation.effects[0]
print(f"P(fewer)                    {rate.probability_of_benefit:.2f}")
print(f"P(at least 2 per 100 fewer) {rate.probability_beyond(0.02):.2f}")

# %%
# ``ds.write_report(evaluation, "out/")`` writes the report, the record and the draws. None of
# the three holds anything about a single person.
