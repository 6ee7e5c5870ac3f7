"""A formula runs nothing: what is not in the language is refused before anything is worked out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desist.design.design import build_design
from desist.design.formula import make_matrix, read_formula
from desist.design.matching.radius import RadiusMatching
from desist.errors import CannotAnswerError, InputError
from desist.models.predictors import make_predictors
from desist.sample import build_sample

CANARY = "canary.txt"
WRITE = f"open('{CANARY}', 'w').write('x')"
SHELL = f"'echo x > {CANARY}'"
ATTACKS = [
    f"age + I(np.lib._utils_impl.os.system({SHELL}))",
    f"age + I(__import__('os').system({SHELL}))",
    f"I(age.__class__.__init__.__globals__['__builtins__']['exec']({SHELL}))",
    f"I(np.__builtins__['exec']({SHELL}))",
    f"age + {{{WRITE}}}",
    f"{{age + I({WRITE})}}",
    WRITE,
    f"I({WRITE})",
    f"C(age, {WRITE})",
    f"C(age, levels=[{WRITE}])",
    f"bs(age, df={WRITE})",
    f"bs(age, knots=[{WRITE}, 2])",
    f"C(age, contr.treatment(base={WRITE}))",
    f"log({WRITE} + age)",
    f"age[{WRITE}]",
    f"age.to_csv('{CANARY}')",
    f"I(age.to_csv('{CANARY}'))",
    f"I(age.to_pickle('{CANARY}') + age)",
    f"np.savetxt('{CANARY}', age)",
    f"I(np.save('{CANARY}', age))",
    "I(np.load('people.npy', allow_pickle=True))",
    "I(np.genfromtxt('people.csv'))",
    "I(np.memmap('people.csv'))",
    "np.ctypeslib.ctypes.CDLL(None)",
    "age.values",
    "age.__class__",
    "I(age.T)",
    "I(().__class__.__bases__[0].__subclasses__())",
    "(lambda x: x)(age)",
    "I(lambda: age)",
    "I((y := age))",
    "f'{age}'",
    "I(f'{age}')",
    "I([x for x in age])",
    "I({x for x in age})",
    "I({1: age})",
    "I(*age)",
    "log(**age)",
    "bs(age, **{'df': 4})",
    "log(age)(prior)",
    "log(age).real",
    "I(age if age else prior)",
    "I(age and prior)",
    "I(not age)",
    "I(age in [1, 2])",
    "I(age is None)",
    "I(age @ prior)",
    "I(age // 2)",
    "I(age % 2)",
    "I(~age)",
    "I(age << 2)",
    "`age``prior`",
    "``age``",
    "```age```",
    "`age",
    "`__import__('os')`",
    "Q('age').to_csv('x')",
    "Q('age')",
    "hashed(age)",
    "lag(age)",
    "eval('age')",
    "print(age)",
    "exec(age)",
    "I(getattr(age, 'values'))",
    "I('%s' % age)",
    "age; prior",
    "age\x00prior",
    "age + \x1b[2Jprior",
    "age # prior",
    "age \\ prior",
    "age + $HOME",
    "age + @prior",
    "аge + prior",  # the first letter is Cyrillic
    "ａｇｅ",
    "log（age）",
    "age\u202e + prior",
    "age ~ prior",
    "age | prior",
    ".",
    "age ^ age",
    "age ** 2",
    "(age + prior) ** 30",
    "(age + prior) ** 1e9",
    "(age + prior) ** -1",
    "(age + prior) ** (2)",
    "I(age ** )",
    "2:age",
    "age + 3",
    "'age'",
    "age == prior",
    "age prior",
    "1st",
    "age %in% prior",
    "(" * 10_000 + "age" + ")" * 10_000,
    "log(" * 10_000 + "age" + ")" * 10_000,
    "-" * 10_000 + "age",
    "age**" * 3_000 + "age",
    "[" * 10_000 + "age" + "]" * 10_000,
    "age + " * 200_000 + "age",
    "a" * 1_000_000,
    "9" * 1_000_000,
    "bs(age, df=" + "9" * 10_000 + ")",
    "bs(age, df=1e400)",
    "bs(age, df=1000000)",
    "poly(age, 1000000)",
    "cr(age, knots=[1e308, 1e309])",
    "I(9**9**9)",
    "I(age + 9**9**9**9)",
    "C(age, levels=[])",
]


@pytest.fixture
def where(tmp_path, monkeypatch, small):
    """A folder with a file of outcomes that no formula may read, and none may write."""
    small.to_csv(tmp_path / "people.csv", index=False)
    np.save(tmp_path / "people.npy", small["reoffended"].to_numpy())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: ascii(text[:40]))
def test_what_is_not_in_the_language_is_refused_and_nothing_runs(where, small, make_cohort, text):
    with pytest.raises(InputError) as caught:
        build_design(make_cohort(small), text, method=RadiusMatching())
    assert sorted(path.name for path in where.iterdir()) == ["people.csv", "people.npy"]
    found = str(caught.value)
    assert len(found) < 1000
    assert found.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", ATTACKS[:30], ids=lambda text: ascii(text[:40]))
def test_the_covariates_of_a_model_are_read_in_the_same_language(where, small, make_cohort, text):
    cohort = make_cohort(small)
    design = replace(
        build_design(cohort, "age + prior", method=RadiusMatching(1.0)), formula="age + prior"
    )
    with pytest.raises(InputError):
        make_predictors(build_sample(cohort, design), text, ())
    assert not Path(CANARY).exists()


@pytest.mark.parametrize("outcome", ["reoffended", "offences", "days"])
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "`{}`",
        "age:{}",
        "age*{}",
        "(age + {})**2",
        "log({})",
        "I({} + age)",
        "I(age == {})",
        "C({})",
        "bs({}, df=3)",
        "poly(age + {}, 2)",
        "scale(center({}))",
        "age - {}",
        "I((age > 3) & ({} == 1))",
    ],
)
def test_no_part_of_a_formula_reaches_an_outcome(small, make_cohort, text, outcome):
    cohort = make_cohort(small)
    with pytest.raises(InputError) as caught:
        build_design(cohort, text.format(outcome), method=RadiusMatching())
    assert outcome in str(caught.value)
    design = build_design(cohort, "age", method=RadiusMatching(1.0))
    with pytest.raises(InputError):
        make_predictors(build_sample(cohort, design), text.format(outcome), ())


NAMES = ["age", "sex", "prior", "`two words`", "class", "unknown", "reoffended"]
LEAVES = st.one_of(
    st.sampled_from(NAMES), st.sampled_from(["0", "1", "2.5", "1e400", "'m'", '"f"', "True"])
)


def _grow(inner):
    operators = ["+", "-", "*", "/", ":", "**", "^", "==", "<", "&", "|", "~", "%in%", "="]
    functions = [
        "{}", "({})", "-{}", "log({})", "sqrt({})", "I({})", "C({})", "scale({})", "poly({}, 2)",
        "bs({}, df=4)", "bs({}, degree=1)", "cr({}, df=3)", "cc({}, df=3)", "cr({}, knots=[30])",
        "C({}, contr.sum)", "C({}, contr.treatment(base='m'))", "C({}, levels=['m', 'f'])",
        "ns({})", "bs({}, lower_bound=29)", "poly({}, degree=20)", "exp({})",
    ]  # fmt: skip
    return st.one_of(
        st.tuples(inner, st.sampled_from(operators), inner).map(" ".join),
        st.tuples(st.sampled_from(functions), inner).map(lambda pair: pair[0].format(pair[1])),
    )


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "programme": np.repeat([1, 0], 30),
            "age": rng.normal(30, 5, 60).round(1),
            "sex": rng.choice(["f", "m"], 60),
            "prior": rng.poisson(1, 60),
            "two words": rng.random(60) < 0.5,
            "class": rng.choice(["a", "b", "only one"], 60, p=[0.5, 0.48, 0.02]),
            "reoffended": rng.integers(0, 2, 60),
        }
    )


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.recursive(LEAVES, _grow, max_leaves=12))
def test_a_formula_of_the_grammar_is_worked_out_or_refused(people, text):
    covariates = people.drop(columns=["programme", "reoffended"])
    formula, faults = read_formula(text, covariates, {"reoffended": "an outcome"})
    assert (formula is None) == bool(faults)
    if formula is None:
        return
    matrix, faults = make_matrix(formula, covariates)
    assert (matrix is None) == bool(faults)
    if matrix is not None:
        assert np.isfinite(matrix.values).all()
        assert matrix.names[0] == "Intercept"
        assert len(set(matrix.names)) == len(set(matrix.shown)) == matrix.values.shape[1]
        assert "only one" not in " ".join(matrix.shown)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.recursive(st.sampled_from(NAMES[:5]), _grow, max_leaves=5))
def test_a_formula_of_the_grammar_makes_a_design_or_one_clear_refusal(people, make_cohort, text):
    try:
        build_design(make_cohort(people), text, method=RadiusMatching(0.5))
        found = ""
    except (InputError, CannotAnswerError) as error:
        found = str(error)
    assert "only one" not in found


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(
        alphabet=st.sampled_from(list("age sx()[]{}`'\"+-*/:^~|&=<>%.,;#\\\n\0_0129éа")),
        max_size=40,
    )
)
def test_any_text_is_read_or_refused(people, text):
    read_formula(text, people, {})
