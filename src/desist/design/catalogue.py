"""All methods of design, by the word for them in a settings file."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from desist.arguments import describe, find_kind_faults
from desist.design.formula import suggest
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.optimal import FullMatching, OptimalMatching
from desist.design.matching.radius import RadiusMatching
from desist.design.matching.strata import CoarsenedExactMatching, ExactMatching, Subclassification
from desist.design.protocol import Method
from desist.design.weighting.by_score import InverseProbability, MatchingWeights, OverlapWeights
from desist.design.weighting.entropy import EntropyBalancing
from desist.design.weighting.given import GivenWeights
from desist.design.weighting.tilting import BalancingScore, ProbabilityTilting
from desist.errors import Fault, InputError, raise_faults

METHODS: Mapping[str, Any] = {
    method.name: method
    for method in (
        RadiusMatching,
        NearestMatching,
        OptimalMatching,
        FullMatching,
        ExactMatching,
        CoarsenedExactMatching,
        Subclassification,
        InverseProbability,
        OverlapWeights,
        MatchingWeights,
        EntropyBalancing,
        BalancingScore,
        ProbabilityTilting,
        GivenWeights,
    )
}


def make_method(name: str, settings: Mapping[str, Any] | None = None) -> Method:
    """Make the settings record of a method from plain values.

    Parameters
    ----------
    name : str
        "radius", "nearest", "optimal", "full", "exact", "cem", "subclass", "ipw",
        "overlap", "matching_weights", "entropy", "cbps", "ipt" or "given".
    settings : mapping of str to value, optional
        Its settings; lists become tuples.

    Returns
    -------
    Method
        A frozen record; whether its values make sense is found when a design is built.

    Raises
    ------
    InputError
        If the method or a setting is unknown, or a setting is missing.

    Examples
    --------
    >>> make_method("radius", {"caliper": 0.1})
    RadiusMatching(caliper=0.1, scale='logit')
    """
    settings = {} if settings is None else settings
    if not isinstance(name, str) or name not in METHODS:
        expected = ", ".join(METHODS)
        raise InputError("design", [Fault("method", expected, describe(name), _suggest(name))])
    expected = "settings by name, such as {'caliper': 0.05}"
    raise_faults("design", find_kind_faults(f"settings of {name}", settings, Mapping, expected))
    kind = METHODS[name]
    known = {field.name: field for field in fields(kind)}
    faults = [
        Fault(f"setting of {name}", "a known one", describe(key), _suggest_setting(key, known))
        for key in settings
        if key not in known
    ]
    faults += [
        Fault(f"setting of {name}", f"a value for {key!r}", "none", "give it")
        for key, field in known.items()
        if _is_needed(field) and key not in settings
    ]
    hints = get_type_hints(kind)
    faults += [
        Fault(f"setting of {name}", f"{key} as {_say_kind(hints[key])}", describe(value))
        for key, value in settings.items()
        if key in known and not _fits(value, hints[key])
    ]
    raise_faults("design", faults)
    made: Method = kind(**{key: _freeze(value) for key, value in settings.items()})
    return made


def _suggest(name: str) -> str:
    return suggest(str(name), METHODS)


def _suggest_setting(key: str, known: Mapping[str, object]) -> str:
    return suggest(str(key), known) if known else "it has no settings"


def _is_needed(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _fits(value: Any, hint: Any) -> bool:
    """Say whether a value read from a file is of the kind that a setting has."""
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        return any(_fits(value, one) for one in get_args(hint))
    if hint is None or hint is NoneType:
        return value is None
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if origin is tuple:
        inner = [one for one in get_args(hint) if one is not Ellipsis]
        return isinstance(value, list | tuple) and all(
            any(_fits(item, one) for one in inner) for item in value
        )
    plain = origin or hint
    return isinstance(value, plain) if isinstance(plain, type) else True


def _say_kind(hint: Any) -> str:
    words = {float: "a number", int: "a whole number", str: "text", bool: "true or false"}
    if get_origin(hint) in {Union, UnionType}:
        return " or ".join(_say_kind(one) for one in get_args(hint) if one is not NoneType)
    if get_origin(hint) is tuple:
        return "a list"
    return words.get(hint, "a table of values")


def _freeze(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping):
        return {key: _freeze(inner) for key, inner in value.items()}
    return value
