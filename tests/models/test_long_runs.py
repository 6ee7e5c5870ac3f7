"""The default engine against long runs of NUTS, kept in `tests/reference/engines.json`."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from desist.inference.engines import Laplace
from desist.models.fit import fit_model

from .studies import CASES, make_case

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "engines.json").read_text(encoding="utf-8")
)


def test_every_case_has_a_run_that_converged():
    assert set(REFERENCE) == set(CASES)
    for name, run in REFERENCE.items():
        assert run["rhat_max"] < 1.01, name
        assert run["ess_bulk_min"] > 4000, name
        assert run["divergences"] == 0, name


@pytest.mark.parametrize("case", CASES)
def test_laplace_agrees_with_long_runs_of_nuts(case):
    model, cohort, design, quantities = make_case(case)
    fit = fit_model(model, cohort, design, inference=Laplace(draws=20_000), seed=2)
    arms = [fit.predict(arm) for arm in (0, 1)]
    kept = REFERENCE[case]["predictions"]
    assert set(kept) == set(quantities)
    for name, runs in kept.items():
        for arm, expected in zip(arms, runs, strict=True):
            found, unit = np.asarray(arm[name]), expected["sd"]
            assert found.mean() == pytest.approx(expected["mean"], abs=0.05 * unit), name
            assert found.std() == pytest.approx(unit, rel=0.05), name
            limits = np.quantile(found, [0.025, 0.975])
            assert limits == pytest.approx([expected["low"], expected["high"]], abs=0.1 * unit)


@pytest.mark.parametrize("case", CASES)
def test_the_density_of_every_model_is_one_that_the_sampler_can_compile(case):
    import pytensor

    model, cohort, design, _ = make_case(case)
    built = fit_model(model, cohort, design, inference="laplace", seed=1).pymc_model
    height = built.logp(jacobian=True)
    slopes = pytensor.gradient.grad(height, built.value_vars)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what numba does not know is said in a warning
        pytensor.function(built.value_vars, [height, *slopes], mode="NUMBA")
