"""Make `synthesis_nuts.json`: runs of NUTS on the sets of `tests/synthesis/sets_of_reports.py`.

    python tests/reference/synthesis_nuts.py [NAME ...]

Four chains of 10,000 draws; errors are those of the means of 20 batches, each of 2,000 draws: near
tau of 0 the chain stays for hundreds, and shorter batches take its error for less than it is.
"""

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "synthesis"))
from sets_of_reports import list_sets  # noqa: E402

from desist.inference.engines import Nuts  # noqa: E402
from desist.synthesis._sampling import sample_tables  # noqa: E402
from desist.synthesis._tables import tabulate  # noqa: E402
from desist.synthesis.priors import PRIORS  # noqa: E402

FILE = Path(__file__).with_suffix(".json")
NUTS = Nuts(draws=10_000, tune=1000, chains=4)
BATCHES = 20


def summarise(draws):
    """Return the mean of draws of one number, its Monte Carlo error and their deviation."""
    means = draws.reshape(BATCHES, -1).mean(axis=1)
    error = means.std(ddof=1) / BATCHES**0.5
    return [round(float(one), 6) for one in (draws.mean(), error, draws.std())]


def run(scale, studies):
    tables = tabulate([study.evidence for study in studies], scale)
    columns = np.ones((len(studies), 1))
    rng = np.random.default_rng(17)
    draws = sample_tables(tables, PRIORS[scale], columns, NUTS, rng)
    return {
        "mean": summarise(draws["coefficients"][..., 0]),
        "tau": summarise(draws["heterogeneity"]),
        "effects": [summarise(draws["effects"][..., row]) for row in range(len(studies))],
    }


def main():
    kept = json.loads(FILE.read_text()) if FILE.exists() else {}
    sets = list_sets()
    for name in sys.argv[1:] or sets:
        kept[name] = run(*sets[name])
        FILE.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
