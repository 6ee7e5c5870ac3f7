"""What is odd is answered, with a caution where the reader has to know it."""

import numpy as np
import pytest

from desist.errors import InputError
from desist.models.priors import HalfNormal, Normal
from desist.synthesis import (
    EstimateWithError,
    StepSelection,
    Study,
    SynthesisPriors,
    TwoArmCounts,
    Uniform,
    synthesise,
)


def test_arms_without_a_reoffender_are_counted_as_they_are():
    counts = [(0, 30, 6, 60), (0, 25, 5, 70), (4, 40, 9, 50)]
    found = synthesise([Study(f"{n}", TwoArmCounts(*row)) for n, row in enumerate(counts)])
    assert found.table["estimate"].isna().tolist() == [True, True, False]
    assert found.mean.mean < 0
    assert np.isfinite(found.table["shrunken"]).all()
    # the conditional likelihood, which has no baseline, says nearly the same
    conditional = synthesise(
        [Study(f"{n}", TwoArmCounts(*row, "conditional")) for n, row in enumerate(counts)]
    )
    assert conditional.mean.mean == pytest.approx(found.mean.mean, abs=0.1)


def test_arms_that_are_both_without_a_reoffender_say_next_to_nothing():
    nothing = synthesise([Study("A", TwoArmCounts(0, 30, 0, 60))])
    assert nothing.mean.mean == pytest.approx(0, abs=0.15)
    assert nothing.mean.sd > 1.2
    conditional = synthesise([Study("A", TwoArmCounts(0, 30, 0, 60, "conditional"))])
    assert conditional.mean.mean == pytest.approx(0, abs=1e-6)


def test_one_study_has_a_caution_and_the_prior_of_tau():
    found = synthesise([Study("A", EstimateWithError(-0.3, 0.2))])
    assert found.cautions == (
        "One study tells nothing of how programmes differ: tau and the prediction rest on the "
        "prior HalfNormal(0.5).",
    )
    # the estimate tells of tau only that it need not be large: nearly the prior's median
    assert found.heterogeneity.median == pytest.approx(0.5 * 0.6745, abs=0.03)
    assert np.isnan(found.i_squared).all()


def test_one_study_with_an_improper_prior_of_tau_is_refused():
    priors = SynthesisPriors(heterogeneity=Uniform(float("inf")))
    with pytest.raises(InputError, match="a proper prior of the heterogeneity with fewer than 4"):
        synthesise([Study("A", EstimateWithError(-0.3, 0.2))], priors=priors)


def test_identical_studies_agree_and_their_interval_has_a_width():
    same = [Study(f"{n}", EstimateWithError(-0.3, 0.2)) for n in range(6)]
    found = synthesise(same, priors=SynthesisPriors(Normal(0.0, float("inf")), HalfNormal(0.5)))
    assert found.mean.mean == pytest.approx(-0.3)
    assert found.mean.sd > 0.2 / 6**0.5  # what equal effects would leave
    assert np.ptp(found.table["shrunken"]) < 1e-9


def test_one_of_58_far_off_widens_what_is_predicted_and_moves_the_mean_little():
    effects = np.linspace(-0.5, -0.1, 57)
    alike = [Study(f"{n}", EstimateWithError(y, 0.15)) for n, y in enumerate(effects)]
    without = synthesise(alike)
    found = synthesise([*alike, Study("wrong", EstimateWithError(4.0, 0.15))])
    assert found.heterogeneity.median > 3 * without.heterogeneity.median
    assert abs(found.mean.mean - without.mean.mean) < 0.1
    assert found.prediction.sd > 3 * without.prediction.sd


def test_reports_that_cannot_both_be_true_of_one_effect_are_pooled_as_different_programmes():
    apart = [Study("A", EstimateWithError(-2.0, 0.1)), Study("B", EstimateWithError(2.0, 0.1))]
    found = synthesise(apart)
    assert found.heterogeneity.interval()[0] > 0.5
    assert found.table["shrunken"].to_numpy() == pytest.approx([-2, 2], abs=0.1)


def test_where_a_programme_stands_is_one_sentence():
    found = synthesise([Study(f"{n}", EstimateWithError(-0.1 * n, 0.1)) for n in range(5)])
    assert found.stand("4").startswith("4: -0.3")
    assert found.stand("4").endswith("of programmes are expected to do better.")
    with pytest.raises(InputError, match="study: expected the name of one of the studies"):
        found.stand("5")


def test_the_printed_result_names_the_scale_and_a_new_programme():
    found = synthesise([Study(f"{n}", EstimateWithError(-0.1 * n, 0.1)) for n in range(5)])
    assert repr(found).startswith("<Synthesis of 5 programmes, log odds ratio: mean -0.199 (")
    assert "a new programme -" in repr(found)


def test_an_answer_adjusted_for_selection_says_which_way_it_errs():
    studies = [Study(f"{n}", EstimateWithError(-0.1 * n, 0.1)) for n in range(6)]
    assert synthesise(studies).cautions == ()
    assert synthesise(studies, selection=StepSelection()).cautions == (
        "Adjusted for selective publication: where nothing was held back, this errs towards no "
        "effect.",
    )
