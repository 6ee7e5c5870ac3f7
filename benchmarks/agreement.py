"""Hold the nested engine against long runs of NUTS, model by model, scales included.

The studies of `tests/inference/hierarchies.py` are fitted with 16,000 draws and held against
`tests/reference/hierarchies.json`, which `tests/reference/hierarchies.py` made. Of each are told
the largest gaps of means, deviations and 2.5 and 97.5 % points over all parameters, in posterior
standard deviations, and how much of the nested posterior lies outside the limits of NUTS, averaged
over the parameters: chance moves single limits more than it moves that average, which is 0.025 on
each side where the two agree. Prints one JSON object; a table goes to standard error.

    python benchmarks/agreement.py
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from machine import describe_run

from desist.inference.nested import Nested
from desist.models.fit import fit_model

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS / "inference"))
from hierarchies import FOLLOW_UP, MODELS, make_study  # noqa: E402

N_DRAWS = 16_000


def compare(case: str, kept: dict[str, Any]) -> dict[str, Any]:
    """Fit one model of one study, and hold every figure of every parameter against the long run."""
    model, study = case.split(", ")
    cohort, design = make_study(study)
    settings = Nested(draws=N_DRAWS)
    fit = fit_model(MODELS[model], cohort, design, horizon=FOLLOW_UP, seed=1, inference=settings)
    gaps = [
        hold(fit.draws[name], {figure: np.array(value) for figure, value in expected.items()})
        for name, expected in kept["parameters"].items()
    ]
    table = pd.concat(gaps)
    largest = table[["mean", "sd", "limit"]].abs().max().round(3)
    return {
        "model": model,
        "study": study,
        **largest.to_dict(),
        "below": round(float(table["below"].mean()), 4),
        "above": round(float(table["above"].mean()), 4),
        "khat": round(fit.diagnostics.khat, 2),
        "effective": kept["ess_bulk_min"],
        "figures": len(table),
    }


def hold(drawn: Any, expected: dict[str, Any]) -> pd.DataFrame:
    """Gaps of each number of a parameter, in deviations, and the shares beyond the limits."""
    draws = drawn.reshape(-1, *drawn.shape[2:])
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    gaps = np.abs([low - expected["low"], high - expected["high"]]) / expected["sd"]
    columns = {
        "mean": (draws.mean(axis=0) - expected["mean"]) / expected["sd"],
        "sd": draws.std(axis=0) / expected["sd"] - 1,
        "limit": gaps.max(axis=0),
        "below": (draws < expected["low"]).mean(axis=0),
        "above": (draws > expected["high"]).mean(axis=0),
    }
    return pd.DataFrame({name: np.atleast_1d(values) for name, values in columns.items()})


def main() -> None:
    """Compare all, print."""
    ran = describe_run()
    known = json.loads((TESTS / "reference" / "hierarchies.json").read_text(encoding="utf-8"))
    results = [compare(case, kept) for case, kept in known.items()]
    print(pd.DataFrame(results).to_string(index=False), file=sys.stderr)
    print(json.dumps({"benchmark": "agreement", **ran, "results": results}, indent=1))


if __name__ == "__main__":
    main()
