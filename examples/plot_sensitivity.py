"""
What if a confounder is missing?
================================

The prison work programme of North Carolina again: 672 men took part, 773 did not, and who took part
was not left to chance. The evaluation found no clear difference. How far can it be leaned on? One
doubt after another, each with its sentence.
"""

import math

import desist as ds
from desist.models.priors import Normal
from desist.plots import (
    hidden_bias,
    placebo_estimates,
    scenarios,
    specification_curve,
    tipping_points,
)
from desist.sample import build_sample

s = ds.sensitivity
cohort = ds.datasets.recid_cohort()
formula = (
    "age + tserved + priors + rules + educ + black + alcohol + drugs + super + married + felon "
    "+ property + against_person"
)
design = ds.build_design(cohort, formula, method=ds.RadiusMatching(caliper=0.05))
sample = build_sample(cohort, design)
fit = ds.fit_model(ds.RateModel(), sample, seed=2017)
(rate,) = ds.estimate_effects(fit)
print(rate)

# %%
# Another analyst would have decided otherwise
# --------------------------------------------
#
# Sixteen ways to make the evaluation. A shorter follow-up asks another question, and is not drawn
# in the same curve.

choices = {
    "formula": [s.Option("all", formula), s.Option("few", "age + priors + black", "uncertain")],
    "method": [
        s.Option("radius 0.05", ds.RadiusMatching(0.05)),
        s.Option("entropy", ds.EntropyBalancing()),
    ],
    "covariates": [s.Option("adjusted", "design"), s.Option("weights alone", None)],
    "horizon": [s.Option("a year", 365.0), s.Option("six months", 182.0, "not equivalent")],
}
multiverse = s.multiverse(cohort, choices, seed=2017)
print(multiverse.sentence)
figure = specification_curve(multiverse)

# %%
# Which choice moves the answer how much, when nothing else is changed:

multiverse.influence.round(4)

# %%
# And all of them together against chance, participation drawn again and every design made again:

joint = s.joint_test(cohort, choices, n_draws=99, seed=2017)
print(joint.sentence)

# %%
# Something that nobody recorded
# ------------------------------
#
# The E-value, the robustness value with the recorded covariates beside it, and the pairs of an
# optimal matching.

print(s.find_e_value(rate).sentence)
robustness = s.robustness_value(sample, benchmarks=["priors", "age", "black"], multiples=[1])
print(robustness.sentence)
figure = scenarios(robustness)

# %%
# Pairs have to differ less than weighted groups, and may be bounded by Rosenbaum's argument:

pairs = ds.build_design(cohort, formula, method=ds.NearestMatching(caliper=0.2))
bounds = s.rosenbaum_bounds(build_sample(cohort, pairs))
print(bounds.sentence)
figure = hidden_bias(bounds)

# %%
# What could so many pairs have survived at best, had the programme taken a third off the rate? That
# can be asked before any outcome is seen.

print(s.design_sensitivity(pairs.n_treated, 0.09, 0.135).sentence)

# %%
# A confounder that one can name has a prior: say that 50 in 100 participants and 35 in 100 others
# had a family to go back to, give or take, and that it takes a third off the risk of coming back.

family = s.BinaryConfounder(s.Share(0.5, 40), s.Share(0.35, 40), Normal(math.log(0.67), 0.2))
print(s.confounder(rate, family).sentence)
tipping = s.tipping_map(rate, comparison=0.35)
print(tipping.sentence)
figure = tipping_points(tipping)

# %%
# One or two people carry the result
# ----------------------------------

left_out = s.leave_out(sample, kinds=("heavy", "covariates"), heaviest=15, seed=2017)
print(left_out.sentence)

# %%
# The prior
# ---------

powers = s.scale_powers(fit)
print(powers.sentence)
powers.table.round(3)

# %%
# And under the prior of somebody to whom past programmes took a tenth off the rate, give or take:

print(s.apply_prior(rate, Normal(math.log(0.9), 0.1)).sentence)

# %%
# What was not recorded, and who was not analysed
# -----------------------------------------------

recorded = s.correct_recording(
    rate, s.Recording(s.Share(0.9, 60)), s.Recording(s.Share(0.85, 60)), seed=1
)
print(recorded.sentence)
figure = scenarios(recorded)

# %%
# Had one in ten participants who came back not been found:

print(s.correct_selection(rate, s.Found(treated_reoffenders=0.9), seed=1).sentence)

# %%
# Had fifty more taken part whom nobody could find afterwards:

print(s.attrition(rate, {"not found": 50}).sentence)

# %%
# Sooner, or other people?
# ------------------------

time = s.bound_time_effect(sample)
print(time.sentence)
figure = scenarios(time)

# %%
# With a prior of how far those who would come back either way are the slow ones, instead of bounds:

print(s.model_principal_stratum(sample, n_draws=200, seed=1).sentence)

# %%
# Programmes that nobody gave
# ---------------------------

placebo = s.placebo_programmes(cohort, design, n_programmes=60, seed=2017)
print(placebo.sentence)
figure = placebo_estimates(placebo, rate.estimate)

# %%
# And the effect with the bias that they show, which ``evaluate(..., bias=placebo.prior())`` sets
# beside the default answer in file and report:

print(s.apply_bias(rate, placebo).sentence)

# %%
# For a commissioner
# ------------------
#
# *Men who took part in the work programme came back to prison about as often as men like them who
# did not: perhaps a little less often, perhaps a little more. We made the evaluation in many ways,
# and none of them said otherwise; no single man or choice decides it. Because the difference is
# small against its uncertainty, an unrecorded difference between the men of modest size could hide
# a benefit as well as feign one, and we could not rule that out. Programmes that nobody gave, made
# up from the comparison group, seemed to work no more often than chance allows, so the method
# itself does not invent effects that the recorded differences would explain. The study does not
# show that the programme failed. It shows that an effect larger than about six men in a hundred,
# either way, is unlikely, and that to find a smaller one would take more men.*
