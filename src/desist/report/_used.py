"""The models that were used for what a view shows."""

from collections.abc import Mapping
from typing import Any

from desist.estimands import Measure
from desist.report.view import View

# A model of these names was used only where there is a measure of it.
_MEASURES = {
    "rate": (Measure.RATE,),
    "frequency": (Measure.FREQUENCY,),
    "survival": (Measure.RMST, Measure.TIME_AMONG_REOFFENDERS, Measure.HAZARD_RATIO),
}


def list_used_models(models: Any, view: View) -> list[Any]:
    """List the models that were used; what is no list holds none."""
    return (
        [one for one in models if _is_used(one, view)] if isinstance(models, list | tuple) else []
    )


def _is_used(model: Any, view: View) -> bool:
    name = model.get("name") if isinstance(model, Mapping) else None
    made = {shown.measure for shown in view.measures}
    return name not in _MEASURES or bool(made.intersection(_MEASURES[name]))
