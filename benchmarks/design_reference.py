"""Is the design stage right: the largest difference from MatchIt, WeightIt and R, by method.

    python benchmarks/design_reference.py

Prints one JSON object. Weights are compared after scaling within each arm. Optimal and full
matching report their total distance and that of the reference, which they may not exceed.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from desist.cohort.cohort import Cohort
from desist.design.design import Design, build_design
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.optimal import FullMatching, OptimalMatching
from desist.design.matching.radius import RadiusMatching
from desist.design.matching.strata import CoarsenedExactMatching, ExactMatching, Subclassification
from desist.design.scores.models import RegressionScore
from desist.design.weighting.by_score import InverseProbability, MatchingWeights, OverlapWeights
from desist.design.weighting.entropy import EntropyBalancing
from desist.design.weighting.tilting import BalancingScore, ProbabilityTilting

REFERENCE = Path(__file__).parents[1] / "tests" / "reference"
FORMULA = "age + educ + race + married + nodegree + re74 + re75"
CUTS = {"age": 4, "educ": 3, "re74": 4, "re75": 4}
MATCHING = {
    "nearest_default": NearestMatching(scale="score"),
    "nearest_m_largest": NearestMatching(scale="score", order="largest"),
    "nearest_replace": NearestMatching(scale="score", replacement=True),
    "nearest_replace_k3": NearestMatching(scale="score", replacement=True, ratio=3),
    "nearest_caliper01std": NearestMatching(scale="score_sd", caliper=0.1),
    "nearest_k3": NearestMatching(scale="score", ratio=3),
    "nearest_exact_race": NearestMatching(scale="score", exact=("race",)),
    "exact_race_married": ExactMatching(),
    "cem_cut": CoarsenedExactMatching(CUTS),
    "subclass6": Subclassification(6),
}
WEIGHTING = {
    "glm_ate": (InverseProbability(), "ATE"),
    "glm_att": (InverseProbability(), "ATT"),
    "glm_atc": (InverseProbability(), "ATC"),
    "glm_ato": (OverlapWeights(), None),
    "glm_atm": (MatchingWeights(), None),
    "glm_att_probit": (InverseProbability(), "ATT"),
    "glm_ate_stab": (InverseProbability(stabilised=True), "ATE"),
    "ebal_att": (EntropyBalancing(), "ATT"),
    "ebal_ate": (EntropyBalancing(), "ATE"),
    "ebal_att_m2": (EntropyBalancing(moments=2), "ATT"),
    "cbps_att": (BalancingScore(), "ATT"),
    "cbps_ate": (BalancingScore(), "ATE"),
    "ipt_att": (ProbabilityTilting(), "ATT"),
    "ipt_ate": (ProbabilityTilting(), "ATE"),
}


def main() -> None:
    """Compare everything and print it."""
    people = pd.read_csv(REFERENCE / "lalonde.csv").drop(columns="re78")
    cohort = Cohort(people, treatment="treat", person="id")
    scores = pd.read_csv(REFERENCE / "match" / "ps_glm.csv")["ps"]
    design = build_design(cohort, FORMULA, method=RadiusMatching())
    result = {
        "logistic_score": float(np.abs(design.scores.scores - scores).max()),
        "radius": compare_radius(cohort),
        "matching": compare_matching(cohort),
        "total_distance": compare_totals(cohort, scores.to_numpy()),
        "weighting": compare_weighting(cohort),
    }
    print(json.dumps(result, indent=1))


def compare_radius(cohort: Cohort) -> dict[str, float]:
    """Radius weights at every caliper."""
    table = pd.read_csv(REFERENCE / "radius" / "lalonde_radius_weights.csv")
    found = {}
    for name in table.columns[3:]:
        on_logit = name == "logit_0.2sd"
        method = RadiusMatching(0.2) if on_logit else RadiusMatching(float(name[1:]), "score")
        found[name] = compare(build_design(cohort, FORMULA, method=method), table[name])
    return found


def compare_matching(cohort: Cohort) -> dict[str, float]:
    """Weights of the matched samples of MatchIt."""
    found = {}
    for name, method in MATCHING.items():
        units = pd.read_csv(REFERENCE / "match" / f"{name}_units.csv")
        text = "race + married + nodegree" if name == "exact_race_married" else FORMULA
        found[name] = compare(build_design(cohort, text, method=method), units["weight"])
    return found


def compare_totals(cohort: Cohort, scores: np.ndarray) -> dict[str, Any]:
    """Total distances within matched sets; each set has one person of one arm."""
    found = {}
    for name, method in {
        "optimal": OptimalMatching(scale="score"),
        "full_att": FullMatching(scale="score"),
    }.items():
        units = pd.read_csv(REFERENCE / "match" / f"{name}_units.csv")
        theirs = sum_within(units["subclass"], scores, cohort.treated)
        design = build_design(cohort, FORMULA, method=method)
        sets = pd.Series(design.sets).replace(-1, np.nan)
        found[name] = {
            "desist": sum_within(sets, scores, cohort.treated),
            "optmatch": theirs,
        }
    return found


def compare_weighting(cohort: Cohort) -> dict[str, float]:
    """Weights of WeightIt."""
    table = pd.read_csv(REFERENCE / "weights" / "lalonde_weights.csv")
    found = {}
    for name, (method, estimand) in WEIGHTING.items():
        score = RegressionScore("probit" if "probit" in name else "logit")
        design = build_design(cohort, FORMULA, method=method, estimand=estimand, score=score)
        found[name] = compare(design, table[name])
    return found


def compare(design: Design, expected: pd.Series) -> float:
    """Largest difference of weights that have mean 1 in each arm."""
    largest = 0.0
    for arm in (design.treated, ~design.treated):
        ours, theirs = design.weights[arm], expected.to_numpy(dtype=float)[arm]
        gaps = np.abs(ours / ours.mean() - theirs / theirs.mean())
        largest = max(largest, float(gaps.max()))
    return largest


def sum_within(sets: pd.Series, scores: np.ndarray, treated: np.ndarray) -> float:
    """Sum of distances between participants and comparison people of the same set."""
    total = 0.0
    for rows in sets.dropna().groupby(sets).groups.values():
        inside = scores[rows[treated[rows]]]
        outside = scores[rows[~treated[rows]]]
        total += float(np.abs(inside[:, None] - outside).sum())
    return total


if __name__ == "__main__":
    main()
