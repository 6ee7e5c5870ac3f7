"""The individual data sets as cohorts, ready for a design."""

from desist.cohort.cohort import Cohort
from desist.datasets.tables import recid, rossi

DAYS_IN_YEAR = 365
MONTHS_IN_YEAR = 12
DAYS_IN_WEEK = 7
WEEKS_FOLLOWED = 52


def recid_cohort() -> Cohort:
    """Make a cohort of the prison work programme in North Carolina.

    Reoffending is a return to prison within 12 months of release (`durat` up to 12 and
    `cens` 0). Everybody was followed for 70 months or more, so that nobody is censored
    before. Time was recorded in whole months, and becomes days as months x 365 / 12.
    The number of offences was not recorded. The column `person` of the table, a crime
    against a person, is called `against_person` here. `age` and `tserved` stay in months.

    Returns
    -------
    Cohort
        1,445 people, 672 of whom took part (treatment `workprg`). Participation was not
        randomised.

    Examples
    --------
    >>> recid_cohort()
    Cohort(n_people=1445, n_treated=672, n_comparison=773)
    """
    table = recid().rename(columns={"person": "against_person"})
    returned = (table["cens"] == 0) & (table["durat"] <= MONTHS_IN_YEAR)
    days = (table["durat"] * DAYS_IN_YEAR / MONTHS_IN_YEAR).where(returned)
    covariates = ["age", "tserved", "priors", "rules", "educ", "black", "alcohol", "drugs"]
    covariates += ["super", "married", "felon", "property", "against_person"]
    return Cohort(
        table[["id", "workprg", *covariates]].assign(returned=returned, days=days),
        treatment="workprg",
        person="id",
        reoffended="returned",
        days="days",
        follow_up=DAYS_IN_YEAR,
    )


def rossi_cohort() -> Cohort:
    """Make a cohort of the randomised financial aid in Maryland.

    Reoffending is an arrest within 52 weeks of release. Time was recorded in weeks, and
    becomes days as weeks x 7: the follow-up is 364 days. The number of arrests was not
    recorded.

    Returns
    -------
    Cohort
        432 people, 216 of whom were given aid (treatment `fin`).

    Examples
    --------
    >>> rossi_cohort()
    Cohort(n_people=432, n_treated=216, n_comparison=216)
    """
    table = rossi()
    table["fin"] = table["fin"] == "yes"
    days = (table["week"] * DAYS_IN_WEEK).where(table["arrest"] == 1)
    covariates = ["age", "race", "wexp", "mar", "paro", "prio", "educ"]
    return Cohort(
        table[["id", "fin", "arrest", *covariates]].assign(days=days),
        treatment="fin",
        person="id",
        reoffended="arrest",
        days="days",
        follow_up=DAYS_IN_WEEK * WEEKS_FOLLOWED,
    )
