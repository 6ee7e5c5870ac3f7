"""How far apart people are: calipers and their scales, Mahalanobis distance, strata."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import describe, find_kind_faults, find_names_faults, find_number_faults
from desist.design.formula import find_bad_values, is_text, suggest
from desist.design.protocol import Material
from desist.design.scores.propensity import PropensityScore
from desist.errors import Fault, NoOverlapError

UNITS = {
    "logit": ("sd", "standard deviations of the logit"),
    "score": ("raw", "of the score"),
    "logit_raw": ("raw", "of the logit"),
    "score_sd": ("sd", "standard deviations of the score"),
}

ALIKE = 1e-10

DISTANCES = ("score", "mahalanobis")

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def find_option_faults(
    where: str, value: object, known: Collection[str], *, optional: bool = False
) -> list[Fault]:
    """Return what is wrong with a setting that is one of several words."""
    if (optional and value is None) or (isinstance(value, str) and value in known):
        return []
    expected = ", ".join(repr(name) for name in known)
    advice = suggest(value, known) if isinstance(value, str) else ""
    return [Fault(where, expected, describe(value), advice)]


def find_column_faults(where: str, value: object, covariates: pd.DataFrame) -> list[Fault]:
    """Return what is wrong with a setting that names a column of the cohort."""
    if isinstance(value, str) and value in covariates.columns:
        return []
    advice = suggest(value, covariates.columns) if isinstance(value, str) else "give its name"
    return [Fault(where, "a column of the cohort", describe(value), advice)]


def find_caliper_faults(caliper: object, scale: object, *, optional: bool = False) -> list[Fault]:
    """Return what is wrong with a caliper and its scale."""
    advice = "0.05 is the default, on the scale 'logit'"
    found = find_number_faults("caliper", caliper, above=0, optional=optional, advice=advice)
    faults = [replace(fault, expected="a positive number") for fault in found]
    return faults + find_option_faults("scale", scale, UNITS)


def find_calipers_faults(covariates: pd.DataFrame, calipers: object) -> list[Fault]:
    """Return what is wrong with calipers on covariates."""
    expected = "largest differences by column, such as {'age': 2}"
    faults = find_kind_faults("calipers", calipers, Mapping, expected)
    for name, width in calipers.items() if isinstance(calipers, Mapping) else ():
        unknown = find_column_faults("calipers", name, covariates)
        faults += unknown or _find_no_numbers(covariates, str(name))
        faults += find_number_faults(f"caliper of {describe(name)}", width, least=0)
    return faults


def _find_no_numbers(covariates: pd.DataFrame, name: str) -> list[Fault]:
    if is_text(covariates[name]):
        advice = "name it among the exact columns"
        return [Fault(f"caliper of {name}", "a column of numbers", "text", advice)]
    bad = find_bad_values(covariates, [name])
    return [fault for fault in bad if "same value" not in fault.found]


def distance_scale(
    scores: PropensityScore | None,
    caliper: float,
    scale: str,
    kept: NDArray[np.bool_] | None = None,
) -> tuple[Floats, float]:
    """Return what is compared with the caliper, and the caliper in its unit."""
    if scores is None:
        raise ValueError("a caliper needs scores")
    values = scores.logit if scale.startswith("logit") else scores.scores
    people = values if kept is None else values[kept]
    unit = people.std(ddof=1) if UNITS[scale][0] == "sd" else 1.0
    return values, float(caliper * unit)


@dataclass(frozen=True, eq=False, repr=False)
class Space:
    """What a distance is measured in."""

    line: Floats | None  # (n_people,) scores or log odds, for the distance or for the caliper
    # (n_people, n_dimensions) whitened covariates, for the Mahalanobis distance; None for the
    # distance on the line
    points: Floats | None
    caliper: float  # in the unit of the line; infinite for none
    # values of further covariates, and the largest difference in each
    fences: tuple[tuple[Floats, float], ...] = ()


def measure_space(
    material: Material,
    distance: str,
    caliper: float | None,
    scale: str,
    calipers: Mapping[str, float] | None = None,
    *,
    kept: NDArray[np.bool_] | None = None,
) -> Space:
    """Prepare the measurement of distances."""
    line, limit = None, np.inf
    if material.scores is not None:
        line, unit = distance_scale(material.scores, caliper or 1.0, scale, kept)
        line = join_alike(line)
        limit = np.inf if caliper is None else unit
    points = None
    if distance == "mahalanobis" and material.matrix is not None:
        values, treated = material.matrix.without_intercept, material.treated
        points = whiten(values, treated, kept, material.sampling)
        points = np.column_stack([join_alike(column) for column in points.T])
    fences = [
        (material.covariates[name].to_numpy(dtype=np.float64), float(width))
        for name, width in (calipers or {}).items()
    ]
    return Space(line, points, limit, tuple(fences))


def join_alike(values: Floats) -> Floats:
    """Give numbers that differ by rounding alone one value, the smallest of them."""
    # Two people with the same covariates may have scores that differ in the last digit, and by the
    # order of the rows at that; they are tied all the same.
    rounding = max(1e-12, 1e-13 * float(np.abs(values).max()))
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.append(True, np.diff(ordered) > max(ALIKE * np.ptp(values), rounding))
    joined = np.empty_like(values)
    joined[order] = ordered[first][np.cumsum(first) - 1]
    return joined


def number_places(space: Space, strata: Integers | None = None) -> Integers:
    """Give each place, of each stratum where there are some, a number; who share it are tied."""
    columns = [] if space.line is None else [space.line]
    if space.points is not None:
        columns = [*space.points.T, *columns]
    columns += [values for values, _ in space.fences]
    table = np.column_stack(columns if strata is None else [strata, *columns])
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def note_ties(
    weights: Floats, treated: NDArray[np.bool_], places: Integers, space: Space
) -> tuple[str, ...]:
    """Note when people who are alike to a method got different weights."""
    groups = 2 * places + treated
    counts = np.bincount(groups)
    low, high = np.full(len(counts), np.inf), np.zeros(len(counts))
    np.minimum.at(low, groups, weights)
    np.maximum.at(high, groups, weights)
    people = int(counts[high > low * (1 + ALIKE)].sum())
    if not people:
        return ()
    alike = "the same score" if space.points is None else "the same covariates"
    return (
        f"ties decided: {people:,} people have {alike} as others of their arm and another "
        "weight; the order of the rows chose among them",
    )


def find_nearest(values: Floats, treated: NDArray[np.bool_]) -> float:
    """Find the smallest distance between the arms."""
    ordered, targets = np.sort(values[~treated]), values[treated]
    after = np.searchsorted(ordered, targets)
    above = np.abs(ordered[np.minimum(after, len(ordered) - 1)] - targets)
    below = np.abs(ordered[np.maximum(after - 1, 0)] - targets)
    return float(np.minimum(above, below).min())


def whiten(
    values: Floats,
    treated: NDArray[np.bool_],
    kept: NDArray[np.bool_] | None = None,
    sampling: Floats | None = None,
) -> Floats:
    """Turn covariates into columns whose Euclidean distance is the Mahalanobis distance."""
    # The covariance is pooled within the arms; a singular one is inverted on the space that it
    # spans (Rubin 1980, Biometrics 36).
    people = np.ones_like(treated) if kept is None else kept
    masses = None if sampling is None else sampling[people]
    scale, roots, axes = _decompose(values[people], treated[people], masses)
    varies = roots > 1e-10 * max(float(roots.max()), 1e-10)
    scaled = (values[people] - values[people].mean(axis=0)) / scale
    inside, outside = scaled[treated[people]], scaled[~treated[people]]
    between = inside.mean(axis=0) - outside.mean(axis=0)
    lost = np.abs(axes[:, ~varies].T @ between).max(initial=0.0)
    if lost > 1e-8 * max(float(np.abs(scaled).max()), 1.0):
        raise NoOverlapError(
            "every participant is infinitely far from every comparison person: covariates that "
            "do not vary within the arms differ between them; leave them out, or look for "
            "comparison people who share them"
        )
    whitened: Floats = (values / scale) @ (axes[:, varies] / np.sqrt(roots[varies]))
    return whitened


def _decompose(
    values: Floats, treated: NDArray[np.bool_], sampling: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """Scale of each column, roots and axes of the correlation within the arms."""
    centred = values.copy()
    for arm in (treated, ~treated):
        differs = np.ptp(values[arm], axis=0) > 0  # sums of decimals do not cancel exactly
        masses = None if sampling is None else sampling[arm]
        mean = np.average(values[arm], axis=0, weights=masses)
        centred[arm] = np.where(differs, values[arm] - mean, 0.0)
    if sampling is None:
        covariance = centred.T @ centred / (len(values) - 2)
    else:  # the scale is that of MatchIt 4.7, and decides nothing
        shares = sampling / sampling.sum()
        covariance = centred.T @ (centred * shares[:, None]) / (1 - shares @ shares)
    scale = np.sqrt(np.diag(covariance))
    scale[scale == 0] = 1.0
    roots, axes = np.linalg.eigh(covariance / np.outer(scale, scale))
    return scale, roots, axes


def find_strata_faults(covariates: pd.DataFrame, columns: object) -> list[Fault]:
    """Return what is wrong with columns that have to agree exactly."""
    faults = find_names_faults("exact", columns)
    if faults or not isinstance(columns, Collection):
        return faults
    for name in columns:
        if name in covariates.columns:
            bad = find_bad_values(covariates, [name])
            faults += [fault for fault in bad if "same value" not in fault.found]
        else:
            advice = suggest(name, covariates.columns)
            faults.append(Fault("exact", "columns of the cohort", describe(name), advice))
    return faults


def number_strata(covariates: pd.DataFrame, columns: Iterable[str]) -> Integers:
    """Give each combination of values of some columns a number."""
    names = list(columns)
    if not names:
        return np.zeros(len(covariates), dtype=np.int64)
    codes = covariates.groupby(names, sort=True, observed=True).ngroup()
    return np.asarray(codes, dtype=np.int64)
