"""Make `engines.json`: long runs of NUTS on the cases of `tests/models/studies.py`.

    python -m tests.reference.engines [NAME ...]

Four chains of 10,000 draws, target acceptance 0.95.
"""

import json
import sys
from pathlib import Path

import numpy as np
from tests.models.studies import CASES, make_case

from desist.inference.engines import Nuts
from desist.models.fit import fit_model

FILE = Path(__file__).with_suffix(".json")
NUTS = Nuts(draws=10_000, tune=1000, chains=4)


def summarise(draws):
    """Return mean, deviation and 2.5 and 97.5 % points of a prediction."""
    low, high = np.quantile(draws, [0.025, 0.975])
    figures = {"mean": draws.mean(), "sd": draws.std(), "low": low, "high": high}
    return {name: round(float(value), 6) for name, value in figures.items()}


def run(name):
    """Sample one case, and summarise what is predicted of both arms."""
    model, cohort, design, quantities = make_case(name)
    fit = fit_model(model, cohort, design, inference=NUTS, seed=1)
    arms = [fit.predict(arm) for arm in (0, 1)]
    figures = fit.diagnostics
    return {
        "rhat_max": round(figures.rhat_max, 4),
        "ess_bulk_min": round(figures.ess_bulk_min),
        "divergences": figures.divergences,
        "predictions": {
            quantity: [summarise(np.asarray(arm[quantity])) for arm in arms]
            for quantity in quantities
        },
    }


def main():
    """Sample the cases named, all by default, and keep what the others gave."""
    kept = json.loads(FILE.read_text()) if FILE.exists() else {}
    for name in sys.argv[1:] or CASES:
        kept[name] = run(name)
        FILE.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
