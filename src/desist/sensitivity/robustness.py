"""How much of treatment and outcome something unrecorded would have to explain."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from desist._types import Floats, Mask
from desist.arguments import (
    describe,
    find_kind_faults,
    find_number_faults,
    find_probability_faults,
)
from desist.design.formula.expand import expand_formula
from desist.errors import Fault, raise_faults
from desist.estimands import Measure
from desist.sample import Sample
from desist.sensitivity._linear import Coefficient, regress
from desist.sensitivity._outcomes import read_outcome
from desist.sensitivity.result import unit_of
from desist.weights import effective_sample_size

SUBJECT = "robustness value"
COLUMNS = (
    "benchmark",
    "times",
    "r2_treatment",
    "r2_outcome",
    "estimate",
    "standard_error",
    "lower",
    "upper",
)


@dataclass(frozen=True, eq=False, repr=False)
class RobustnessValue:
    """How strong an unrecorded variable would have to be, and how strong recorded ones are.

    Attributes
    ----------
    measure : Measure or None
        What is compared; None for figures.
    estimate, standard_error, df : float
        Of the programme in a linear regression, in the unit of the outcome.
    partial_r2 : float
        Share of the outcome's remaining variance that the programme explains.
    value : float
        Robustness value: a variable that explains so much of both participation and outcome, of
        what the covariates leave, takes the estimate to nothing.
    value_of_limit : float
        The same for the limit of the interval; 0 when the interval includes no difference.
    probability : float
        Of the interval.
    table : DataFrame
        One row a benchmark and multiple: what an unrecorded variable as strong as a covariate,
        or so many times, would leave of the estimate.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(200, 1000, rng=3, frequency=1.5).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = ds.build_sample(cohort, design)
    >>> found = ds.sensitivity.robustness_value(sample)
    >>> bool(0 <= found.value_of_limit < found.value < 1)
    True
    """

    measure: Measure | None
    estimate: float
    standard_error: float
    df: float
    partial_r2: float
    value: float
    value_of_limit: float
    probability: float
    table: pd.DataFrame

    name: ClassVar[str] = "robustness_value"
    title: ClassVar[str] = (
        "How strong something unrecorded would have to be, beside what was recorded"
    )
    doubt: ClassVar[str] = (
        "Participants differ from the comparison people in something that nobody recorded."
    )

    @property
    def units(self) -> dict[str, str]:
        """Unit of each column of the table."""
        unit = "unit of the outcome" if self.measure is None else unit_of(self.measure)
        numbers = dict.fromkeys(("estimate", "standard_error", "lower", "upper"), unit)
        return {"r2_treatment": "share of variance", "r2_outcome": "share of variance", **numbers}

    @property
    def sentence(self) -> str:
        """The robustness value in plain words."""
        linear = " (by a linear model of the probability)" if self.measure is Measure.RATE else ""
        first = (
            f"Something unrecorded would have to explain {100 * self.value:.1f} % of what is left "
            f"of both participation and outcome to take the estimate to nothing{linear}"
        )
        if self.value_of_limit == 0:
            return f"{first}; the interval includes no difference without any such thing."
        return (
            f"{first}, and {100 * self.value_of_limit:.1f} % of both for the interval to include "
            "no difference."
        )

    def __repr__(self) -> str:
        """Return both values."""
        return f"<RobustnessValue: {self.value:.3g}, of the limit {self.value_of_limit:.3g}>"


def robustness_value(
    sample: Sample,
    measure: Measure | str = Measure.RATE,
    *,
    formula: str | None = None,
    benchmarks: Sequence[str] | None = None,
    multiples: Sequence[float] = (1, 2, 3),
    probability: float = 0.95,
) -> RobustnessValue:
    r"""Find how strong something unrecorded would have to be, and benchmark it.

    From the weighted linear regression of the outcome on participation and covariates. With
    :math:`f = |t|/\sqrt{df}` the robustness value is
    :math:`RV = \frac12\{\sqrt{f^4 + 4f^2} - f^2\}`. A rate is taken by the linear probability
    model. With weights the degrees of freedom are those of the effective numbers of people.

    Parameters
    ----------
    sample : Sample
        The people compared.
    measure : Measure or str
        "rate", "frequency" or "rmst".
    formula : str, optional
        Covariates; by default those of the design.
    benchmarks : sequence of str, optional
        Columns of the formula as it writes them; by default all.
    multiples : sequence of float
        How many times as strong as each benchmark.
    probability : float
        Of the interval.

    Returns
    -------
    RobustnessValue
        Values and benchmarks.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If the outcome cannot be had, or there are more covariates than effective people.

    References
    ----------
    Cinelli, C. and Hazlett, C. (2020). Making sense of sensitivity: extending omitted variable
    bias. JRSS B 82, 39-67.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(200, 1000, rng=3).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching())
    >>> from desist.sample import build_sample
    >>> found = robustness_value(build_sample(cohort, design))
    >>> found.table["benchmark"].unique().tolist()
    ['age', 'copas']
    """
    faults = find_kind_faults("sample", sample, Sample, "a Sample", "see desist.sample")
    faults += find_probability_faults(probability) + _find_multiple_faults(multiples)
    raise_faults(SUBJECT, faults)
    measure, outcome = read_outcome(sample, measure, SUBJECT)
    names, covariates = _read_covariates(sample, formula)
    chosen = tuple(names) if benchmarks is None else tuple(benchmarks)
    unknown = [name for name in chosen if name not in names]
    expected = f"columns of the formula: {', '.join(names) or 'it has none'}"
    raise_faults(SUBJECT, [Fault("benchmarks", expected, describe(name)) for name in unknown])
    used = sample.used
    return benchmark(
        outcome[used],
        sample.treated[used].astype(float),
        covariates[used],
        names,
        weights=sample.weights[used],
        benchmarks=chosen,
        multiples=multiples,
        probability=probability,
        measure=measure,
    )


def benchmark(
    outcome: Floats,
    treated: Floats,
    covariates: Floats,
    names: Sequence[str],
    *,
    weights: Floats | None = None,
    benchmarks: Sequence[str] = (),
    multiples: Sequence[float] = (1, 2, 3),
    probability: float = 0.95,
    measure: Measure | None = None,
) -> RobustnessValue:
    """Find the robustness value of columns of numbers."""
    took_part = treated > 0
    weights = np.ones(len(outcome)) if weights is None else _share_out(weights, took_part)
    n_people = sum(effective_sample_size(weights[arm]) for arm in (took_part, ~took_part))
    others = np.column_stack([np.ones(len(outcome)), covariates])
    found = regress(outcome, np.column_stack([others, treated]), weights, n_people)
    df = n_people - others.shape[1] - 1
    effect = Coefficient(found[-1, 0], found[-1, 1], df)
    of_treatment = regress(treated, others, weights, n_people)
    rows = [
        (
            name,
            times,
            *_bound(effect, found[place + 1], of_treatment[place + 1], times, probability),
        )
        for place, name in enumerate(names)
        if name in benchmarks
        for times in multiples
    ]
    base = find_robustness(effect.estimate, effect.standard_error, df, probability=probability)
    return RobustnessValue(
        measure,
        effect.estimate,
        effect.standard_error,
        df,
        base.partial_r2,
        base.value,
        base.value_of_limit,
        probability,
        pd.DataFrame(rows, columns=list(COLUMNS)),
    )


def find_robustness(
    estimate: float, standard_error: float, df: float, *, probability: float = 0.95
) -> RobustnessValue:
    """Find the robustness value of a coefficient that is printed with its error.

    Parameters
    ----------
    estimate, standard_error : float
        Of the programme, in a linear regression.
    df : float
        Residual degrees of freedom, above 1.
    probability : float
        Of the interval.

    Returns
    -------
    RobustnessValue
        Without benchmarks.

    Raises
    ------
    InputError
        If a number is out of its range.

    Examples
    --------
    >>> found = find_robustness(0.097, 0.023, 783)
    >>> round(found.value, 3), round(found.value_of_limit, 3)
    (0.14, 0.077)
    """
    from scipy.special import stdtrit

    faults = find_number_faults("estimate", estimate)
    faults += find_number_faults("standard_error", standard_error, above=0)
    faults += find_number_faults("df", df, above=1) + find_probability_faults(probability)
    raise_faults(SUBJECT, faults)
    effect = Coefficient(estimate, standard_error, df)
    strength = abs(estimate / standard_error) / math.sqrt(df)
    critical = float(stdtrit(df - 1, (1 + probability) / 2)) / math.sqrt(df - 1)
    value, limit = _solve_value(strength, 0.0), _solve_value(strength, critical)
    empty = pd.DataFrame(columns=list(COLUMNS))
    return RobustnessValue(
        None, estimate, standard_error, df, effect.partial_r2, value, limit, probability, empty
    )


def adjust_for(
    estimate: float, standard_error: float, df: float, r2_treatment: float, r2_outcome: float
) -> tuple[float, float]:
    """Adjust a coefficient for a variable of given strength that speaks against it."""
    # Cinelli and Hazlett (2020), equation 8: the bias is se root(df R2_Y R2_T / (1 - R2_T))
    bias = standard_error * math.sqrt(df * r2_outcome * r2_treatment / (1 - r2_treatment))
    ratio = (1 - r2_outcome) / (1 - r2_treatment) * df / (df - 1)
    return estimate - math.copysign(bias, estimate), standard_error * math.sqrt(ratio)


def _share_out(weights: Floats, treated: Mask) -> Floats:
    """Give each arm the total of its effective size, so that the scale of neither matters."""
    shared = np.empty(len(weights))
    for arm in (treated, ~treated):
        shared[arm] = weights[arm] / weights[arm].sum() * effective_sample_size(weights[arm])
    return shared


def _solve_value(strength: float, critical: float) -> float:
    f = strength - critical
    if f <= 0:
        return 0.0
    if critical > 0 and strength > 1 / critical:
        # the interval then depends on the treatment's side alone (their extreme robustness value)
        return (strength**2 - critical**2) / (1 + strength**2)
    return (math.sqrt(f**4 + 4 * f**2) - f**2) / 2


def _bound(
    effect: Coefficient, of_outcome: Floats, of_treatment: Floats, times: float, probability: float
) -> tuple[float, ...]:
    """Adjust for a variable some times as strong as a covariate (their section 4.4)."""
    from scipy.special import stdtrit

    r2_outcome = Coefficient(of_outcome[0], of_outcome[1], effect.df).partial_r2
    r2_treatment = Coefficient(of_treatment[0], of_treatment[1], effect.df + 1).partial_r2
    with_treatment = times * r2_treatment / (1 - r2_treatment)
    if with_treatment >= 1 or times * r2_treatment >= 1:
        return (math.nan,) * 6
    shared = times * r2_treatment**2 / ((1 - times * r2_treatment) * (1 - r2_treatment))
    if shared >= 1:
        return (math.nan,) * 6
    factor = ((math.sqrt(times) + math.sqrt(shared)) / math.sqrt(1 - shared)) ** 2
    with_outcome = factor * r2_outcome / (1 - r2_outcome)
    if with_outcome > 1:  # no variable can be so many times as strong
        return (math.nan,) * 6
    adjusted, error = adjust_for(
        effect.estimate, effect.standard_error, effect.df, with_treatment, with_outcome
    )
    reach = float(stdtrit(effect.df, (1 + probability) / 2)) * error
    return with_treatment, with_outcome, adjusted, error, adjusted - reach, adjusted + reach


def _find_multiple_faults(multiples: object) -> list[Fault]:
    if isinstance(multiples, str) or not isinstance(multiples, Sequence):
        return [Fault("multiples", "a list of numbers above 0", describe(multiples))]
    return [
        fault
        for place, one in enumerate(multiples)
        for fault in find_number_faults(f"multiples[{place}]", one, above=0)
    ]


def _read_covariates(sample: Sample, formula: str | None) -> tuple[tuple[str, ...], Floats]:
    text = sample.design.formula if formula is None else formula
    if text is None:
        return (), np.zeros((len(sample.weights), 0))
    matrix = expand_formula(text, sample.cohort.covariates, SUBJECT)
    varies = np.ptp(matrix.without_intercept[sample.used], axis=0) > 0
    names = tuple(name for name, there in zip(matrix.shown[1:], varies, strict=True) if there)
    return names, matrix.without_intercept[:, varies]
