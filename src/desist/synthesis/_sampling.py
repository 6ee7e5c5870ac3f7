"""The same model drawn with NUTS, each study's likelihood read from its table."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from desist._types import Draws, Floats
from desist.inference.diagnostics import require_convergence
from desist.inference.engines import Nuts, draw_posterior
from desist.synthesis._conjugate import NormalStudies, find_scale
from desist.synthesis._tables import Table
from desist.synthesis.priors import SynthesisPriors

SUBJECT = "synthesis"
LOWEST = -100.0  # of a table's logs; beyond its ends the likelihood falls off from there
STEEP = 100.0  # of the fall, in squared steps


def sample_tables(
    tables: Sequence[Table],
    priors: SynthesisPriors,
    columns: Floats,
    engine: Nuts,
    rng: np.random.Generator,
) -> Draws:
    """Draw coefficients, tau and every study's effect."""
    draws, diagnostics = draw_posterior(
        lambda arrays: _build(priors, arrays),
        _arrange(tables, priors, columns),
        structure=("synthesise", priors, columns.shape),
        engines=(engine,),
        rng=rng,
    )
    require_convergence(diagnostics, SUBJECT)
    return draws


def _arrange(
    tables: Sequence[Table], priors: SynthesisPriors, columns: Floats
) -> dict[str, Floats]:
    """Lay the tables end to end, with the slopes of their cubic interpolation."""
    logs = [np.maximum(np.log(np.maximum(table.values, 1e-300)), LOWEST) for table in tables]
    lengths = np.array([len(one) for one in logs])
    moments = np.array([table.moments for table in tables])
    known = moments[:, 1]
    seen = find_scale(NormalStudies(moments[:, 0], known, columns))
    typical = min(getattr(priors.heterogeneity, "scale", 1.0), seen) ** 2
    scales = {"scales": columns.std(axis=0)[1:]} if columns.shape[1] > 1 else {}
    return scales | {
        "heights": np.concatenate(logs),
        "slopes": np.concatenate([np.gradient(one) for one in logs]),
        "starts": np.r_[0, np.cumsum(lengths)[:-1]].astype(float),
        "lengths": lengths.astype(float),
        "firsts": np.array([table.step * table.first for table in tables]),
        "steps": np.array([table.step for table in tables]),
        "columns": columns,
        # how far each effect is centred, as in `rates._arrange`; where the data speak of a small
        # tau the chain would stay away from it for thousands of draws
        "centring": typical / (typical + known),
    }


def _build(priors: SynthesisPriors, arrays: Mapping[str, Floats]) -> Any:
    import pymc as pm
    import pytensor.tensor as pt

    n_studies, n_coefficients = arrays["columns"].shape
    with pm.Model() as built:
        data = {name: pm.Data(name, values) for name, values in arrays.items()}
        mean = priors.mean.variable("mean")
        tau = priors.heterogeneity.variable("heterogeneity")
        parts = [pt.stack([mean])]
        if n_coefficients > 1:
            unit = priors.moderator.variable("unit", shape=n_coefficients - 1)
            parts.append(unit / data["scales"])
        coefficients = pm.Deterministic("coefficients", pt.concatenate(parts))
        expected = data["columns"] @ coefficients
        part = data["centring"]
        position = pm.Normal("position", mu=part * expected, sigma=tau**part, shape=n_studies)
        effects = pm.Deterministic(
            "effects", expected + tau ** (1 - part) * (position - part * expected)
        )
        pm.Potential("reports", _interpolate(effects, data).sum())
    return built


def _interpolate(effects: Any, data: Mapping[str, Any]) -> Any:
    """Read the log-likelihoods at effects: Hermite's cubic between the places of the tables."""
    import pytensor.tensor as pt

    place = (effects - data["firsts"]) / data["steps"]
    inside = pt.clip(place, 0.0, data["lengths"] - 1.0001)
    start = pt.floor(inside)
    t = inside - start
    index = (data["starts"] + start).astype("int64")
    heights, slopes = data["heights"], data["slopes"]
    low, high = heights[index], heights[index + 1]
    rise, fall = slopes[index], slopes[index + 1]
    value = (
        (1 + 2 * t) * (1 - t) ** 2 * low
        + t * (1 - t) ** 2 * rise
        + t**2 * (3 - 2 * t) * high
        + t**2 * (t - 1) * fall
    )
    return value - (place - inside) ** 2 / STEEP
