"""A table of two counts and two sizes, validated once for every formula that takes one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desist.arguments import describe, find_number_faults
from desist.checks.columns import SUBJECT, find_probability_faults
from desist.errors import CannotAnswerError, Fault, raise_faults

FIELDS = ("events_treated", "n_treated", "events_comparison", "n_comparison")
ARGUMENTS = ("x1", "n1", "x2", "n2")  # the same, as the formulas call them
KNOWN = 1e9  # a rate known without error is one of so many people, to a double's accuracy
MOST_TABLES = 10_000_000  # of an exact test: some hundred megabytes
ADVICE_COUNT = "give the number who reoffended first, then the number of people"
ADVICE_WHOLE = "a weighted count is not one of people; use an interval with effective counts"


@dataclass(frozen=True)
class TwoByTwo:
    """Reoffenders and people of two arms, as counts that need not be whole.

    Attributes
    ----------
    events_treated, n_treated : float
        Reoffenders and people among the participants.
    events_comparison, n_comparison : float
        The same for the comparison group; of a weighted one the effective numbers.

    Raises
    ------
    InputError
        If a number is missing, negative or not finite, an arm is empty, or there are more
        reoffenders than people; every fault is listed.

    Examples
    --------
    >>> table = TwoByTwo(13, 83, 1533, 5514)
    >>> round(table.difference, 4)
    -0.1214
    """

    events_treated: float
    n_treated: float
    events_comparison: float
    n_comparison: float

    def __post_init__(self) -> None:
        """Name every number that cannot be one of such a table."""
        raise_faults(SUBJECT, _find_table_faults(FIELDS, [getattr(self, name) for name in FIELDS]))
        for name in FIELDS:
            object.__setattr__(self, name, float(getattr(self, name)))

    @property
    def counts(self) -> tuple[float, float, float, float]:
        """Reoffenders and people of the participants, then of the comparison group."""
        return self.events_treated, self.n_treated, self.events_comparison, self.n_comparison

    @property
    def proportions(self) -> tuple[float, float]:
        """Rate of the participants and of the comparison group."""
        return self.events_treated / self.n_treated, self.events_comparison / self.n_comparison

    @property
    def difference(self) -> float:
        """Rate of the participants minus that of the comparison group."""
        return self.proportions[0] - self.proportions[1]

    @property
    def total(self) -> float:
        """People of both arms."""
        return self.n_treated + self.n_comparison

    def add(self, events: float, people: float) -> "TwoByTwo":
        """Return the table with events and people added to each arm.

        Parameters
        ----------
        events, people : float
            Added to the count and to the number of each arm.

        Returns
        -------
        TwoByTwo
            Another table.
        """
        x1, n1, x2, n2 = self.counts
        return TwoByTwo(x1 + events, n1 + people, x2 + events, n2 + people)

    def require_whole(self) -> tuple[int, int, int, int]:
        """Return the four as whole numbers, for tests that count people.

        Returns
        -------
        tuple of int
            In the order of `counts`.

        Raises
        ------
        InputError
            Lists every number that is not whole: an exact test of a weighted pseudo-count is
            not a test of anything.
        """
        raise_faults(SUBJECT, find_whole_faults(dict(zip(FIELDS, self.counts, strict=True))))
        x1, n1, x2, n2 = (round(value) for value in self.counts)
        return x1, n1, x2, n2


def require_listable(n_tables: float, test: str) -> None:
    """Refuse to list the tables of an exact test where they would fill the memory."""
    if n_tables > MOST_TABLES:
        message = f"{test} lists every table, and of so many people there are over {MOST_TABLES:,}"
        raise CannotAnswerError(message)


def find_arm_faults(where_x: str, x: object, where_n: str, n: object) -> list[Fault]:
    """Find all that is wrong with the count and the size of one arm."""
    count_faults = find_number_faults(where_x, x, least=0.0)
    size_faults = find_number_faults(where_n, n, above=0.0)
    if count_faults or size_faults:
        return [*count_faults, *size_faults]
    if _as_float(x) <= _as_float(n):
        return []
    expected = f"no more than {where_n}, {describe(n)}"
    return [Fault(where_x, expected, describe(x), ADVICE_COUNT)]


def find_total_faults(n1: object, n2: object) -> list[Fault]:
    """Find whether so few effective people are compared that N / (N - 1) has no value."""
    if find_number_faults("n1", n1, above=0.0) or find_number_faults("n2", n2, above=0.0):
        return []
    total = _as_float(n1) + _as_float(n2)
    if total > 1:
        return []
    return [Fault("n1 and n2", "more than 1 person together", describe(total))]


def find_whole_faults(counts: Mapping[str, object]) -> list[Fault]:
    """Name the counts that are not whole: an exact test of a pseudo-count tests nothing."""
    return [
        Fault(name, "a whole number, 0 or more", describe(value), ADVICE_WHOLE)
        for name, value in counts.items()
        if not find_number_faults(name, value) and _as_float(value) != round(_as_float(value))
    ]


def read_table(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    probability: float = 0.95,
    *,
    whole: bool = False,
    faults: Iterable[Fault] = (),
) -> TwoByTwo:
    """Read the arguments of a formula on two counts; one error for all that is wrong."""
    given = (x1, n1, x2, n2)
    found = _find_table_faults(ARGUMENTS, given)
    if whole:
        found += find_whole_faults(dict(zip(ARGUMENTS, given, strict=True)))
    raise_faults(SUBJECT, [*found, *find_probability_faults(probability), *faults])
    return TwoByTwo(*given)


def read_known_rate(x1: float, n1: float, rate: float, probability: float) -> TwoByTwo:
    """Read a count against a rate known without error, which is one of a billion people."""
    faults = [
        *find_arm_faults("x1", x1, "n1", n1),
        *find_whole_faults({"x1": x1, "n1": n1}),
        *find_number_faults("x2", rate, least=0.0, most=1.0, advice="with n2 infinite, a rate"),
        *find_probability_faults(probability),
    ]
    raise_faults(SUBJECT, faults)
    return TwoByTwo(x1, n1, float(rate) * KNOWN, KNOWN)


def read_proportion(x: float, n: float, probability: float) -> tuple[float, float]:
    """Read a count and its size; one error for all that is wrong."""
    faults = [*find_arm_faults("x", x, "n", n), *find_probability_faults(probability)]
    raise_faults(SUBJECT, faults)
    return float(x), float(n)


def _find_table_faults(names: Sequence[str], given: Sequence[object]) -> list[Fault]:
    return [
        *find_arm_faults(names[0], given[0], names[1], given[1]),
        *find_arm_faults(names[2], given[2], names[3], given[3]),
    ]


def _as_float(value: Any) -> float:
    """Return a number that was found to be one."""
    return float(value)
