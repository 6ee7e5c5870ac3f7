import numpy as np
import pytest

import desist as ds
from desist.checks import kaplan_meier
from desist.cohort.outcomes import read_outcomes
from desist.design.design import Design
from desist.effects import estimate_survival
from desist.report.pictures.survival import survival_curves


@pytest.fixture(scope="module")
def rossi():
    cohort = ds.datasets.rossi_cohort()
    design = Design(np.ones(cohort.n_people), cohort.treated, ds.Estimand.ATT)
    # 1,000 draws, because the mean of an arm is that of its people whatever is drawn
    fit = ds.fit_model(ds.SurvivalModel(), cohort, design, inference=ds.Laplace(draws=1000))
    return cohort, estimate_survival(fit)


def test_curves_rise_from_zero_to_the_share_who_reoffended(rossi):
    cohort, effect = rossi
    outcomes = read_outcomes(cohort)
    observed = {
        name: kaplan_meier(outcomes.days[arm], outcomes.reoffended[arm])
        for name, arm in (("treated", cohort.treated), ("comparison", ~cohort.treated))
    }
    (axes,) = survival_curves(effect, observed).axes
    lines = {line.get_label(): line for line in axes.lines}
    assert len(lines) == 4
    posterior = lines["with the programme, posterior"].get_ydata()
    assert posterior[0] == 0
    assert posterior[-1] == pytest.approx(100 * (1 - effect.table["treated"].iloc[-1]))
    assert posterior[-1] == pytest.approx(100 * 48 / 216, abs=0.02)
    assert lines["without it, Kaplan-Meier"].get_ydata()[-1] == pytest.approx(100 * 66 / 216)
    assert "per 100 people" in axes.get_ylabel()


def test_people_are_not_drawn_unless_handed_over(rossi):
    (axes,) = survival_curves(rossi[1]).axes
    assert len(axes.lines) == 2
