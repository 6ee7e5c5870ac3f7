"""Make `hierarchies.json`: long runs of NUTS on the studies of `tests/inference/hierarchies.py`.

    python tests/reference/hierarchies.py MODEL SHAPE ...

adds one model fitted to some of them. Four chains of 3,000 draws, target acceptance 0.95.
"""

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "inference"))
from hierarchies import FOLLOW_UP, MODELS, make_study  # noqa: E402

from desist.inference.engines import Nuts  # noqa: E402
from desist.models.fit import fit_model  # noqa: E402

FILE = Path(__file__).with_suffix(".json")
NUTS = Nuts(draws=3000, tune=1000, chains=4)


def summarise(draws):
    """Return mean, deviation and 2.5 and 97.5 % points of each number of a parameter."""
    flat = draws.reshape(-1, *draws.shape[2:])
    low, high = np.quantile(flat, [0.025, 0.975], axis=0)
    figures = {"mean": flat.mean(axis=0), "sd": flat.std(axis=0), "low": low, "high": high}
    return {name: np.round(values, 5).tolist() for name, values in figures.items()}


def main(model, *shapes):
    """Sample, and add the summary of every parameter but the standard effects."""
    for shape in shapes:
        add(model, shape)


def add(model, shape):
    """Sample one model of one study."""
    cohort, design = make_study(shape)
    fit = fit_model(MODELS[model], cohort, design, inference=NUTS, horizon=FOLLOW_UP, seed=1)
    figures = fit.diagnostics
    found = {name: summarise(drawn) for name, drawn in fit.draws.items() if "_standard" not in name}
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    known[f"{model}, {shape}"] = {
        "rhat_max": round(figures.rhat_max, 4),
        "ess_bulk_min": round(figures.ess_bulk_min),
        "divergences": figures.divergences,
        "parameters": found,
    }
    FILE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
