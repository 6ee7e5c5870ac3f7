"""Where the propensity scores come from: a regression, with groups or without, or elsewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import find_number_faults
from desist.design.formula import (
    Formula,
    ModelMatrix,
    find_bad_values,
    is_text,
    make_matrix,
)
from desist.design.matching.distance import find_column_faults, find_option_faults
from desist.design.scores.grouped import fit_grouped_score
from desist.design.scores.propensity import LINKS, PropensityScore, fit_score, score_matrix
from desist.errors import Fault, InputError, name_rows, raise_faults

Floats = NDArray[np.float64]


class ScoreModel(Protocol):
    """Where the scores come from: a frozen settings record.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import GroupedScore, RegressionScore
    >>> cohort = ds.simulate_cohort(200, 800, rng=1, n_groups=4).cohort
    >>> for score in (RegressionScore(), GroupedScore("prison")):
    ...     design = ds.build_design(cohort, "age", method=ds.OverlapWeights(), score=score)
    ...     print(design.score_model)
    RegressionScore(link='logit')
    GroupedScore(group='prison')
    """

    name: ClassVar[str]
    # why sampling weights cannot be used, and what to do; empty where they can
    no_sampling: ClassVar[str]

    def find_faults(self, covariates: pd.DataFrame) -> list[Fault]:
        """Return what is wrong with the settings for these people.

        Parameters
        ----------
        covariates : DataFrame
            The people.

        Returns
        -------
        list of Fault
            Empty when all is well.
        """

    def hidden_columns(self) -> Mapping[str, str]:
        """Return the columns that a formula may not use, each with the reason.

        Returns
        -------
        mapping of str to str
            What each of them is, such as "the score".
        """

    def estimate(
        self,
        treated: NDArray[np.bool_],
        covariates: pd.DataFrame,
        matrix: ModelMatrix,
        text: str,
        sampling: Floats | None = None,
    ) -> PropensityScore:
        """Estimate, or fetch, the score of everybody.

        Parameters
        ----------
        treated : ndarray of bool, shape (n_people,)
            Whether each person took part.
        covariates : DataFrame
            The people.
        matrix : ModelMatrix
            The formula as numbers.
        text : str
            The formula as written.
        sampling : ndarray of float, shape (n_people,), optional
            Sampling weights with mean 1, where there are any.

        Returns
        -------
        PropensityScore
            The score of everybody.
        """


@dataclass(frozen=True)
class RegressionScore:
    """A score by maximum likelihood, without a penalty.

    Attributes
    ----------
    link : str
        "logit" for logistic regression, "probit" for the normal distribution function.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> score = ds.design.RegressionScore()
    >>> design = ds.build_design(cohort, "age", method=ds.OverlapWeights(), score=score)
    >>> design.score_model == score
    True
    """

    name: ClassVar[str] = "regression"
    no_sampling: ClassVar[str] = ""
    link: str = "logit"

    def find_faults(self, covariates: pd.DataFrame) -> list[Fault]:
        """Return what is wrong with the settings.

        Parameters
        ----------
        covariates : DataFrame
            Not looked at.

        Returns
        -------
        list of Fault
            An unknown link.
        """
        del covariates
        expected = " or ".join(repr(link) for link in LINKS)
        faults = find_option_faults("score link", self.link, LINKS)
        return [replace(fault, expected=expected) for fault in faults]

    def hidden_columns(self) -> Mapping[str, str]:
        """Return the columns that a formula may not use: none.

        Returns
        -------
        mapping of str to str
            Empty.
        """
        return {}

    def estimate(
        self,
        treated: NDArray[np.bool_],
        covariates: pd.DataFrame,
        matrix: ModelMatrix,
        text: str,
        sampling: Floats | None = None,
    ) -> PropensityScore:
        """Fit the regression; see `fit_score`.

        Parameters
        ----------
        treated : ndarray of bool, shape (n_people,)
            Whether each person took part.
        covariates : DataFrame
            Not looked at; the matrix holds them.
        matrix : ModelMatrix
            The formula as numbers.
        text : str
            The formula as written.
        sampling : ndarray of float, shape (n_people,), optional
            Sampling weights with mean 1, where there are any.

        Returns
        -------
        PropensityScore
            The score of everybody.
        """
        del covariates
        return fit_score(matrix, treated, formula=text, link=self.link, sampling=sampling)


@dataclass(frozen=True)
class GroupedScore:
    """A logistic score with an intercept for each group, shrunken towards the whole.

    Attributes
    ----------
    group : str
        Column of the groups, such as the prison. The fewer people a group has, the more
        its intercept is shrunken; how much is estimated.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import GroupedScore
    >>> cohort = ds.simulate_cohort(200, 800, rng=1, n_groups=4).cohort
    >>> design = ds.build_design(
    ...     cohort, "age + copas", method=ds.OverlapWeights(), score=GroupedScore("prison")
    ... )
    >>> design.scores.n_groups
    4
    """

    name: ClassVar[str] = "grouped"
    no_sampling: ClassVar[str] = (
        "how far its intercepts shrink is not worked out for them; use RegressionScore, with the "
        "group in the formula"
    )
    group: str

    def find_faults(self, covariates: pd.DataFrame) -> list[Fault]:
        """Return what is wrong with the column of groups.

        Parameters
        ----------
        covariates : DataFrame
            Where the column is.

        Returns
        -------
        list of Fault
            An unknown column, missing values, one group only.
        """
        unknown = find_column_faults("score group", self.group, covariates)
        return unknown or find_bad_values(covariates, [self.group])

    def hidden_columns(self) -> Mapping[str, str]:
        """Return the column of groups, which a formula may not use.

        Returns
        -------
        mapping of str to str
            One entry; none where the setting is no name.
        """
        return {self.group: "the group of the score"} if isinstance(self.group, str) else {}

    def estimate(
        self,
        treated: NDArray[np.bool_],
        covariates: pd.DataFrame,
        matrix: ModelMatrix,
        text: str,
        sampling: Floats | None = None,
    ) -> PropensityScore:
        """Fit the regression; see `fit_grouped_score`.

        Parameters
        ----------
        treated : ndarray of bool, shape (n_people,)
            Whether each person took part.
        covariates : DataFrame
            With the column of groups.
        matrix : ModelMatrix
            The formula as numbers.
        text : str
            The formula as written.
        sampling : ndarray of float, shape (n_people,), optional
            None: it takes no sampling weights.

        Returns
        -------
        PropensityScore
            Coefficients of the formula, then of the groups.
        """
        if sampling is not None:
            raise ValueError(self.no_sampling)
        codes, levels = pd.factorize(covariates[self.group], sort=True)
        names = tuple(f"{self.group}[{level}]" for level in levels)
        return fit_grouped_score(matrix, treated, codes, names, formula=text)


@dataclass(frozen=True)
class GivenScore:
    """A score that was estimated elsewhere.

    Attributes
    ----------
    column : str
        Column of the cohort with probabilities strictly between 0 and 1.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import GivenScore
    >>> people = ds.datasets.lalonde()
    >>> people["score"] = 0.2 + 0.4 * people["married"]
    >>> cohort = ds.Cohort(people, treatment="treat", person="id")
    >>> method, score = ds.InverseProbability(), GivenScore("score")
    >>> ds.build_design(cohort, "age", method=method, score=score).scores.link
    'given'
    """

    name: ClassVar[str] = "given"
    no_sampling: ClassVar[str] = ""
    column: str

    def find_faults(self, covariates: pd.DataFrame) -> list[Fault]:
        """Return what is wrong with the column.

        Parameters
        ----------
        covariates : DataFrame
            Where the column is.

        Returns
        -------
        list of Fault
            A column that is unknown or holds no probabilities.
        """
        unknown = find_column_faults("score column", self.column, covariates)
        if unknown:
            return unknown
        if is_text(covariates[self.column]):
            return [Fault(self.column, "numbers", "text", "give probabilities of taking part")]
        faults = find_bad_values(covariates, [self.column])
        if faults:
            return faults
        values = covariates[self.column].to_numpy(dtype=np.float64)
        outside = np.flatnonzero((values <= 0) | (values >= 1))
        if not outside.size:
            return []
        found = f"{outside.size} others ({name_rows(outside)})"
        advice = "give probabilities of taking part, not log odds"
        return [Fault(self.column, "scores strictly between 0 and 1", found, advice)]

    def hidden_columns(self) -> Mapping[str, str]:
        """Return the column of scores, which a formula may not use.

        Returns
        -------
        mapping of str to str
            One entry; none where the setting is no name.
        """
        return {self.column: "the score"} if isinstance(self.column, str) else {}

    def estimate(
        self,
        treated: NDArray[np.bool_],
        covariates: pd.DataFrame,
        matrix: ModelMatrix,
        text: str,
        sampling: Floats | None = None,
    ) -> PropensityScore:
        """Fetch the scores.

        Parameters
        ----------
        treated : ndarray of bool, shape (n_people,)
            Not looked at.
        covariates : DataFrame
            Where the column is.
        matrix : ModelMatrix
            Not looked at.
        text : str
            The formula as written.
        sampling : ndarray of float, shape (n_people,), optional
            Not looked at.

        Returns
        -------
        PropensityScore
            Without coefficients.
        """
        del treated, matrix, sampling
        scores = covariates[self.column].to_numpy(dtype=np.float64)
        return PropensityScore(scores, _logit(scores), formula=text, link="given")


def draw_scores(
    score: PropensityScore,
    formula: Formula,
    covariates: pd.DataFrame,
    *,
    n_draws: int,
    rng: int | np.random.Generator,
) -> Iterator[PropensityScore]:
    """Draw scores from the large-sample distribution of the coefficients."""
    # Coefficients ~ Normal(estimate, inverse Fisher information): the first stage of Liao and
    # Zigler (2020), Statistics in Medicine 39, section 3.
    raise_faults("score draws", _find_draw_faults(n_draws, rng))
    if score.coefficients is None or score.covariance is None:
        fault = Fault(
            "score",
            "a fitted score",
            "scores from elsewhere",
            "their uncertainty is not known here",
        )
        raise InputError("score draws", [fault])
    matrix, faults = make_matrix(formula, covariates)
    raise_faults("score draws", faults)
    if matrix is None:
        return
    if score.n_groups:
        matrix = _add_groups(matrix, score, covariates)
    mean = score.coefficients.to_numpy(dtype=np.float64)
    spread = score.covariance.to_numpy(dtype=np.float64)
    source = np.random.default_rng(rng)
    for row in source.multivariate_normal(mean, spread, size=n_draws, method="eigh"):
        scores, logit = score_matrix(matrix, row, score.link)
        named = pd.Series(row, index=score.coefficients.index)
        yield replace(score, scores=scores, logit=logit, coefficients=named, covariance=None)


def _find_draw_faults(n_draws: object, rng: object) -> list[Fault]:
    faults = find_number_faults("n_draws", n_draws, least=1, whole=True)
    if isinstance(rng, np.random.Generator):
        return faults
    seed = find_number_faults("rng", rng, least=0, whole=True)
    return faults + [replace(one, expected="a whole number or a Generator") for one in seed]


def _add_groups(
    matrix: ModelMatrix, score: PropensityScore, covariates: pd.DataFrame
) -> ModelMatrix:
    """Put a column of 0 and 1 for each group behind the matrix."""
    names = [] if score.coefficients is None else list(score.coefficients.index)
    groups = names[len(matrix.names) :]
    column = str(groups[0]).rpartition("[")[0]
    members = [(covariates[column].astype(str) == str(g)[len(column) + 1 : -1]) for g in groups]
    ones = [member.to_numpy(dtype=np.float64) for member in members]
    return ModelMatrix(np.column_stack([matrix.values, *ones]), tuple(names))


def _logit(scores: Floats) -> Floats:
    return np.log(scores) - np.log1p(-scores)
