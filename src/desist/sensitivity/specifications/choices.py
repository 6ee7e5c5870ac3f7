"""What could have been decided otherwise, and which decisions make no sense together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from desist.arguments import describe, find_choice_faults, find_kind_faults
from desist.errors import Fault, raise_faults

SUBJECT = "multiverse"
DIMENSIONS: Mapping[str, str] = {
    "formula": "covariates of the design",
    "method": "method of the design, with its caliper or trimming",
    "estimand": "whom the effect is about",
    "score": "where the propensity score comes from",
    "model": "outcome model, with its family and priors",
    "covariates": "adjustment by the outcome model",
    "calibrated": "whether the model's averages are corrected",
    "horizon": "days of follow-up",
}
OF_DESIGN = ("formula", "method", "estimand", "score")
REQUIRED = ("formula", "method")
MARKS = ("equivalent", "uncertain", "not equivalent")


@dataclass(frozen=True)
class Option:
    """One way to decide.

    Attributes
    ----------
    name : str
        Short, for tables and pictures.
    value : object
        What the dimension takes: a formula, a method, a model, days.
    mark : str
        "equivalent": answers the same question as the first option, no worse; "uncertain":
        perhaps; "not equivalent": answers another question, and gets a curve of its own.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.sensitivity import Option
    >>> Option("radius 0.05", ds.RadiusMatching(0.05)).mark
    'equivalent'
    """

    name: str
    value: Any
    mark: str = "equivalent"


@dataclass(frozen=True)
class Exclusion:
    """Options that make no sense together.

    Attributes
    ----------
    options : mapping of str to str or tuple of str
        Names of options by dimension; specifications that have one of each are ruled out.
    reason : str
        Why, for the reader.

    Examples
    --------
    >>> from desist.sensitivity import Exclusion
    >>> never = Exclusion({"method": "exact", "formula": ("all", "most")}, "no cell has both")
    >>> never.excludes({"method": "exact", "formula": "all"})
    True
    """

    options: Mapping[str, str | tuple[str, ...]]
    reason: str

    def excludes(self, chosen: Mapping[str, str]) -> bool:
        """Tell whether a combination is ruled out.

        Parameters
        ----------
        chosen : mapping of str to str
            Name of the option of each dimension.

        Returns
        -------
        bool
            True where every dimension of the exclusion has one of its options.
        """
        return all(
            chosen.get(dimension) in ((names,) if isinstance(names, str) else names)
            for dimension, names in self.options.items()
        )


@dataclass(frozen=True)
class Specification:
    """One combination of options, with all that its result depends on."""

    options: tuple[tuple[str, Option], ...]  # (dimension, option), in the order of dimensions
    measure: str
    inference: Any
    probability: float
    seed: int  # of its draws
    balanced_on: str = ""  # covariates on which its balance is judged; its own where empty

    @property
    def names(self) -> dict[str, str]:
        """Name of the option of each dimension."""
        return {dimension: option.name for dimension, option in self.options}

    @property
    def values(self) -> dict[str, Any]:
        """Value of the option of each dimension."""
        return {dimension: option.value for dimension, option in self.options}

    @property
    def design(self) -> tuple[tuple[str, Any], ...]:
        """What its design is made of."""
        return tuple((name, value) for name, value in self.values.items() if name in OF_DESIGN)

    @property
    def question(self) -> tuple[str, ...]:
        """Options that are not equivalent to the first ones: they ask another question."""
        return tuple(
            f"{dimension}: {option.name}"
            for dimension, option in self.options
            if option.mark == "not equivalent"
        )


type Choices = Mapping[str, Sequence[Option]]


def find_choices_faults(choices: object) -> list[Fault]:
    """Find what is wrong with a table of choices."""
    expected = "options by dimension, such as {'method': [Option(...)]}"
    if not isinstance(choices, Mapping):
        return [Fault("choices", expected, describe(choices))]
    faults = [
        Fault(f"choices[{name!r}]", f"one of {', '.join(DIMENSIONS)}", "an unknown dimension")
        for name in choices
        if name not in DIMENSIONS
    ]
    faults += [
        Fault(f"choices[{name!r}]", "at least one option", "none", "a design needs it")
        for name in REQUIRED
        if not choices.get(name)
    ]
    for dimension, options in choices.items():
        faults += _find_option_faults(dimension, options)
    return faults


def find_exclusion_faults(exclusions: object, choices: Choices) -> list[Fault]:
    """Find exclusions that name what is not there."""
    if not isinstance(exclusions, list | tuple):
        return [Fault("exclusions", "a list of Exclusion", describe(exclusions))]
    faults = []
    for place, one in enumerate(exclusions):
        where = f"exclusions[{place}]"
        wrong = find_kind_faults(where, one, Exclusion, "an Exclusion(options, reason)")
        faults += wrong
        for dimension, names in {} if wrong else one.options.items():
            known = [option.name for option in choices.get(dimension, ())]
            for name in (names,) if isinstance(names, str) else names:
                faults += find_choice_faults(f"{where}, {dimension}", name, known)
    return faults


def combine(
    choices: Choices, exclusions: Sequence[Exclusion]
) -> tuple[list[tuple[tuple[str, Option], ...]], list[tuple[dict[str, str], str]]]:
    """Combine the options of all dimensions."""
    made, ruled_out = [], []
    for combination in _list_combinations(choices):
        names = {dimension: option.name for dimension, option in combination}
        reason = next((one.reason for one in exclusions if one.excludes(names)), "")
        if reason:
            ruled_out.append((names, reason))
        else:
            made.append(combination)
    if not made:
        fault = Fault("exclusions", "some combination that is left", "none")
        raise_faults(SUBJECT, [fault])
    return made, ruled_out


def _list_combinations(choices: Choices) -> Iterator[tuple[tuple[str, Option], ...]]:
    dimensions = [name for name in DIMENSIONS if choices.get(name)]
    for options in product(*(choices[name] for name in dimensions)):
        yield tuple(zip(dimensions, options, strict=True))


def _find_option_faults(dimension: str, options: object) -> list[Fault]:
    where = f"choices[{dimension!r}]"
    if not isinstance(options, list | tuple):
        return [Fault(where, "a list of Option", describe(options))]
    faults = []
    for place, option in enumerate(options):
        wrong = find_kind_faults(f"{where}[{place}]", option, Option, "an Option(name, value)")
        faults += wrong
        if not wrong:
            faults += find_choice_faults(f"{where}[{place}], mark", option.mark, MARKS)
            faults += find_kind_faults(f"{where}[{place}], name", option.name, str, "a text")
    names = [option.name for option in options if isinstance(option, Option)]
    if len(set(names)) < len(names):
        faults.append(Fault(where, "different names", "one of them twice"))
    return faults
