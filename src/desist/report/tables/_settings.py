"""The table of everything that was asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from desist.report._plain import encode_plain
from desist.report._used import list_used_models
from desist.report.view import View
from desist.report.words._numbers import format_number


def tabulate_settings(view: View) -> pd.DataFrame:
    """Tabulate the settings that were used, one row a setting; those in records by their path."""
    rows = [
        *_flatten(_leave_out_unused(view)),
        ("seed", str(view.seed)),
        ("desist", view.package_version),
    ]
    return pd.DataFrame(rows, columns=["Setting", "Value"])


def _leave_out_unused(view: View) -> dict[str, Any]:
    settings = dict(encode_plain(view.settings))
    if isinstance(settings.get("models"), list):
        settings["models"] = list_used_models(settings["models"], view)
    return settings


def _flatten(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        path = f"{above}{name}"
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{path}.")
        elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            named = {item.get("name", place): item for place, item in enumerate(value, start=1)}
            yield from _flatten(named, f"{path}.")
        else:
            yield path, print_value(value)


def print_value(value: Any) -> str:
    """Print a setting or a fact of the design: numbers with four digits, "none" for nothing."""
    plain = encode_plain(value)
    if plain is None:
        return "none"
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(plain, float) and not plain.is_integer():
        return f"{plain:,.4g}" if abs(plain) < 1000 else format_number(plain, 1)
    if isinstance(plain, list):
        return ", ".join(print_value(item) for item in plain) or "none"
    return format_number(plain) if isinstance(plain, float) else str(plain)
