"""Designs made again with drawn scores, so that the uncertainty of the score is carried on."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from desist.design.design import Design, finish_design
from desist.design.made_from import of_a_design, read_design_matrix
from desist.design.protocol import Material
from desist.design.scores.models import draw_scores
from desist.errors import Fault, InputError
from desist.estimands import Estimand
from desist.execution import on_one_thread
from desist.progress import follow


@of_a_design
def draw_designs(
    design: Design, *, n_draws: int, rng: int | np.random.Generator
) -> Iterator[Design]:
    """Carry the uncertainty of the score model into the design.

    Draws coefficients of the score model and builds the design again with each (Liao and
    Zigler 2020, Statistics in Medicine 39).

    Parameters
    ----------
    design : Design
        Made by `build_design` with a fitted score; its cohort may stand before it.
    n_draws : int
        How many designs.
    rng : int or Generator
        Seed or source of random numbers.

    Yields
    ------
    Design
        By the same method, from drawn scores, of the same people.

    Raises
    ------
    InputError
        If the design has no fitted score, or is of other people.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> [drawn.n_treated for drawn in ds.draw_designs(design, n_draws=2, rng=1)]
    [58, 58]
    """
    covariates, method, scores = design.covariates, design.method, design.scores
    if covariates is None or method is None or scores is None:
        advice = "give a design by a method that estimates a score"
        raise InputError("score draws", [Fault("design", "a fitted score", "none", advice)])
    formula, matrix = read_design_matrix(design)
    material = Material(
        design.treated,
        covariates,
        formula.variables,
        formula.categorical,
        matrix,
        scores,
        design.estimand_asked or Estimand.ATT,
        design.sampling,
    )
    drawing = draw_scores(scores, formula, covariates, n_draws=n_draws, rng=rng)
    for drawn in follow(drawing, "drawing designs", n_draws):
        with on_one_thread():
            one = replace(material, scores=drawn)
            made = method.weigh(one)
            finished = finish_design(one, formula, made, method, design.score_model)
            yield replace(finished, people_mark=design.people_mark)
