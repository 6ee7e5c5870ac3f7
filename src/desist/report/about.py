"""What a report says of the programme and of itself, in the words of those who run it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

HEADINGS = {
    "programme": "The programme",
    "place": "Where",
    "dates": "When",
    "run_by": "Who runs it",
    "reoffence": "What counts as a reoffence",
    "from_day": "From which day people are followed",
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
    response : str
        What those who run the programme say of the result.
    author, contact, licence : str
        Of the report.
    labels : mapping of str to str
        Names of covariates ("age") or of their levels ("region[North]") as a reader is to see
        them in tables and pictures of the balance.

    Examples
    --------
    >>> About(place="HMP Send").list_lines()
    (('Where', 'HMP Send'),)
    """

    programme: str = ""
    place: str = ""
    dates: str = ""
    run_by: str = ""
    reoffence: str = ""
    from_day: str = ""
    response: str = ""
    author: str = ""
    contact: str = ""
    licence: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

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
        if bracket and column in self.labels:
            return f"{self.labels[column]}: {level.removesuffix(']')}"
        return covariate

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
