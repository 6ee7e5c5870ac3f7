"""Is the nested engine calibrated? Ranks of true values, scales included, under repeated draws.

All parameters are drawn from the priors that the model is given, then the people's outcomes from
the parameters, then the posterior by the nested engine alone: the rank of each true value among
the draws is uniform if the posterior is right (Talts et al. 2018, arXiv:1804.06788). Eight groups
of different sizes; the effects of the first two stand for all. What the engine refuses is counted.
Prints one JSON object.

    python benchmarks/calibration_hierarchies.py --models rate frequency --simulations 200
"""

import argparse
import json
import sys
import time
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from machine import describe_run
from scipy.stats import chisquare, kstest

import desist as ds
from desist.design.design import Design
from desist.inference.nested import Nested
from desist.models.families import NegativeBinomial
from desist.models.priors import HalfNormal, Normal

N_PEOPLE, N_GROUPS, N_RANKS, N_BINS, FOLLOW_UP = 160, 8, 100, 10, 365.0
PRIORS = ds.Priors(
    intercept=Normal(-0.5, 0.7),
    treatment=Normal(0.0, 0.7),
    group_intercept=HalfNormal(0.7),
    group_treatment=HalfNormal(0.5),
)
DISPERSION, RATIO = Normal(0.0, 0.7), Normal(0.0, 0.5)
MODELS = {
    "rate": ds.RateModel(None, ("prison",), PRIORS),
    "frequency": ds.FrequencyModel(None, ("prison",), PRIORS, NegativeBinomial(DISPERSION, RATIO)),
}


def make_people() -> pd.DataFrame:
    """Put the same people into groups of different sizes."""
    rng = np.random.default_rng(2017)
    shares = np.arange(1, N_GROUPS + 1) / sum(range(1, N_GROUPS + 1))
    return pd.DataFrame(
        {
            "treated": (rng.random(N_PEOPLE) < 0.4).astype(int),
            "prison": rng.choice([f"P{i}" for i in range(N_GROUPS)], N_PEOPLE, p=shares),
        }
    )


def draw_truth(name: str, rng: np.random.Generator) -> dict[str, Any]:
    """Draw all parameters from the priors."""
    truth: dict[str, Any] = {
        part: rng.normal(getattr(PRIORS, part).mean, getattr(PRIORS, part).scale)
        for part in ("intercept", "treatment")
    }
    truth["intercept"] -= truth["treatment"] / 2  # the prior is that of the middle between the arms
    for part in ("intercept", "treatment"):
        between = abs(rng.normal(0, getattr(PRIORS, f"group_{part}").scale))
        truth[f"prison_{part}_sd"] = between
        truth[f"prison_{part}"] = between * rng.standard_normal(N_GROUPS)
    if name == "frequency":
        truth["log_dispersion"] = rng.normal(DISPERSION.mean, DISPERSION.scale)
        truth["log_dispersion_ratio"] = rng.normal(RATIO.mean, RATIO.scale)
    return truth


def simulate(name: str, number: int, people: pd.DataFrame) -> dict[str, int] | str:
    """Make one simulation and rank the truth; a refusal is returned by its name."""
    rng = np.random.default_rng([2017, list(MODELS).index(name), number])
    truth, treated = draw_truth(name, rng), people["treated"].to_numpy()
    group = people["prison"].str[1:].astype(int).to_numpy()
    eta = truth["intercept"] + truth["prison_intercept"][group]
    eta = eta + treated * (truth["treatment"] + truth["prison_treatment"][group])
    if name == "rate":
        drawn = {"reoffended": (rng.random(N_PEOPLE) < 1 / (1 + np.exp(-eta))).astype(int)}
    else:
        shape = np.exp(truth["log_dispersion"] + treated * truth["log_dispersion_ratio"])
        drawn = {"offences": rng.poisson(np.exp(eta) * rng.gamma(shape, 1 / shape))}
    roles = {outcome: outcome for outcome in drawn}
    cohort = ds.Cohort(
        people.assign(**drawn), treatment="treated", groups=("prison",), follow_up=365.0, **roles
    )
    design = Design(np.ones(N_PEOPLE), treated == 1, ds.Estimand.ATT)
    try:
        fit = ds.fit_model(
            MODELS[name], cohort, design, inference=Nested(draws=1000), horizon=FOLLOW_UP, seed=rng
        )
    except ds.CannotAnswerError as refusal:
        return type(refusal).__name__
    chosen = rng.choice(1000, N_RANKS - 1, replace=False)
    ranks = {"khat_above_half": int(fit.diagnostics.khat >= 0.5)}
    for quantity, true in truth.items():
        draws = fit.draws[quantity][0, chosen]
        of_groups = np.atleast_1d(true)[:2]
        draws = draws if np.ndim(true) else draws[:, np.newaxis]
        for position, value in enumerate(of_groups):
            label = f"{quantity}[{position}]" if np.ndim(true) else quantity
            ranks[label] = int(np.sum(draws[:, position] < value))
    return ranks


def summarise(found: list[dict[str, int]]) -> list[dict[str, Any]]:
    """Test the ranks of each quantity for uniformity."""
    rng = np.random.default_rng(1)
    rows = []
    for quantity in [name for name in found[0] if name != "khat_above_half"]:
        ranks = np.array([one[quantity] for one in found])
        bins = np.bincount(ranks * N_BINS // N_RANKS, minlength=N_BINS)
        spread_out = (ranks + rng.random(len(ranks))) / N_RANKS
        rows.append(
            {
                "quantity": quantity,
                "mean_rank": round(float((ranks + 0.5).mean() / N_RANKS), 4),
                "p_chi_squared": round(float(chisquare(bins).pvalue), 5),
                "p_ecdf": round(float(kstest(spread_out, "uniform").pvalue), 5),
            }
        )
    return rows


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--simulations", type=int, default=200)
    chosen = parser.parse_args()
    start, people, results = time.perf_counter(), make_people(), {}
    for name in chosen.models:
        made = [simulate(name, number, people) for number in range(chosen.simulations)]
        found = [one for one in made if isinstance(one, dict)]
        rows = summarise(found)
        p_values = [row[test] for row in rows for test in ("p_chi_squared", "p_ecdf")]
        results[name] = {
            "simulations": len(made),
            "refused": dict(Counter(one for one in made if isinstance(one, str))),
            "khat_above_half": sum(one["khat_above_half"] for one in found),
            "smallest_p_bonferroni": min(1.0, round(min(p_values) * len(p_values), 5)),
            "quantities": rows,
        }
        print(name, results[name], file=sys.stderr, flush=True)
    seconds = round(time.perf_counter() - start, 1)
    told = {"benchmark": "calibration_hierarchies", **describe_run(), "seconds": seconds}
    print(json.dumps(told | {"results": results}))


if __name__ == "__main__":
    main()
