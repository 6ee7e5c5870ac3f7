"""Which rule for the spread of corrected means covers, for the frequency, by thousands of studies.

`coverage.py` judges the package and takes a third of a second a study. Here the default is written
anew for many studies at once, at the mode of its posterior, which takes a fiftieth: enough to
choose among rules. Of each rule: coverage, and the interval score relative to the first. Weights
are those of a fitted score. Prints one JSON object; a table goes to standard error.

    python benchmarks/spread.py --studies 500 --cells one_frailty_null more_for_low_risk
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from coverage_cells import CELLS, EFFECTS, OFFENDING, PARTICIPATION, Cell
from machine import describe_run
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from desist.estimands import Estimand

type Floats = NDArray[np.float64]
type Arm = dict[str, Floats]

BATCH, N_DRAWS = 50, 1000
COUNT_STEPS, SCORE_STEPS = 22, 12
# prior precisions of the middle and the difference of the arms, and of three covariates
PRIOR = np.diag([1 / 2.5**2, 1 / 1.5**2 + 0.25 / 2.5**2, 4.0, 4.0, 4.0])
PRIOR[0, 1] = PRIOR[1, 0] = 0.5 / 2.5**2
ASKED = (
    "one_frailty_null",
    "more_for_low_risk",
    "more_for_low_risk_null",
    "harm_for_high_risk",
    "more_for_high_risk",
    "effective_size_30",
    "thirteen_reoffenders_null",
    "wrong_form",
    "ipw_ate",
    "ipw_ate_more_for_low_risk",
)


def _mix(arm: Arm) -> Floats:
    share = arm["kish"] / (arm["kish"] + 40)
    return share * arm["hc3"] + (1 - share) * arm["model"]


def _largest(arm: Arm) -> Floats:
    return np.maximum(np.maximum(arm["hc3"], arm["model"]), arm["own"])


@dataclass(frozen=True)
class Rule:
    """How the error of an arm's mean is drawn, on the log scale."""

    variance: Callable[[Arm], Floats]
    skewness: Callable[[Arm], Floats] | None = None  # none: normal


# A confidence distribution of a mean is twice as skewed as the mean itself (Johnson, N. J. 1978,
# JASA 73, 536-544; Hall, P. 1992, JRSS B 54, 221-228), of which the log scale brings three times
# the coefficient of variation.
RULES = {
    "HC3 and model, as known from 40": Rule(_mix),
    "HC3": Rule(lambda arm: arm["hc3"]),
    "model": Rule(lambda arm: arm["model"]),
    "largest": Rule(_largest),
    "largest x (1 + 2 / n)": Rule(lambda arm: _largest(arm) * (1 + 2 / arm["freedom"])),
    "between largest and first": Rule(lambda arm: (_largest(arm) + _mix(arm)) / 2),
    "largest, skewed as residuals": Rule(
        _largest, lambda arm: np.maximum(2 * arm["skew_seen"] - 3 * np.sqrt(_largest(arm)), 0)
    ),
    "largest, skewed as the model": Rule(
        _largest, lambda arm: np.maximum(2 * arm["skew_model"] - 3 * np.sqrt(_largest(arm)), 0)
    ),
    "largest, skewed by a half": Rule(_largest, lambda arm: np.minimum(arm["skew_model"], 0.5)),
}


@dataclass(frozen=True, eq=False, repr=False)
class Studies:
    """Many studies of one kind; arrays of shape (n_studies, n_people)."""

    columns: Floats  # (n_studies, n_people, 5): intercept, arm, covariates about the target
    offences: Floats
    shares: Floats  # the weights of each arm, adding up to 1
    scaled: Floats  # the same, adding up to its effective number
    target: Floats
    truth: Floats  # (n_studies,)

    @property
    def treated(self) -> Floats:
        """1 for the participants."""
        return self.columns[..., 1]


def draw_studies(cell: Cell, n_studies: int, rng: np.random.Generator) -> Studies:
    """Draw studies, the participants first, and weigh their people."""
    shape = (n_studies, cell.n_treated + cell.n_comparison)
    x = np.stack([*rng.standard_normal((2, *shape)), (rng.random(shape) < 0.2) * 1.0], axis=-1)
    names = {name: x[..., place] for place, name in enumerate(("age", "copas", "black"))}
    liability = PARTICIPATION[cell.participation](names) + rng.logistic(size=shape)
    x = np.take_along_axis(x, np.argsort(-liability, axis=1)[..., np.newaxis], axis=1)
    names = {name: x[..., place] for place, name in enumerate(names)}
    treated = np.broadcast_to(np.arange(shape[1]) < cell.n_treated, shape).astype(float)
    without, with_programme = _make_means(cell, OFFENDING[cell.offending](names))
    personal = rng.gamma(cell.dispersion, 1 / cell.dispersion, shape)
    offences = rng.poisson(np.where(treated > 0, with_programme, without) * personal)
    is_ate = cell.estimand is Estimand.ATE
    target = np.full(shape, 1 / shape[1]) if is_ate else treated / cell.n_treated
    shares, scaled = _weigh(x, treated, is_ate=is_ate)
    centred = x - np.einsum("bn,bnk->bk", target, x)[:, np.newaxis]
    half = shares[..., np.newaxis] / 2
    about = centred - (half * centred).sum(axis=1, keepdims=True)
    unit = np.sqrt((half * np.square(about)).sum(axis=1, keepdims=True))
    unit[..., 2] = 0.5
    columns = np.concatenate([np.ones((*shape, 1)), treated[..., np.newaxis], centred / unit], -1)
    truth = ((with_programme - without) * target).sum(axis=1)
    return Studies(columns, offences.astype(float), shares, scaled, target, truth)


def _make_means(cell: Cell, log_mean: Floats) -> tuple[Floats, Floats]:
    of_treated = log_mean[:, : cell.n_treated]
    without = cell.frequency * np.exp(log_mean)
    without /= np.exp(of_treated).mean(axis=1, keepdims=True)
    z = (log_mean - of_treated.mean(axis=1, keepdims=True)) / of_treated.std(axis=1, keepdims=True)
    with_programme = without * np.exp(EFFECTS[cell.effect](np.clip(z, -3, 3)))
    if cell.is_null:
        sums = [means[:, : cell.n_treated].sum(axis=1) for means in (without, with_programme)]
        with_programme *= (sums[0] / sums[1])[:, np.newaxis]
    return without, with_programme


def _weigh(x: Floats, treated: Floats, *, is_ate: bool) -> tuple[Floats, Floats]:
    columns = np.concatenate([np.ones((*treated.shape, 1)), x], axis=-1)
    beta = np.zeros((len(x), columns.shape[-1]))
    for _ in range(SCORE_STEPS):
        score = expit(np.einsum("bnk,bk->bn", columns, beta))
        slope = np.einsum("bnk,bn->bk", columns, treated - score)
        beta += _solve(_square(columns, score * (1 - score)), slope)
    score = expit(np.einsum("bnk,bk->bn", columns, beta))
    of_treated, of_others = (1 / score, 1 / (1 - score)) if is_ate else (1.0, score / (1 - score))
    weights = np.where(treated > 0, of_treated, of_others)
    shares, scaled = np.zeros_like(weights), np.zeros_like(weights)
    for arm in (treated > 0, treated == 0):
        share = np.where(arm, weights, 0.0)
        share /= share.sum(axis=1, keepdims=True)
        shares += share
        scaled += share / np.square(share).sum(axis=1, keepdims=True)
    return shares, scaled


def fit_counts(studies: Studies) -> tuple[Floats, Floats]:
    """Find the modes of the negative binomial models: coefficients, log dispersions by arm."""
    columns, y, weights = studies.columns, studies.offences, studies.scaled
    beta = np.zeros((len(y), columns.shape[-1]))
    base, ratio = np.zeros(len(y)), np.zeros(len(y))
    for _ in range(COUNT_STEPS):
        logs = np.stack([base, base + ratio], axis=1)
        a = np.where(studies.treated > 0, *np.exp(logs[:, 1::-1, np.newaxis]).swapaxes(0, 1))
        mean = _expect(columns, beta)
        slope = np.einsum("bnk,bn->bk", columns, weights * (y - mean) * a / (mean + a))
        curve = _square(columns, weights * mean * a / (mean + a)) + PRIOR
        beta += np.clip(_solve(curve, slope - beta @ PRIOR), -1, 1)
        step = _step_dispersion(studies, _expect(columns, beta), a, base, ratio)
        base, ratio = np.clip(base + step[:, 0], -5, 5), np.clip(ratio + step[:, 1], -3, 3)
    return beta, np.stack([base, base + ratio], axis=1)


def _step_dispersion(
    studies: Studies, mean: Floats, a: Floats, base: Floats, ratio: Floats
) -> Floats:
    """Return Newton's step of the log dispersions."""
    y, treated, weights = studies.offences, studies.treated, studies.scaled
    # digamma(y + a) - digamma(a) is a sum of y reciprocals, and trigamma one of their squares
    by_arm = np.stack([a[:, -1], a[:, 0]], axis=1)[..., np.newaxis] + np.arange(int(y.max()))
    start = np.zeros((*by_arm.shape[:2], 1))
    sums = [np.concatenate([start, np.cumsum(by_arm**-power, -1)], -1) for power in (1, 2)]
    at = (np.arange(len(y))[:, np.newaxis], treated.astype(int), y.astype(int))
    total = mean + a
    first = a * (sums[0][at] + np.log(a) + 1 - np.log(total) - (y + a) / total)
    second = first + a**2 * (-sums[1][at] + 1 / a - 2 / total + (y + a) / total**2)
    first, second = first * weights, -second * weights
    slope = np.stack(
        [first.sum(1) - base / 1.5**2, (first * treated).sum(1) - ratio / 0.5**2], axis=-1
    )
    both = (second * treated).sum(1)
    curve = np.stack(
        [np.stack([second.sum(1) + 1 / 1.5**2, both], -1), np.stack([both, both + 4], -1)], -2
    )
    return np.clip(_solve(curve + 1e-3 * np.eye(2), slope), -0.5, 0.5)


def describe_arms(studies: Studies) -> list[Arm]:
    """Describe what was observed of each arm on the log scale, and what the model expects."""
    beta, logs = fit_counts(studies)
    arms = []
    for arm in (0, 1):
        columns = studies.columns.copy()
        columns[..., 1] = arm
        mean = _expect(columns, beta)
        shares = np.where(studies.treated == arm, studies.shares, 0.0)
        observed, own = ((shares * values).sum(1) for values in (studies.offences, mean))
        alone = (studies.target * mean).sum(1)
        residuals = studies.offences - mean
        residuals -= (shares * residuals).sum(1, keepdims=True)
        a = np.exp(logs[:, arm, np.newaxis])
        parts = np.square(shares) * (mean + mean**2 / a)
        cubes = shares**3 * (mean + 3 * mean**2 / a + 2 * mean**3 / a**2)  # third cumulants
        with np.errstate(divide="ignore"):
            centre = np.log(alone) - np.log(own) + np.log(observed)
        influence = shares * residuals / (1 - shares)
        seen = np.square(influence).sum(1)
        arms.append(
            {
                "centre": centre,
                "hc3": seen / np.maximum(observed, 1e-9) ** 2,
                "model": parts.sum(1) / np.maximum(observed, 1e-9) ** 2,
                "own": parts.sum(1) / own**2,
                "kish": 1 / np.square(shares).sum(1),
                "skew_seen": (influence**3).sum(1) / np.maximum(seen, 1e-12) ** 1.5,
                "skew_model": cubes.sum(1) / parts.sum(1) ** 1.5,
                "freedom": parts.sum(1) ** 2 / np.square(parts).sum(1),
            }
        )
    return arms


def skew(standard: Floats, skewness: Floats) -> Floats:
    """Turn standard normal draws into those of a shifted log-normal variable, (n_studies, n)."""
    # its skewness is (w + 2) sqrt(w - 1), with log w the variance of the logarithm
    t = 1 + np.square(np.clip(skewness, 1e-3, 8)) / 2
    root = np.cbrt(t + np.sqrt(np.square(t) - 1))
    w = (root + 1 / root - 1)[:, np.newaxis]
    h = np.sqrt(np.log(w))
    skewed: Floats = (np.exp(h * standard - np.square(h) / 2) - 1) / np.sqrt(w - 1)
    return skewed


def contrast(arms: list[Arm], rule: Rule, rng: np.random.Generator) -> Floats:
    """Return mean and limits of the difference, shape (3, n_studies)."""
    quantiles = ndtri((np.arange(N_DRAWS) + 0.5) / N_DRAWS)
    means = []
    for arm in arms:
        drawn = rng.permutation(quantiles)[np.newaxis]
        errors = drawn if rule.skewness is None else skew(drawn, rule.skewness(arm))
        spread = np.sqrt(rule.variance(arm))[:, np.newaxis] * errors
        drawn = arm["centre"][:, np.newaxis] + spread
        # the mean of the draws is the mean that was observed
        moved = drawn - np.log(np.exp(spread).mean(axis=1, keepdims=True))
        means.append(np.exp(moved))
    difference = means[1] - means[0]
    limits = np.quantile(difference, [0.025, 0.975], axis=1)
    return np.stack([difference.mean(axis=1), *limits])


def judge_cell(name: str, n_studies: int) -> list[dict[str, Any]]:
    """Judge every rule by the studies of one cell."""
    mark = crc32(name.encode())
    found: dict[str, list[Floats]] = {rule: [] for rule in RULES}
    for batch in range(max(1, n_studies // BATCH)):
        studies = draw_studies(CELLS[name], BATCH, np.random.default_rng([batch, mark]))
        arms = describe_arms(studies)
        known = np.isfinite(arms[0]["centre"]) & np.isfinite(arms[1]["centre"])
        arms = [{key: values[known] for key, values in arm.items()} for arm in arms]
        for rule, record in RULES.items():  # every rule with the same draws
            answer = contrast(arms, record, np.random.default_rng([batch, mark, 1]))
            found[rule].append(np.vstack([answer, studies.truth[known]]))
    rows = []
    for rule, parts in found.items():
        mean, lower, upper, truth = np.hstack(parts)
        missed = np.maximum(lower - truth, 0) + np.maximum(truth - upper, 0)
        coverage = float((missed == 0).mean())
        rows.append(
            {
                "cell": name,
                "rule": rule,
                "studies": len(truth),
                "coverage": coverage,
                "coverage_error": float(np.sqrt(coverage * (1 - coverage) / len(truth))),
                "too_high": float((lower > truth).mean()),
                "too_low": float((upper < truth).mean()),
                "bias_sd": float((mean - truth).mean() / (mean - truth).std()),
                "width": float((upper - lower).mean()),
                "interval_score": float((upper - lower + 40 * missed).mean()),
            }
        )
    return rows


def _expect(columns: Floats, beta: Floats) -> Floats:
    return np.exp(np.clip(np.einsum("bnk,bk->bn", columns, beta), -12, 8))


def _square(columns: Floats, weights: Floats) -> Floats:
    return np.matmul((columns * weights[..., np.newaxis]).swapaxes(1, 2), columns)


def _solve(matrix: Floats, right: Floats) -> Floats:
    return np.linalg.solve(matrix, right[..., np.newaxis])[..., 0]


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--cells", nargs="+", choices=tuple(CELLS), default=list(ASKED))
    arguments = parser.parse_args()
    start = time.perf_counter()
    rows = [row for name in arguments.cells for row in judge_cell(name, arguments.studies)]
    table = pd.DataFrame(rows)
    first = table.groupby("cell")["interval_score"].transform("first")
    table["relative_score"] = table["interval_score"] / first
    print(table.round(3).to_string(index=False), file=sys.stderr)
    told = {"benchmark": "spread", **describe_run()}
    told["seconds"] = round(time.perf_counter() - start, 1)
    told["results"] = json.loads(table.to_json(orient="records", double_precision=6))
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
