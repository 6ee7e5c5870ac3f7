"""Does one process suffice? Rate, frequency and time held against what it predicts."""

import numpy as np

from desist.arguments import find_kind_faults, find_number_faults, find_probability_faults
from desist.errors import Fault, InputError, raise_faults
from desist.inference.seeds import find_seed_faults
from desist.models.fit import Fit
from desist.models.predictive.looks import look_at
from desist.models.predictive.record import PredictiveCheck
from desist.models.predictive.simulation import simulate_people
from desist.models.predictors import make_predictors
from desist.models.process import ProcessModel
from desist.sample import Sample, of_a_sample


@of_a_sample
def check_one_process(
    fit: Fit,
    sample: Sample,
    *,
    n_draws: int = 500,
    probability: float = 0.95,
    seed: int | np.random.Generator = 0,
) -> PredictiveCheck:
    r"""Check by posterior prediction whether one process explains rate, frequency and time.

    For each of some posterior draws the offences of all people with weight are drawn anew,
    with their covariates, groups and time at risk, and the weighted rate, frequency and mean
    days among reoffenders of each arm are taken as they were from the people. The probability
    is two-sided, :math:`2 \min\{P(T^* \le T), P(T^* \ge T)\}` and at most 1. The
    figures were fitted, so that the probabilities are larger than those of new data would be:
    it errs towards "enough".

    Parameters
    ----------
    fit : Fit
        Of a `ProcessModel`.
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
        If the fit is of another model.

    References
    ----------
    Gelman, A., Meng, X.-L. and Stern, H. (1996). Posterior predictive assessment of model
    fitness via realized discrepancies. Statistica Sinica 6, 733-807.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 200, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> fit = ds.fit_model(ds.ProcessModel(), cohort, design, seed=1)
    >>> ds.models.check_one_process(fit, cohort, design, n_draws=100).explains
    True
    """
    faults = find_kind_faults("fit", fit, Fit, "a fit of fit_model")
    faults += find_seed_faults(seed)
    faults += find_number_faults("n_draws", n_draws, least=1, whole=True)
    raise_faults("check of one process", faults + find_probability_faults(probability))
    model = fit.model
    if not isinstance(model, ProcessModel):
        fault = Fault("fit", "a fit of ProcessModel", f"one of the {model.name} model")
        raise InputError("check of one process", [fault])
    groups = sample.cohort.groups if model.groups is None else model.groups
    predictors = make_predictors(sample, model.covariates, groups)
    look = look_at(fit, sample.recorded)
    return simulate_people(
        fit, look, predictors, sample, n_draws=n_draws, probability=probability, seed=seed
    )
