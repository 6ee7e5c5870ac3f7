"""What every model's settings have in common: their kinds, and how they are listed."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from types import UnionType
from typing import Any

from desist.arguments import describe, find_kind_faults, find_names_faults
from desist.errors import Fault
from desist.models.families import read_family
from desist.models.priors import Priors

STEPS = ("read_columns", "complete_rows", "add_outcome", "predict")  # of every model


def settle_groups(record: Any) -> None:
    """Store a list of groupings as a tuple, so that records with equal settings are equal."""
    if isinstance(record.groups, list):
        object.__setattr__(record, "groups", tuple(record.groups))


def settle_family[Family](
    record: Any, kind: type[Any] | UnionType, known: Mapping[str, type[Family]]
) -> list[Fault]:
    """Store the family as a record, also where a word was given for it."""
    family, faults = read_family(record.family, kind, known)
    if family is not None:
        object.__setattr__(record, "family", family)
    return faults


def list_settings(model: Any) -> dict[str, Any]:
    """List the settings of a model as text, for the record of an evaluation."""
    plain = {name: value for name, value in vars(model).items() if name != "priors"}
    family = plain.get("family")
    if is_dataclass(family):
        plain |= {"family": getattr(family, "name", type(family).__name__)} | vars(family)
    return {
        "name": model.name,
        **{name: None if value is None else str(value) for name, value in plain.items()},
        "priors": {name: str(prior) for name, prior in vars(model.priors).items()},
    }


def find_predictor_faults(record: Any) -> list[Fault]:
    """Find what is wrong with the covariates, the groups and the priors of a model."""
    expected = 'a formula such as "age + C(region)", "design" or None'
    covariates, groups = record.covariates, record.groups
    faults = [] if covariates is None else find_kind_faults("covariates", covariates, str, expected)
    if groups is not None:
        found = find_names_faults("groups", groups)
        if not found and len(set(groups)) < len(groups):
            found = [Fault("groups", "different names", "one of them twice")]
        faults += found
    return faults + find_kind_faults(
        "priors", record.priors, Priors, "Priors(...)", "name the prior: Priors(treatment=...)"
    )


def find_model_faults(model: object, where: str = "model") -> list[Fault]:
    """Find what is wrong with an argument that has to be an outcome model."""
    is_model = all(callable(getattr(model, step, None)) for step in STEPS)
    if is_model and not isinstance(model, type):
        return []
    advice = f"write {model.__name__}()" if is_model and isinstance(model, type) else ""
    return [Fault(where, "a model such as RateModel()", describe(model), advice)]
