"""What do real programmes say together, and would they have foretold each other.

Three tables. Cognitive behavioural programmes (Landenberger and Lipsey 2005): half of the trials
are pooled and the other half predicted, against trials that learn nothing from each other and
trials of one true effect. Published results of the Justice Data Lab: as printed, with partial
reports, and adjusted for selection. A prior from other programmes: what it gains and loses in an
evaluation as small as the report's. Prints one JSON object.

    python benchmarks/synthesis_data.py --splits 20
"""

import argparse
import json
import time

import numpy as np
from machine import describe_run
from scipy.stats import norm

from desist.datasets import jdl_published, landenberger
from desist.models.priors import HalfNormal, Normal
from desist.synthesis import (
    EstimateWithError,
    Mixture,
    StepSelection,
    Study,
    SynthesisPriors,
    TwoArmCounts,
    synthesise,
)
from desist.synthesis.justice_data_lab import list_published
from desist.synthesis.predictive_prior import effective_sample_size_of_prior, try_prior

LEVELS = (0.5, 0.8, 0.95)
NEARLY_EQUAL = SynthesisPriors(heterogeneity=HalfNormal(1e-3))


def list_trials():
    trials = landenberger()
    cells = trials[["n.cbt.rec", "n.cbt.non", "n.ctrl.rec", "n.ctrl.non"]].to_numpy()
    return [
        Study(
            f"{row + 1}",
            TwoArmCounts(int(a), int(a + b), int(c), int(c + d)),
            moderators={"months": months, "design": design},
        )
        for row, ((a, b, c, d), months, design) in enumerate(
            zip(cells, trials["interval"], trials["design"].astype(str), strict=True)
        )
    ]


def summarise(found):
    low, high = found.interval
    new_low, new_high = found.prediction_interval
    tau_low, tau_high = found.heterogeneity.interval()
    rounded = {
        "mean": found.mean.mean,
        "lower": low,
        "upper": high,
        "tau": found.heterogeneity.median,
        "tau_lower": tau_low,
        "tau_upper": tau_high,
        "prediction_lower": new_low,
        "prediction_upper": new_high,
        "benefit_of_the_next": found.probability_of_benefit(),
    }
    return {name: round(float(value), 4) for name, value in rounded.items()} | {
        "programmes": found.n_studies
    }


def predict(prediction, estimates, errors):
    """Return coverage of the predictive intervals and log scores of estimates."""
    inside = {level: [] for level in LEVELS}
    scores = []
    for estimate, error in zip(estimates, errors, strict=True):
        spread = Mixture(prediction.weights, prediction.means, np.hypot(prediction.scales, error))
        below = spread.probability_below(float(estimate))
        for level in LEVELS:
            inside[level].append(abs(below - 0.5) <= level / 2)
        scores.append(float(np.log(spread.density(np.array([estimate]))[0])))
    return inside, scores


def split_halves(trials, n_splits, seed):
    rng = np.random.default_rng(seed)
    pairs = np.array([trial.evidence.summarise("log_odds") for trial in trials])
    vague = Mixture(np.ones(1), np.zeros(1), np.array([1.5]))
    totals = {
        name: ({level: [] for level in LEVELS}, [])
        for name in ("random effects", "no pooling", "complete pooling")
    }
    for _ in range(n_splits):
        order = rng.permutation(len(trials))
        seen, unseen = order[: len(trials) // 2], order[len(trials) // 2 :]
        known = [trials[place] for place in seen]
        held = unseen[np.isfinite(pairs[unseen]).all(axis=1)]
        predictions = {
            "random effects": synthesise(known).prediction,
            "no pooling": vague,
            "complete pooling": synthesise(known, priors=NEARLY_EQUAL).mean,
        }
        for name, prediction in predictions.items():
            inside, scores = predict(prediction, pairs[held, 0], pairs[held, 1])
            totals[name][1].append(float(np.mean(scores)))
            for level in LEVELS:
                totals[name][0][level].append(float(np.mean(inside[level])))
    return [
        {
            "method": name,
            **{
                f"coverage_{100 * level:.0f}": round(float(np.mean(inside[level])), 3)
                for level in LEVELS
            },
            "log_score": round(float(np.mean(scores)), 3),
            "log_score_sd_of_splits": round(float(np.std(scores, ddof=1)), 3),
        }
        for name, (inside, scores) in totals.items()
    ]


def pool_trials(trials):
    whole = synthesise(trials)
    kept = [
        Study(
            trial.name,
            EstimateWithError(*trial.evidence.summarise("log_odds")),
            moderators=trial.moderators,
        )
        for trial in trials
        if np.isfinite(trial.evidence.summarise("log_odds")).all()
        and np.isfinite(float(trial.moderators["months"]))
    ]
    moderated = synthesise(kept, moderators="months + C(design)")
    return {
        "counts": summarise(whole),
        "odds_ratio": [round(float(np.exp(x)), 3) for x in (whole.mean.median, *whole.interval)],
        "moderated": summarise(moderated),
        "coefficients": moderated.coefficients.round(4).reset_index().to_dict("records"),
    }


def pool_published():
    rows = {form: list_published(jdl_published(), form=form) for form in ("estimates", "partial")}
    asked = {
        "printed estimates": (rows["estimates"].kept, None),
        "all reports": (rows["partial"].kept, None),
        "adjusted": (rows["partial"].kept, StepSelection()),
    }
    table = []
    for name, (kept, selection) in asked.items():
        found = synthesise(kept, scale="risk_difference", selection=selection)
        own = found.table.loc["Making Connections mentoring (HMP Send) (complex)"]
        table.append(
            {"form": name}
            | summarise(found)
            | {
                "making_connections": round(float(own["shrunken"]), 4),
                "making_connections_lower": round(float(own["lower"]), 4),
                "making_connections_upper": round(float(own["upper"]), 4),
                "selection_weight": found.selection_weight,
            }
        )
    return table


def try_evidence(trials):
    """Try the prior of the trials in an evaluation of 83 people, at truths around theirs."""
    whole = synthesise(trials)
    prior = whole.prior()
    rate, people, worth = 0.278, 83, 5514 * 0.3
    error = float(np.sqrt((1 / people + 1 / worth) / (rate * (1 - rate))))
    truths = {f"q{100 * p:.0f}": whole.prediction.quantile(p) for p in (0.1, 0.25, 0.5, 0.75, 0.9)}
    treated = rate - 0.12
    truths["minus_12_points"] = float(np.log(treated / (1 - treated)) - np.log(rate / (1 - rate)))
    truths["none"] = 0.0
    truths["conflict"] = 1.5
    default = Normal(0.0, 1.5)
    table = try_prior(prior, list(truths.values()), error, default=default)
    wide = table.pivot_table(index="truth", columns="prior", values=list(table.columns[2:]))
    rows = [
        {
            "truth": name,
            "log_odds": round(float(value), 3),
            **{
                f"{figure}_{which}": round(float(wide.loc[value, (figure, which)]), 3)
                for figure in ("coverage", "width", "interval_score")
                for which in ("default", "evidence")
            },
            "gain": round(
                1
                - float(wide.loc[value, ("interval_score", "evidence")])
                / float(wide.loc[value, ("interval_score", "default")]),
                3,
            ),
            "flagged": round(float(wide.loc[value, ("conflict", "evidence")]), 3),
        }
        for name, value in truths.items()
    ]
    shares = norm.pdf(np.linspace(-3, 3, 25))
    places = whole.prediction.mean + whole.prediction.sd * np.linspace(-3, 3, 25)
    average = try_prior(prior, list(places), error, default=default)
    scores = average.pivot_table(index="truth", columns="prior", values="interval_score")
    gain = 1 - float(shares @ scores["evidence"]) / float(shares @ scores["default"])
    size = effective_sample_size_of_prior(prior, comparison_rate=rate)
    return {
        "standard_error": round(error, 3),
        "participants_the_prior_is_worth": round(size, 1),
        "gain_over_truths_like_the_others": round(gain, 3),
        "rows": rows,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--seed", type=int, default=2005)
    asked = parser.parse_args()
    start = time.perf_counter()
    trials = list_trials()
    found = describe_run() | {
        "trials": pool_trials(trials),
        "halves": split_halves(trials, asked.splits, asked.seed),
        "published": pool_published(),
        "evidence": try_evidence(trials),
    }
    print(json.dumps(found | {"seconds": round(time.perf_counter() - start, 1)}, indent=1))


if __name__ == "__main__":
    main()
