"""Several analyses of one study, by name: standard, complex, regional."""

# The Justice Data Lab reports a standard analysis (demographics, employment, criminal history), a
# complex one (with risks and needs) and, where they can be made, regional ones, whose comparison
# people come from the participants' region. An analysis that cannot be made is part of the result,
# with its reason.

from collections.abc import Sequence
from dataclasses import dataclass
from types import NoneType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.cohort.cohort import Cohort
from desist.design.design import Design, build_design
from desist.design.formula import suggest
from desist.design.protocol import Method
from desist.design.scores.models import ScoreModel
from desist.errors import CannotAnswerError, Fault, raise_faults
from desist.estimands import Estimand

FEWEST_COMPARISON = 30
MOST_KEPT = 0.95


@dataclass(frozen=True)
class Analysis:
    """One analysis of a study.

    Attributes
    ----------
    name : str
        "standard", "complex", "regional".
    formula : str or None
        Its covariates.
    method : Method
        Its settings record.
    same : str or None
        Column, such as the region, in which comparison people have to have a value that
        participants have; None takes all of them.
    estimand : Estimand or None
        None for the method's own choice.
    score : ScoreModel or None
        None for a logistic regression.
    fewest_comparison : int
        With `same`: fewer comparison people than this are too few. The default is ours.
    most_kept : float
        With `same`: an analysis that keeps more than this share of the comparison people
        is hardly different from the unrestricted one. The default is ours.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import Analysis
    >>> local = Analysis("regional", "age + copas", ds.RadiusMatching(0.2), same="prison")
    >>> local.same, local.fewest_comparison
    ('prison', 30)
    """

    name: str
    formula: str | None
    method: Method
    same: str | None = None
    estimand: Estimand | None = None
    score: ScoreModel | None = None
    fewest_comparison: int = FEWEST_COMPARISON
    most_kept: float = MOST_KEPT


@dataclass(frozen=True, eq=False, repr=False)
class AnalysisDesign:
    """An analysis that was made: its people and its design.

    Attributes
    ----------
    analysis : Analysis
        What was asked for.
    cohort : Cohort
        Participants and the comparison people who are allowed.
    design : Design
        Of these people.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import Analysis, build_analyses
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> made = build_analyses(cohort, [Analysis("standard", "age", ds.RadiusMatching(0.2))]).made
    >>> made["standard"].design.n_treated
    58
    """

    analysis: Analysis
    cohort: Cohort
    design: Design


@dataclass(frozen=True, eq=False, repr=False)
class AnalysisSet:
    """The analyses of a study.

    Attributes
    ----------
    made : dict of str to AnalysisDesign
        Those that could be made, in the order asked for.
    refused : dict of str to str
        The others, with the reason.
    headline : str
        Name of the analysis that the study reports first.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import Analysis, build_analyses
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> asked = [
    ...     Analysis("standard", "age", ds.RadiusMatching(0.2)),
    ...     Analysis("complex", "age + copas", ds.RadiusMatching(0.2)),
    ... ]
    >>> found = build_analyses(cohort, asked, headline="complex")
    >>> list(found.made), found.headline
    (['standard', 'complex'], 'complex')
    """

    made: dict[str, AnalysisDesign]
    refused: dict[str, str]
    headline: str

    def __repr__(self) -> str:
        """Return one line an analysis: people and balance, or the reason."""
        lines = []
        for name, one in self.made.items():
            design, mark = one.design, " (headline)" if name == self.headline else ""
            lines.append(
                f"{name}{mark}: {design.n_treated:,} participants, {design.n_comparison:,} "
                f"comparison people; {design.balance!r}"
            )
        lines += [f"{name}: not made, {reason}" for name, reason in self.refused.items()]
        return "\n".join(lines)


def build_analyses(
    cohort: Cohort, analyses: Sequence[Analysis], *, headline: str | None = None
) -> AnalysisSet:
    """Build the design of each analysis; the data may refuse some.

    Parameters
    ----------
    cohort : Cohort
        The people.
    analyses : sequence of Analysis
        With different names.
    headline : str, optional
        Name of the analysis to report first; by default the first.

    Returns
    -------
    AnalysisSet
        Designs, and reasons where there is none.

    Raises
    ------
    InputError
        If names are repeated or unknown, or the settings of an analysis are wrong.
    CannotAnswerError
        If the headline analysis cannot be made.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import Analysis, build_analyses
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> asked = [
    ...     Analysis("standard", "age", ds.RadiusMatching(0.2)),
    ...     Analysis("regional", "age", ds.RadiusMatching(0.2), same="prison"),
    ... ]
    >>> found = build_analyses(cohort, asked)
    >>> list(found.made)
    ['standard']
    >>> print(found.refused["regional"].partition(", so")[0])
    100% of the comparison people share a value of prison with the participants
    """
    raise_faults("analyses", _find_kind_faults(cohort, analyses))
    raise_faults("analyses", _find_faults(cohort, analyses, headline))
    first = analyses[0].name if headline is None else headline
    made: dict[str, AnalysisDesign] = {}
    refused: dict[str, str] = {}
    for analysis in analyses:
        try:
            made[analysis.name] = _build_one(cohort, analysis)
        except CannotAnswerError as reason:
            if analysis.name == first:
                raise
            refused[analysis.name] = str(reason)
    return AnalysisSet(made, refused, first)


def restrict_comparison(cohort: Cohort, column: str) -> NDArray[np.bool_]:
    """Find the participants, and the comparison people who share a value with some of them.

    Parameters
    ----------
    cohort : Cohort
        The people.
    column : str
        Such as the region.

    Returns
    -------
    ndarray of bool, shape (n_people,)
        Who may stay.

    Examples
    --------
    >>> import pandas as pd
    >>> import desist as ds
    >>> from desist.design import restrict_comparison
    >>> people = pd.DataFrame({"t": [1, 1, 0, 0, 0], "region": ["n", "s", "n", "w", "s"]})
    >>> restrict_comparison(ds.Cohort(people, treatment="t"), "region").tolist()
    [True, True, True, False, True]
    """
    values, treated = cohort.covariates[column], cohort.treated
    shared = values.isin(values[treated].dropna().unique()).to_numpy()
    return treated | shared


def _build_one(cohort: Cohort, analysis: Analysis) -> AnalysisDesign:
    people = cohort
    if analysis.same is not None:
        stay = restrict_comparison(cohort, analysis.same)
        _refuse_restriction(stay, cohort.treated, analysis)
        people = _take(cohort, stay)
    design = build_design(
        people,
        analysis.formula,
        method=analysis.method,
        estimand=analysis.estimand,
        score=analysis.score,
    )
    return AnalysisDesign(analysis, people, design)


def _refuse_restriction(
    stay: NDArray[np.bool_], treated: NDArray[np.bool_], analysis: Analysis
) -> None:
    left, all_of_them = int((stay & ~treated).sum()), int((~treated).sum())
    if left < analysis.fewest_comparison:
        raise CannotAnswerError(
            f"only {left:,} comparison people share a value of {analysis.same} with the "
            f"participants, fewer than {analysis.fewest_comparison:,}"
        )
    if left > analysis.most_kept * all_of_them:
        raise CannotAnswerError(
            f"{left / all_of_them:.0%} of the comparison people share a value of "
            f"{analysis.same} with the participants, so it is hardly different from the "
            "analysis with all of them"
        )


def _take(cohort: Cohort, stay: NDArray[np.bool_]) -> Cohort:
    people: pd.DataFrame = cohort.people.loc[stay].reset_index(drop=True)
    return Cohort(people, **vars(cohort.roles))


def _find_kind_faults(cohort: object, analyses: object) -> list[Fault]:
    """Return what is of the wrong kind, so that the rest can be looked at."""
    faults = find_kind_faults("cohort", cohort, Cohort, "a Cohort")
    kinds = find_kind_faults("analyses", analyses, (list, tuple), "a list of analyses")
    faults += kinds
    for number, one in enumerate(analyses if isinstance(analyses, list | tuple) else (), start=1):
        where = f"analysis {number}"
        wrong = find_kind_faults(where, one, Analysis, "an Analysis")
        faults += wrong
        if wrong or not isinstance(one, Analysis):
            continue
        faults += find_kind_faults(f"{where}, name", one.name, str, "text")
        same = f"{where}, same"
        faults += find_kind_faults(same, one.same, (str, NoneType), "the name of a column or None")
        fewest, most = f"{where}, fewest_comparison", f"{where}, most_kept"
        faults += find_number_faults(fewest, one.fewest_comparison, least=0, whole=True)
        faults += find_number_faults(most, one.most_kept, above=0, most=1)
    return faults


def _find_faults(cohort: Cohort, analyses: Sequence[Analysis], headline: str | None) -> list[Fault]:
    names = [analysis.name for analysis in analyses]
    faults = []
    if not names:
        faults.append(Fault("analyses", "at least one", "none"))
    repeated = sorted({name for name in names if names.count(name) > 1})
    faults += [Fault("analyses", "different names", repr(name)) for name in repeated]
    if headline is not None and headline not in names:
        advice = suggest(str(headline), names)
        faults.append(Fault("headline", "one of the analyses", describe(headline), advice))
    columns = cohort.covariates.columns
    for analysis in analyses:
        if analysis.same is not None and analysis.same not in columns:
            advice = suggest(analysis.same, columns)
            where = f"analysis {analysis.name}"
            faults.append(Fault(where, "a column of the cohort", repr(analysis.same), advice))
    return faults
