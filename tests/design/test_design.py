import sys

import numpy as np
import pytest

from desist.cohort.cohort import Cohort
from desist.design.design import Design, build_design
from desist.design.draws import draw_designs
from desist.design.matching.radius import RadiusMatching
from desist.design.weighting.entropy import EntropyBalancing
from desist.design.weighting.given import GivenWeights
from desist.errors import CannotAnswerError, InputError
from desist.estimands import Estimand


def test_a_design_is_printed_in_words(cohort, formula):
    design = build_design(cohort, formula, method=RadiusMatching(caliper=0.2))
    assert repr(design).splitlines() == [
        "Design by RadiusMatching(caliper=0.2, scale='logit')",
        "  formula: age + educ + race + married + nodegree + re74 + re75",
        "  estimand: matched ATT, the effect on the participants for whom suitable comparison "
        "people were found",
        "  participants: 184 (1 dropped), effective 184.0",
        "  comparison people: 402 of 429, effective 106.5",
        "  Balance: 6 well matched, 2 reasonably matched, 1 poorly matched; worst age (+0.116)",
    ]


def test_settings_can_be_stored(cohort, formula):
    design = build_design(cohort, formula, method=RadiusMatching(caliper=0.2))
    assert design.settings() == {
        "formula": formula,
        "method": "radius",
        "caliper": 0.2,
        "scale": "logit",
        "estimand": "ATT",
    }


def test_the_outcomes_change_nothing_and_are_not_read(small, make_cohort):
    first = build_design(make_cohort(small), "age + sex", method=RadiusMatching(0.5))
    shuffled = small.assign(
        reoffended=1 - small["reoffended"],
        offences=2 - small["offences"],
        days=465 - small["days"],
    )
    second = build_design(make_cohort(shuffled), "age + sex", method=RadiusMatching(0.5))
    np.testing.assert_array_equal(first.weights, second.weights)


def test_a_design_can_be_made_by_hand():
    treated = np.array([True, False, False])
    design = Design(np.array([1.0, 0.5, 0.0]), treated, Estimand.ATT)
    assert (design.n_treated, design.n_comparison, design.n_treated_dropped) == (1, 1, 0)
    assert design.effective_sample_size_comparison == 1
    assert design.settings() == {"formula": None, "estimand": None}
    assert list(design.pairs()) == []


def test_a_method_that_is_no_record_is_refused(small, make_cohort):
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(small), "age", method="radius")
    assert str(caught.value) == (
        "design: 1 fault\n  - method: expected a settings record, such as "
        "RadiusMatching(caliper=0.05), found 'radius'; write ds.design.make_method('radius'), or "
        "the record itself"
    )


def test_a_formula_with_the_treatment_says_what_to_leave_out(small, make_cohort):
    with pytest.raises(InputError, match="write only what is right of the ~"):
        build_design(make_cohort(small), "treat ~ age", method=RadiusMatching())


def test_an_estimand_that_the_method_cannot_serve_is_refused(small, make_cohort):
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(small), "age", method=RadiusMatching(), estimand=Estimand.ATE)
    assert str(caught.value) == (
        "design: 1 fault\n  - estimand: expected ATT (method radius), found ATE; "
        "choose it, or another method"
    )


def test_an_unknown_estimand_is_refused(small, make_cohort):
    with pytest.raises(InputError, match="estimand: expected ATT, found 'LATE'"):
        build_design(make_cohort(small), "age", method=RadiusMatching(), estimand="LATE")


def test_given_weights_are_taken_over_and_examined(small, make_cohort):
    small["w"] = np.where(small["programme"] == 1, 2.0, np.arange(40) % 3)
    design = build_design(make_cohort(small), "age + sex", method=GivenWeights("w"))
    np.testing.assert_array_equal(design.weights, small["w"])
    assert design.estimand is Estimand.ATT
    assert design.n_comparison == int((small["w"][10:] > 0).sum())
    assert list(design.balance.table["covariate"]) == ["age", "sex[m]"]


def test_given_weights_need_no_formula_and_then_balance_is_not_examined(small, make_cohort):
    small["w"] = 1.0
    design = build_design(make_cohort(small), None, method=GivenWeights("w"), estimand="ATE")
    assert design.balance.worst is None
    assert design.estimand is Estimand.ATE
    assert "formula: None" in repr(design)


def test_given_weights_that_drop_participants_rename_the_estimand(small, make_cohort):
    small["w"] = np.where(np.arange(40) < 3, 0.0, 1.0)
    design = build_design(make_cohort(small), None, method=GivenWeights("w"))
    assert design.estimand is Estimand.MATCHED_ATT
    assert design.dropped.tolist() == [0, 1, 2]


def given_message(people, make_cohort, column="w", formula=None):
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(people), formula, method=GivenWeights(column))
    return str(caught.value)


def test_bad_given_weights_are_all_named(small, make_cohort):
    small["w"] = 1.0
    small.loc[:9, "w"] = 0.0
    small.loc[12, "w"] = -1.0
    assert given_message(small, make_cohort) == (
        "design: 2 faults\n"
        "  - w: expected weights of at least 0, found 1 negative (row 13); "
        "give 0 to people who are not used\n"
        "  - w: expected a positive weight among the participants, found none; "
        "check the column of weights"
    )


def test_missing_given_weights_are_refused(small, make_cohort):
    small["w"] = 1.0
    small.loc[4, "w"] = np.nan
    assert "w: expected a value for everybody, found 1 missing (row 5)" in given_message(
        small, make_cohort
    )


def test_given_weights_of_the_wrong_kind_are_refused(small, make_cohort):
    small["w"] = 1.0
    assert "weights: expected a column of the cohort, found 'ww'" in given_message(
        small, make_cohort, "ww"
    )
    assert "sex: expected numbers, found text" in given_message(small, make_cohort, "sex")
    assert "found 'w', which is the weight" in given_message(small, make_cohort, "w", "age + w")


def test_importing_the_design_floor_loads_no_formula_library():
    import subprocess

    code = (
        "import sys, desist.design.design; "
        "print([m for m in ('formulaic', 'sklearn', 'pymc', 'matplotlib') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_number_that_is_constant_in_one_arm_is_refused(small, make_cohort):
    small["score"] = np.where(small["programme"] == 1, 7.0, np.arange(40) % 9)
    with pytest.raises(CannotAnswerError) as caught:
        build_design(make_cohort(small), "age + score", method=RadiusMatching())
    assert str(caught.value) == (
        "score is 7 for all 10 participants, and differs in the other arm; keep only people "
        "with that value, or leave it out of the formula"
    )


@pytest.mark.parametrize(
    ("n_participants", "words"),
    [
        (1, "score cannot vary in an arm of one person"),
        (9, "score is the same for all 9 participants"),
    ],
)
def test_a_value_that_few_participants_have_is_not_quoted(
    small, make_cohort, n_participants, words
):
    small["programme"] = (np.arange(40) < n_participants).astype(int)
    small["score"] = np.where(small["programme"] == 1, 53.0, np.arange(40) % 9)
    with pytest.raises(CannotAnswerError, match=words) as caught:
        build_design(make_cohort(small), "score", method=RadiusMatching())
    assert "53" not in str(caught.value)


def test_drawn_designs_carry_the_uncertainty_of_the_score(cohort, formula):
    design = build_design(cohort, formula, method=RadiusMatching(0.1))
    drawn = list(draw_designs(cohort, design, n_draws=5, rng=1))
    assert len(drawn) == 5
    assert all(one.method == design.method for one in drawn)
    assert all(one.settings() == design.settings() for one in drawn)
    assert all(one.people_mark == design.people_mark for one in drawn)
    assert len({one.weights.tobytes() for one in drawn}) == 5
    again = list(draw_designs(cohort, design, n_draws=5, rng=1))
    np.testing.assert_array_equal(drawn[4].weights, again[4].weights)
    spread = np.std([one.scores.logit for one in drawn], axis=0)
    assert 0.05 < np.median(spread) < 0.6


def test_designs_are_not_drawn_for_people_in_another_order(cohort, lalonde, formula):
    design = build_design(cohort, formula, method=RadiusMatching(0.1))
    other = Cohort(lalonde[::-1].drop(columns="re78"), treatment="treat", person="id")
    with pytest.raises(InputError, match="build the design again from the cohort"):
        next(draw_designs(other, design, n_draws=1, rng=1))


def test_a_design_without_a_fitted_score_has_no_draws(cohort, formula):
    design = build_design(cohort, formula, method=EntropyBalancing())
    with pytest.raises(InputError) as caught:
        next(draw_designs(cohort, design, n_draws=1, rng=1))
    assert str(caught.value) == (
        "score draws: 1 fault\n  - design: expected a fitted score, found none; "
        "give a design by a method that estimates a score"
    )
