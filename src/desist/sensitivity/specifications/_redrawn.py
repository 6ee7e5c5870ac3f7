"""Designs made again for people who might have taken part instead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from desist._types import Floats, Mask
from desist.checks.designs.randomisation import draw_participation
from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.design.formula import ModelMatrix
from desist.design.made_from import read_design_matrix
from desist.design.protocol import Material, Method
from desist.design.scores.models import RegressionScore
from desist.design.scores.propensity import PropensityScore
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Estimand, Measure
from desist.sample import Sample, build_sample
from desist.sensitivity._outcomes import read_outcome
from desist.sensitivity.specifications._work import build_of
from desist.sensitivity.specifications.choices import Specification


@dataclass(frozen=True)
class Redrawn:
    """Some draws of participation; a seed of -1 stands for the people who did take part."""

    seed: int
    first: int
    n_draws: int = 1


@dataclass(frozen=True, eq=False, repr=False)
class _Remake:
    """How a design is made again, and the outcomes that are compared by it."""

    design: Design
    method: Method
    matrix: ModelMatrix | None
    covariates: pd.DataFrame
    variables: tuple[str, ...] = ()
    categorical: frozenset[str] = frozenset()

    def weigh(self, treated: Mask, known: dict[str, PropensityScore]) -> Floats:
        """Return the weights that other participants would have had; scores are shared."""
        design, method, scores = self.design, self.method, None
        if method.needs_scores and self.matrix is not None:
            model = design.score_model or RegressionScore()
            key, text = repr((model, design.formula)), design.formula or ""
            if key not in known:
                known[key] = model.estimate(treated, self.covariates, self.matrix, text)
            scores = known[key]
        asked = design.estimand_asked or Estimand.ATT
        parts = (self.variables, self.categorical, self.matrix, scores, asked)
        return method.weigh(Material(treated, self.covariates, *parts)).weights

    def find_scores(self, treated: Mask) -> PropensityScore:
        """Return the scores that participation is drawn by."""
        if self.design.scores is not None:
            return self.design.scores
        # a method without scores: by those of a logistic regression
        if self.matrix is None:
            raise CannotAnswerError("joint test: without covariates participation has no score")
        text = self.design.formula or ""
        return RegressionScore().estimate(treated, self.covariates, self.matrix, text)


def compare_redrawn(
    cohort: Cohort, specifications: Sequence[Specification], draws: Redrawn
) -> list[list[float]]:
    """Return the difference of each specification (columns) for each draw (rows)."""
    prepared = _prepare(cohort, specifications)
    return [
        _compare(prepared, treated, len(specifications))
        for treated in _draw(cohort, prepared, draws)
    ]


type _Prepared = list[tuple[_Remake, list[tuple[int, Floats]]]]


def _draw(cohort: Cohort, prepared: _Prepared, draws: Redrawn) -> list[Mask]:
    treated = cohort.treated
    if draws.seed < 0:
        return [treated]
    scores = prepared[0][0].find_scores(treated)
    rng = np.random.default_rng([draws.seed, draws.first])
    chosen = draw_participation(scores.scores, int(treated.sum()), draws.n_draws, rng)
    masks = np.zeros((draws.n_draws, len(treated)), dtype=bool)
    masks[np.arange(draws.n_draws)[:, np.newaxis], chosen] = True
    return list(masks)


def _compare(prepared: _Prepared, treated: Mask, n_specifications: int) -> list[float]:
    found = dict.fromkeys(range(n_specifications), float("nan"))
    known: dict[str, PropensityScore] = {}
    for remake, outcomes in prepared:
        try:
            weights = remake.weigh(treated, known)
        except (CannotAnswerError, InputError):  # no overlap, or arms told apart: no such draw
            weights = np.zeros(len(treated))
        for place, outcome in outcomes:
            found[place] = _contrast(outcome, treated, weights)
    return list(found.values())


def _contrast(outcome: Floats, treated: Mask, weights: Floats) -> float:
    inside, outside = weights[treated], weights[~treated]
    if not (inside.sum() > 0 and outside.sum() > 0):
        return float("nan")
    return float(
        outcome[treated] @ inside / inside.sum() - outcome[~treated] @ outside / outside.sum()
    )


def _prepare(cohort: Cohort, specifications: Sequence[Specification]) -> _Prepared:
    """Build each design once, and the outcomes that are compared by it."""
    by_design: dict[str, list[int]] = {}
    for place, one in enumerate(specifications):
        by_design.setdefault(repr(one.design), []).append(place)
    prepared = []
    for places in by_design.values():
        try:
            chosen = tuple(specifications[place] for place in places)
            prepared.append(_prepare_design(cohort, places, chosen))
        except (CannotAnswerError, InputError):
            if not prepared:  # participation is drawn by the first one
                raise
    return prepared


def _prepare_design(
    cohort: Cohort, places: Sequence[int], specifications: Sequence[Specification]
) -> tuple[_Remake, list[tuple[int, Floats]]]:
    design = build_of(cohort, specifications[0])
    if design.sampling is not None:
        raise CannotAnswerError(
            "joint test: people were sampled with unequal chances, so that participation cannot "
            "be drawn again"
        )
    remake = _read_material(design)
    # everybody is used in some draw, so that the outcome has to be known of everybody
    everybody = replace(design, weights=np.ones(len(design.treated)))
    outcomes = [
        (place, _read(build_sample(cohort, everybody, one.values.get("horizon")), one, remake))
        for place, one in zip(places, specifications, strict=True)
    ]
    return remake, outcomes


def _read_material(design: Design) -> _Remake:
    method, covariates = design.method, design.covariates
    if method is None or covariates is None:
        raise CannotAnswerError("joint test: a design made by hand cannot be made again")
    if design.formula is None:
        return _Remake(design, method, None, covariates)
    formula, matrix = read_design_matrix(design)
    return _Remake(design, method, matrix, covariates, formula.variables, formula.categorical)


def _read(sample: Sample, one: Specification, remake: _Remake) -> Floats:
    matrix = remake.matrix
    _, outcome = read_outcome(sample, Measure(one.measure), "joint test")
    if one.values.get("covariates", "design") is None or matrix is None:
        return outcome
    fitted, *_ = np.linalg.lstsq(matrix.values, outcome, rcond=None)
    return np.asarray(outcome - matrix.values @ fitted)
