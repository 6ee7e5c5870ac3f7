import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from desist.effects import Effect
from desist.errors import InputError
from desist.estimands import Estimand, Measure
from desist.evaluation.record import Evaluation
from desist.inference.diagnostics import Diagnostics
from desist.sensitivity.confounding import (
    Ratio,
    e_value,
    e_value_of_difference,
    e_value_of_ratio,
    find_e_value,
    find_e_values,
    risk_ratio_from,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "sensitivity" / "evalues.csv"
KINDS = {"RR": Ratio.RISK, "OR": Ratio.ODDS, "HR": Ratio.HAZARD}


def reference_rows():
    for row in pd.read_csv(REFERENCE).itertuples():
        if not row.measure.startswith("MD"):
            kind = KINDS[row.measure.split()[0]]
            yield pytest.param(row, kind, "common" in row.measure, id=row.label)


def make_effect(measure, ratio, comparison=0.3):
    """An effect whose ratio has the draws given."""
    draws = xr.DataArray(np.atleast_2d(ratio), dims=("chain", "draw"))
    arm = xr.full_like(draws, comparison)
    is_hazard = measure is Measure.HAZARD_RATIO
    return Effect(
        measure=measure,
        estimand=Estimand.ATT,
        n_treated=83,
        n_comparison=5514,
        treated=None if is_hazard else draws * arm,
        comparison=None if is_hazard else arm,
        difference=None if is_hazard else draws * arm - arm,
        ratio=draws,
        diagnostics=Diagnostics("laplace"),
    )


def make_evaluation(*effects):
    return Evaluation("toy", Estimand.ATT, effects, (), {}, None, None, {}, 0)


@pytest.mark.parametrize(("row", "kind", "common"), list(reference_rows()))
def test_e_values_equal_the_reference(row, kind, common):
    found = e_value_of_ratio(row.est, row.lo, row.hi, kind=kind, common_outcome=common)
    assert found.ratio == pytest.approx(row.rr_est, abs=1e-12)
    assert found.lower == pytest.approx(row.rr_lo, abs=1e-12)
    assert found.upper == pytest.approx(row.rr_hi, abs=1e-12)
    assert found.estimate == pytest.approx(row.evalue_point, abs=1e-9)
    assert found.limit == pytest.approx(row.evalue_ci, abs=1e-9)
    assert found.converted is (common and kind is not Ratio.RISK)


def test_a_standardised_mean_difference_is_a_ratio_of_exp_091_d():
    (row,) = (row for row in pd.read_csv(REFERENCE).itertuples() if row.measure.startswith("MD"))
    ratios = [math.exp(0.91 * value) for value in (row.est, row.lo, row.hi)]
    assert ratios == pytest.approx([row.rr_est, row.rr_lo, row.rr_hi], abs=1e-12)
    found = e_value_of_ratio(*ratios)
    assert found.estimate == pytest.approx(row.evalue_point, abs=1e-9)
    assert found.limit == pytest.approx(row.evalue_ci, abs=1e-9)


def test_e_value_of_two_is_two_plus_the_root_of_two():
    assert e_value(2.0) == pytest.approx(2 + 2**0.5, abs=1e-15)
    assert e_value(1.0) == 1.0


def test_a_rate_ratio_is_read_as_a_risk_ratio():
    rate = e_value_of_ratio(0.29, 0.18, 0.48, kind=Ratio.RATE)
    assert rate.estimate == e_value_of_ratio(0.29, 0.18, 0.48).estimate
    assert not rate.converted


def test_conversions_keep_the_side_of_one_and_the_null():
    for kind in Ratio:
        assert risk_ratio_from(1.0, kind) == 1.0
        assert risk_ratio_from(0.5, kind) < 1 < risk_ratio_from(2.0, kind)
        assert risk_ratio_from(0.5, kind) * risk_ratio_from(2.0, kind) == pytest.approx(1)


def test_a_difference_is_taken_through_the_ratio():
    # 0.30 - 0.15 is half the risk; 0.30 - 0.05 is five sixths of it
    found = e_value_of_difference(-0.15, -0.25, -0.05, comparison=0.30)
    assert found.estimate == pytest.approx(2 + 2**0.5, abs=1e-12)
    assert found.limit == pytest.approx(1.2 + (1.2 * 0.2) ** 0.5, abs=1e-12)


def test_an_interval_that_covers_one_has_a_limit_of_exactly_one():
    for lower, upper in ((0.8, 1.9), (0.5, 1.0), (1.0, 2.0)):
        found = e_value_of_ratio(1.0, lower, upper)
        assert found.limit == 1.0
        assert found.sentence.endswith("includes no difference without any such thing.")


def test_an_effect_is_judged_by_its_median_and_interval():
    ratio = np.linspace(0.4, 0.8, 4001)
    found = find_e_value(make_effect(Measure.RATE, ratio))
    assert found.measure is Measure.RATE
    assert found.ratio == pytest.approx(0.6, abs=1e-12)
    # the middle of each share (Hazen): 0.975 of 4,001 points less half a point
    upper = 0.4 + 1e-4 * (0.975 * 4001 - 0.5)
    assert found.upper == pytest.approx(upper, abs=1e-12)
    assert found.limit == pytest.approx(e_value(upper), abs=1e-12)
    assert found.sentence == (
        "Something unmeasured would have to be tied to both taking part and reoffending by a "
        "ratio of at least 2.7 each, over and above what was matched or weighted, to explain "
        "away the whole estimate. A ratio of 1.8 each would be enough for the interval to "
        "include no difference."
    )


def test_a_frequency_speaks_of_offences():
    sentence = find_e_value(make_effect(Measure.FREQUENCY, [0.5, 0.6])).sentence
    assert "the number of offences" in sentence


@pytest.mark.parametrize("measure", [Measure.RMST, Measure.TIME_AMONG_REOFFENDERS])
def test_times_have_no_e_value_and_say_why(measure):
    found = find_e_value(make_effect(measure, [0.9, 1.1]))
    assert not found.applicable
    assert np.isnan(found.estimate)
    assert found.sentence.startswith("Not applicable, because ")


@pytest.mark.parametrize(("comparison", "converted"), [(0.28, True), (0.10, False)])
def test_whether_reoffending_is_common_is_read_off_the_comparison_rate(comparison, converted):
    evaluation = make_evaluation(
        make_effect(Measure.RATE, [0.5, 0.6], comparison),
        make_effect(Measure.HAZARD_RATIO, [0.5, 0.6]),
    )
    rate, hazard = find_e_values(evaluation)
    assert (rate.converted, hazard.converted) == (False, converted)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: e_value(0.0), "ratio: expected a number above 0, found 0"),
        (lambda: e_value_of_ratio(2, 0.5, 1.5), "expected a number from 0.5 to 1.5, found 2"),
        (
            lambda: e_value_of_ratio(2, 1.5, 3, kind="exposure ratio"),
            "kind: expected one of risk ratio, rate ratio, hazard ratio, odds ratio, "
            "found 'exposure ratio'",
        ),
        (
            lambda: e_value_of_ratio(1, -1, np.inf),
            "lower: expected a number above 0, found -1\n  - upper: expected",
        ),
        (
            lambda: e_value_of_difference(-0.1, -0.4, 0.1, comparison=0.3),
            "lower: expected a number above -0.3, minus the comparison proportion, found -0.4; "
            "give the interval of the ratio",
        ),
        (
            lambda: e_value_of_difference(-0.1, -0.2, 0.1, comparison=30),
            "comparison: expected a number above 0 and of at most 1, found 30",
        ),
    ],
)
def test_numbers_that_cannot_be_ratios_are_refused(call, message):
    with pytest.raises(InputError) as error:
        call()
    assert message in str(error.value)


@pytest.mark.parametrize("bad", ["2", None, True, np.nan, np.inf, 0, -1, [2.0], 2j])
def test_a_ratio_is_one_number_above_0(bad):
    for function in (e_value, lambda r: risk_ratio_from(r, Ratio.ODDS)):
        with pytest.raises(InputError, match="ratio: expected a number above 0"):
            function(bad)
    with pytest.raises(InputError, match="lower: expected"):
        e_value_of_ratio(2.0, bad, 3.0)
    with pytest.raises(InputError, match="comparison: expected"):
        e_value_of_difference(-0.1, -0.2, 0.0, comparison=bad)


@pytest.mark.parametrize("kind", ["odds", None, 3, Ratio])
def test_a_kind_of_ratio_is_one_of_four(kind):
    for function in (
        lambda k: risk_ratio_from(2.0, k),
        lambda k: e_value_of_ratio(2, 1, 3, kind=k),
    ):
        with pytest.raises(InputError, match="kind: expected one of risk ratio"):
            function(kind)


def test_e_values_are_of_effects_and_evaluations():
    with pytest.raises(InputError, match="effect: expected an Effect"):
        find_e_value(2.0)
    with pytest.raises(InputError, match="evaluation: expected an Evaluation"):
        find_e_values("study")
