"""One process behind all measures: its sharper answer, with the check that licenses it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from desist.effects.effect import Effect, contrast_measures
from desist.errors import CannotAnswerError
from desist.estimands import Measure
from desist.evaluation._model_alone import PRINTED
from desist.inference.engines import Engine
from desist.models.fit import fit_model
from desist.models.predictive.process import check_one_process
from desist.models.predictive.record import PredictiveCheck
from desist.models.process import ProcessModel
from desist.sample import Sample

N_DRAWS = 300
NEEDED = ("offences", "reoffended", "days")


@dataclass(frozen=True, eq=False, repr=False)
class OneProcess:
    """What one process says of every measure, and whether it suffices for these people.

    Attributes
    ----------
    effects : tuple of Effect
        Of the process alone, without correction: that is what makes them sharper.
    check : PredictiveCheck
        Of rate, frequency and days among reoffenders of each arm.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 200, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.EntropyBalancing())
    >>> made = ds.evaluate(cohort, design, models=[ds.RateModel()], one_process=True, seed=1)
    >>> made.one_process.suffices
    True
    >>> [effect.measure.value for effect in made.one_process.effects]
    ['rate', 'frequency', 'rmst', 'time_among_reoffenders', 'hazard_ratio']
    """

    effects: tuple[Effect, ...]
    check: PredictiveCheck

    @property
    def suffices(self) -> bool:
        """Whether the process explains every statistic that was looked at."""
        return self.check.explains

    def __repr__(self) -> str:
        """Return whether it suffices, and of how many measures it tells."""
        word = "suffices" if self.suffices else "does not suffice"
        return f"<OneProcess: {word}, {len(self.effects)} measures>"


def fit_one_process(
    sample: Sample,
    covariates: str | None,
    inference: str | Engine,
    probability: float,
    rng: np.random.Generator,
) -> OneProcess | str:
    """Fit one process to rate, frequency and time, and check it; or say why there is none."""
    missing = [name for name in NEEDED if getattr(sample.cohort, name) is None]
    if missing:
        return f"the cohort has no column of {' or '.join(missing)}"
    hindered = [sample.obstacles[name] for name in NEEDED if name in sample.obstacles]
    if hindered:
        return hindered[0]
    fitting, checking = rng.spawn(2)
    try:
        fit = fit_model(
            ProcessModel(covariates=covariates), sample, inference=inference, seed=fitting
        )
    except CannotAnswerError as error:
        return str(error)
    effects, _ = contrast_measures(fit, probability=probability, calibrated=False)
    check = check_one_process(fit, sample, n_draws=N_DRAWS, seed=checking)
    return OneProcess(effects, check)


def say_one_process(
    found: OneProcess | str | None, reported: Mapping[Measure, Effect]
) -> tuple[str, ...]:
    """Say what one process adds beside the reported posteriors, if it suffices."""
    if found is None:
        return ()
    if isinstance(found, str):
        return (f"One process for all measures was asked for and cannot be fitted: {found}.",)
    licence = say_whether_it_suffices(found)
    if not found.suffices:
        return (licence,)
    told = [
        _say_measure(effect, reported[effect.measure])
        for effect in found.effects
        if effect.measure in reported
    ]
    return (licence, *told)


def say_whether_it_suffices(found: OneProcess) -> str:
    """Say whether one process explains what was observed of all measures."""
    if not found.suffices:
        return (
            "One process does not suffice for rate, frequency and time: "
            f"{len(found.check.unexplained)} of the {found.check.n_compared} statistics looked at "
            "are not within what it predicts, so that its sharper answer is not offered."
        )
    return (
        f"One process suffices for rate, frequency and time: each of the {found.check.n_compared} "
        "statistics looked at is within what it predicts. If offences do come from one process, "
        "its answer is the sharper one."
    )


def begin_of_process(measure: Measure) -> str:
    """Begin a sentence that holds figures of a measure, so that it goes where these go."""
    return f"{measure}: under one process for all measures a"


def _say_measure(effect: Effect, reported: Effect) -> str:
    factor, decimals, unit = PRINTED[effect.measure]
    estimate, lower, upper = (
        f"{round(factor * value, decimals) + 0.0:.{decimals}f}"
        for value in (effect.estimate, effect.interval.lower, effect.interval.upper)
    )
    widths = [one.interval.upper - one.interval.lower for one in (effect, reported)]
    return (
        f"{begin_of_process(effect.measure)} {effect.scale} of {estimate} ({lower} to {upper})"
        f"{unit}; its interval is {widths[0] / widths[1]:.0%} as wide as the reported one."
    )
