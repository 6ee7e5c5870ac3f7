"""What each variable of a PyMC model adds to the log posterior density."""

from collections.abc import Sequence
from typing import Any


def write_log_terms(model: Any, variables: Sequence[Any]) -> list[Any]:
    """Write the log density of each variable at its unconstrained value, its parts added up."""
    # `Model.logp` first searches the whole graph for what can be made a density, whichever terms
    # are asked for. Ours are densities as they are written.
    terms: list[Any] = model.replace_rvs_by_values([_write_term(model, one) for one in variables])
    return terms


def _write_term(model: Any, variable: Any) -> Any:
    import pymc as pm

    value, transform = model.rvs_to_values[variable], model.rvs_to_transforms.get(variable)
    if transform is None:
        return pm.logp(variable, value).sum()
    # the density of the value is that of what it becomes, times how much that is stretched
    inputs = variable.owner.inputs
    term = pm.logp(variable, transform.backward(value, *inputs))
    return term.sum() + transform.log_jac_det(value, *inputs).sum()
