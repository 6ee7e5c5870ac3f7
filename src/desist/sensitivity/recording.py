"""Reoffences that were not recorded, and people who were not found: quantitative bias analysis."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist._types import Floats
from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.effects.effect import Effect
from desist.errors import CannotAnswerError, Fault, raise_faults
from desist.estimands import Estimand, Measure
from desist.sensitivity.result import (
    SensitivityResult,
    require_arms,
    say_difference,
    summarise,
    unit_of,
)
from desist.sensitivity.unrecorded import Share

FEWEST_POSSIBLE = 0.05
NUMBERS = ("estimate", "lower", "upper")
CERTAIN = 1.0
MOST_LOST = 10**9
SCENARIOS = (
    "as analysed",
    "nobody of them reoffended",
    "as the participants who were analysed",
    "as the comparison group",
    "everybody of them reoffended",
)


@dataclass(frozen=True)
class Recording:
    """How well reoffending is recorded in one arm.

    Attributes
    ----------
    sensitivity : Share or float
        Share of those who reoffended that the record shows.
    specificity : Share or float
        Share of those who did not of whom the record shows nothing; usually 1.

    Raises
    ------
    InputError
        If one of them is no share.

    Examples
    --------
    >>> from desist.sensitivity import Recording, Share
    >>> Recording(Share(0.9, 60)).specificity
    1.0
    """

    sensitivity: Share | float
    specificity: Share | float = CERTAIN

    def __post_init__(self) -> None:
        """Check the shares."""
        raise_faults("Recording", _find_share_faults(vars(self)))


@dataclass(frozen=True)
class Found:
    """How likely people are to be found and analysed.

    Attributes
    ----------
    treated_reoffenders, treated_others : Share or float
        Of the participants, those who reoffended and those who did not.
    comparison_reoffenders, comparison_others : Share or float
        Of the comparison people.

    Raises
    ------
    InputError
        If one of them is no share.

    Examples
    --------
    >>> from desist.sensitivity import Found, Share
    >>> Found(treated_reoffenders=Share(0.9, 40), treated_others=0.8).comparison_others
    1.0
    """

    treated_reoffenders: Share | float = CERTAIN
    treated_others: Share | float = CERTAIN
    comparison_reoffenders: Share | float = CERTAIN
    comparison_others: Share | float = CERTAIN

    def __post_init__(self) -> None:
        """Check the shares."""
        raise_faults("Found", _find_share_faults(vars(self)))


def correct_recording(
    effect: Effect, treated: Recording, comparison: Recording, *, seed: int = 0
) -> SensitivityResult:
    r"""Correct a rate for reoffences that were not recorded, or wrongly.

    With sensitivity s and specificity c the share who did reoffend is
    :math:`(p + c - 1)/(s + c - 1)`, for each draw of all three. Draws that no rate allows are
    left out; how many is said.

    Parameters
    ----------
    effect : Effect
        Of the rate.
    treated, comparison : Recording
        How well either arm is recorded.
    seed : int
        Of the draws of the shares.

    Returns
    -------
    SensitivityResult
        The effect as recorded and corrected, with draws.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If it is not of the rate, or hardly a draw is possible.

    References
    ----------
    Lash, T. L., Fox, M. P. and Fink, A. K. (2009). Applying Quantitative Bias Analysis to
    Epidemiologic Data, chapter 6.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> nine, eight = ds.sensitivity.Recording(0.9), ds.sensitivity.Recording(0.8)
    >>> found = ds.sensitivity.correct_recording(rate, treated=eight, comparison=nine, seed=1)
    >>> found.table[["label", "estimate"]].round(2)
             label  estimate
    0  as recorded     -0.29
    1    corrected     -0.30
    """
    subject = "recording"
    arms = {"treated": treated, "comparison": comparison}
    faults = find_number_faults("seed", seed, least=0, whole=True)
    for name, value in arms.items():
        faults += find_kind_faults(name, value, Recording, "a Recording(sensitivity)")
    raise_faults(subject, faults)
    rates = require_arms(effect, subject, Measure.RATE)
    rng = np.random.default_rng(seed)
    corrected = [_correct(rate, one, rng) for rate, one in zip(rates, arms.values(), strict=True)]
    possible = np.logical_and.reduce([(rate >= 0) & (rate <= 1) for rate in corrected])
    doubt = "Some reoffences were never recorded, and not alike in both arms."
    title = "Reoffences that were not recorded"
    return _compare(effect, rates, corrected, possible, (subject, title, doubt))


def correct_selection(effect: Effect, found: Found, *, seed: int = 0) -> SensitivityResult:
    r"""Correct a rate for people who were not found.

    With chances :math:`s_1` and :math:`s_0` that people who reoffended, or did not, are found,
    the share who did reoffend is :math:`(p/s_1) / \{p/s_1 + (1 - p)/s_0\}`.

    Parameters
    ----------
    effect : Effect
        Of the rate.
    found : Found
        Chances of being found, known or with a prior.
    seed : int
        Of their draws.

    Returns
    -------
    SensitivityResult
        The effect as found and corrected, with draws.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If it is not of the rate.

    References
    ----------
    Lash, T. L., Fox, M. P. and Fink, A. K. (2009). Applying Quantitative Bias Analysis to
    Epidemiologic Data, chapter 4.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> chances = ds.sensitivity.Found(treated_reoffenders=0.8)
    >>> found = ds.sensitivity.correct_selection(rate, chances, seed=1)
    >>> found.table[["label", "estimate"]].round(2)
             label  estimate
    0  as recorded     -0.29
    1    corrected     -0.26
    """
    subject = "people not found"
    faults = find_kind_faults("found", found, Found, "a Found(treated_reoffenders=0.9)")
    raise_faults(subject, faults + find_number_faults("seed", seed, least=0, whole=True))
    rates = require_arms(effect, subject, Measure.RATE)
    rng = np.random.default_rng(seed)
    n_draws = len(rates[0])
    chances = [_draw(getattr(found, item.name), n_draws, rng) for item in fields(found)]
    # both chances times their product: nothing is divided by a chance that was drawn as 0
    with np.errstate(divide="ignore", invalid="ignore"):
        corrected = [
            rate * of_others / (rate * of_others + (1 - rate) * of_reoffenders)
            for rate, of_reoffenders, of_others in zip(
                rates, chances[::2], chances[1::2], strict=True
            )
        ]
    doubt = "The people who could not be found reoffended more, or less, than the others."
    possible = np.logical_and.reduce([chance > 0 for chance in chances])
    title = "People who were not found"
    return _compare(effect, rates, corrected, possible, ("people_not_found", title, doubt))


def attrition(
    effect: Effect,
    lost: Mapping[str, int],
    *,
    rates: Mapping[str, float] | None = None,
    seed: int = 0,
) -> SensitivityResult:
    r"""Ask what the participants who were not analysed could do to a rate.

    With n analysed and m lost, of whom a share r reoffended, the participants' rate is
    :math:`(n \mu_1 + X)/(n + m)`, X binomial. The comparison group stays as it is, taken to
    stand for all participants.

    Parameters
    ----------
    effect : Effect
        Of the rate, on the participants.
    lost : mapping of str to int
        Participants who were not analysed, by reason.
    rates : mapping of str to float, optional
        Further shares r, by label.
    seed : int
        Of the draws.

    Returns
    -------
    SensitivityResult
        One row a share of the lost: nobody, as those analysed (missing at random), as the
        comparison group, everybody, and the tipping points.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If it is not of the rate, or not on the participants.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> found = ds.sensitivity.attrition(rate, {"not found": 20})
    >>> found.table["label"].tolist()[:3]
    ['as analysed', 'nobody of them reoffended', 'as the participants who were analysed']
    """
    subject = "attrition"
    raise_faults(subject, _find_lost_faults(lost, rates, seed))
    treated, comparison = require_arms(effect, subject, Measure.RATE)
    if effect.estimand.asked is not Estimand.ATT:
        raise CannotAnswerError(
            f"{subject}: the effect is not on the participants ({effect.estimand}), to whom those "
            "who were not analysed would be added; choose the ATT"
        )
    n, m = effect.n_treated, sum(lost.values())
    rng = np.random.default_rng(seed)

    def with_lost(share: Floats | float) -> Floats:
        happened = rng.binomial(m, share, len(treated))
        moved: Floats = (n * treated + happened) / (n + m) - comparison
        return moved

    shares = (0.0, treated, comparison, 1.0)
    scenarios: dict[str, Floats | float] = dict(zip(SCENARIOS[1:], shares, strict=True))
    scenarios |= rates or {}
    draws = {SCENARIOS[0]: treated - comparison}
    draws |= {label: with_lost(share) for label, share in scenarios.items()}
    told = [np.nan, *(float(np.mean(share)) for share in scenarios.values())]
    rows = [
        (label, share, *summarise(values, effect.probability))
        for (label, values), share in zip(draws.items(), told, strict=True)
    ]
    tip = float((comparison.mean() * (n + m) - n * treated.mean()) / m)
    table = pd.DataFrame(rows, columns=["label", "share", *NUMBERS])
    units = {"share": "proportion of the lost", **_units(effect)}
    doubt = "The participants who were not analysed were the ones who went on offending."
    sentence = _say_attrition(table, tip, m, float(treated.mean()))
    title = "Participants who were not analysed"
    return SensitivityResult(subject, title, doubt, sentence, table, units, draws)


def _find_share_faults(shares: Mapping[str, object]) -> list[Fault]:
    return [
        fault
        for name, value in shares.items()
        if not isinstance(value, Share)
        for fault in find_number_faults(name, value, above=0, most=1)
    ]


def _find_lost_faults(lost: object, rates: object, seed: object) -> list[Fault]:
    faults = find_number_faults("seed", seed, least=0, whole=True)
    if not isinstance(lost, Mapping) or not lost:
        expected = "numbers of people by reason, such as {'no record': 44}"
        return [*faults, Fault("lost", expected, describe(lost))]
    for name, value in lost.items():
        where = f"lost[{name!r}]"
        faults += find_number_faults(where, value, least=1, most=MOST_LOST, whole=True)
    if rates is None:
        return faults
    if not isinstance(rates, Mapping):
        return [*faults, Fault("rates", "shares by label", describe(rates))]
    for name, value in rates.items():
        if not isinstance(name, str) or name in SCENARIOS:
            expected = "a label that is a text and not one of the table's own"
            faults.append(Fault("rates", expected, describe(name)))
        faults += find_number_faults(f"rates[{name!r}]", value, least=0, most=1)
    return faults


def _draw(share: Share | float, n_draws: int, rng: np.random.Generator) -> Floats:
    if isinstance(share, Share):
        return share.draw(n_draws, rng)
    return np.full(n_draws, float(share))


def _correct(rate: Floats, how: Recording, rng: np.random.Generator) -> Floats:
    sensitivity = _draw(how.sensitivity, len(rate), rng)
    specificity = _draw(how.specificity, len(rate), rng)
    told = sensitivity + specificity - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        corrected: Floats = np.where(told > 0, (rate + specificity - 1) / told, np.inf)
    return corrected


def _compare(
    effect: Effect,
    rates: tuple[Floats, Floats],
    corrected: list[Floats],
    possible: NDArray[np.bool_],
    names: tuple[str, str, str],
) -> SensitivityResult:
    name, title, doubt = names
    if possible.mean() < FEWEST_POSSIBLE:
        raise CannotAnswerError(
            f"{name}: fewer than 5 in 100 draws agree with the recorded rates; give shares nearer 1"
        )
    draws = {
        "as recorded": rates[0] - rates[1],
        "corrected": (corrected[0] - corrected[1])[possible],
    }
    rows = [(label, *summarise(values, effect.probability)) for label, values in draws.items()]
    left = "" if possible.all() else f" ({1 - possible.mean():.0%} of draws were impossible)"
    _, estimate, low, high = rows[1]
    sentence = (
        f"Corrected{left}, the effect is {say_difference(estimate, effect.measure)} "
        f"({say_difference(low, effect.measure)} to {say_difference(high, effect.measure)}), where "
        f"it is {say_difference(rows[0][1], effect.measure)} as recorded."
    )
    table = pd.DataFrame(rows, columns=["label", *NUMBERS])
    slug = name.replace(" ", "_")
    return SensitivityResult(slug, title, doubt, sentence, table, _units(effect), draws)


def _units(effect: Effect) -> dict[str, str]:
    return dict.fromkeys(NUMBERS, unit_of(effect.measure))


def _say_attrition(table: pd.DataFrame, tip: float, n_lost: int, rate: float) -> str:
    by_label = table.set_index("label")["estimate"]
    low, high = by_label["nobody of them reoffended"], by_label["everybody of them reoffended"]
    who = f"the {n_lost} participants" if n_lost >= 10 else "the participants"
    span = (
        f"Counting {who} who were not analysed, the difference lies between "
        f"{say_difference(low, Measure.RATE)} (nobody of them reoffended) and "
        f"{say_difference(high, Measure.RATE)} (everybody did)."
    )
    if not 0 < tip < 1:
        return f"{span} No share of them could take it to nothing."
    return (
        f"{span} It is nothing if {100 * tip:.0f} of 100 of them reoffended, where "
        f"{100 * rate:.0f} of 100 did of those analysed."
    )
