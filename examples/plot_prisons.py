"""
Prisons differ
==============

A programme runs in twenty prisons. Does it work everywhere, and where best? Of the people in one
prison few reoffend, and a raw difference of a small prison is mostly chance. The people here are
simulated, so that the truth is known: the programme multiplies everybody's offending by 0.7, in
every prison alike.
"""

import desist as ds
from desist.plots import effects_by_group
from desist.report import make_view

# %%
# Prisons differ in who takes part and in who reoffends, so the prison is in the formula.

simulated = ds.simulate_cohort(400, 1600, rng=1, n_groups=20, rate_ratio=0.7)
cohort = simulated.cohort
design = ds.build_design(cohort, "age + copas + prison", method=ds.EntropyBalancing())
print(design.balance)

# %%
# A cohort that names its groups gets a model with an intercept and an effect for each, drawn
# towards the average as far as the others allow.

evaluation = ds.evaluate(cohort, design, models=[ds.RateModel()], seed=2017)
print(evaluation["rate"].effect)
print(f"the truth: {simulated.truth[ds.Measure.RATE]:.3f}")

# %%
# Grey: what each prison says by itself. Blue: what is known of it with the others. Prisons with
# too few people are not shown, and how many is said.

figure = effects_by_group(evaluation, "prison")

# %%
# Is there any prison for which one may say that the programme does more there? The spread between
# prisons has a posterior too.

print(make_view(evaluation, "2019").groups[0].spread)
