"""What every model's settings have in common: their kinds, and which a family reads."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from desist.arguments import describe, find_kind_faults, find_names_faults
from desist.errors import Fault
from desist.models.priors import Priors

STEPS = ("read_columns", "complete_rows", "add_outcome", "predict")  # of every model


def settle_groups(record: Any) -> None:
    """Store a list of groupings as a tuple, so that records with equal settings are equal.

    Parameters
    ----------
    record : record of settings
        Its ``groups`` may be anything.
    """
    if isinstance(record.groups, list):
        object.__setattr__(record, "groups", tuple(record.groups))


def find_predictor_faults(record: Any) -> list[Fault]:
    """Find what is wrong with the covariates, the groups and the priors of a model.

    Parameters
    ----------
    record : record of settings
        With these three attributes.

    Returns
    -------
    list of Fault
        All of them.
    """
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


def find_unread_faults(
    record: Any, family: str, readers: Mapping[str, Iterable[str]]
) -> list[Fault]:
    """Find settings that were given and that the family does not read.

    Parameters
    ----------
    record : record of settings
        A setting counts as given when it is not the default.
    family : str
        Its family.
    readers : mapping of str to iterable of str
        The families that read each setting that not all of them read.

    Returns
    -------
    list of Fault
        One a setting.
    """
    defaults = {item.name: item.default for item in fields(record)}
    faults = []
    for name, families in readers.items():
        value = getattr(record, name)
        if family in families or defaults[name] is MISSING or value == defaults[name]:
            continue
        advice = f"leave it out, or ask for {' or '.join(map(repr, families))}"
        expected = f"none: the {family} family does not read it"
        faults.append(Fault(name, expected, describe(value), advice))
    return faults


def find_model_faults(model: object, where: str = "model") -> list[Fault]:
    """Find what is wrong with an argument that has to be an outcome model.

    Parameters
    ----------
    model : object
        What was given.
    where : str
        Name of the argument.

    Returns
    -------
    list of Fault
        At most one.
    """
    is_model = all(callable(getattr(model, step, None)) for step in STEPS)
    if is_model and not isinstance(model, type):
        return []
    advice = f"write {model.__name__}()" if is_model and isinstance(model, type) else ""
    return [Fault(where, "a model such as RateModel()", describe(model), advice)]
