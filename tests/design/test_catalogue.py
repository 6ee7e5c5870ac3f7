"""Every method, found by looking for it, makes a valid design."""

import importlib
import inspect
import pkgutil
from dataclasses import fields, is_dataclass

import numpy as np
import pandas as pd
import pytest

import desist.design
from desist.cohort.cohort import Cohort
from desist.design.catalogue import METHODS as REGISTRY
from desist.design.catalogue import make_method
from desist.design.design import build_design
from desist.errors import InputError, NoOverlapError, SeparationError
from desist.estimands import Estimand

FORMULA = "age + priors + C(region)"
# settings without a default, or whose default is no use here
SETTINGS = {
    "given": {"column": "weight"},
    "nearest": {"caliper": 0.3},
    "optimal": {"caliper": 0.3},
    "cem": {"bins": {"age": 2, "priors": 1}},
}
WITHOUT_REPLACEMENT = {"nearest", "optimal"}


def discover_methods():
    found = {}
    for info in pkgutil.walk_packages(desist.design.__path__, "desist.design."):
        module = importlib.import_module(info.name)
        for _, kind in inspect.getmembers(module, inspect.isclass):
            is_method = hasattr(kind, "estimands") and is_dataclass(kind)
            if is_method and kind.__module__ == module.__name__:
                found[kind.name] = kind
    return found


METHODS = discover_methods()


def make_people(seed=0, n_people=400):
    rng = np.random.default_rng(seed)
    age, priors = rng.normal(30, 6, n_people), rng.poisson(3, n_people).astype(float)
    region = rng.choice(["north", "south", "west"], n_people)
    chance = 1 / (1 + np.exp(-(-1.2 + 0.05 * (age - 30) + 0.1 * (priors - 3))))
    people = pd.DataFrame(
        {
            "programme": (rng.random(n_people) < chance).astype(int),
            "age": age,
            # a shade apart, so that no two people have the same score
            "priors": priors + rng.uniform(0, 1e-6, n_people),
            "region": region,
            "weight": rng.uniform(0.5, 2, n_people),
        }
    )
    return people.assign(reoffended=rng.integers(0, 2, n_people))


def method_of(name, **more):
    if name == "exact":
        return METHODS[name]()
    return METHODS[name](**(SETTINGS.get(name, {}) | more))


def design_of(name, people, estimand=None):
    cohort = Cohort(people, treatment="programme", reoffended="reoffended")
    text = "C(region)" if name == "exact" else FORMULA
    # the ATC keeps everybody it is about, so participants are used again and nobody is out of reach
    wide = name == "nearest" and estimand is Estimand.ATC
    method = method_of(name, **({"replacement": True, "caliper": None} if wide else {}))
    return build_design(cohort, text, method=method, estimand=estimand)


def cases():
    return [(name, one) for name, kind in METHODS.items() for one in kind.estimands]


def test_all_the_methods_of_the_settings_file_are_there():
    words = "radius nearest optimal full exact cem subclass ipw overlap entropy given"
    assert set(words.split()) <= set(METHODS)
    assert set(METHODS) - set(words.split()) == {"cbps", "ipt", "matching_weights"}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_a_frozen_record_that_prints_itself(name):
    method = method_of(name)
    for field in fields(method):
        with pytest.raises(AttributeError):
            setattr(method, field.name, None)
    assert repr(method).startswith(METHODS[name].__name__ + "(")
    assert method == method_of(name)


@pytest.mark.parametrize(("name", "estimand"), cases())
def test_a_design_is_valid(name, estimand):
    people = make_people()
    design = design_of(name, people, estimand)
    treated, weights = design.treated, design.weights
    assert np.isfinite(weights).all()
    assert (weights >= 0).all()
    assert weights[treated].sum() > 0
    assert weights[~treated].sum() > 0
    assert design.n_treated + design.n_treated_dropped == treated.sum()
    assert (weights[design.dropped] == 0).all()
    assert 0 < design.effective_sample_size_treated <= design.n_treated + 1e-9
    assert 0 < design.effective_sample_size_comparison <= design.n_comparison + 1e-9
    assert design.settings()["method"] == name
    assert design.estimand_asked is estimand
    assert len(design.balance.table) == (3 if name == "exact" else 5)


@pytest.mark.parametrize(("name", "estimand"), cases())
def test_the_estimand_is_renamed_exactly_when_participants_are_dropped(name, estimand):
    design = design_of(name, make_people(), estimand)
    if estimand is Estimand.ATT and design.n_treated_dropped:
        assert design.estimand is Estimand.MATCHED_ATT
    else:
        assert design.estimand is estimand


FOR_ATT = [n for n in METHODS if n != "given" and Estimand.ATT in METHODS[n].estimands]


@pytest.mark.parametrize("name", FOR_ATT)
def test_participants_weigh_one_for_the_att(name):
    design = design_of(name, make_people(), Estimand.ATT)
    kept = design.weights[design.treated & (design.weights > 0)]
    np.testing.assert_allclose(kept, 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    "name", ["radius", "nearest", "optimal", "full", "exact", "cem", "subclass", "entropy"]
)
def test_comparison_weights_sum_to_the_participants_kept(name):
    design = design_of(name, make_people())
    assert design.weights[~design.treated].sum() == pytest.approx(design.n_treated)


@pytest.mark.parametrize("name", METHODS)
def test_the_order_of_the_rows_changes_nothing(name):
    people = make_people()
    order = np.random.default_rng(1).permutation(len(people))
    first, second = design_of(name, people), design_of(name, people.iloc[order])
    np.testing.assert_allclose(second.weights, first.weights[order], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(
        first.balance.table["smd_after"], second.balance.table["smd_after"], atol=1e-8
    )


@pytest.mark.parametrize("name", METHODS)
def test_relabelling_people_changes_nothing(name):
    people = make_people()
    first, second = design_of(name, people), design_of(name, people.set_axis(people.index[::-1]))
    np.testing.assert_array_equal(first.weights, second.weights)


@pytest.mark.parametrize("name", METHODS)
def test_the_unit_of_a_covariate_changes_nothing(name):
    people = make_people()
    other = people.assign(age=people["age"] * 12 + 5)
    first, second = design_of(name, people), design_of(name, other)
    np.testing.assert_allclose(second.weights, first.weights, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", METHODS)
def test_the_cohort_is_left_as_it_was(name):
    people = make_people()
    before = people.copy(deep=True)
    design_of(name, people)
    pd.testing.assert_frame_equal(people, before)


@pytest.mark.parametrize("name", sorted(WITHOUT_REPLACEMENT))
def test_matching_without_replacement_uses_each_person_once(name):
    design = design_of(name, make_people())
    assert len(np.unique(design.matches)) == design.matches.size


@pytest.mark.parametrize("name", ["radius", "nearest", "optimal", "full"])
def test_no_pair_is_farther_apart_than_the_caliper(name):
    people = make_people()
    method = method_of(name, caliper=0.05)
    cohort = Cohort(people, treatment="programme", reoffended="reoffended")
    design = build_design(cohort, FORMULA, method=method)
    limit = 0.05 * design.scores.logit.std(ddof=1)
    pairs = np.concatenate(list(design.pairs()))
    assert len(pairs)
    gaps = np.abs(design.scores.logit[pairs[:, 0]] - design.scores.logit[pairs[:, 1]])
    assert gaps.max() <= limit
    assert set(np.unique(pairs)) == set(np.flatnonzero(design.weights > 0))


WITH_SETS = ["nearest", "optimal", "full", "exact", "cem", "subclass"]


def test_only_the_methods_that_divide_people_make_sets():
    people = make_people()
    assert [name for name in METHODS if design_of(name, people).sets is not None] == sorted(
        WITH_SETS, key=list(METHODS).index
    )


@pytest.mark.parametrize("name", WITH_SETS)
def test_sets_hold_both_arms_and_everybody_who_is_used(name):
    design = design_of(name, make_people())
    np.testing.assert_array_equal(design.sets >= 0, design.weights > 0)
    for number in range(design.sets.max() + 1):
        inside = design.sets == number
        assert design.treated[inside].any()
        assert (~design.treated[inside]).any()


@pytest.mark.parametrize("name", [n for n in METHODS if METHODS[n].needs_formula])
def test_a_method_that_needs_covariates_refuses_to_go_without(name):
    cohort = Cohort(make_people(), treatment="programme", reoffended="reoffended")
    with pytest.raises(InputError, match=f"method {name} needs them"):
        build_design(cohort, None, method=method_of(name))


@pytest.mark.parametrize("name", [n for n in METHODS if n != "given"])
def test_perfect_separation_is_refused_or_nobody_is_comparable(name):
    people = make_people()
    people["region"] = np.where(people["programme"] == 1, "north", "south")
    with pytest.raises((SeparationError, NoOverlapError)):
        design_of(name, people)


def test_every_method_can_be_made_by_its_name():
    assert dict(REGISTRY) == METHODS
    for name in METHODS:
        assert make_method(name, SETTINGS.get(name)) == method_of(name)


def test_lists_of_a_settings_file_become_tuples():
    method = make_method("nearest", {"exact": ["region"]})
    assert method.exact == ("region",)
    assert make_method("cem", {"bins": {"age": [30, 40]}}).bins == {"age": (30, 40)}


def test_an_unknown_method_or_setting_is_refused():
    with pytest.raises(InputError) as caught:
        make_method("radus")
    assert str(caught.value).endswith("found 'radus'; did you mean 'radius'?")
    with pytest.raises(InputError) as caught:
        make_method("radius", {"calliper": 0.1})
    assert str(caught.value) == (
        "design: 1 fault\n  - setting of radius: expected a known one, found 'calliper'; "
        "did you mean 'caliper'?"
    )
    with pytest.raises(InputError, match="found 'caliper'; it has no settings"):
        make_method("overlap", {"caliper": 0.1})
    with pytest.raises(InputError, match="setting of given: expected a value for 'column'"):
        make_method("given")
