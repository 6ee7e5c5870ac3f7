import numpy as np
import pandas as pd
import pytest
from scipy import stats

from desist.checks.times.proportional import proportional_hazards
from desist.errors import InputError

from ..conftest import REFERENCE


@pytest.mark.parametrize("transform", ["km", "identity"])
def test_proportional_hazards_equals_r(rossi_tests, transform):
    # R: cox.zph(coxph(Surv(week, arrest) ~ fin + age + ... + prio), transform =)
    rossi = pd.read_csv(REFERENCE / "survival" / "rossi.csv")
    yes = {"fin": "yes", "race": "other", "wexp": "yes", "mar": "not married", "paro": "yes"}
    columns = [
        rossi[name] == yes[name] if name in yes else rossi[name]
        for name in ("fin", "age", "race", "wexp", "mar", "paro", "prio")
    ]
    x = np.column_stack(columns).astype(float)
    found = proportional_hazards(rossi["week"], rossi["arrest"], x, transform=transform)
    *terms, together = rossi_tests[f"cox_zph_{transform}"]
    assert found.statistics == pytest.approx([row["chisq"] for row in terms], abs=1e-6)
    assert found.p_values == pytest.approx([row["p"] for row in terms], abs=1e-6)
    assert found.statistic == pytest.approx(together["chisq"], abs=1e-6)
    assert found.p_value == pytest.approx(together["p"], abs=1e-6)


def test_hazards_that_cross_are_found_and_proportional_ones_are_not():
    rng = np.random.default_rng(5)
    arm = np.repeat([1.0, 0.0], 400)
    hazard = rng.exponential(size=800)
    proportional = hazard / np.where(arm == 1, 0.5, 1.0)
    crossing = hazard ** np.where(arm == 1, 2.0, 0.7)
    events = np.ones(800, dtype=bool)
    assert proportional_hazards(proportional, events, arm).p_value > 0.05
    assert proportional_hazards(crossing, events, arm).p_value < 1e-6


def test_p_values_are_uniform_when_hazards_are_proportional():
    rng = np.random.default_rng(6)
    arm = np.tile([1.0, 0.0], 50)
    p_values = []
    for _ in range(400):
        times = rng.exponential(size=100) / np.where(arm == 1, 0.6, 1.0)
        p_values.append(proportional_hazards(times, times < 1.5, arm).p_value)
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_an_unknown_transform_is_refused():
    with pytest.raises(InputError, match="transform: expected one of km, identity, found 'rank'"):
        proportional_hazards([1, 2, 3], [1, 1, 0], [1, 0, 1], transform="rank")
