"""What an evaluation knows of an effect, as a log-likelihood on a grid, without people."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from desist._types import Floats
from desist.arguments import describe, find_choice_faults, find_kind_faults, find_number_faults
from desist.errors import CannotAnswerError, Fault, InputError, raise_faults
from desist.privacy import FEWEST_SHARING
from desist.synthesis.evidence.protocol import SCALES

SUBJECT = "passport"
SCHEMA = "desist-passport-1"
FEWEST_POINTS = 9
LARGEST = 1e12  # of an effect, of a log-likelihood, and of the inverse of a step


@dataclass(frozen=True)
class Passport:
    """The evidence of one evaluation about one effect: a log-likelihood at effects.

    Attributes
    ----------
    effects : tuple of float
        Rising, on the scale.
    log_likelihoods : tuple of float
        Of each, the greatest 0.
    scale : str
        One of "log_odds", "log_risk", "risk_difference", "log_rate".
    measure : str
        What is compared: "rate", "frequency".
    estimand : str
        For whom.
    n_treated, n_comparison : int or None
        People behind it, as the rules of publication allow them to be told.
    horizon : float or None
        Days.
    flow : tuple of (str, int), optional
        From the records submitted to the people analysed, as far as may be told.
    title : str
        Of the evaluation.
    is_small : bool
        Whether fewer than ten people of an arm had, or had not, the outcome: a likelihood of
        so few tells their number, and the passport is not written.

    Raises
    ------
    InputError
        If the grid is no likelihood; every fault is listed.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(200, 1000, rng=3, frequency=1.5).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = ds.build_sample(cohort, design)
    >>> passport = ds.synthesis.make_passport(sample, title="Mentoring")
    >>> mode, error = passport.summarise("log_odds")
    >>> round(mode, 1), round(error, 1)
    (-0.8, 0.2)
    """

    effects: tuple[float, ...]
    log_likelihoods: tuple[float, ...]
    scale: str
    measure: str = "rate"
    estimand: str = ""
    n_treated: int | None = None
    n_comparison: int | None = None
    horizon: float | None = None
    flow: tuple[tuple[str, int], ...] = ()
    title: str = ""
    is_small: bool = False
    kind: ClassVar[str] = "passport"
    scales: ClassVar[tuple[str, ...]] = tuple(SCALES)

    def __post_init__(self) -> None:
        """Check the grid."""
        faults = find_choice_faults("scale", self.scale, SCALES)
        faults += _find_grid_faults(self.effects, self.log_likelihoods)
        for name in ("measure", "estimand", "title"):
            faults += find_kind_faults(name, getattr(self, name), str, "a text")
        for name in ("n_treated", "n_comparison"):
            number = getattr(self, name)
            faults += find_number_faults(name, number, least=0, whole=True, optional=True)
        faults += find_number_faults("horizon", self.horizon, above=0, optional=True)
        raise_faults(SUBJECT, [*faults, *_find_flow_faults(self.flow)])

    def log_likelihood(self, effects: Floats, scale: str) -> Floats:
        """Return the log-likelihood between the points of the grid, and beyond its ends."""
        from scipy.interpolate import make_interp_spline

        self._require_scale(scale)
        places, heights = _as_array(self.effects), _as_array(self.log_likelihoods)
        spline = make_interp_spline(places, heights, k=5)
        found = spline(np.clip(effects, places[0], places[-1]))
        slopes = spline.derivative()(places[[0, -1]])
        # beyond the grid as steep as at its ends, and never rising
        left = np.minimum(effects - places[0], 0.0) * max(float(slopes[0]), 0.0)
        right = np.maximum(effects - places[-1], 0.0) * min(float(slopes[1]), 0.0)
        return np.asarray(found + left + right)

    def summarise(self, scale: str) -> tuple[float, float]:
        """Return the mode and the error from the curvature there; NaN without a mode inside."""
        self._require_scale(scale)
        places, heights = _as_array(self.effects), _as_array(self.log_likelihoods)
        top = int(heights.argmax())
        if top in (0, len(places) - 1):
            return np.nan, np.nan
        near = slice(max(top - 2, 0), top + 3)
        bend, slope, _ = np.polyfit(places[near] - places[top], heights[near], 2)
        if bend >= 0:
            return np.nan, np.nan
        return float(places[top] - slope / (2 * bend)), float((-2 * bend) ** -0.5)

    def write(self, path: str | Path) -> Path:
        """Write the passport to a file.

        Parameters
        ----------
        path : str or Path
            Where; the file must not be there yet.

        Returns
        -------
        Path
            Of the file.

        Raises
        ------
        InputError
            If there is such a file already.
        CannotAnswerError
            If it would tell of fewer than ten people.
        """
        if self.is_small:
            message = (
                f"The passport would tell of fewer than {FEWEST_SHARING} people of an arm who had, "
                "or had not, the outcome. Pool it where the people may be seen, or wait for more."
            )
            raise CannotAnswerError(message)
        place = Path(path)
        if place.exists():
            raise_faults(SUBJECT, [Fault("path", "a file that is not there yet", place.name)])
        place.write_text(json.dumps({"schema": SCHEMA, **self._list_shown()}, indent=1) + "\n")
        return place

    def _list_shown(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "is_small"}

    def _require_scale(self, scale: str) -> None:
        if scale != self.scale:
            advice = f'synthesise(..., scale="{self.scale}")'
            raise_faults(SUBJECT, [Fault("scale", self.scale, scale, advice)])


def read_passport(path: str | Path) -> Passport:
    """Read a passport from a file.

    Parameters
    ----------
    path : str or Path
        As `Passport.write` made it.

    Returns
    -------
    Passport
        The evidence.

    Raises
    ------
    InputError
        If the file is none.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(200, 1000, rng=3, frequency=1.5).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> sample = ds.build_sample(cohort, design)
    >>> passport = ds.synthesis.make_passport(sample, title="Mentoring")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = passport.write(Path(folder) / "passport.json")
    ...     again = ds.synthesis.read_passport(path)
    >>> again.title, again == passport
    ('Mentoring', True)
    """
    raise_faults(SUBJECT, find_kind_faults("path", path, (str, Path), "the name of a file"))
    place = Path(path)
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        fault = Fault("passport", "a file that a passport was written to", type(error).__name__)
        raise InputError(SUBJECT, [fault]) from error
    if not isinstance(record, Mapping) or record.get("schema") != SCHEMA:
        found = describe(record.get("schema") if isinstance(record, Mapping) else record)
        raise_faults(SUBJECT, [Fault("schema", SCHEMA, found)])
    return _make(record)


def _make(record: Mapping[str, Any]) -> Passport:
    known = {name: value for name, value in record.items() if name != "schema"}
    strange = sorted(set(known) - (set(Passport.__dataclass_fields__) - {"is_small"}))
    if strange:
        raise_faults(SUBJECT, [Fault(strange[0], "no such key", f"{len(strange)} unknown")])
    missing = sorted({"effects", "log_likelihoods", "scale"} - set(known))
    raise_faults(SUBJECT, [Fault(name, "a value", "none") for name in missing])
    # lists of the file as the tuples that they were; what is neither is told by the record
    for name in ("effects", "log_likelihoods", "flow"):
        known[name] = _freeze(known.get(name, ()))
    return Passport(**known)


def _freeze(value: object) -> Any:
    return tuple(_freeze(one) for one in value) if isinstance(value, list) else value


def _find_grid_faults(effects: object, heights: object) -> list[Fault]:
    """Find what is wrong with the effects and their log-likelihoods."""
    faults = []
    for name, values in (("effects", effects), ("log_likelihoods", heights)):
        is_numbers = isinstance(values, tuple) and not any(
            find_number_faults(name, one, least=-LARGEST, most=LARGEST) for one in values
        )
        if not is_numbers:
            expected = f"finite numbers up to {LARGEST:g}"
            faults.append(Fault(name, expected, describe(values)))
    if faults:
        return faults
    places, logs = _as_array(effects), _as_array(heights)
    where = "effects, log_likelihoods"
    if len(places) < FEWEST_POINTS or len(places) != len(logs):
        expected = f"as many effects as log-likelihoods, {FEWEST_POINTS} or more"
        faults.append(Fault(where, expected, f"{len(places)} and {len(logs)}"))
    elif (np.diff(places) <= 1 / LARGEST).any():
        faults.append(Fault(where, "finite numbers, the effects rising", "others"))
    return faults


def _find_flow_faults(flow: object) -> list[Fault]:
    if isinstance(flow, tuple) and all(_is_step(one) for one in flow):
        return []
    return [Fault("flow", "pairs of a step and how many people are left", describe(flow))]


def _is_step(step: Any) -> bool:
    is_pair = isinstance(step, tuple) and len(step) == 2 and isinstance(step[0], str)
    return is_pair and not find_number_faults("flow", step[1], least=0, whole=True)


def _as_array(values: object) -> Floats:
    return np.asarray(values, dtype=float)
