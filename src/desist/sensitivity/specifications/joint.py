"""Do all specifications together say more than chance? A randomisation test over them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from desist._types import Floats
from desist.arguments import find_kind_faults, find_number_faults
from desist.cohort.cohort import Cohort
from desist.errors import CannotAnswerError, raise_faults
from desist.estimands import Measure
from desist.execution import Store, run_tasks
from desist.sensitivity._outcomes import read_measure
from desist.sensitivity.specifications._redrawn import Redrawn, compare_redrawn
from desist.sensitivity.specifications._work import mark_data
from desist.sensitivity.specifications.choices import (
    Choices,
    Exclusion,
    Specification,
    combine,
    find_choices_faults,
    find_exclusion_faults,
)

SUBJECT = "joint test"
DRAWS_A_TASK = 50
STRIKING = 1.96  # standard deviations of the redraws


@dataclass(frozen=True, eq=False, repr=False)
class JointTest:
    """A randomisation test over all specifications of a multiverse.

    Attributes
    ----------
    measure : Measure
        What is compared.
    p_value : float
        Of the median of the standardised differences, two-sided.
    table : DataFrame
        One row a statistic: "statistic", "observed", "p_value".
    n_specifications : int
        Different ways of comparing; those that differ by the model alone are one.
    n_draws : int
        Draws of participation that could be compared.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.sensitivity import Option, joint_test
    >>> cohort = ds.simulate_cohort(120, 600, rng=3).cohort
    >>> choices = {
    ...     "formula": [Option("full", "age + copas"), Option("few", "copas", "uncertain")],
    ...     "method": [Option(f"{r}", ds.RadiusMatching(r)) for r in (0.2, 0.1)],
    ... }
    >>> found = joint_test(cohort, choices, n_draws=19, seed=1)
    >>> 0 < found.p_value <= 1, found.n_draws
    (True, 19)
    """

    measure: Measure
    p_value: float
    table: pd.DataFrame
    n_specifications: int
    n_draws: int

    name: ClassVar[str] = "joint_test"
    title: ClassVar[str] = "All specifications together against chance"
    doubt: ClassVar[str] = "With so many ways to analyse, one of them would show something."
    units: ClassVar[Mapping[str, str]] = {"p_value": "probability"}

    @property
    def sentence(self) -> str:
        """The test in plain words."""
        return (
            f"Had the programme changed nobody's outcome, {self.n_specifications} ways of "
            "comparing would together differ from nothing by as much with probability "
            f"{self.p_value:.2g} ({self.n_draws} draws of who takes part)."
        )

    def __repr__(self) -> str:
        """Return the p-value."""
        return f"<JointTest of {self.n_specifications} specifications: p = {self.p_value:.3g}>"


def joint_test(
    cohort: Cohort,
    choices: Choices,
    *,
    exclusions: Sequence[Exclusion] = (),
    measure: Measure | str = Measure.RATE,
    n_draws: int = 499,
    seed: int = 0,
    executor: Executor | None = None,
    store: str | Path | None = None,
) -> JointTest:
    r"""Test all specifications together by drawing participation again.

    Participation is drawn again from the propensity score of the first specification, the number
    of participants held; for each draw every design is made again, scores and all, and the
    weighted difference :math:`d_{sb}` of each specification taken, of residuals of the outcome
    where it adjusts for covariates (Rosenbaum 2002, Statistical Science 17, 286-327). With
    :math:`z_{sb} = d_{sb} / sd_b(d_{sb})` the test statistic is the absolute median over
    specifications; the share of striking ones and the mean stand beside it.

    Parameters
    ----------
    cohort : Cohort
        The people.
    choices : mapping of str to sequence of Option
        As of `multiverse`; options marked "not equivalent" are left out.
    exclusions : sequence of Exclusion
        As of `multiverse`.
    measure : Measure or str
        "rate", "frequency" or "rmst".
    n_draws : int
        Draws of participation.
    seed : int
        Of the draws.
    executor : concurrent.futures.Executor, optional
        Where the work is done; the bits are the same on any.
    store : str or Path, optional
        File that keeps what was done.

    Returns
    -------
    JointTest
        p-values over all specifications.

    Raises
    ------
    InputError
        If an argument is wrong; every fault is listed.
    CannotAnswerError
        If participation cannot be drawn again, or hardly a draw can be compared.

    References
    ----------
    Simonsohn, U., Simmons, J. P. and Nelson, L. D. (2020). Specification curve analysis. Nature
    Human Behaviour 4, 1208-1214.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.sensitivity import Option, joint_test
    >>> cohort = ds.simulate_cohort(120, 600, rng=3).cohort
    >>> choices = {
    ...     "formula": [Option("full", "age + copas"), Option("few", "copas", "uncertain")],
    ...     "method": [Option(f"{r}", ds.RadiusMatching(r)) for r in (0.2, 0.1)],
    ... }
    >>> found = joint_test(cohort, choices, n_draws=19, seed=1)
    >>> found.n_specifications, found.table["statistic"].tolist()[0]
    (4, 'median of standardised differences')
    """
    faults = find_kind_faults("cohort", cohort, Cohort, "a Cohort")
    faults += find_choices_faults(choices)
    faults += find_number_faults("n_draws", n_draws, least=19, whole=True)
    faults += find_number_faults("seed", seed, least=0, whole=True)
    raise_faults(SUBJECT, faults or find_exclusion_faults(exclusions, choices))
    asked = read_measure(measure, SUBJECT)
    specifications = list_comparisons(choices, exclusions, asked)
    tasks = [Redrawn(-1, 0)] + [
        Redrawn(seed, first, min(DRAWS_A_TASK, n_draws - first))
        for first in range(0, n_draws, DRAWS_A_TASK)
    ]
    found = run_tasks(
        partial(compare_redrawn, cohort, tuple(specifications)),
        tasks,
        executor=executor,
        progress="redraws",
        store=None if store is None else Store(Path(store), f"{mark_data(cohort)}{specifications}"),
    )
    observed, drawn = np.array(found[0][0]), np.concatenate([np.array(part) for part in found[1:]])
    return _judge(observed, drawn, asked)


def list_comparisons(
    choices: Choices, exclusions: Sequence[Exclusion], measure: Measure
) -> list[Specification]:
    """List the different ways of comparing: design, horizon, adjusted or not."""
    made, _ = combine(choices, exclusions)
    kept: dict[str, Specification] = {}
    for options in made:
        one = Specification(options, str(measure), None, 0.95, 0)
        if not one.question:
            values = one.values
            key = repr((one.design, values.get("horizon"), values.get("covariates", "design")))
            kept.setdefault(key, one)
    if not kept:
        raise CannotAnswerError(f"{SUBJECT}: every specification is marked as not equivalent")
    return list(kept.values())


def _judge(observed: Floats, drawn: Floats, measure: Measure) -> JointTest:
    made = np.isfinite(observed)  # a multiverse says why the others could not be
    observed, drawn = observed[made], drawn[:, made]
    usable = np.isfinite(drawn).all(axis=1)
    if not made.any() or usable.mean() < 0.5:
        raise CannotAnswerError(f"{SUBJECT}: hardly a draw of participation has all designs")
    every = np.vstack([observed, drawn[usable]])
    # the observed draw is one of the draws, so that the scale favours none of them
    standard = (every - every.mean(axis=0)) / every.std(axis=0)
    statistics = {
        "median of standardised differences": np.median(standard, axis=1),
        "mean of standardised differences": standard.mean(axis=1),
        "share of striking ones in one direction": (standard > STRIKING).mean(axis=1)
        - (standard < -STRIKING).mean(axis=1),
    }
    rows = [
        (name, float(values[0]), float((np.abs(values) >= abs(values[0]) - 1e-12).mean()))
        for name, values in statistics.items()
    ]
    table = pd.DataFrame(rows, columns=["statistic", "observed", "p_value"])
    return JointTest(measure, rows[0][2], table, observed.size, int(usable.sum()))
