"""What the correction by what was observed did to an effect."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Correction:
    """What the correction did to one effect.

    Attributes
    ----------
    treated, comparison : float or None
        Means of the model alone; None for the hazard ratio.
    contrast, lower, upper : float
        Of the model alone, on the scale that is reported first.
    sizes : tuple of float, or None
        How many people of equal weight each arm is worth for this outcome, treated first, never
        above their number; None where an arm has no such figure (the restricted mean, or an
        outcome that nobody or everybody has).
    kish : tuple of float, or None
        The same by the weights alone.
    freedom : tuple of float, or None
        Degrees of freedom of the spread of each arm's mean: as many people with equal parts in
        it know it as well. Few, where a handful of people who can offend very often carry it.
    not_corrected : tuple of str
        The arms that are left as the model has them, because nobody or everybody in them has
        the outcome.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [rate] = ds.estimate_effects(ds.fit_model(ds.RateModel(), cohort, design, seed=1))
    >>> round(rate.correction.contrast, 2), round(rate.estimate, 2)
    (-0.26, -0.29)
    """

    treated: float | None
    comparison: float | None
    contrast: float
    lower: float
    upper: float
    sizes: tuple[float, float] | None = None
    kish: tuple[float, float] | None = None
    freedom: tuple[float, float] | None = None
    not_corrected: tuple[str, ...] = ()


def pool_corrections(corrections: Sequence[Correction | None]) -> Correction | None:
    """Average what the corrections of several designs did to one effect."""
    known = [correction for correction in corrections if correction is not None]
    if len(known) < len(corrections):
        return None
    names = {name: None for correction in known for name in correction.not_corrected}
    return Correction(
        treated=_average([one.treated for one in known]),
        comparison=_average([one.comparison for one in known]),
        contrast=float(np.mean([one.contrast for one in known])),
        lower=float(np.mean([one.lower for one in known])),
        upper=float(np.mean([one.upper for one in known])),
        sizes=_average_pairs([one.sizes for one in known]),
        kish=_average_pairs([one.kish for one in known]),
        freedom=_average_pairs([one.freedom for one in known]),
        not_corrected=tuple(names),
    )


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _average_pairs(pairs: Sequence[tuple[float, float] | None]) -> tuple[float, float] | None:
    known = [pair for pair in pairs if pair is not None]
    if len(known) < len(pairs):
        return None
    treated, comparison = np.mean(known, axis=0)
    return float(treated), float(comparison)
