"""Any column name works or is refused by name, and functions of other programs get advice."""

import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desist.design.design import build_design
from desist.design.formula import FUNCTIONS, find_bad_values, make_matrix, read_formula
from desist.design.formula.parser import parse
from desist.design.formula.syntax import write
from desist.design.matching.radius import RadiusMatching
from desist.errors import InputError

METHOD = RadiusMatching(0.5)


def matrix_of(text, people):
    formula, faults = read_formula(text, people, {})
    assert not faults
    matrix, faults = make_matrix(formula, people)
    assert not faults
    return matrix


def message(text, people):
    formula, faults = read_formula(text, people, {})
    if formula is not None:
        faults = make_matrix(formula, people)[1]
    return "\n".join(map(str, faults))


@pytest.fixture
def covariates(small):
    return small[["age", "sex", "prior"]]


STRANGE = [
    "1", "0", "Intercept", "sex[T.m]", "sex[T.f]:age", "v0", "v0[T.1]", "np", "C", "log", "True",
    "class", "lambda", "in", "None", "a:b", "a + b", "a`b", "`", "prison/wing", "50%", "x = 1",
    "{x}", "[x]", "'x'", '"x"', "~", ".", "a.b", "_", "été", "e\u0301te\u0301", "年齢", "🙂",
    " age ",
    "two\nlines", "#", "\\", "age;", "~ age", "1 + age", "log(age)", "formula", "contr.sum",
]  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("text", ["{} + sex + age", "sex*{}", "log({} + 1)", "bs({}, df=4):sex"])
def test_the_name_of_a_column_changes_no_number(covariates, name, text):
    quoted = "`" + name.replace("`", "``") + "`"
    renamed = covariates.rename(columns={"prior": name})
    plain = matrix_of(text.format("prior"), covariates)
    strange = matrix_of(text.format(quoted), renamed)
    np.testing.assert_array_equal(strange.values, plain.values)
    assert strange.names[0] == "Intercept"
    assert len(set(strange.names)) == len(strange.names)


@pytest.fixture
def of_prior(covariates):
    return matrix_of("age + prior:sex", covariates).values


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.text(min_size=1, max_size=12).filter(lambda name: name not in {"age", "sex"}))
def test_a_name_of_any_characters_is_a_column_in_backticks(covariates, of_prior, name):
    renamed = covariates.rename(columns={"prior": name})
    quoted = "`" + name.replace("`", "``") + "`"
    found = matrix_of(f"age + {quoted}:sex", renamed).values
    np.testing.assert_array_equal(found, of_prior)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(levels=st.lists(st.text(max_size=8), min_size=2, max_size=4, unique=True))
def test_a_level_of_any_characters_changes_no_number(covariates, levels):
    plain = covariates.assign(cell=pd.Categorical(np.arange(40) % len(levels)))
    strange = covariates.assign(cell=plain["cell"].cat.rename_categories(levels))
    first = matrix_of("cell*sex + age", plain)
    np.testing.assert_array_equal(matrix_of("cell*sex + age", strange).values, first.values)


def test_a_covariate_called_like_a_column_of_the_matrix_is_shown_in_backticks(covariates):
    people = covariates.rename(columns={"prior": "Intercept"})
    people["sex[T.m]"] = np.arange(40) % 7
    names = matrix_of("age + sex + Intercept + `sex[T.m]`", people).names
    assert names == ("Intercept", "`age`", "`sex`[T.m]", "`Intercept`", "`sex[T.m]`")


def test_levels_that_are_written_alike_are_refused(covariates):
    people = covariates.assign(cell=pd.Series(["1", 1] * 20, dtype=object).astype("category"))
    assert "expected columns of different names, found 1 names twice" in message("age:cell", people)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("other", ["NFC", "NFD"])
def test_an_accent_is_the_same_in_one_character_or_two(covariates, form, other):
    people = covariates.rename(columns={"age": unicodedata.normalize(form, "âge")})
    written = unicodedata.normalize(other, "âge")
    for text in (f"{written} + sex", f"`{written}` + sex", f"sqrt({written}) + sex"):
        formula, faults = read_formula(text, people, {})
        assert not faults
        assert formula.variables == (people.columns[0], "sex")


def test_an_outcome_is_known_however_its_accent_is_stored(small):
    small = small.rename(columns={"reoffended": "récidive"})
    roles = {"récidive": "an outcome"}
    found = read_formula(unicodedata.normalize("NFD", "récidive"), small[["age"]], roles)[1]
    assert "which is an outcome" in str(found[0])


def test_two_columns_that_differ_in_an_accent_alone_need_their_own_form(covariates):
    people = covariates.rename(columns={"age": "\u00e1\u0323", "prior": "a\u0301\u0323"})
    assert read_formula("`a\u0301\u0323`", people, {})[0].variables == ("a\u0301\u0323",)
    assert "two called" in message("`\u1ea1\u0301`", people)


def test_a_letter_of_another_alphabet_is_named(covariates):
    assert "did you mean 'age'? (it has a cyrillic small letter a)" in message("аge", covariates)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("ns(age, df=4)", "write cr(age, df=4) or bs(age, df=4)"),
        ("factor(sex)", "write C(column)"),
        ("as.factor(sex)", "write C(column)"),
        ("Q('age at')", "write the name in backticks"),
        ("hypot(age)", "there are: C, I, bs"),
        ("lag(age)", "the order of rows has no meaning"),
        ("Log(age)", "did you mean 'log'?"),
        ("sqr(age)", "did you mean 'sqrt'?"),
        ("age**2", "for arithmetic write I(age ** 2)"),
        ("age == 30", "for a comparison write I(age == 30)"),
        (".", "write the covariates out, joined by +"),
        ("age %in% sex", "write a + a:b for %in%"),
        ("1st", "put a name that begins with a digit in backticks"),
        ("bs(age, dff=3)", "did you mean 'df'?"),
        ("log(age, base=2)", "it has none"),
        ("cr(age)", "write df=4"),
        ("bs(age, df=4, knots=[3])", "expected df or knots, found both"),
        ("bs(age, df=2.5)", "expected a whole number of at least 1"),
        ("C(sex, contr.nonsense)", "contr.sum"),
        ("C(sex, contr.treatment(base='ZZ'))", "there are: 'f', 'm'"),
        ("C(sex, levels=['f'])", "1 left out"),
        ("C(prior > 1)", "make the category a column of the data"),
        ("log(bs(age, df=4))", "write it as a term by itself"),
        ("log(sex)", "'sex', which is text"),
        ("bs(sex, df=3)", "'sex', which is text"),
        ("I(sex + age)", "'sex', which is text"),
        ("I(sex == 1)", "a level of text stands between quotation marks"),
        ("I(sex > 'f')", "texts have no order"),
        ("I(18 < age < 30)", "join two comparisons by &"),
        ("log(age > 30)", "which is a comparison"),
        ("age + log(prior)", "log1p takes zeros"),
        ("poly(prior, 4)", "degree 4 of 4 different values"),
        ("bs(age, upper_bound=1)", "expected settings that fit the column"),
        ("age + prior - sex", "expected terms to take away that are there, found 'sex'"),
        ("age*sex*prior - 1", "leave out the 0 or -1"),
        ("age + prior)", "')' has no place there"),
        ("age sex", "write + between two covariates"),
        ("log(age", "expected ',', it ends too early"),
    ],
)
def test_what_is_refused_gets_advice(covariates, text, advice):
    found = message(text, covariates)
    assert advice in found
    assert found.count("\n") == 0


@pytest.mark.parametrize("text", [3, b"age", ["age"], ("age", "sex"), True, object()])
def test_a_formula_is_a_text(small, make_cohort, text):
    with pytest.raises(InputError, match="formula: expected a text such as"):
        build_design(make_cohort(small), text, method=METHOD)


def test_all_unknown_names_and_functions_come_together(covariates):
    found = message("agee + ns(sexx) + foo(prio) + C(nothing)", covariates)
    assert all(f"'{name}'" in found for name in ("agee", "ns", "sexx", "foo", "prio", "nothing"))


@pytest.mark.parametrize("name", ["cr", "cs", "cc"])
def test_cubic_splines_are_centred_without_being_told(covariates, name):
    matrix = matrix_of(f"{name}(age, df=4)", covariates)
    assert matrix.values.shape == (40, 5)
    assert np.linalg.matrix_rank(matrix.values) == 5
    np.testing.assert_allclose(matrix.without_intercept.mean(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("log1p(prior)", lambda d: np.log1p(d["prior"])),
        ("np.sqrt(age)", lambda d: np.sqrt(d["age"])),
        ("I(2 * age - prior / 4 + 1)", lambda d: 2 * d["age"] - d["prior"] / 4 + 1),
        ("I(-age ** 2)", lambda d: -(d["age"] ** 2)),
        ("I((age - 30) ^ 2)", lambda d: (d["age"] - 30) ** 2),
        ("I(2 ** prior)", lambda d: 2.0 ** d["prior"]),
        ("I(sex == 'm')", lambda d: d["sex"] == "m"),
        ("I('f' != sex)", lambda d: d["sex"] == "m"),
        ("I(age > 28 & age <= 33)", lambda d: (d["age"] > 28) & (d["age"] <= 33)),
        ("I((sex == 'm') | (prior == 0))", lambda d: (d["sex"] == "m") | (d["prior"] == 0)),
        ("I((age > 30) * age)", lambda d: (d["age"] > 30) * d["age"]),
        ("abs(age - 30)", lambda d: np.abs(d["age"] - 30)),
        ("log(exp(age / 10))", lambda d: d["age"] / 10),
        ("scale(age)", lambda d: (d["age"] - d["age"].mean()) / d["age"].std(ddof=1)),
        ("standardize(age)", lambda d: (d["age"] - d["age"].mean()) / d["age"].std(ddof=0)),
        ("I(10 - prior - 2)", lambda d: 8 - d["prior"]),
        ("I(60 / age / 2)", lambda d: 30 / d["age"]),
    ],
)
def test_arithmetic_is_that_of_python(covariates, text, expected):
    found = matrix_of(text, covariates).values[:, 1]
    np.testing.assert_allclose(found, expected(covariates).astype(float), rtol=1e-14)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("age*sex", "age + sex + age:sex"),
        ("(age + sex + prior)**2", "age + sex + prior + age:sex + age:prior + sex:prior"),
        ("age/sex", "age + age:sex"),
        ("(age + prior)/sex", "age + prior + age:prior:sex"),
        ("age*sex*prior - age:sex:prior", "(age + sex + prior)^2"),
        ("~ age + sex", "1 + age + sex"),
        ("(age + sex):prior", "age:prior + sex:prior"),
        ("age + age + (sex)", "age + sex"),
        ("age +\n sex", "age+sex"),
    ],
)
def test_operators_are_short_for_sums_of_products(covariates, short, long):
    first, second = matrix_of(short, covariates), matrix_of(long, covariates)
    assert set(first.names) == set(second.names)
    order = [second.names.index(name) for name in first.names]
    np.testing.assert_array_equal(first.values, second.values[:, order])


def test_every_function_of_the_list_can_be_used(covariates):
    settings_of = {"cr": ", df=3", "cs": ", df=3", "cc": ", df=3", "bs": ", df=3"}
    for name in FUNCTIONS:
        column = "prior" if name == "C" else "age"
        matrix_of(f"sex + {name}({column}{settings_of.get(name, '')})", covariates)


def test_limits_hold_before_anything_is_expanded_or_worked_out():
    rng = np.random.default_rng(0)
    people = pd.DataFrame(rng.normal(size=(50, 60)), columns=[f"x{n}" for n in range(60)])
    people["prison"] = np.arange(50) % 12
    everybody = " + ".join(people.columns)
    assert "at most 1,000 terms" in message(f"({everybody})**2", people)
    assert "at most 1,000 terms" in message(f"({everybody}):({everybody})", people)
    assert "products of at most 5" in message("*".join(people.columns[:20]), people)
    assert "at most 1,000 columns" in message("bs(x0, df=90):bs(x1, df=90)", people)
    assert "a power from 1 to 5" in message(f"({everybody})**30", people)


@pytest.mark.parametrize("n_people", [60, 5_000])
@pytest.mark.parametrize("text", ["age + cell", "age:cell", "C(number)", "age*C(number)"])
def test_nearly_one_level_a_person_is_refused_with_the_number_of_levels(n_people, text):
    rng = np.random.default_rng(1)
    people = pd.DataFrame({"age": rng.normal(size=n_people), "number": rng.permutation(n_people)})
    people["cell"] = "area " + people["number"].astype(str)
    found = message(text, people)
    assert f"{n_people:,} levels among {n_people:,} people" in found
    assert "area 1" not in found


def test_a_category_that_several_people_share_is_no_fault():
    people = pd.DataFrame({"age": np.arange(900.0), "court": np.arange(900) % 300})
    assert matrix_of("C(court) + age", people).values.shape == (900, 301)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pd.date_range("1980-01-01", periods=40), "dates"),
        (pd.date_range("1980-01-01", periods=40, tz="UTC"), "dates"),
        (list(pd.date_range("1980-01-01", periods=40).date), "dates"),
        (pd.to_timedelta(np.arange(40), unit="D"), "a duration"),
        (pd.period_range("1980-01", periods=40, freq="M"), "dates"),
        ([[1, 2]] * 40, "a list"),
        ([{"a": 1}] * 40, "a dict"),
        (np.arange(40) * 1j, "a complex number"),
        ([b"a", b"b"] * 20, "bytes"),
    ],
)
@pytest.mark.parametrize("text", ["x", "C(x)", "age + x:sex", "I(x == 1)"])
def test_what_is_neither_numbers_nor_text_is_refused(covariates, values, kind, text):
    people = covariates.assign(x=pd.Series(values, index=covariates.index))
    assert f"x: expected numbers or labels, found {kind}" in message(text, people)


def test_numbers_too_large_for_a_computer_are_refused(covariates):
    people = covariates.assign(x=pd.Series([10**400, *range(39)], dtype=object))
    assert "some of more than 300 digits" in str(find_bad_values(people, ["x"])[0])


def test_numbers_kept_as_objects_are_numbers(covariates):
    people = covariates.assign(x=covariates["prior"].astype(object))
    assert read_formula("x", people, {})[0].categorical == frozenset()
    np.testing.assert_array_equal(
        matrix_of("x", people).values, matrix_of("prior", covariates).values
    )


def test_rare_levels_and_combinations_are_numbered_where_they_are_shown(covariates):
    people = covariates.assign(cell=np.repeat(["a", "b", "Roma"], [25, 14, 1]))
    matrix = matrix_of("cell*sex", people)
    assert "cell[T.a]" in matrix.names
    assert not [name for name in matrix.shown if "Roma" in name]
    assert len(set(matrix.shown)) == len(matrix.names)
    assert "cell[T.a]" in matrix.shown


def test_a_name_with_blanks_needs_no_backticks():
    tree = parse("prior convictions + C(age at release) + bs(score 2, df=3)")
    assert write(tree) == "`prior convictions` + C(`age at release`) + bs(`score 2`, df=3)"


def test_a_name_before_a_function_is_not_joined_to_it():
    with pytest.raises(InputError, match="'C' has no place there"):
        parse("age C(sex)")
