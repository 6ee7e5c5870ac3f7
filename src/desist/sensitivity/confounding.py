"""How strong an unmeasured confounder would have to be: E-values."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from desist.arguments import find_choice_faults, find_kind_faults, find_number_faults
from desist.effects.effect import Effect, summarise_interval
from desist.errors import Fault, raise_faults
from desist.estimands import Measure
from desist.evaluation.record import Evaluation

LARGEST = 1e100
COMMON_OUTCOME = 0.15  # VanderWeele and Ding (2017): rarer than that, ratios are alike


class Ratio(StrEnum):
    """What kind of ratio two arms are compared by.

    Attributes
    ----------
    RISK : str
        Ratio of the proportions who reoffend.
    RATE : str
        Ratio of the mean numbers of offences.
    HAZARD : str
        Ratio of the hazards of a first reoffence.
    ODDS : str
        Ratio of the odds of reoffending.

    Examples
    --------
    >>> from desist.sensitivity import Ratio
    >>> [kind.value for kind in Ratio]
    ['risk ratio', 'rate ratio', 'hazard ratio', 'odds ratio']
    """

    RISK = "risk ratio"
    RATE = "rate ratio"
    HAZARD = "hazard ratio"
    ODDS = "odds ratio"


@dataclass(frozen=True)
class EValue:
    """How strong an unmeasured confounder would have to be to explain a result away.

    Attributes
    ----------
    kind : Ratio or None
        The ratio that was given; None when not applicable.
    ratio, lower, upper : float
        Participants over comparison, with its interval, after conversion to a risk ratio;
        NaN when not applicable.
    estimate : float
        E-value of the ratio, 1 or more.
    limit : float
        E-value of the limit nearer to 1; exactly 1 when the interval covers 1.
    converted : bool
        Whether the common-outcome conversion was applied.
    measure : Measure or None
        What was compared; None for a ratio that was given as numbers.
    applicable : bool
        Whether the measure has an E-value.
    reason : str
        Why it has none.

    Examples
    --------
    >>> from desist.sensitivity import e_value_of_ratio
    >>> found = e_value_of_ratio(0.56, 0.28, 0.86)
    >>> round(found.estimate, 2), round(found.limit, 2)
    (2.97, 1.6)
    """

    kind: Ratio | None
    ratio: float
    lower: float
    upper: float
    estimate: float
    limit: float
    converted: bool = False
    measure: Measure | None = None
    applicable: bool = True
    reason: str = ""

    @property
    def sentence(self) -> str:
        """The E-value in plain words."""
        if not self.applicable:
            return f"Not applicable, because {self.reason}."
        outcome = "the number of offences" if self.kind == Ratio.RATE else "reoffending"
        first = (
            "Something unmeasured would have to be tied to both taking part and "
            f"{outcome} by a ratio of at least {self.estimate:.1f} each, over and above what was "
            "matched or weighted, to explain away the whole estimate."
        )
        if self.limit == 1:
            return f"{first} The interval includes no difference without any such thing."
        return (
            f"{first} A ratio of {self.limit:.1f} each would be enough for the interval to "
            "include no difference."
        )


def e_value(ratio: float) -> float:
    r"""Return the E-value of a risk ratio.

    The least strength of association, as a risk ratio, that an unmeasured confounder would
    need with both the treatment and the outcome, given the covariates, to explain the ratio
    away: :math:`E = R + \sqrt{R (R - 1)}` with :math:`R = \max(r, 1/r)`.

    Parameters
    ----------
    ratio : float
        Risk ratio :math:`r`, above 0.

    Returns
    -------
    float
        1 or more.

    Raises
    ------
    InputError
        If the ratio is not positive and finite.

    References
    ----------
    VanderWeele, T. J. and Ding, P. (2017). Sensitivity analysis in observational research:
    introducing the E-value. Annals of Internal Medicine 167, 268-274.

    Examples
    --------
    >>> round(e_value(3.9), 2)
    7.26
    >>> e_value(0.5) == e_value(2.0)
    True
    """
    raise_faults("E-value", _find_ratio_faults(ratio=ratio))
    away = max(float(ratio), 1 / float(ratio))
    return away + math.sqrt(away * (away - 1))


def risk_ratio_from(ratio: float, kind: Ratio, *, common_outcome: bool = True) -> float:
    r"""Convert a ratio to an approximate risk ratio.

    A risk or rate ratio stays as it is. When the outcome is common (over 15 % by the end of
    follow-up), a hazard ratio :math:`h` becomes
    :math:`(1 - 0.5^{\sqrt h}) / (1 - 0.5^{\sqrt{1/h}})` and an odds ratio its square root;
    when it is rare, both stay as they are.

    Parameters
    ----------
    ratio : float
        Above 0.
    kind : Ratio
        What it is a ratio of.
    common_outcome : bool
        Whether over 15 % have the outcome.

    Returns
    -------
    float
        Approximate risk ratio, on the same side of 1.

    Raises
    ------
    InputError
        If the ratio is not positive and finite, or its kind is not known.

    References
    ----------
    VanderWeele, T. J. (2017). On a square-root transformation of the odds ratio for a common
    outcome. Epidemiology 28, e58-e60. VanderWeele, T. J. and Ding, P. (2017), Table 2.

    Examples
    --------
    >>> risk_ratio_from(0.49, Ratio.ODDS)
    0.7
    >>> risk_ratio_from(0.49, Ratio.ODDS, common_outcome=False)
    0.49
    """
    faults = [
        *_find_ratio_faults(ratio=ratio),
        *_find_kind_of_ratio_faults(kind, common_outcome),
    ]
    raise_faults("E-value", faults)
    if not common_outcome or kind in (Ratio.RISK, Ratio.RATE):
        return ratio
    if kind == Ratio.ODDS:
        return math.sqrt(ratio)
    # -expm1(-x log 2) is 1 - 0.5^x without loss of digits
    above, below = (-math.expm1(-math.log(2) * math.sqrt(x)) for x in (ratio, 1 / ratio))
    return above / below


def e_value_of_ratio(
    ratio: float,
    lower: float,
    upper: float,
    *,
    kind: Ratio = Ratio.RISK,
    common_outcome: bool = True,
) -> EValue:
    """Find the E-values of a ratio and of the limit nearer to 1.

    Parameters
    ----------
    ratio, lower, upper : float
        Participants over comparison, with the interval.
    kind : Ratio
        What it is a ratio of.
    common_outcome : bool
        Whether over 15 % have the outcome; matters for hazard and odds ratios.

    Returns
    -------
    EValue
        The limit's is 1 when the interval covers 1.

    Raises
    ------
    InputError
        If a number is not positive or the ratio lies outside its interval.

    Examples
    --------
    >>> found = e_value_of_ratio(3.9, 1.8, 8.7)
    >>> round(found.estimate, 2), round(found.limit, 2)
    (7.26, 3.0)
    """
    faults = _find_ratio_faults(ratio=ratio, lower=lower, upper=upper)
    options = _find_kind_of_ratio_faults(kind, common_outcome)
    if not faults and not lower <= ratio <= upper:
        faults = [Fault("ratio", f"a number from {lower:g} to {upper:g}", f"{ratio:g}")]
    raise_faults("E-value", [*faults, *options])
    risk, low, high = (
        risk_ratio_from(value, kind, common_outcome=common_outcome)
        for value in (ratio, lower, upper)
    )
    nearer = low if low > 1 else min(high, 1.0)
    return EValue(
        kind=Ratio(kind),
        ratio=risk,
        lower=low,
        upper=high,
        estimate=e_value(risk),
        limit=e_value(nearer),
        converted=common_outcome and kind in (Ratio.HAZARD, Ratio.ODDS),
    )


def e_value_of_difference(
    difference: float, lower: float, upper: float, *, comparison: float
) -> EValue:
    r"""Find the E-values of a difference of two proportions, through their ratio.

    With comparison risk :math:`p_0` taken as known, a difference :math:`d` is the risk ratio
    :math:`(p_0 + d) / p_0`, and so are its limits.

    Parameters
    ----------
    difference, lower, upper : float
        Participants minus comparison, as proportions, with the interval.
    comparison : float
        Proportion who reoffended in the comparison group.

    Returns
    -------
    EValue
        Of the risk ratio.

    Raises
    ------
    InputError
        If the comparison proportion is not between 0 and 1, the difference would take the
        treated proportion above 1, or a limit would take it to 0 or below.

    Examples
    --------
    >>> round(e_value_of_difference(-0.12, -0.20, -0.04, comparison=0.278).limit, 2)
    1.61
    """
    faults = find_number_faults("comparison", comparison, above=0, most=1)
    for name, value in (("difference", difference), ("lower", lower), ("upper", upper)):
        faults += find_number_faults(name, value)
    if not faults and comparison + difference > 1:
        expected = f"a number of at most {1 - comparison:g}, the others of the comparison group"
        faults.append(Fault("difference", expected, f"{difference:g}", "give proportions"))
    if not faults and not comparison + lower > 0:
        expected = f"a number above {-comparison:g}, minus the comparison proportion"
        faults.append(Fault("lower", expected, f"{lower:g}", "give the interval of the ratio"))
    raise_faults("E-value", faults)
    ratio, low, high = (1 + value / comparison for value in (difference, lower, upper))
    return e_value_of_ratio(ratio, low, high)


def find_e_value(effect: Effect, *, common_outcome: bool = True) -> EValue:
    """Find the E-values of the posterior of one measure: of its median and of its interval.

    Parameters
    ----------
    effect : Effect
        Its ratio is used: of risks, of mean numbers of offences, or of hazards.
    common_outcome : bool
        Whether over 15 % reoffend; matters for the hazard ratio.

    Returns
    -------
    EValue
        Not applicable to times, with the reason.

    Raises
    ------
    InputError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> found = ds.sensitivity.find_e_value(rate)
    >>> found.estimate > found.limit > 1
    True
    """
    raise_faults(
        "E-value",
        [
            *find_kind_faults("effect", effect, Effect, 'an Effect, such as evaluation["rate"]'),
            *find_kind_faults("common_outcome", common_outcome, bool, "True or False"),
        ],
    )
    kind = _KINDS.get(effect.measure)
    if kind is None:
        nan = math.nan
        return EValue(
            None, nan, nan, nan, nan, nan, False, effect.measure, False, _REASONS[effect.measure]
        )
    interval = summarise_interval(effect.ratio, effect.probability)
    median = float(np.median(effect.ratio.to_numpy()))
    found = e_value_of_ratio(
        median, interval.lower, interval.upper, kind=kind, common_outcome=common_outcome
    )
    return EValue(**(vars(found) | {"measure": effect.measure}))


def find_e_values(evaluation: Evaluation) -> tuple[EValue, ...]:
    """Find the E-values of every measure of an evaluation.

    Whether reoffending is common is read off the comparison rate; an evaluation that has
    none is taken to be of a common outcome, which gives the smaller E-value.

    Parameters
    ----------
    evaluation : Evaluation
        Posteriors of a study.

    Returns
    -------
    tuple of EValue
        One a measure, in the evaluation's order.

    Raises
    ------
    InputError
        If it is no evaluation.

    Examples
    --------
    >>> import desist as ds
    >>> rate = ds.PublishedMeasure(ds.Measure.RATE, 83, 5514, 0.157, 0.278, -0.20, -0.04)
    >>> study = ds.PublishedStudy("Mentoring", "complex", "report of 2017", (rate,))
    >>> evaluation = ds.evaluate_published(study)
    >>> [found.measure.value for found in ds.sensitivity.find_e_values(evaluation)]
    ['rate']
    """
    raise_faults(
        "E-values", find_kind_faults("evaluation", evaluation, Evaluation, "an Evaluation")
    )
    rates = [
        float(effect.comparison.mean())
        for effect in evaluation.effects
        if effect.measure is Measure.RATE and effect.comparison is not None
    ]
    common = not rates or rates[0] > COMMON_OUTCOME
    return tuple(find_e_value(effect, common_outcome=common) for effect in evaluation.effects)


_KINDS = {
    Measure.RATE: Ratio.RISK,
    Measure.FREQUENCY: Ratio.RATE,
    Measure.HAZARD_RATIO: Ratio.HAZARD,
}
_REASONS = {
    Measure.RMST: "a mean time is not a risk: see the E-value of the rate or of the hazard ratio",
    Measure.TIME_AMONG_REOFFENDERS: (
        "the time among reoffenders is descriptive: selection has to be ruled out "
        "before confounding"
    ),
}


def _find_ratio_faults(**ratios: object) -> list[Fault]:
    faults = []
    for name, value in ratios.items():
        found = find_number_faults(name, value, above=0)
        # beyond, the ratio or its inverse has no E-value that is a number
        faults += found or find_number_faults(name, value, least=1 / LARGEST, most=LARGEST)
    return faults


def _find_kind_of_ratio_faults(kind: object, common_outcome: object) -> list[Fault]:
    return [
        *find_choice_faults("kind", kind, Ratio),
        *find_kind_faults("common_outcome", common_outcome, bool, "True or False"),
    ]
