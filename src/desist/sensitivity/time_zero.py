"""Days during which participants could not have reoffended and still have taken part."""

import math

import numpy as np
import pandas as pd

from desist._types import Floats, Mask
from desist.arguments import describe, find_kind_faults
from desist.errors import Fault, name_rows, raise_faults
from desist.estimands import Measure
from desist.privacy import FEWEST_SHARING
from desist.sample import Sample
from desist.sensitivity._outcomes import read_days
from desist.sensitivity.result import SensitivityResult, say_difference

SUBJECT = "time zero"


def align_starts(sample: Sample, start: str, *, probability: float = 0.95) -> SensitivityResult:
    r"""Count the days during which participants had to stay free, and align the starts.

    Whoever reoffended before the programme began is no participant, so that the first days of
    participants are immune. Aligned, a comparison person counts for every participant's start up
    to which they were free: with :math:`e_j` the weighted share of starts up to the day of j's
    reoffence the comparison rate is :math:`\sum w_j e_j y_j / \sum w_j \{1 - y_j (1 - e_j)\}`.

    Parameters
    ----------
    sample : Sample
        With days to the first reoffence.
    start : str
        Column of the cohort: days from the start of follow-up to that of the programme, for
        participants; that of the others is not read.
    probability : float
        Of the intervals.

    Returns
    -------
    SensitivityResult
        The rate difference as it is and with aligned starts.

    Raises
    ------
    InputError
        If there is no such column, or a participant reoffended before the start.
    CannotAnswerError
        If the days cannot be had.

    References
    ----------
    Suissa, S. (2008). Immortal time bias in pharmacoepidemiology. American Journal of
    Epidemiology 167, 492-499. Hernan, M. A. et al. (2016). Specifying a target trial prevents
    immortal time bias. Journal of Clinical Epidemiology 79, 70-75.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import desist as ds
    >>> people = pd.DataFrame(
    ...     {
    ...         "t": [1] * 20 + [0] * 40,
    ...         "y": [0, 0, 0, 1] * 5 + [0, 1] * 20,
    ...         "days": [np.nan, np.nan, np.nan, 200.0] * 5 + [np.nan, 20.0, np.nan, 200.0] * 10,
    ...         "start": [30.0] * 20 + [np.nan] * 40,
    ...         "w": 1.0,
    ...     }
    ... )
    >>> cohort = ds.Cohort(people, treatment="t", reoffended="y", days="days")
    >>> design = ds.build_design(cohort, None, method=ds.GivenWeights("w"))
    >>> found = ds.sensitivity.align_starts(ds.build_sample(cohort, design), "start")
    >>> found.table[["label", "estimate"]].round(2)
                     label  estimate
    0             as it is     -0.25
    1  with aligned starts     -0.08
    """
    raise_faults(SUBJECT, find_kind_faults("sample", sample, Sample, "a Sample"))
    days, reoffended = read_days(sample, SUBJECT)
    arms = (sample.used & sample.treated, sample.used & ~sample.treated)
    starts = _read_starts(sample, start, days, reoffended)
    weights, order = sample.weights[arms[0]], np.argsort(starts)
    reached = np.concatenate([[0.0], np.cumsum(weights[order]) / weights.sum()])
    # the share of the participants' starts up to the day of each comparison person
    free = reached[np.searchsorted(starts[order], days, side="right")]
    counted = np.where(reoffended, free, 1.0)
    plain = np.ones(len(days))
    rows = [
        (label, *_contrast(reoffended.astype(float), sample.weights, arms, counts, probability))
        for label, counts in (("as it is", plain), ("with aligned starts", counted))
    ]
    immune = float(np.average(starts, weights=weights))
    table = pd.DataFrame(rows, columns=["label", "estimate", "lower", "upper"])
    sentence = _say(rows, immune, len(starts))
    units = dict.fromkeys(("estimate", "lower", "upper"), "proportion")
    title, doubt = "Days immune", "Participants had to stay free until the programme began."
    return SensitivityResult("time_zero", title, doubt, sentence, table, units)


def _read_starts(sample: Sample, start: object, days: Floats, reoffended: Mask) -> Floats:
    cohort, used = sample.cohort, sample.used & sample.treated
    if not isinstance(start, str) or start not in cohort.covariates:
        fault = Fault("start", "a column of the cohort", describe(start))
        raise_faults(SUBJECT, [fault])
    values = pd.to_numeric(cohort.covariates[str(start)], errors="coerce").to_numpy(dtype=float)
    wrong = used & ~((values >= 0) & (values < sample.horizon))
    early = used & ~wrong & reoffended & (days < values)
    faults = []
    for rows, expected in (
        (wrong, f"days from 0 and below {sample.horizon:g} for every participant"),
        (early, "no reoffence before the programme began"),
    ):
        if rows.any():
            places = np.flatnonzero(rows).tolist()
            faults.append(Fault(str(start), expected, f"{len(places)} other, {name_rows(places)}"))
    raise_faults(SUBJECT, faults)
    return values[used]


def _contrast(
    outcome: Floats, weights: Floats, arms: tuple[Mask, Mask], counts: Floats, probability: float
) -> tuple[float, float, float]:
    """Return the difference of rates; of the comparison people some count in part."""
    from scipy.special import ndtri

    treated, comparison = arms
    means, variance = [], 0.0
    for arm, shares in ((treated, np.ones(len(counts))), (comparison, counts)):
        masses = weights[arm] * shares[arm]
        masses = masses / masses.sum()
        mean = float(masses @ outcome[arm])
        # HC3: each residual by one less its leverage
        variance += float(np.square(masses * (outcome[arm] - mean) / (1 - masses)).sum())
        means.append(mean)
    estimate, reach = means[0] - means[1], float(ndtri((1 + probability) / 2)) * math.sqrt(variance)
    return estimate, estimate - reach, estimate + reach


def _say(rows: list[tuple[str, float, float, float]], immune: float, n_people: int) -> str:
    who = f"The {n_people} participants" if n_people >= FEWEST_SHARING else "The participants"
    first, second = (say_difference(row[1], Measure.RATE) for row in rows)
    low, high = (say_difference(limit, Measure.RATE) for limit in rows[1][2:])
    return (
        f"{who} had to stay free for {immune:.0f} days on average before the programme began. The "
        f"difference is {first} as it is, and {second} ({low} to {high}) when comparison people "
        "have to stay free as long."
    )
