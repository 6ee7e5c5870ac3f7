"""Other programmes in a settings file: read, pooled, and put beside the result."""

import pandas as pd
import pytest

import desist as ds
from desist.cli.programmes import pool_programmes, read_reports, take_evidence
from desist.cli.study import read_study
from desist.errors import InputError

pytestmark = pytest.mark.usefixtures("few_draws")

SETTINGS = """
[data]
people = "people.csv"
treatment = "treated"
reoffended = "reoffended"

[design]
formula = "age"
method = "entropy"

[model]
inference = "laplace"
"""
ROWS = [
    {"study": "A", "estimate": -0.3, "standard_error": 0.2},
    {"study": "B", "estimate": -0.1, "standard_error": 0.3},
    {"study": "C", "estimate": -0.4, "standard_error": 0.25},
]


@pytest.fixture
def write(tmp_path):
    def call(section, rows=ROWS):
        pd.DataFrame(rows).to_csv(tmp_path / "reports.csv", index=False)
        path = tmp_path / "study.toml"
        path.write_text(SETTINGS + section)
        return path

    return call


def test_a_study_without_other_programmes_has_none(write):
    study = read_study(write(""))
    assert study.programmes == {}
    assert pool_programmes(study) is None
    assert take_evidence(study, None) is None


def test_reports_are_pooled_as_the_section_says(write):
    study = read_study(write('[programmes]\nstudies = "reports.csv"\nscale = "log_risk"\n'))
    found = pool_programmes(study)
    assert found.scale == "log_risk"
    assert found.n_studies == 3
    assert take_evidence(study, found) is None


def test_evidence_is_the_prior_of_the_pooled_programmes(write):
    study = read_study(write('[programmes]\nstudies = "reports.csv"\nevidence = true\n'))
    prior = take_evidence(study, pool_programmes(study))
    assert prior.scale == "log_odds"
    assert prior.n_programmes == 3


def test_selection_is_adjusted_for_where_it_is_asked_for(write):
    study = read_study(write('[programmes]\nstudies = "reports.csv"\nselection = true\n'))
    assert pool_programmes(study).selection_weight is not None


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (
            "[programmes]\nevidence = true\n",
            r"\[programmes\] studies: expected a value",
        ),
        ('[programmes]\nstudies = "r.csv"\nscale = "odds"\n', r"\[programmes\] scale: expected "),
        ('[programmes]\nstudies = "r.csv"\nstudy = "x"\n', "did you mean studies"),
        ('[programmes]\nstudies = "r.csv"\ncorrelation = 1.5\n', r"correlation: expected"),
        (
            '[programmes]\nstudies = "r.csv"\nselection = "yes"\n',
            "selection: expected true or",
        ),
        (
            '[programmes]\nstudies = "r.csv"\nscale = "log_risk"\nevidence = true\n',
            r"evidence: expected false, or a scale of log_odds, log_rate",
        ),
        ("programmes = 3\n[x]\n", "programmes"),
    ],
)
def test_a_section_that_is_not_in_order_is_refused(write, section, said):
    with pytest.raises(InputError, match=said):
        read_study(write(section))


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.csv: expected a file that can be read"):
        read_reports(tmp_path / "nowhere.csv")


def test_passports_are_found_beside_the_table(tmp_path):
    table = pd.DataFrame([{"study": "A", "passport": "a.json"}, {"study": "B", "passport": None}])
    table.to_csv(tmp_path / "reports.csv", index=False)
    found = read_reports(tmp_path / "reports.csv")
    assert found["passport"][0] == str(tmp_path / "a.json")
    assert pd.isna(found["passport"][1])


def test_a_report_shows_both(write, tmp_path):
    from desist.cli.run import run_study

    people = ds.simulate_cohort(150, 400, rng=3, confounding=0.0, n_groups=0).cohort
    table = people.people.assign(treated=people.treated.astype(int))
    settings = people.settings()
    table = table.rename(columns={settings["reoffended"]: "reoffended"})
    table.to_csv(tmp_path / "people.csv", index=False)
    study = read_study(write('[programmes]\nstudies = "reports.csv"\nevidence = true\n'))
    [result], refused, _ = run_study(study)
    assert not refused
    assert result.view.evidence.result.prior.n_programmes == 3
    assert result.view.among.rows[-1].name == "This programme"
    assert result.view.evidence.result.estimate != result.view.printed[0].row.difference
