import numpy as np
import pandas as pd
import pytest

from desist.cohort.cohort import Cohort
from desist.design.analyses import Analysis, build_analyses, restrict_comparison
from desist.design.matching.radius import RadiusMatching
from desist.errors import CannotAnswerError, InputError

METHOD = RadiusMatching(0.5)


@pytest.fixture
def people():
    rng = np.random.default_rng(0)
    n_people, n_treated = 500, 60
    return pd.DataFrame(
        {
            "programme": np.repeat([1, 0], [n_treated, n_people - n_treated]),
            "age": rng.normal(30, 5, n_people),
            "needs": rng.choice(["low", "high"], n_people),
            "region": np.r_[
                np.repeat("London", n_treated),
                rng.choice(["London", "North"], n_people - n_treated),
            ],
            "prison": ["Send"] * n_treated + ["Other"] * (n_people - n_treated - 5) + ["Send"] * 5,
            "country": ["Wales"] * 3 + ["England"] * (n_people - 3),
            "reoffended": rng.integers(0, 2, n_people),
        }
    )


@pytest.fixture
def cohort(people):
    return Cohort(people, treatment="programme", reoffended="reoffended")


ANALYSES = (
    Analysis("complex", "age + needs", METHOD),
    Analysis("standard", "age", METHOD),
    Analysis("regional", "age", METHOD, same="region"),
    Analysis("prison", "age", METHOD, same="prison"),
    Analysis("country", "age", METHOD, same="country"),
)


def test_each_analysis_has_its_people_and_its_design(cohort):
    found = build_analyses(cohort, ANALYSES)
    assert list(found.made) == ["complex", "standard", "regional"]
    assert found.headline == "complex"
    regional = found.made["regional"]
    assert regional.cohort.n_treated == 60
    assert regional.cohort.n_comparison < cohort.n_comparison
    assert set(regional.cohort.covariates["region"]) == {"London"}
    assert len(regional.design.weights) == regional.cohort.n_people
    assert found.made["complex"].design.formula == "age + needs"


def test_an_analysis_that_cannot_be_made_has_its_reason(cohort):
    assert build_analyses(cohort, ANALYSES).refused == {
        "prison": "only 5 comparison people share a value of prison with the participants, "
        "fewer than 30",
        "country": "100% of the comparison people share a value of country with the "
        "participants, so it is hardly different from the analysis with all of them",
    }


def test_the_analyses_are_printed_in_words(cohort):
    lines = repr(build_analyses(cohort, ANALYSES, headline="standard")).splitlines()
    assert lines[0].startswith("complex: ")
    assert lines[1].startswith("standard (headline): ")
    assert lines[3].startswith("prison: not made, only 5 comparison people")


def test_a_refusal_by_the_method_is_a_reason_too(people):
    people["cell"] = np.where(people["programme"] == 1, "A", "B")
    cohort = Cohort(people, treatment="programme", reoffended="reoffended")
    analyses = (Analysis("standard", "age", METHOD), Analysis("cells", "age + cell", METHOD))
    assert "the score has no estimate" in build_analyses(cohort, analyses).refused["cells"]


def test_a_headline_that_cannot_be_made_is_refused(cohort):
    with pytest.raises(CannotAnswerError, match="only 5 comparison people"):
        build_analyses(cohort, ANALYSES, headline="prison")


def test_bad_sets_of_analyses_are_named(cohort):
    analyses = (
        Analysis("standard", "age", METHOD),
        Analysis("standard", "age", METHOD, same="regin"),
    )
    with pytest.raises(InputError) as caught:
        build_analyses(cohort, analyses, headline="complx")
    assert str(caught.value) == (
        "analyses: 3 faults\n"
        "  - analyses: expected different names, found 'standard'\n"
        "  - headline: expected one of the analyses, found 'complx'; "
        "there are: standard, standard\n"
        "  - analysis standard: expected a column of the cohort, found 'regin'; "
        "did you mean 'region'?"
    )
    with pytest.raises(InputError, match="analyses: expected at least one, found none"):
        build_analyses(cohort, ())


def test_participants_stay_whatever_their_value(cohort, people):
    stay = restrict_comparison(cohort, "region")
    expected = (people["programme"] == 1) | (people["region"] == "London")
    np.testing.assert_array_equal(stay, expected)
