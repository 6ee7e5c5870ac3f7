"""
Only thirteen reoffended: from a table in a report
==================================================

Making Connections mentors women who are about to leave HMP Send. The Justice Data Lab reported
on it in February 2017: of 83 participants 13 reoffended within a year, 15.7% against a weighted
27.8% of comparison people. The people themselves are not published; their figures are. This page
evaluates the programme from those figures alone.
"""

import pandas as pd

import desist as ds
from desist.plots import forest
from desist.report import RULE_SETS, make_statements

pd.set_option("display.max_colwidth", None)
study = ds.datasets.making_connections()
pd.DataFrame([vars(line) for line in study.measures]).drop(columns="p_printed")

# %%
# Proportions run from 0 to 1, frequencies are reoffences per person (not per reoffender), times
# are days. The two counts that the printed figures determine are in ``treated_count``: 13 is the
# only number of people that gives 15.7% of 83, and 26 the only number of reoffences that gives
# 0.31 per person.
#
# How the records that were submitted became the people who were analysed:

print(study.flow.text)

# %%
# Three participants had no suitable comparison person. The effect is therefore that on the
# *matched* participants, and every line below says so.
#
# Posterior and checks
# --------------------
#
# The treated count is exact; the comparison rate enters with its effective sample size; means of
# reoffences and days enter with the standard errors that the printed intervals imply. The page
# :doc:`/method/published` has the formulas.

evaluation = ds.evaluate_published(study, seed=2017)
print(evaluation)

# %%
# The table sets each posterior above its checks. ``welch`` is the test of the Justice Data Lab,
# and its intervals are those that the report prints. The checks of the rate that follow it are
# made for small groups and count the comparison people by their effective number.

columns = ["measure", "method", "estimate", "lower", "upper", "p_value", "agrees"]
made = evaluation.table.query("applicable")
made[columns].round(3)

# %%
# Some checks cannot be made from weighted records. They stay in the table, with the reason:

evaluation.table.query("not applicable")[["measure", "method", "reason"]]

# %%
# The picture of the table. Rate and frequency are lower, whichever way they are judged. The time
# among reoffenders rests on 13 people, and there the posterior and the printed interval part:
# days are positive and lean to the right, so an interval that is symmetric in days begins too
# low and ends too early.

figure = forest(evaluation, rules="2017")

# %%
# How much the unknown size matters
# ---------------------------------
#
# A weighted rate of 27.8% from 5,514 records is worth fewer than 5,514 people. How many is not
# printed; what is printed leaves a range from about 1,070 to 4,990. The evaluation takes the lower
# end, which gives the widest interval. What the rest of the range would change, in people per 100:

rows = []
for size in (1070, 2000, 3500, 4990):
    rate = ds.evaluate_published(study, comparison_size=size, seed=2017).measures[0]
    rows.append((size, rate.difference, rate.lower, rate.upper, rate.probability_of_benefit))
names = ["comparison size", "difference", "lower", "upper", "P(benefit)"]
sizes = pd.DataFrame(rows, columns=names).set_index("comparison size")
sizes[["difference", "lower", "upper"]] *= 100
sizes.round(2)

# %%
# Less than a person per 100 at either end of the interval: the 83 participants are the bottleneck.
#
# What may be said
# ----------------
#
# The rules of 2017, under which the report was written, print the time on 13 reoffenders with a
# note, and warn against relative claims.

for statement in make_statements(evaluation, RULE_SETS["2017"])[:3]:
    print(statement.measure.label)
    print("  may say:    ", " ".join(statement.may_say))
    print("  may not say:", " ".join(statement.may_not_say))

# %%
# The rules of 2019 print no time on fewer than 30 reoffenders, and warn against the claim that
# the result contradicts.

for statement in make_statements(evaluation, RULE_SETS["2019"])[:3]:
    print(statement.measure.label)
    print("  may say:    ", " ".join(statement.may_say))
    print("  may not say:", " ".join(statement.may_not_say))
