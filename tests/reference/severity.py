"""Make `severity.json`: the severity posterior of a report by a random walk of many chains.

    python tests/reference/severity.py

The model is written out here in NumPy, so that the sampler and the walk share no line: 2,000 chains
of 20,000 steps, of which the first 4,000 are thrown away and of the others every twentieth is kept.
The error of a mean is a five-hundredth of its deviation at most, by the spread of ten lots of 200
chains.
"""

import json
from pathlib import Path

import numpy as np

from desist.cohort.court import CourtCounts

FILE = Path(__file__).with_suffix(".json")
REPORT = CourtCounts((0, 4, 9, 70), (60, 700, 1658, 3096), comparison_size=551.4)
N_CHAINS, N_STEPS, TUNING, EVERY, LOTS = 2_000, 20_000, 4_000, 20, 10
PRIOR_MEAN = np.array([-2.0, -2.0, -2.0, 0.0, 0.0, 0.0, 0.0, 0.0])
PRIOR_SCALE = np.array([1.5, 1.5, 1.5, 1.5, 1.0, 1.0, 1.0, 1.0])
STEP = 0.55 * np.array([0.3, 0.13, 0.09, 0.3, 0.6, 0.7, 0.7, 0.7])


def share(x):
    """Return the logs of the shares, shape (chains, arms, categories)."""
    baseline, spread = x[:, :3], 0.5 * np.abs(x[:, 4:5])  # HalfNormal(0.5), folded
    odds = [baseline + x[:, 3:4] + spread * x[:, 5:], baseline]
    full = np.stack([np.pad(part, ((0, 0), (0, 1))) for part in odds], axis=1)
    return full - np.log(np.exp(full).sum(axis=-1, keepdims=True))


def measure(x, counts):
    """Return the log density, but for a constant."""
    prior = -0.5 * (((x - PRIOR_MEAN) / PRIOR_SCALE) ** 2).sum(1)
    return prior + np.einsum("nij,ij->n", share(x), counts)


def walk(counts):
    """Walk, and return the shares of the treated, shape (kept, chains, categories)."""
    rng = np.random.default_rng(0)
    x = np.tile([-4.5, -1.5, -0.6, -1.0, 0.5, 0.0, 0.0, 0.0], (N_CHAINS, 1))
    height, kept = measure(x, counts), []
    for turn in range(N_STEPS):
        new = x + STEP * rng.standard_normal(x.shape)
        new_height = measure(new, counts)
        taken = np.log(rng.random(N_CHAINS)) < new_height - height
        x[taken], height[taken] = new[taken], new_height[taken]
        if turn >= TUNING and turn % EVERY == 0:
            kept.append(np.exp(share(x)[:, 0]))
    return np.array(kept)


def main():
    """Walk, and keep means, deviations and the errors of the means."""
    kept = walk(REPORT.effective)
    lots = [lot.mean(axis=(0, 1)) for lot in np.split(kept, LOTS, axis=1)]
    found = {
        "mean": kept.mean(axis=(0, 1)),
        "sd": kept.std(axis=(0, 1)),
        "error": np.std(lots, axis=0, ddof=1) / LOTS**0.5,
    }
    rounded = {name: np.round(values, 7).tolist() for name, values in found.items()}
    FILE.write_text(json.dumps(rounded, indent=1) + "\n")


if __name__ == "__main__":
    main()
