import numpy as np
import pandas as pd
import pytest

import desist as ds
from desist.errors import InputError
from desist.estimands import Estimand, Measure


@pytest.fixture(scope="module")
def recid():
    cohort = ds.datasets.recid_cohort()
    formula = "age + tserved + priors + rules + educ + black + alcohol + drugs + super + married"
    design = ds.build_design(cohort, formula, method=ds.RadiusMatching())
    return cohort, design, ds.evaluate(cohort, design, inference="laplace", seed=1)


def test_posterior_and_checks_stand_side_by_side(recid):
    _, _, evaluation = recid
    rate = evaluation.table.query("measure == 'rate'")
    assert rate.iloc[0]["method"] == "posterior"
    assert {"welch", "weighted_difference_hc3"} <= set(rate["method"])
    assert list(evaluation.table.columns) == [
        "measure",
        "unit",
        "method",
        "scale",
        "estimate",
        "lower",
        "upper",
        "p_value",
        "probability_of_benefit",
        "applicable",
        "agrees",
        "reason",
    ]


def test_the_posterior_agrees_with_the_weighted_difference(recid):
    _, _, evaluation = recid
    rows = evaluation.table.query("measure == 'rate'").set_index("method")
    posterior, robust = rows.loc["posterior"], rows.loc["weighted_difference_hc3"]
    error = (robust["upper"] - robust["lower"]) / 3.92
    assert posterior["estimate"] == pytest.approx(robust["estimate"], abs=0.2 * error)


def test_a_measure_that_cannot_be_had_is_named_with_the_reason(recid):
    _, _, evaluation = recid
    assert evaluation.unavailable == {Measure.FREQUENCY: "the cohort has no column of offences"}


def test_dropped_participants_rename_the_estimand_and_are_counted(recid):
    _, design, evaluation = recid
    assert evaluation.estimand is Estimand.MATCHED_ATT
    assert evaluation.design["n_treated_dropped"] == design.n_treated_dropped > 0
    assert any("had no suitable comparison person" in warning for warning in evaluation.warnings)


def test_draws_have_chains_and_draws_for_every_measure(recid):
    _, _, evaluation = recid
    assert evaluation.draws["rate_difference"].dims == ("chain", "draw")
    assert evaluation.draws.sizes == {"chain": 4, "draw": 1000}
    difference = evaluation.draws["rate_treated"] - evaluation.draws["rate_comparison"]
    assert np.allclose(difference, evaluation.draws["rate_difference"])


def test_nothing_about_a_person_is_in_the_repr_or_the_settings(recid):
    cohort, _, evaluation = recid
    shown = repr(evaluation) + repr(evaluation.settings) + repr(cohort)
    assert "1445" in repr(cohort)
    assert "441" not in shown  # the age in months of the first man


def test_a_design_of_other_people_is_refused(recid):
    cohort, _, _ = recid
    other = ds.Cohort(pd.DataFrame({"t": [1, 0], "x": [1.0, 2.0]}), treatment="t")
    design = ds.build_design(other, None, method=ds.GivenWeights("x"))
    with pytest.raises(InputError) as caught:
        ds.evaluate(cohort, design)
    assert str(caught.value) == (
        "evaluation: 1 fault\n"
        "  - design: expected one of this cohort, found another one (2 people, the "
        "cohort has 1445); build the design from the cohort that is evaluated"
    )


def test_scaling_all_weights_changes_nothing_anywhere():
    rng = np.random.default_rng(9)
    n = 300
    offences = rng.poisson(rng.gamma(0.4, 2.0, n))
    people = pd.DataFrame(
        {
            "programme": (np.arange(n) < 60).astype(int),
            "reoffended": (offences > 0).astype(int),
            "offences": offences,
            "days": np.where(offences > 0, rng.integers(0, 365, n), np.nan),
            "weight": rng.gamma(2.0, 0.5, n),
        }
    )
    tables = []
    for factor in (1.0, 10.0):
        cohort = ds.Cohort(
            people.assign(weight=factor * people["weight"]),
            treatment="programme",
            reoffended="reoffended",
            offences="offences",
            days="days",
        )
        design = ds.build_design(cohort, None, method=ds.GivenWeights("weight"))
        tables.append(ds.evaluate(cohort, design, inference="laplace", seed=4).table)
    numbers = ["estimate", "lower", "upper", "p_value"]
    np.testing.assert_allclose(tables[0][numbers], tables[1][numbers], rtol=1e-6)
    assert tables[0]["applicable"].equals(tables[1]["applicable"])
