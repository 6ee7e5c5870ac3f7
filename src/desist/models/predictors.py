"""What a model predicts from: arm, covariates, groups; and for whom it predicts."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist._types import Draws, Floats, Integers, Mask
from desist.design.design import Design
from desist.design.formula.expand import expand_formula
from desist.errors import Fault, InputError, raise_faults
from desist.estimands import Estimand
from desist.inference.rows import collapse_rows
from desist.models.priors import Priors
from desist.sample import Sample

FROM_DESIGN = "design"  # covariates: those of the design's formula
UNIT_OF_A_CATEGORY = 0.5  # the standard deviation of one that half of the people have
MOST_UNITS = 4.0  # from the centre to the farthest person whom the effect is about,
MOST_STRETCH = 2.0  # as far as so many standard deviations to the unit allow
NO_COVARIATES = "1"  # a formula of the intercept alone
MATCHED_SET = "matched_set"  # a grouping that the design makes


@dataclass(frozen=True, eq=False, repr=False)
class Predictors:
    """Predictors of everybody in a cohort, in the order of its rows."""

    treatment: Floats  # (n_people,) 1 for those who took part
    # (n_people, n_covariates) centred at the mean of the people whom the effect is about. Numbers
    # are divided by the standard deviation of the weighted sample, or by up to twice as much where
    # one of those people stands more than four of them away; columns of 0 and 1 by a half (Gelman
    # et al. 2008, Annals of Applied Statistics 2(4), section 2.1). Zero for people who are not used
    covariates: Floats
    # as the formula writes them; levels that fewer than ten people have are numbered
    covariate_names: tuple[str, ...]
    groups: Integers  # (n_people, n_groupings) level of each grouping
    levels: dict[str, tuple[str, ...]]  # the names of the levels of each grouping
    # columns of the design's formula that are left out, because they are the same for everybody who
    # is used
    constant: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Say of how many people and what, and nothing of any of them."""
        columns = f"{len(self.covariate_names)} covariates, {len(self.levels)} groupings"
        return f"<Predictors of {len(self.treatment)} people: {columns}>"

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by the names that they have in a model."""
        # rows are sorted by them in this order: those of a group and arm follow each other
        return {
            "group": self.groups,
            "treated": self.treatment,
            "x": self.covariates,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Target:
    """The people for whom outcomes are predicted with and without the programme."""

    covariates: Floats  # (n_rows, n_covariates) distinct rows, on the scale of `Predictors`
    groups: Integers  # (n_rows, n_groupings) levels of each grouping
    weights: Floats  # (n_rows,) share of each row among the people; they add up to 1

    def __repr__(self) -> str:
        """Say how large it is, and nothing of any person."""
        columns = f"{self.covariates.shape[1]} covariates, {self.groups.shape[1]} groupings"
        return f"<Target of {len(self.weights)} distinct rows: {columns}>"

    def restrict(self, rows: Mask) -> "Target":
        """Keep some of the rows, their shares adding up to 1 again."""
        share = self.weights[rows]
        return Target(self.covariates[rows], self.groups[rows], share / share.sum())


# of samples that are still in use: models and their checks ask for the same predictors
_MADE: WeakKeyDictionary[Sample, dict[Hashable, Predictors]] = WeakKeyDictionary()


def make_predictors(sample: Sample, formula: str | None, groups: Sequence[str]) -> Predictors:
    """Make the predictors of a model for the people compared, once a sample."""
    known = _MADE.setdefault(sample, {})
    asked = (formula, tuple(groups))
    if asked not in known:
        known[asked] = _make_predictors(sample, formula, groups)
    return known[asked]


def _make_predictors(sample: Sample, formula: str | None, groups: Sequence[str]) -> Predictors:
    design, used, covariates = sample.design, sample.used, sample.cohort.covariates
    _refuse_reserved(covariates, formula, groups)
    matrix, names = _read_covariates(covariates, design, formula)
    target = target_weights(design)
    weights = np.where(used, design.weights / _arm_totals(design), 0.0)
    share = weights / weights.sum()
    centre = target @ matrix
    spread = np.sqrt(share @ np.square(matrix - share @ matrix))
    varies = np.ptp(matrix[used], axis=0) > 0
    constant = tuple(name for name, is_there in zip(names, varies, strict=True) if not is_there)
    if constant and formula != FROM_DESIGN:
        found = "one value among the people used"
        raise InputError(
            "model covariates", [Fault(name, "different values", found) for name in constant]
        )
    names = tuple(name for name in names if name not in constant)
    unit = _choose_units(matrix[used], np.abs(matrix - centre)[target > 0], spread)
    standard = (matrix - centre)[:, varies] / unit[varies]
    standard[~used] = 0.0
    codes, levels = _read_groups(covariates, design, groups)
    return Predictors(design.treated.astype(float), standard, names, codes, levels, constant)


def target_weights(design: Design) -> Floats:
    """Weigh the people whom the estimand is about."""
    used = design.weights > 0
    asked = design.estimand.asked
    if asked is Estimand.ATT:
        weights = np.where(design.treated, design.weights, 0.0)
    elif asked is Estimand.ATC:
        weights = np.where(design.treated, 0.0, design.weights)
    elif asked is Estimand.ATE:
        weights = used.astype(float)
    else:
        weights = np.where(used, design.weights / _arm_totals(design), 0.0)
    share: Floats = weights / weights.sum()
    return share


def make_target(predictors: Predictors, design: Design) -> Target:
    """Collapse the people whom the estimand is about into distinct rows."""
    columns = {"x": predictors.covariates, "group": predictors.groups}
    if predictors.covariates.shape[1] + predictors.groups.shape[1] == 0:
        return Target(np.zeros((1, 0)), np.zeros((1, 0), dtype=np.int64), np.ones(1))
    rows, weights, _ = collapse_rows(columns, target_weights(design))
    return Target(rows["x"], rows["group"], weights)


def linear_predictor(
    priors: Priors, data: dict[str, Any], levels: dict[str, tuple[str, ...]]
) -> Any:
    """Build the linear predictor in the PyMC model that is open."""
    import pymc as pm

    treatment = priors.treatment.variable("treatment")
    # the prior is that of the middle between the arms, so that both are treated alike
    intercept = priors.intercept.variable("intercept", shift=-treatment / 2)
    eta = intercept + treatment * data["treated"]
    if "covariate" in pm.modelcontext(None).coords:
        eta = eta + data["x"] @ priors.covariates.variable("covariates", dims="covariate")
    for position, name in enumerate(levels):
        of_row = data["group"][:, position]
        eta = eta + _varying(f"{name}_intercept", priors.group_intercept, name)[of_row]
        if name != MATCHED_SET:
            treatment = _varying(f"{name}_treatment", priors.group_treatment, name)
            eta = eta + treatment[of_row] * data["treated"]
    return eta


def name_effects(grouping: str) -> tuple[str, ...]:
    """Return what varies over a grouping as its variables are named."""
    if grouping == MATCHED_SET:
        return (f"{grouping}_intercept",)
    return f"{grouping}_intercept", f"{grouping}_treatment"


def predict_linear(
    draws: Draws,
    target: Target,
    levels: dict[str, tuple[str, ...]],
    arm: int,
) -> Floats:
    """Evaluate the linear predictor for the target's rows in one arm."""
    base = (draws["intercept"] + arm * draws["treatment"])[..., np.newaxis]
    if target.covariates.shape[1]:
        eta = draws["covariates"] @ target.covariates.T
        eta += base
    else:
        eta = np.repeat(base, len(target.weights), axis=-1)
    for position, name in enumerate(levels):
        of_level = draws[f"{name}_intercept"]
        if name != MATCHED_SET and arm:
            of_level = of_level + arm * draws[f"{name}_treatment"]
        eta += np.take(of_level, target.groups[:, position], axis=-1)
    return np.asarray(eta)


def _varying(name: str, scale: Any, dimension: str) -> Any:
    # Non-centred: few reoffenders a group leave the scale weakly known.
    import pymc as pm

    between = scale.variable(f"{name}_sd")
    standard = pm.Normal(f"{name}_standard", dims=dimension)
    return pm.Deterministic(name, between * standard, dims=dimension)


def _arm_totals(design: Design) -> Floats:
    totals = np.empty(len(design.weights))
    for arm in (design.treated, ~design.treated):
        totals[arm] = max(float(design.weights[arm].sum()), np.finfo(float).tiny)
    return totals


def _choose_units(matrix: Floats, distance: Floats, spread: Floats) -> Floats:
    """Choose what counts as 1 of each covariate, so that one prior means the same for all."""
    # By its standard deviation alone a category of one person in a hundred would stand ten units
    # from the rest, and the prior would let it offend e^10 times as often.
    is_binary = ((matrix == 0) | (matrix == 1)).all(axis=0)
    stretch = distance.max(axis=0, initial=0.0) / MOST_UNITS
    unit = np.clip(stretch, spread, MOST_STRETCH * spread)
    return np.where(is_binary, UNIT_OF_A_CATEGORY, unit)


def _refuse_reserved(frame: pd.DataFrame, formula: str | None, groups: Sequence[str]) -> None:
    asked = {FROM_DESIGN: formula == FROM_DESIGN, MATCHED_SET: MATCHED_SET in groups}
    raise_faults(
        "model",
        [
            Fault(name, "no column of this name", "one", "rename it: the word has a meaning here")
            for name, is_asked in asked.items()
            if is_asked and name in frame
        ],
    )


def _read_covariates(
    frame: pd.DataFrame, design: Design, formula: str | None
) -> tuple[Floats, tuple[str, ...]]:
    """Return the columns of a formula for everybody, and their names."""
    text = design.formula if formula == FROM_DESIGN else formula
    if text is None or text.strip() == NO_COVARIATES:
        return np.zeros((len(frame), 0)), ()
    if formula != FROM_DESIGN:
        # people who are not used may lack a covariate: a person who is used stands in
        used = design.weights > 0
        frame = frame.iloc[np.where(used, np.arange(len(frame)), np.argmax(used))]
    matrix = expand_formula(text, frame, "model covariates")
    return matrix.without_intercept, matrix.shown[1:]


def _read_groups(
    frame: pd.DataFrame, design: Design, groups: Sequence[str]
) -> tuple[Integers, dict[str, tuple[str, ...]]]:
    used = design.weights > 0
    found = [_find_no_group(frame, design, name) for name in groups]
    raise_faults("model groups", [fault for fault in found if fault is not None])
    codes = np.zeros((len(frame), len(groups)), dtype=np.int64)
    levels = {}
    for position, name in enumerate(groups):
        of_person = design.sets if name == MATCHED_SET else frame[name].to_numpy()
        of_used = pd.Series(of_person)[used].astype(str)
        names = sorted(of_used.unique())
        levels[name] = tuple(names)
        codes[used, position] = pd.Categorical(of_used, names).codes
    return codes, levels


def _find_no_group(frame: pd.DataFrame, design: Design, name: str) -> Fault | None:
    if name == MATCHED_SET:
        used = design.weights > 0
        if design.sets is None:
            return Fault(
                name, "a design with matched sets", "one without", "match by pairs or sets"
            )
        if n_alone := int((design.sets[used] < 0).sum()):
            return Fault(name, "a set for everybody who is used", f"{n_alone} in none")
    elif name not in frame:
        return Fault("groups", "columns of the cohort", repr(name), "check the name")
    return None
