"""The propensity score: how likely each person was to take part, given the covariates."""

# Rosenbaum and Rubin (1983), The central role of the propensity score, Biometrika 70.

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.design.columns import ScaledColumns
from desist.design.formula import ModelMatrix
from desist.errors import Fault, SeparationError, raise_faults
from desist.privacy import FEWEST_SHARING

STEPS = 30
SMALLEST_STEP = 1e-11
ALIASED = 1e-9
MOST_NAMED = 5  # columns in a message
LINKS = ("logit", "probit")

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class PropensityScore:
    """The score of everybody, and the model that it comes from.

    Attributes
    ----------
    scores : ndarray of float, shape (n_people,)
        Probability of taking part, strictly between 0 and 1.
    logit : ndarray of float, shape (n_people,)
        Log odds of the score.
    coefficients : Series or None
        Of the columns of the model matrix, on the scale of the link; None for scores
        that come from elsewhere.
    covariance : DataFrame or None
        Of the coefficients: the inverse Fisher information; with sampling weights the sandwich.
    formula : str or None
        The covariates.
    link : str
        "logit", "probit", or "given" for scores that come from elsewhere.
    n_groups : int
        Number of groups whose intercepts are the last of the coefficients.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.Cohort(ds.datasets.lalonde(), treatment="treat", person="id")
    >>> design = ds.build_design(cohort, "age + educ", method=ds.InverseProbability())
    >>> design.scores.coefficients.round(4).to_dict()
    {'Intercept': -0.2661, 'age': -0.024, 'educ': 0.0067}
    """

    scores: Floats
    logit: Floats
    coefficients: "pd.Series[Any] | None" = None
    covariance: pd.DataFrame | None = None
    formula: str | None = None
    link: str = "logit"
    n_groups: int = 0

    def __repr__(self) -> str:
        """Return how many have a score, and how large it is on average; nobody's own is shown."""
        many = len(self.scores) >= FEWEST_SHARING
        mean = f", {float(self.scores.mean()):.2f} on average" if many else ""
        return f"PropensityScore({self.link}, {len(self.scores):,} people{mean})"


def fit_score(
    matrix: ModelMatrix,
    treated: NDArray[np.bool_],
    *,
    formula: str = "",
    link: str = "logit",
    sampling: Floats | None = None,
) -> PropensityScore:
    """Fit a binary regression of treatment on covariates by Fisher scoring.

    Maximum likelihood without a penalty, on centred and scaled columns, until no
    coefficient moves by more than 1e-11 of its scale (McCullagh and Nelder 1989,
    section 2.5). It takes the people in blocks, so it needs no second matrix. With sampling
    weights it is the pseudo-maximum likelihood of Binder (1983), International Statistical
    Review 51: each person's part of the likelihood counts as often as their weight says, and the
    covariance is the sandwich.

    Parameters
    ----------
    matrix : ModelMatrix
        Covariates with the intercept first.
    treated : ndarray of bool, shape (n_people,)
        Whether each person took part.
    formula : str
        To keep with the result.
    link : str
        "logit" or "probit".
    sampling : ndarray of float, shape (n_people,), optional
        Positive sampling weights; only their ratios mean anything.

    Returns
    -------
    PropensityScore
        Scores, coefficients and their covariance.

    Raises
    ------
    InputError
        If a column is a combination of others.
    SeparationError
        If covariates tell the arms apart, so that no estimate exists.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import fit_score, make_matrix, read_formula
    >>> people = ds.datasets.lalonde()
    >>> matrix, faults = make_matrix(read_formula("age + educ", people, {})[0], people)
    >>> fit_score(matrix, people["treat"] == 1).coefficients.round(4).to_dict()
    {'Intercept': -0.2661, 'age': -0.024, 'educ': 0.0067}
    """
    columns = ScaledColumns(matrix.values)
    raise_faults("design", find_aliased(columns, matrix.shown))
    coefficients = np.zeros(len(matrix.names))
    step = np.ones_like(coefficients)
    for _ in range(STEPS):
        gradient, information = _sum_over_people(columns, treated, coefficients, link, sampling)
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            break
        coefficients = coefficients + step
        if np.abs(step).max() < SMALLEST_STEP:
            break
    if not np.abs(step).max() < SMALLEST_STEP:
        raise SeparationError(describe_separation(matrix, treated, step))
    _, information = _sum_over_people(columns, treated, coefficients, link, sampling)
    covariance = np.linalg.inv(information)
    if sampling is not None:
        spread = _sum_squares(columns, treated, coefficients, link, sampling)
        covariance = covariance @ spread @ covariance
    return _finish(matrix, columns, coefficients, covariance, formula=formula, link=link)


def score_matrix(matrix: ModelMatrix, coefficients: Floats, link: str) -> tuple[Floats, Floats]:
    """Compute scores and log odds at given coefficients."""
    from scipy import special

    predictor = matrix.values @ coefficients
    if link == "logit":
        return special.expit(predictor), predictor
    return special.ndtr(predictor), special.log_ndtr(predictor) - special.log_ndtr(-predictor)


def find_aliased(columns: ScaledColumns, names: tuple[str, ...]) -> list[Fault]:
    """Find columns that earlier ones determine: no residual is left of them."""
    gram = np.sum([block.T @ block for _, block in columns.blocks()], axis=0)
    left = gram / len(columns.values)
    faults = []
    for position, name in enumerate(names):
        pivot = left[position, position]
        if pivot < ALIASED:
            advice = "leave it out, or one of the others"
            faults.append(
                Fault(
                    f"formula, column {name}",
                    "information of its own",
                    "a combination of the columns before it",
                    advice,
                )
            )
            continue
        left = left - np.outer(left[:, position], left[position]) / pivot
    return faults


def require_scores(scores: PropensityScore | None) -> PropensityScore:
    """Return the scores, which the caller knows to be there."""
    if scores is None:
        raise ValueError("this method needs scores")
    return scores


def _sum_over_people(
    columns: ScaledColumns,
    treated: NDArray[np.bool_],
    coefficients: Floats,
    link: str,
    sampling: Floats | None,
) -> tuple[Floats, Floats]:
    size = len(coefficients)
    gradient, information = np.zeros(size), np.zeros((size, size))
    for rows, block in columns.blocks():
        residual, weight = _LINK_PARTS[link](block @ coefficients, treated[rows])
        if sampling is not None:
            residual, weight = residual * sampling[rows], weight * sampling[rows]
        gradient += block.T @ residual
        information += block.T @ (block * weight[:, None])
    return gradient, information


def _sum_squares(
    columns: ScaledColumns,
    treated: NDArray[np.bool_],
    coefficients: Floats,
    link: str,
    sampling: Floats,
) -> Floats:
    """Sum of the squares of each person's part of the gradient."""
    total = np.zeros((len(coefficients), len(coefficients)))
    for rows, block in columns.blocks():
        residual, _ = _LINK_PARTS[link](block @ coefficients, treated[rows])
        parts = block * (residual * sampling[rows])[:, None]
        total += parts.T @ parts
    return total


def _logit_parts(predictor: Floats, treated: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    from scipy import special

    scores = special.expit(predictor)
    return treated - scores, scores * special.expit(-predictor)


def _probit_parts(predictor: Floats, treated: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Residual times d/v and weight d^2/v: density d, binomial variance v."""
    from scipy import special

    scores, rest = special.ndtr(predictor), special.ndtr(-predictor)
    density = np.exp(-0.5 * predictor**2) / np.sqrt(2 * np.pi)
    variance = np.maximum(scores * rest, np.finfo(np.float64).tiny)
    return np.where(treated, rest, -scores) * density / variance, density**2 / variance


_LINK_PARTS = {"logit": _logit_parts, "probit": _probit_parts}


def _finish(
    matrix: ModelMatrix,
    columns: ScaledColumns,
    coefficients: Floats,
    covariance: Floats,
    *,
    formula: str,
    link: str,
) -> PropensityScore:
    """Return from centred and scaled columns to the user's own."""
    back = np.diag(1 / columns.scale)
    back[0] -= columns.centre / columns.scale
    own = back @ coefficients
    scores, logit = score_matrix(matrix, own, link)
    names = list(matrix.names)
    frame = pd.DataFrame(back @ covariance @ back.T, index=names, columns=names)
    return PropensityScore(scores, logit, pd.Series(own, index=names), frame, formula, link)


def describe_separation(matrix: ModelMatrix, treated: NDArray[np.bool_], step: Floats) -> str:
    """Name the covariates that tell the arms apart."""
    alone = [
        name
        for name, column in zip(matrix.shown[1:], matrix.without_intercept.T, strict=True)
        if _separates(column[treated], column[~treated])
    ]
    runaway = np.abs(step[1:]) > 0.1 * np.abs(step).max()
    together = [name for name, far in zip(matrix.shown[1:], runaway, strict=True) if far]
    names = _list_names(alone or together or list(matrix.shown[1:]))
    how = "" if alone else "together "
    return (
        f"the score has no estimate: {how}{names} tell{'s' if len(alone) == 1 else ''} "
        "participants from comparison people perfectly; merge rare levels, leave the covariate "
        "out, or keep only comparison people who could have taken part"
    )


def _list_names(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} other columns" if more > 0 else "")


def _separates(inside: Floats, outside: Floats) -> bool:
    return bool(inside.min() >= outside.max() or inside.max() <= outside.min())
