"""From each way of finding the posterior to the record of a synthesis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from desist._types import Draws, Floats
from desist.synthesis._adaptive import Panel
from desist.synthesis._conjugate import Conjugate, NormalStudies, shrink
from desist.synthesis._heterogeneity import find_typical_variance
from desist.synthesis._moderators import DesignOfStudies
from desist.synthesis._quadrature import Gridded, mix_means, shrink_tables, weigh_selection
from desist.synthesis.errors_of_sign import list_sign_errors
from desist.synthesis.mixture import Mixture
from desist.synthesis.priors import SynthesisPriors
from desist.synthesis.selection import name_weight
from desist.synthesis.spread import SpreadPosterior, bin_draws
from desist.synthesis.studies import Study
from desist.synthesis.synthesis import Synthesis

NEARLY_A_POINT = 1e-9  # scale of a draw, in standard deviations of all draws


@dataclass(frozen=True, eq=False)
class Question:
    """What was asked, whichever way the answer is found."""

    studies: tuple[Study, ...]
    scale: str
    priors: SynthesisPriors
    design: DesignOfStudies
    probability: float


def from_conjugate(rows: NormalStudies, found: Conjugate, asked: Question) -> Synthesis:
    """Make the record where all is normal given tau."""
    weights = found.weights
    deviations = np.sqrt(np.einsum("tii->ti", found.covariances))
    coefficients = [
        Mixture(weights, found.means[:, place], deviations[:, place])
        for place in range(len(asked.design.names))
    ]
    means, scales = shrink(rows, found)
    effects = [Mixture(weights, means[:, row], scales[:, row]) for row in range(len(asked.studies))]
    prediction = Mixture(weights, found.means[:, 0], np.hypot(deviations[:, 0], found.taus))
    return _record(
        coefficients,
        _read_spread(found.panels, found.log_evidence),
        prediction,
        _summarise_mixtures(effects, asked.probability),
        asked,
        engine="conjugate",
        log_evidence=found.log_evidence,
    )


def from_grid(found: Gridded, asked: Question, weight_nodes: Floats | None) -> Synthesis:
    """Make the record where mean and tau were integrated on a grid."""
    mean, prediction = mix_means(found)
    effects = shrink_tables(found, len(asked.studies))
    weight = None if weight_nodes is None else name_weight(weight_nodes, weigh_selection(found))
    return _record(
        [mean],
        _read_spread(found.panels, found.log_evidence),
        prediction,
        [_summarise_places(places, shares, asked.probability) for places, shares in effects],
        asked,
        engine="quadrature",
        log_evidence=found.log_evidence,
        selection_weight=weight,
    )


def from_sampler(draws: Draws, asked: Question) -> Synthesis:
    """Make the record where the posterior was drawn from."""
    coefficients = draws["coefficients"].reshape(-1, len(asked.design.names))
    tau = draws["heterogeneity"].ravel()
    effects = draws["effects"].reshape(len(tau), -1)
    shares = np.full(len(tau), 1 / len(tau))
    mixtures = [_mix_draws(column, shares) for column in coefficients.T]
    return _record(
        mixtures,
        bin_draws(tau),
        Mixture(shares, coefficients[:, 0], tau),
        [_summarise_draws(column, asked.probability) for column in effects.T],
        asked,
        engine="nuts",
    )


def _record(
    coefficients: Sequence[Mixture],
    spread: SpreadPosterior,
    prediction: Mixture,
    rows: list[dict[str, float]],
    asked: Question,
    **more: Any,
) -> Synthesis:
    kept, probability = asked.studies, asked.probability
    pairs = np.array([study.evidence.summarise(asked.scale) for study in kept], dtype=float)
    table = pd.DataFrame(rows, index=pd.Index([study.name for study in kept], name="study"))
    table.insert(0, "evidence", [study.evidence.kind for study in kept])
    table.insert(1, "estimate", pairs[:, 0])
    table.insert(2, "standard_error", pairs[:, 1])
    table[["type_s", "type_m"]] = list_sign_errors(prediction, pairs[:, 1])[:, 1:]
    summaries = [_summarise_coefficient(one, probability) for one in coefficients]
    return Synthesis(
        mean=coefficients[0],
        heterogeneity=spread,
        prediction=prediction,
        table=table,
        coefficients=pd.DataFrame(
            summaries, index=pd.Index(asked.design.names, name="coefficient")
        ),
        i_squared=_find_i_squared(spread, pairs[:, 1], probability),
        scale=asked.scale,
        studies=kept,
        priors=asked.priors,
        probability=probability,
        **more,
    )


def _read_spread(panels: Sequence[Panel[Any]], log_evidence: float) -> SpreadPosterior:
    edges = np.array([[panel.low, panel.high] for panel in panels])
    return SpreadPosterior(
        edges, np.exp(np.array([panel.log_heights for panel in panels]) - log_evidence)
    )


def _find_i_squared(
    spread: SpreadPosterior, errors: Floats, probability: float
) -> tuple[float, float, float]:
    """Turn quantiles of tau into those of I-squared, which rises with it."""
    known = errors[np.isfinite(errors)]
    if len(known) < 2:
        return np.nan, np.nan, np.nan
    typical = find_typical_variance(known**2)
    squares = [tau**2 for tau in (spread.median, *spread.interval(probability))]
    median, low, high = (float(square / (square + typical)) for square in squares)
    return median, low, high


def _summarise_coefficient(found: Mixture, probability: float) -> dict[str, float]:
    low, high = found.interval(probability)
    below = found.probability_below(0.0)
    return {
        "mean": found.mean,
        "sd": found.sd,
        "lower": low,
        "upper": high,
        "probability_below_0": below,
    }


def _summarise_mixtures(effects: Sequence[Mixture], probability: float) -> list[dict[str, float]]:
    """Summarise the effect of every study at once: bisection of all quantiles together."""
    from scipy.special import ndtr

    weights = effects[0].weights
    heavy = weights > 1e-13
    weights = weights[heavy]
    means = np.array([one.means[heavy] for one in effects])
    scales = np.array([one.scales[heavy] for one in effects])

    def below(values: Floats) -> Floats:
        return np.asarray(ndtr((values[:, None] - means) / scales) @ weights)

    centre = means @ weights
    spread = np.sqrt((scales**2 + (means - centre[:, None]) ** 2) @ weights)
    limits = [
        _bisect(below, tail, centre - 40 * spread, centre + 40 * spread)
        for tail in ((1 - probability) / 2, (1 + probability) / 2)
    ]
    benefit = below(np.zeros(len(effects)))
    return _rows(centre, limits[0], limits[1], benefit)


def _bisect(below: Any, probability: float, low: Floats, high: Floats) -> Floats:
    for _ in range(60):
        middle = (low + high) / 2
        short = below(middle) < probability
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.asarray((low + high) / 2)


def _summarise_places(places: Floats, shares: Floats, probability: float) -> dict[str, float]:
    """Summarise probabilities at equally spaced places, each spread evenly over its step."""
    step = places[1] - places[0]
    ends = np.r_[places - step / 2, places[-1] + step / 2]
    reached = np.r_[0.0, np.cumsum(shares)]
    tails = (1 - probability) / 2, (1 + probability) / 2
    rising = np.r_[True, np.diff(reached) > 0]
    low, high = (float(np.interp(tail, reached[rising], ends[rising])) for tail in tails)
    benefit = float(np.interp(0.0, ends, reached))
    return _row(float(shares @ places), low, high, benefit)


def _summarise_draws(draws: Floats, probability: float) -> dict[str, float]:
    low, high = np.quantile(draws, [(1 - probability) / 2, (1 + probability) / 2])
    return _row(float(draws.mean()), float(low), float(high), float((draws < 0).mean()))


def _mix_draws(draws: Floats, shares: Floats) -> Mixture:
    return Mixture(shares, draws, np.full(len(draws), NEARLY_A_POINT * draws.std()))


def _rows(means: Floats, low: Floats, high: Floats, benefit: Floats) -> list[dict[str, float]]:
    columns = (means, low, high, benefit)
    return [_row(*map(float, row)) for row in zip(*columns, strict=True)]


def _row(mean: float, low: float, high: float, benefit: float) -> dict[str, float]:
    return {"shrunken": mean, "lower": low, "upper": high, "probability_of_benefit": benefit}
