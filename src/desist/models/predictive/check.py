"""Whether people drawn from a fitted model look like those who were observed."""

import numpy as np

from desist.arguments import find_kind_faults, find_number_faults, find_probability_faults
from desist.cohort.outcomes import Outcomes
from desist.errors import Fault, raise_faults
from desist.inference.seeds import find_seed_faults
from desist.models.fit import Fit
from desist.models.frequency import FrequencyModel
from desist.models.predictive.looks import look_at
from desist.models.predictive.record import PredictiveCheck
from desist.models.predictive.simulation import simulate_people
from desist.models.predictors import Predictors, make_predictors
from desist.models.rate import RateModel
from desist.models.survival import SurvivalModel
from desist.sample import Sample, of_a_sample

SUBJECT = "posterior predictive check"


@of_a_sample
def check_predictions(
    fit: Fit,
    sample: Sample,
    *,
    n_draws: int = 300,
    probability: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> PredictiveCheck:
    r"""Check a fitted model by posterior prediction of the people it was fitted to.

    For each of some posterior draws the outcomes of all people with weight are drawn anew,
    with their covariates, groups, time at risk and weights, and weighted statistics of each
    arm are taken as they were from the people:

    rate
        The rate; with groups also that of each group.
    frequency
        Mean, share with none, share with 5 or more, variance.
    survival
        Shares reoffending within a quarter, a half, three quarters and the whole of the
        horizon; mean days among those who reoffend within it. People followed for less are
        censored where they were.

    The weights are the people's own: a weighted statistic of simulated people scatters as one
    of so few effective people does. The probability is two-sided, :math:`2 \min\{P(T^* \le T),
    P(T^* \ge T)\}` and at most 1. The people were fitted, so that the probabilities are
    larger than those of new people would be: the check errs towards "explained", and says
    least of what a model has a parameter for, such as the rate itself.

    Parameters
    ----------
    fit : Fit
        Of a `RateModel`, `FrequencyModel` or `SurvivalModel`.
    sample : Sample
        The people that it was fitted to; or a cohort and its design in its place.
    n_draws : int
        Posterior draws, and cohorts simulated.
    probability : float
        Of the predictive intervals.
    seed : int or numpy.random.Generator
        Source of randomness.

    Returns
    -------
    PredictiveCheck
        A table and one sentence.

    Raises
    ------
    InputError
        If the fit is of another model or of other people, or a number is out of range.

    References
    ----------
    Gelman, A., Meng, X.-L. and Stern, H. (1996). Posterior predictive assessment of model
    fitness via realized discrepancies. Statistica Sinica 6, 733-807.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> fit = ds.fit_model(ds.RateModel(), cohort, design, seed=1)
    >>> check = ds.models.check_predictions(fit, cohort, design, n_draws=100)
    >>> print(check.sentence.partition(":")[0])
    The rate model explains what was observed
    """
    kinds = find_kind_faults("fit", fit, Fit, "a fit of fit_model")
    faults = find_number_faults("n_draws", n_draws, least=1, whole=True)
    faults += find_probability_faults(probability) + find_seed_faults(seed)
    raise_faults(SUBJECT, kinds + faults if kinds else [])
    raise_faults(SUBJECT, _find_faults(fit, sample.recorded) + faults)
    look = look_at(fit, sample.recorded)
    groups = sample.cohort.groups if fit.model.groups is None else fit.model.groups
    predictors = make_predictors(sample, fit.model.covariates, groups)
    raise_faults(SUBJECT, _compare_people(fit, predictors, sample))
    return simulate_people(
        fit, look, predictors, sample, n_draws=n_draws, probability=probability, seed=seed
    )


def _find_faults(fit: Fit, outcomes: Outcomes) -> list[Fault]:
    faults = []
    if not isinstance(fit.model, RateModel | FrequencyModel | SurvivalModel):
        expected = "a fit of RateModel, FrequencyModel or SurvivalModel"
        advice = "see check_one_process" if fit.model.name == "process" else ""
        faults.append(Fault("fit", expected, f"one of the {fit.model.name} model", advice))
    elif fit.model.read_columns(outcomes, fit.horizon) is None:
        faults.append(Fault("cohort", f"a column of {fit.model.needs}", "none"))
    return faults


def _compare_people(fit: Fit, predictors: Predictors, sample: Sample) -> list[Fault]:
    found, faults = sample.count(), []
    if found != (fit.n_treated, fit.n_comparison):
        expected = f"the {fit.n_treated} treated and {fit.n_comparison} comparison people fitted"
        faults.append(Fault("design", expected, f"{found[0]} and {found[1]} with weight"))
    if predictors.levels != fit.levels:
        faults.append(Fault("groups", "those of the fit", "others"))
    return faults
