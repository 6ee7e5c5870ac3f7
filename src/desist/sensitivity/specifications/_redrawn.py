"""Designs made again for people who might have taken part instead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from desist._types import Floats, Mask
from desist.checks.designs.randomisation import draw_participation
from desist.cohort.cohort import Cohort
from desist.design.design import Design
from desist.design.formula import ModelMatrix, make_matrix, read_formula
from desist.design.protocol import Material
from desist.design.scores.models import RegressionScore
from desist.design.scores.propensity import PropensityScore
from desist.errors import CannotAnswerError, InputError, raise_faults
from desist.estimands import Estimand, Measure
from desist.sample import build_sample
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
    matrix: ModelMatrix | None
    covariates: Any
    variables: tuple[str, ...]
    categorical: frozenset[str]

    def weigh(self, treated: Mask, known: dict[str, PropensityScore]) -> Floats:
        """Return the weights that other participants would have had; scores are shared."""
        design, scores = self.design, None
        method = design.method
        assert method is not None  # noqa: S101 - it was built by one
        if method.needs_scores and self.matrix is not None:
            model = design.score_model or RegressionScore()
            key, text = repr((model, design.formula)), design.formula or ""
            if key not in known:
                known[key] = model.estimate(treated, self.covariates, self.matrix, text)
            scores = known[key]
        asked = design.estimand_asked or Estimand.ATT
        parts = (self.variables, self.categorical, self.matrix, scores, asked)
        return method.weigh(Material(treated, self.covariates, *parts)).weights


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
    scores = prepared[0][0].design.scores
    if scores is None:  # a method without scores: by those of a logistic regression
        matrix = prepared[0][0].matrix
        assert matrix is not None  # noqa: S101
        text = prepared[0][0].design.formula or ""
        scores = RegressionScore().estimate(treated, prepared[0][0].covariates, matrix, text)
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
    remake = _read_material(cohort, design)
    outcomes = [
        (place, _read(cohort, design, one, remake.matrix))
        for place, one in zip(places, specifications, strict=True)
    ]
    return remake, outcomes


def _read_material(cohort: Cohort, design: Design) -> _Remake:
    covariates = cohort.covariates
    formula, faults = read_formula(design.formula, covariates, {})
    raise_faults("joint test", faults)
    if formula is None:
        return _Remake(design, None, covariates, (), frozenset())
    matrix, faults = make_matrix(formula, covariates)
    raise_faults("joint test", faults)
    return _Remake(design, matrix, covariates, formula.variables, formula.categorical)


def _read(cohort: Cohort, design: Design, one: Specification, matrix: ModelMatrix | None) -> Floats:
    # everybody is used in some draw, so that the outcome has to be known of everybody
    everybody = _with_everybody(design)
    sample = build_sample(cohort, everybody, one.values.get("horizon"))
    _, outcome = read_outcome(sample, Measure(one.measure), "joint test")
    if one.values.get("covariates", "design") is None or matrix is None:
        return outcome
    fitted, *_ = np.linalg.lstsq(matrix.values, outcome, rcond=None)
    return np.asarray(outcome - matrix.values @ fitted)


def _with_everybody(design: Design) -> Design:
    return replace(design, weights=np.ones(len(design.treated)))
