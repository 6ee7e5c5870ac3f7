"""The nested engine against long runs of NUTS, kept in `tests/reference/hierarchies.json`."""

import json
from pathlib import Path

import numpy as np
import pytest

from desist.inference.nested import Nested
from desist.models.fit import fit_model

from .hierarchies import FOLLOW_UP, MODELS, make_study

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "hierarchies.json").read_text(encoding="utf-8")
)


def fit_study(model, shape, **settings):
    cohort, design = make_study(shape)
    return fit_model(
        MODELS[model], cohort, design, horizon=FOLLOW_UP, seed=1, inference=Nested(**settings)
    )


@pytest.mark.parametrize("case", REFERENCE)
def test_nested_agrees_with_long_runs_of_nuts(case):
    fit = fit_study(*case.split(", "), draws=16000)
    assert fit.diagnostics.khat < 0.5
    for name, expected in REFERENCE[case]["parameters"].items():
        drawn = fit.draws[name].reshape(-1, *fit.draws[name].shape[2:])
        unit = np.array(expected["sd"])
        low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
        assert (np.abs(drawn.mean(axis=0) - expected["mean"]) / unit).max() < 0.05, name
        assert np.abs(drawn.std(axis=0) / unit - 1).max() < 0.05, name
        assert (np.abs(low - expected["low"]) / unit).max() < 0.1, name
        assert (np.abs(high - expected["high"]) / unit).max() < 0.1, name
