"""Make every specification of an evaluation, anywhere, and go on where it stopped."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import pandas as pd

from desist.arguments import find_kind_faults, find_number_faults, find_probability_faults
from desist.cohort.cohort import Cohort
from desist.errors import raise_faults
from desist.estimands import Estimand, Measure
from desist.execution import Store, run_tasks
from desist.inference.engines import Engine, find_engine_faults
from desist.sensitivity.specifications._work import answer, mark_data
from desist.sensitivity.specifications.choices import (
    SUBJECT,
    Choices,
    Exclusion,
    Specification,
    combine,
    find_choices_faults,
    find_exclusion_faults,
)
from desist.sensitivity.specifications.record import Multiverse, measure_influence

BALANCE_LIMIT = 0.1
BATCH = 5
FOUND = (
    "estimand",
    "estimate",
    "lower",
    "upper",
    "probability_of_benefit",
    "effective_comparison",
    "worst_smd",
    "khat",
)


def multiverse(
    cohort: Cohort,
    choices: Choices,
    *,
    exclusions: Sequence[Exclusion] = (),
    measure: Measure | str = Measure.RATE,
    balance_limit: float = BALANCE_LIMIT,
    inference: str | Engine = "auto",
    probability: float = 0.95,
    seed: int = 0,
    executor: Executor | None = None,
    store: str | Path | None = None,
    batch: int = BATCH,
) -> Multiverse:
    """Make every combination of choices, and say which choice moves the answer how much.

    Nothing is averaged: a multiverse is a set of analyses. Estimands never share a curve, nor do
    options that are marked "not equivalent" and those that are. Designs that miss the balance
    limit are made and marked; balance is judged on the covariates of all formulas, so that a
    design does not pass by leaving out what it does not balance.

    Parameters
    ----------
    cohort : Cohort
        The people.
    choices : mapping of str to sequence of Option
        By dimension: "formula" and "method", and where there is a choice "estimand", "score",
        "model", "covariates", "calibrated" and "horizon". The first options are those of the
        evaluation itself. Without "model" it is the usual one of the measure, without groups.
    exclusions : sequence of Exclusion
        Options that make no sense together, with the reason.
    measure : Measure or str
        What is compared.
    balance_limit : float
        Largest absolute standardised difference of a balanced design.
    inference : {"auto", "nuts", "laplace"}, Nuts or Laplace
        The engine.
    probability : float
        Of the intervals.
    seed : int
        Of all randomness; each specification has a seed of its own, wherever it stands.
    executor : concurrent.futures.Executor, optional
        Where the work is done; the bits are the same on any.
    store : str or Path, optional
        File that keeps what was done, so that an interrupted run goes on.
    batch : int
        Specifications that go out together.

    Returns
    -------
    Multiverse
        One row a specification; those that could not be made have the reason.

    Raises
    ------
    InputError
        If an argument is wrong, every fault is listed; or the workers were lost.

    References
    ----------
    Steegen, S. et al. (2016). Perspectives on Psychological Science 11, 702-712. Del Giudice, M.
    and Gangestad, S. W. (2021). Advances in Methods and Practices in Psychological Science 4(1)
    (equivalence).

    Examples
    --------
    >>> import desist as ds
    >>> from desist.sensitivity import Option
    >>> cohort = ds.simulate_cohort(120, 600, rng=3).cohort
    >>> choices = {
    ...     "formula": [Option("complex", "age + copas")],
    ...     "method": [Option(f"{c}", ds.RadiusMatching(c)) for c in (0.05, 0.2)],
    ...     "covariates": [Option("none", None)],
    ... }
    >>> len(multiverse(cohort, choices, inference="laplace").table)
    2
    """
    faults = find_kind_faults("cohort", cohort, Cohort, "a Cohort")
    faults += find_choices_faults(choices) + find_engine_faults(inference)
    faults += find_probability_faults(probability)
    faults += find_number_faults("balance_limit", balance_limit, above=0)
    faults += find_number_faults("seed", seed, least=0, whole=True)
    faults += find_number_faults("batch", batch, least=1, whole=True)
    raise_faults(SUBJECT, faults or find_exclusion_faults(exclusions, choices))
    measure = Measure(measure)
    made, ruled_out = combine(choices, exclusions)
    texts = [str(one.value) for one in choices["formula"] if one.value is not None]
    tasks = [
        replace(
            _specify(options, measure, inference, probability, seed),
            balanced_on=" + ".join(dict.fromkeys(texts)),
        )
        for options in made
    ]
    mark = mark_data(cohort)
    results = run_tasks(
        partial(answer, cohort, mark),
        tasks,
        executor=executor,
        batch=batch,
        progress="specifications",
        store=None if store is None else Store(Path(store), mark),
    )
    table = tabulate(tasks, results, balance_limit)
    dimensions = tuple(tasks[0].names)
    excluded = pd.DataFrame([names | {"reason": reason} for names, reason in ruled_out])
    influence = measure_influence(table, dimensions)
    return Multiverse(
        measure, dimensions, table, influence, excluded, balance_limit, float(probability)
    )


def tabulate(
    tasks: Sequence[Specification], results: Sequence[dict[str, Any]], balance_limit: float
) -> pd.DataFrame:
    """Put what was found beside what was chosen."""
    rows = [
        one.names
        | {"question": _ask(one, found)}
        | {name: found.get(name) for name in FOUND}
        | {
            "is_balanced": found.get("worst_smd", balance_limit + 1) <= balance_limit,
            "marks": _worst_mark(one),
            "reason": found["reason"],
        }
        for one, found in zip(tasks, results, strict=True)
    ]
    return pd.DataFrame(rows)


def _specify(
    options: Any, measure: Measure, inference: str | Engine, probability: float, seed: int
) -> Specification:
    # a seed by what is chosen, so that adding a choice leaves the others' numbers as they are
    own = crc32(repr((seed, options)).encode())
    return Specification(options, str(measure), inference, float(probability), own)


def _ask(one: Specification, found: dict[str, Any]) -> str:
    """Name the question: the estimand that came out, and options that change it."""
    if found["reason"]:
        return ""
    return "; ".join([_say_estimand(found["estimand"]), *one.question])


def _say_estimand(estimand: str) -> str:
    return f"the effect on {Estimand(estimand).people}"


def _worst_mark(one: Specification) -> str:
    marks = {option.mark for _, option in one.options}
    order = ("not equivalent", "uncertain", "equivalent")
    return next(mark for mark in order if mark in marks)
