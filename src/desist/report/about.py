"""What a report says of the programme and of itself, in the words of those who run it."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from desist.errors import Fault, raise_faults

# The parts of the items of the TARGET statement, as `target` lists and fills them.
TARGET_ITEMS = (
    *("1a", "1b", "1c", "2", "3", "4", "5"),
    *("6a", "6b", "6c", "6d", "6e", "6f", "6g", "6h"),
    *("7a", "7b", "7c", "7d", "7e", "7f", "7g(i)", "7g(ii)", "7h(i)", "7h(ii)"),
    *map(str, range(8, 22)),
)
HEADINGS = {
    "programme": "The programme",
    "place": "Where",
    "dates": "When",
    "run_by": "Who runs it",
    "reoffence": "What counts as a reoffence",
    "from_day": "From which day people are followed",
    "data": "Where the data come from",
    "analyses": "What each analysis takes into account",
    "response": "What those who run it say",
    "author": "Author",
    "contact": "Contact",
    "licence": "Licence",
}


@dataclass(frozen=True)
class About:
    """What a report says of the programme and of itself; each field is shown as it is given.

    Attributes
    ----------
    programme, place, dates, run_by : str
        What the programme is, where and when it ran, and who runs it.
    reoffence, from_day : str
        What counts as a reoffence, and from which day the follow-up runs.
    data, analyses : str
        Where the data come from, and what each analysis takes into account.
    response : str
        What those who run the programme say of the result.
    author, contact, licence : str
        Of the report.
    labels : mapping of str to str
        Names of covariates ("age") or of their levels ("region[North]") as a reader is to see
        them in tables, pictures and sentences.
    target : mapping of str to str
        What only people can say of the items of the TARGET statement, by the number of the item
        ("2", "7h(i)"): they complete the checklist of the report.

    Raises
    ------
    InputError
        If `target` names an item that the statement does not have.

    Examples
    --------
    >>> About(place="HMP Send").list_lines()
    (('Where', 'HMP Send'),)
    >>> About(target={"17": "Approved by the ethics committee."}).target["17"]
    'Approved by the ethics committee.'
    """

    programme: str = ""
    place: str = ""
    dates: str = ""
    run_by: str = ""
    reoffence: str = ""
    from_day: str = ""
    data: str = ""
    analyses: str = ""
    response: str = ""
    author: str = ""
    contact: str = ""
    licence: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    target: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that the items of the checklist are those of the statement."""
        raise_faults("about", find_item_faults("target", self.target))

    def list_lines(self) -> tuple[tuple[str, str], ...]:
        """List what was given, each with its heading.

        Returns
        -------
        tuple of (str, str)
            Heading and text, in the order of the report.
        """
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return tuple((head, given[name]) for name, head in HEADINGS.items() if given[name])

    def label(self, covariate: str) -> str:
        """Name a covariate, or a level of one, as a reader is to see it.

        Parameters
        ----------
        covariate : str
            As the balance names it.

        Returns
        -------
        str
            Its label, that of its column with the level, or the name itself.

        Examples
        --------
        >>> About(labels={"region": "Region of release"}).label("region[North]")
        'Region of release: North'
        """
        if covariate in self.labels:
            return self.labels[covariate]
        column, bracket, level = covariate.partition("[")
        column = _bare(column)
        if bracket and column in self.labels:
            return f"{self.labels[column]}: {level.removesuffix(']')}"
        return self.labels.get(column, covariate) if not bracket else covariate

    def label_formula(self, formula: str) -> str:
        """Name the terms of a formula as a reader is to see them.

        Parameters
        ----------
        formula : str
            Terms with plus signs between them.

        Returns
        -------
        str
            Their labels with commas between them; a term without a label by itself.

        Examples
        --------
        >>> About(labels={"age": "Age (years)"}).label_formula("age + C(region)")
        'Age (years), C(region)'
        """
        return ", ".join(self.label(term) for term in formula.split(" + "))

    def label_design(self, design: Mapping[str, Any]) -> dict[str, Any]:
        """Return the summary of a design with the labels of its covariates.

        Parameters
        ----------
        design : mapping
            With a balance and its worst covariate.

        Returns
        -------
        dict
            The same, for tables and pictures.
        """
        balance = [
            dict(row) | {"covariate": self.label(row["covariate"])} for row in design["balance"]
        ]
        worst = design["worst_covariate"]
        named = self.label(worst) if isinstance(worst, str) else worst
        return dict(design) | {"balance": balance, "worst_covariate": named}


def find_item_faults(where: str, items: Iterable[str]) -> list[Fault]:
    """Find the names that are no item of the TARGET statement."""
    faults = []
    for name in items:
        if name not in TARGET_ITEMS:
            close = difflib.get_close_matches(name, TARGET_ITEMS, n=1, cutoff=0.5)
            advice = f"did you mean {close[0]}?" if close else "take it out"
            expected = "an item of the TARGET statement (1a to 21)"
            faults.append(Fault(where, expected, repr(name[:20]), advice))
    return faults


def _bare(term: str) -> str:
    """Return the column of a term that says that it has levels."""
    return re.sub(r"^C\((.*)\)$", r"\1", term)
