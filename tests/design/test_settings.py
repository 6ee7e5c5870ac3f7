"""Settings of the wrong kind: one clear error each, from Python and from a settings file."""

import enum

import numpy as np
import pytest

from desist.design.analyses import Analysis, build_analyses
from desist.design.catalogue import make_method
from desist.design.design import build_design
from desist.design.draws import draw_designs
from desist.design.matching.nearest import NearestMatching
from desist.design.matching.optimal import FullMatching, OptimalMatching
from desist.design.matching.radius import RadiusMatching
from desist.design.matching.strata import CoarsenedExactMatching, Subclassification
from desist.design.scores.models import GivenScore, GroupedScore, RegressionScore
from desist.design.weighting.by_score import InverseProbability
from desist.design.weighting.entropy import EntropyBalancing
from desist.design.weighting.given import GivenWeights
from desist.errors import InputError

NAN, INF = float("nan"), float("inf")
NO_NUMBERS = [None, "0.05", "", NAN, INF, -INF, -0.1, 0, True, [0.05], (0.1,), {}, 1j, float]
NO_WHOLE_NUMBERS = [None, "2", 1.5, 2.0, True, 0, -1, NAN, INF, [1], 10**9, 10**400, int]
NO_WORDS = [None, "odds", "", 3, True, ["logit"], {"logit"}, str]
NO_LISTS = ["sex", None, 3, True, [3], [None], ["sexx"], object()]


def faults_of(cohort, method, formula="age", **settings):
    with pytest.raises(InputError) as caught:
        build_design(cohort, formula, method=method, **settings)
    return caught.value.faults


@pytest.fixture
def people(small, make_cohort):
    small["weight"] = 1.0
    small["text"] = "heavy"
    return make_cohort(small)


@pytest.mark.parametrize("caliper", NO_NUMBERS)
def test_a_caliper_that_is_no_positive_number_is_one_fault(people, caliper):
    (fault,) = faults_of(people, RadiusMatching(caliper=caliper))
    assert (fault.where, fault.expected) == ("caliper", "a positive number")
    if caliper is not None:
        for kind in (NearestMatching, OptimalMatching, FullMatching):
            assert [f.where for f in faults_of(people, kind(caliper=caliper))] == ["caliper"]


@pytest.mark.parametrize("scale", NO_WORDS)
@pytest.mark.parametrize("kind", [RadiusMatching, NearestMatching, OptimalMatching, FullMatching])
def test_an_unknown_scale_is_one_fault(people, kind, scale):
    assert [fault.where for fault in faults_of(people, kind(scale=scale))] == ["scale"]


@pytest.mark.parametrize("ratio", NO_WHOLE_NUMBERS)
@pytest.mark.parametrize("kind", [NearestMatching, OptimalMatching])
def test_a_ratio_that_is_no_number_of_people_is_one_fault(people, kind, ratio):
    assert [fault.where for fault in faults_of(people, kind(ratio=ratio))] == ["ratio"]


def test_a_ratio_above_the_number_of_comparison_people_says_how_many_there_are(people):
    (fault,) = faults_of(people, NearestMatching(ratio=10**9, replacement=True))
    assert fault.expected == "a whole number of at most 30, the number of people to match with"


@pytest.mark.parametrize("exact", NO_LISTS)
@pytest.mark.parametrize("kind", [NearestMatching, OptimalMatching, FullMatching])
def test_exact_columns_are_a_list_and_a_text_is_not_its_letters(people, kind, exact):
    assert [fault.where for fault in faults_of(people, kind(exact=exact))] == ["exact"]


@pytest.mark.parametrize(
    ("where", "settings"),
    [
        ("replacement", {"replacement": "yes"}),
        ("replacement", {"replacement": 1}),
        ("replacement", {"replacement": None}),
        ("reuse", {"replacement": True, "reuse": 0}),
        ("reuse", {"replacement": True, "reuse": 1.5}),
        ("reuse", {"replacement": True, "reuse": "2"}),
        ("reuse", {"reuse": 2}),
        ("order", {"order": "closer"}),
        ("order", {"order": 3}),
        ("order", {"order": ["largest"]}),
        ("distance", {"distance": None}),
        ("distance", {"distance": "euclidean"}),
        ("seed", {"order": "random", "seed": -1}),
        ("seed", {"order": "random", "seed": "a"}),
        ("seed", {"order": "random", "seed": 1.0}),
        ("seed", {"order": "random", "seed": True}),
        ("seed", {"order": "random", "seed": None}),
        ("seed", {"seed": [1]}),
    ],
)
def test_settings_of_nearest_matching_of_the_wrong_kind(people, where, settings):
    assert [fault.where for fault in faults_of(people, NearestMatching(**settings))] == [where]


@pytest.mark.parametrize(
    "trim",
    [
        (0.05,),
        (0.05, 0.5, 0.95),
        0.05,
        "0.05",
        (0.95, 0.05),
        (0.5, 0.5),
        (NAN, 0.9),
        (0.1, NAN),
        (-0.1, 0.9),
        (0.1, 1.1),
        ("a", "b"),
        (None, 0.9),
        (False, True),
        (),
        {},
        np.array([0.05, 0.95]),
    ],
)
def test_limits_of_trimming_are_a_lower_and_a_higher_score(people, trim):
    (fault,) = faults_of(people, InverseProbability(trim=trim))
    assert (fault.where, fault.expected) == ("trim", "a lower and a higher score between 0 and 1")


@pytest.mark.parametrize("truncate", ["99%", 0.5, 1, 1.5, NAN, True, (0.99,), -1])
def test_truncation_is_at_a_quantile(people, truncate):
    (fault,) = faults_of(people, InverseProbability(truncate=truncate))
    assert (fault.where, fault.expected) == ("truncate", "a quantile between 0.5 and 1")


@pytest.mark.parametrize("stabilised", ["no", None, 0, []])
def test_stabilised_is_true_or_false(people, stabilised):
    (fault,) = faults_of(people, InverseProbability(stabilised=stabilised))
    assert fault.where == "stabilised"


@pytest.mark.parametrize(
    ("where", "bins"),
    [
        ("bins", 5),
        ("bins", None),
        ("bins", "age"),
        ("bins", [("age", 5)]),
        ("bins", {"prior": 3}),
        ("bins", {"agee": 3}),
        ("bins", {3: 3}),
        ("bins", {("age",): 3}),
        ("bins of age", {"age": -1}),
        ("bins of age", {"age": 0}),
        ("bins of age", {"age": 10**9}),
        ("bins of age", {"age": True}),
        ("bins of age", {"age": 2.5}),
        ("bins of age", {"age": "5"}),
        ("bins of age", {"age": None}),
        ("bins of age", {"age": {"low": 3}}),
        ("bins of age", {"age": ()}),
        ("bins of age", {"age": (30, 20)}),
        ("bins of age", {"age": (20, NAN)}),
        ("bins of age", {"age": (20, INF)}),
        ("bins of age", {"age": ((20,), (30,))}),
        ("bins of age", {"age": ("20", "30")}),
    ],
)
def test_bins_are_given_by_column_for_columns_that_are_cut(people, where, bins):
    assert [f.where for f in faults_of(people, CoarsenedExactMatching(bins))] == [where]


def test_bins_of_a_category_are_refused(people):
    method = CoarsenedExactMatching({"prior": 2})
    (fault,) = faults_of(people, method, "C(prior) + age")
    assert (fault.where, fault.found) == ("bins of prior", "a category")


@pytest.mark.parametrize("number", [0, 1, 10**9, 2.5, "6", None, True, NAN, [6]])
def test_the_number_of_subclasses_is_one_that_the_participants_can_fill(people, number):
    (fault,) = faults_of(people, Subclassification(number))
    assert (fault.where, fault.expected) == (
        "n_subclasses",
        "a whole number from 2 to the 10 participants",
    )


@pytest.mark.parametrize("moments", [0, 3, 1.5, "2", True, None, NAN, [1, 2], np.array([1, 2])])
def test_moments_are_one_or_two(people, moments):
    (fault,) = faults_of(people, EntropyBalancing(moments=moments))
    assert (fault.where, fault.expected) == ("moments", "1 or 2")


@pytest.mark.parametrize("column", [None, "", "weigth", 3, ["weight"], {"weight"}, 1.5, str])
def test_a_column_of_weights_or_scores_is_named(people, column):
    (fault,) = faults_of(people, GivenWeights(column), None)
    assert (fault.where, fault.expected) == ("weights", "a column of the cohort")
    for score in (GivenScore(column), GroupedScore(column)):
        (fault,) = faults_of(people, RadiusMatching(), score=score)
        assert fault.expected == "a column of the cohort"


def test_scores_that_are_text_are_refused_without_a_word_of_them(people):
    (fault,) = faults_of(people, RadiusMatching(), score=GivenScore("text"))
    assert (fault.expected, fault.found) == ("numbers", "text")


@pytest.mark.parametrize("weights", [[-1.0], [NAN], [0.0]])
def test_weights_that_are_none_are_one_fault(small, make_cohort, weights):
    small["weight"] = np.r_[weights * 10, np.ones(30)]
    (fault,) = [
        f
        for f in faults_of(make_cohort(small), GivenWeights("weight"), None)
        if f.expected != "a positive weight among the participants" or weights == [0.0]
    ]
    assert fault.where == "weight"


@pytest.mark.parametrize(
    "method", [RadiusMatching, NearestMatching, GivenWeights, None, "radius", 3, {}, object()]
)
def test_a_method_that_is_no_record_is_one_fault(people, method):
    (fault,) = faults_of(people, method)
    assert fault.where == "method"


@pytest.mark.parametrize("score", [RegressionScore, GivenScore, "logit", 3, []])
def test_a_score_that_is_no_record_is_one_fault(people, score):
    (fault,) = faults_of(people, RadiusMatching(), score=score)
    assert fault.where == "score"


@pytest.mark.parametrize("link", NO_WORDS)
def test_an_unknown_link_is_one_fault(people, link):
    (fault,) = faults_of(people, RadiusMatching(), score=RegressionScore(link))
    assert (fault.where, fault.expected) == ("score link", "'logit' or 'probit'")


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize("estimand", ["att", "LATE", 3, [], {}, Colour.RED, NAN])
def test_an_unknown_estimand_is_one_fault(people, estimand):
    (fault,) = faults_of(people, RadiusMatching(), estimand=estimand)
    assert fault.where == "estimand"


@pytest.mark.parametrize("cohort", [None, "people.csv", 3, {}])
def test_people_who_are_no_cohort_are_one_fault(cohort):
    (fault,) = faults_of(cohort, RadiusMatching())
    assert (fault.where, fault.expected) == ("cohort", "a Cohort")


def test_a_table_in_the_place_of_a_cohort_is_told_by_its_size(small):
    (fault,) = faults_of(small, RadiusMatching())
    assert fault.found == "a DataFrame of shape (40, 7)"


@pytest.mark.parametrize(
    ("n_draws", "rng"),
    [(0, 1), (1.5, 1), ("2", 1), (True, 1), (2, -1), (2, "a"), (2, 1.5), (2, None), (2, [1])],
)
def test_draws_of_designs_need_a_number_and_a_source(people, n_draws, rng):
    design = build_design(people, "age", method=RadiusMatching(1.0))
    with pytest.raises(InputError) as caught:
        list(draw_designs(people, design, n_draws=n_draws, rng=rng))
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (None, {}),
        (3, {}),
        (["radius"], {}),
        ("radius", [("caliper", 1)]),
        ("radius", {"calliper": 1}),
        ("radius", {3: 1}),
        ("radius", {"caliper": [0.1]}),
        ("nearest", {"ratio": 1.0}),
        ("nearest", {"seed": True}),
        ("ipw", {"trim": "0.05"}),
        ("cem", {"bins": [1, 2]}),
        ("cem", {"bins": "age"}),
        ("given", {}),
        ("subclass", {"n_subclasses": "6"}),
        ("overlap", {"trim": [0.1, 0.9]}),
    ],
)
def test_a_settings_file_names_one_fault(name, settings):
    with pytest.raises(InputError) as caught:
        make_method(name, settings)
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(
    ("name", "settings", "where"),
    [
        ("ipw", {"trim": [0.05]}, "trim"),
        ("ipw", {"trim": [0.05, 0.5, 0.95]}, "trim"),
        ("ipw", {"truncate": NAN}, "truncate"),
        ("nearest", {"order": "random", "seed": -1}, "seed"),
        ("nearest", {"ratio": 10**9}, "ratio"),
        ("radius", {"caliper": INF}, "caliper"),
        ("cem", {"bins": {"age": {"a": 1}}}, "bins of age"),
        ("cem", {"bins": {"age": []}}, "bins of age"),
        ("subclass", {"n_subclasses": 10**9}, "n_subclasses"),
        ("entropy", {"moments": 0}, "moments"),
    ],
)
def test_what_a_settings_file_may_write_is_judged_when_the_design_is_built(
    people, name, settings, where
):
    assert [f.where for f in faults_of(people, make_method(name, settings))] == [where]


@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e-100, 1.0, 1e100, 1e300])
def test_weights_at_any_scale_give_the_same_answer(small, make_cohort, scale):
    plain = np.r_[np.ones(10), np.linspace(1, 3, 30)]
    small["weight"], small["scaled"] = plain, plain * scale
    cohort = make_cohort(small)
    wanted, found = (
        build_design(cohort, "age + prior", method=GivenWeights(column))
        for column in ("weight", "scaled")
    )
    digits = 1e-2 if scale < 1e-307 else 1e-12  # the smallest numbers have few digits
    np.testing.assert_allclose(
        found.balance.table["smd_after"], wanted.balance.table["smd_after"], rtol=digits
    )
    assert np.isfinite(found.weights.sum())
    assert found.effective_sample_size_comparison == pytest.approx(
        wanted.effective_sample_size_comparison, rel=digits
    )
    assert bool(found.notes) == (not 1e-90 < scale < 1e90)


@pytest.mark.parametrize(
    ("where", "analyses"),
    [
        ("analyses", "standard"),
        ("analyses", None),
        ("analyses", Analysis("standard", "age", RadiusMatching())),
        ("analysis 1", ["standard"]),
        ("analysis 1", [Analysis]),
        ("analysis 1, name", [Analysis(3, "age", RadiusMatching())]),
        ("analysis 1, same", [Analysis("a", "age", RadiusMatching(), same=["sex"])]),
        (
            "analysis 1, fewest_comparison",
            [Analysis("a", "age", RadiusMatching(), fewest_comparison="30")],
        ),
        ("analysis 1, most_kept", [Analysis("a", "age", RadiusMatching(), most_kept=95)]),
    ],
)
def test_analyses_of_the_wrong_kind_are_one_fault(people, where, analyses):
    with pytest.raises(InputError) as caught:
        build_analyses(people, analyses)
    assert [fault.where for fault in caught.value.faults] == [where]


@pytest.mark.parametrize("headline", [3, ["a"], "b", True])
def test_a_headline_is_the_name_of_an_analysis(people, headline):
    with pytest.raises(InputError) as caught:
        build_analyses(people, [Analysis("a", "age", RadiusMatching(1.0))], headline=headline)
    assert [fault.where for fault in caught.value.faults] == ["headline"]
