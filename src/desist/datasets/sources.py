"""Where each data set comes from, and on what terms it is here."""

from dataclasses import dataclass

from desist.arguments import find_choice_faults
from desist.errors import raise_faults

_PUBLIC = "facts and figures from public sources; may be distributed with this provenance"
_CROWN = (
    "contains public sector information licensed under the Open Government Licence; Crown copyright"
)


@dataclass(frozen=True)
class Provenance:
    """Where a data set comes from.

    Attributes
    ----------
    name : str
        Name of the function that loads it.
    title : str
        What it is.
    source : str
        Who collected and who distributed it.
    terms : str
        On what terms it is distributed here.
    n_rows : int
        Number of rows; of the published report, of its analyses.
    units : str
        What a row is, and the units of the columns.

    Examples
    --------
    >>> import desist as ds
    >>> found = ds.datasets.provenance("recid")
    >>> found.n_rows, found.title
    (1445, 'Men released from North Carolina prisons, July 1977 to June 1978')
    """

    name: str
    title: str
    source: str
    terms: str
    n_rows: int
    units: str


_RECORDS = (
    Provenance(
        "recid",
        "Men released from North Carolina prisons, July 1977 to June 1978",
        "Chung, Schmidt and Witte (1991), Survival analysis: a survey, Journal of Quantitative "
        "Criminology 7, 59-98; distributed with Wooldridge's textbook",
        _PUBLIC,
        1445,
        "one row per man; durat, follow, age and tserved in months; educ in years; priors and "
        "rules are counts; person is 1 for a crime against a person",
    ),
    Provenance(
        "rossi",
        "Prisoners released in Maryland, with financial aid given at random",
        "Rossi, Berk and Lenihan (1980), Money, Work, and Crime",
        _PUBLIC,
        432,
        "one row per person; week is the week of the first arrest, or 52; age in years; "
        "emp1 to emp52 employed in that week",
    ),
    Provenance(
        "lalonde",
        "National Supported Work demonstration, with comparison people from the PSID",
        "LaLonde (1986); Dehejia and Wahba (1999); as distributed with MatchIt",
        _PUBLIC,
        614,
        "one row per person; age and educ in years; re74, re75 and re78 in US dollars a year",
    ),
    Provenance(
        "landenberger",
        "Trials of cognitive behavioural programmes for offenders",
        "Landenberger and Lipsey (2005), The positive effects of cognitive-behavioral programs "
        "for offenders, Journal of Experimental Criminology 1, 451-476",
        _PUBLIC,
        58,
        "one row per trial; n.* are people by arm and recidivism; interval in months; age in "
        "years; male and minority in percent; length in weeks; hrs_* in hours",
    ),
    Provenance(
        "jdl_published",
        "Results of the Justice Data Lab as published, selective and partly overlapping",
        "published reports and summaries of the Justice Data Lab; the column source_url has "
        "the place of each",
        _CROWN,
        52,
        "one row per analysis; *_pct in percent, *_pp in percentage points, freq_* in offences "
        "per person, time_* in days; treated minus comparison; empty where not stated in the "
        "text that was read",
    ),
    Provenance(
        "bcg",
        "Trials of the BCG vaccine against tuberculosis",
        "Colditz et al. (1994), Efficacy of BCG vaccine in the prevention of tuberculosis, "
        "JAMA 271, 698-702",
        _PUBLIC,
        13,
        "one row per trial; tpos, tneg, cpos and cneg are people with and without tuberculosis "
        "among the vaccinated and the others; ablat is the latitude in degrees",
    ),
    Provenance(
        "making_connections",
        "Published figures of the Making Connections mentoring programme, HMP Send",
        "Justice Data Lab report, Making Connections, February 2017",
        _CROWN,
        2,
        "proportions from 0 to 1, offences per person, days",
    ),
)
_BY_NAME = {record.name: record for record in _RECORDS}


def provenance(name: str) -> Provenance:
    """Return where a data set comes from.

    Parameters
    ----------
    name : str
        Name of the function that loads it, such as "recid".

    Returns
    -------
    Provenance
        Title, source, terms, number of rows, units.

    Raises
    ------
    InputError
        If there is no such data set.

    Examples
    --------
    >>> provenance("rossi").n_rows
    432
    """
    raise_faults("datasets", find_choice_faults("name", name, _BY_NAME))
    return _BY_NAME[name]
