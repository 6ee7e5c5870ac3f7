"""Real data: their sizes, a few numbers that are known from elsewhere, and their provenance."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from desist import datasets
from desist.cohort.outcomes import count_outcomes, read_outcomes
from desist.errors import InputError
from desist.estimands import Measure

TABLES = {
    "recid": (1445, 19),
    "rossi": (432, 63),
    "lalonde": (614, 10),
    "landenberger": (58, 32),
    "jdl_published": (52, 27),
    "bcg": (13, 9),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_rows_that_its_provenance_states(name):
    table = getattr(datasets, name)()
    assert table.shape == TABLES[name]
    assert datasets.provenance(name).n_rows == len(table)


def test_every_data_set_has_a_provenance():
    for name in (*TABLES, "making_connections"):
        record = datasets.provenance(name)
        assert record.name == name
        assert min(len(record.title), len(record.source), len(record.terms), len(record.units)) > 0


def test_a_data_set_that_does_not_exist_is_refused_with_the_list():
    with pytest.raises(InputError) as caught:
        datasets.provenance("iris")
    assert str(caught.value) == (
        "datasets: 1 fault\n  - name: expected one of recid, rossi, lalonde, landenberger, "
        "jdl_published, bcg, making_connections, found 'iris'"
    )


def test_tables_are_made_afresh_for_each_caller():
    table = datasets.bcg()
    table.loc[0, "tpos"] = 1000
    assert datasets.bcg()["tpos"].iloc[0] == 4


def test_labels_are_categories_and_counts_are_integers():
    rossi, published = datasets.rossi(), datasets.jdl_published()
    assert rossi["fin"].cat.categories.tolist() == ["no", "yes"]
    assert rossi["mar"].cat.categories.tolist() == ["not married", "married"]
    assert isinstance(published["n_treatment"].dtype, pd.Int64Dtype)
    assert datasets.landenberger()["cbt.cogskills"].dtype == np.bool_


def test_the_lalonde_means_are_those_that_every_matching_tool_prints():
    treated = datasets.lalonde().groupby("treat")[["age", "educ", "re74"]].mean()
    assert treated.loc[1].round(4).tolist() == [25.8162, 10.3459, 2095.5737]
    assert treated.loc[0].round(4).tolist() == [28.0303, 10.2354, 5619.2365]


def test_the_bcg_trials_give_the_log_risk_ratio_of_the_first_trial():
    trial = datasets.bcg().iloc[0]
    risk = trial["tpos"] / (trial["tpos"] + trial["tneg"])
    comparison = trial["cpos"] / (trial["cpos"] + trial["cneg"])
    assert np.log(risk / comparison) == pytest.approx(-0.8893, abs=5e-5)  # metafor, escalc


def test_the_work_programme_has_its_returns_within_12_months():
    cohort = datasets.recid_cohort()
    counts = count_outcomes(cohort)
    assert counts["n_people"].tolist() == [672, 773]
    assert counts["n_reoffended"].tolist() == [83, 100]
    assert counts["n_offences"].isna().all()


def test_the_work_programme_has_no_covariates_but_those_from_before_release():
    covariates = "age tserved priors rules educ black alcohol drugs super married felon property"
    expected = [*covariates.split(), "against_person"]
    assert datasets.recid_cohort().covariates.columns.tolist() == expected


def test_months_become_days():
    days = read_outcomes(datasets.recid_cohort()).days
    in_time = datasets.recid().query("cens == 0 and durat <= 12")
    assert days[in_time.index[0]] == pytest.approx(in_time["durat"].iloc[0] * 30.41667, rel=1e-6)
    assert days.max() == 365
    assert days.min() == pytest.approx(365 / 12)


def test_the_financial_aid_has_its_arrests_within_52_weeks():
    cohort = datasets.rossi_cohort()
    counts = count_outcomes(cohort)
    assert counts["n_people"].tolist() == [216, 216]
    assert counts["n_reoffended"].tolist() == [48, 66]
    covariates = ["age", "race", "wexp", "mar", "paro", "prio", "educ"]
    assert cohort.covariates.columns.tolist() == covariates
    outcomes = read_outcomes(cohort)
    assert outcomes.days[0] == 140  # arrested in week 20
    assert outcomes.days.max() == outcomes.time_at_risk[0] == 364


@pytest.mark.parametrize(("analysis", "n_analysed"), [("complex", 83), ("standard", 84)])
def test_the_record_flow_is_the_one_of_the_report(analysis, n_analysed):
    flow = datasets.making_connections(analysis).flow
    assert flow.table["n_remaining"].tolist() == [142, 140, 132, 88, 86, n_analysed]
    last = "2%" if analysis == "complex" else "1%"
    assert flow.percentages == ("", "", "6%", "31%", "1%", last)


def test_the_record_flow_reads_as_text():
    assert datasets.making_connections().flow.text.splitlines()[2:4] == [
        "8 people (6%): not found on the Police National Computer; 132 remained",
        "44 people (31%): no reoffending-database record for the period of participation; "
        "88 remained",
    ]


def test_the_complex_analysis_is_the_headline_with_its_printed_figures():
    study = datasets.making_connections()
    rate, frequency, time = study.measures
    assert (rate.treated, rate.comparison, rate.lower, rate.upper) == (0.157, 0.278, -0.2, -0.04)
    assert (rate.n_treated, rate.n_comparison, rate.p_printed) == (83, 5514, "0.00")
    assert (frequency.treated, frequency.comparison) == (0.31, 1.06)
    assert (frequency.lower, frequency.upper, frequency.treated_count) == (-0.96, -0.53, 26)
    assert (time.n_treated, time.n_comparison, time.p_printed) == (13, 2418, "0.01")
    assert (time.treated, time.comparison, time.lower, time.upper) == (75, 142.9, -115, -21)
    assert study.profile["age_mean"] == 35
    assert study.profile["balance"]["poor"] == ["sentence under 12 months"]


def test_the_standard_analysis_has_its_own_figures():
    study = datasets.making_connections("standard")
    rate, time = study.find(Measure.RATE), study.find(Measure.TIME_AMONG_REOFFENDERS)
    assert (rate.n_treated, rate.n_comparison, rate.treated_count) == (84, 6203, 13)
    assert (time.comparison, time.lower, time.upper, time.p_printed) == (134.8, -107, -13, "0.02")


@pytest.mark.parametrize("analysis", ["complex", "standard"])
def test_only_13_of_the_treated_give_the_printed_rate(analysis):
    rate = datasets.making_connections(analysis).find(Measure.RATE)
    fits = [k for k in range(85) if round(k / rate.n_treated, 3) == rate.treated]
    assert fits == [rate.treated_count]


def test_only_26_offences_give_the_printed_frequency():
    fits = [k for k in range(100) if round(k / 83, 2) == 0.31]
    assert fits == [datasets.making_connections().find(Measure.FREQUENCY).treated_count]


@pytest.mark.parametrize("analysis", ["complex", "standard"])
def test_the_largest_effective_sample_size_is_what_reweighting_the_reoffenders_leaves(analysis):
    study = datasets.making_connections(analysis)
    rate, time = study.find(Measure.RATE), study.find(Measure.TIME_AMONG_REOFFENDERS)
    others = rate.n_comparison - time.n_comparison
    left = 1 / (rate.comparison**2 / time.n_comparison + (1 - rate.comparison) ** 2 / others)
    assert study.ess_range[1] == pytest.approx(left, abs=5)


@pytest.mark.parametrize("analysis", ["complex", "standard"])
def test_below_the_least_effective_sample_size_no_interval_rounds_to_the_printed_one(analysis):
    study = datasets.making_connections(analysis)
    rate = study.find(Measure.RATE)
    least = study.ess_range[0]
    assert any(_rounds_to_the_printed_interval(rate, least + 5))
    assert not any(_rounds_to_the_printed_interval(rate, least - 15))


def _rounds_to_the_printed_interval(rate, ess):
    """Welch, for every comparison rate that is printed as this one."""
    treated = rate.treated_count / rate.n_treated
    for comparison in np.linspace(rate.comparison - 0.0005, rate.comparison + 0.0005, 41):
        squares = [treated * (1 - treated) / (rate.n_treated - 1)]
        squares += [comparison * (1 - comparison) / (ess - 1)]
        sizes = [rate.n_treated - 1, ess - 1]
        df = sum(squares) ** 2 / sum(s**2 / n for s, n in zip(squares, sizes, strict=True))
        half = stats.t.ppf(0.975, df) * np.sqrt(sum(squares))
        limits = (treated - comparison - half, treated - comparison + half)
        yield [round(limit, 2) for limit in limits] == [rate.lower, rate.upper]


def test_an_analysis_that_does_not_exist_is_refused():
    with pytest.raises(InputError) as caught:
        datasets.making_connections("regional")
    assert str(caught.value) == (
        "making_connections: 1 fault\n"
        "  - analysis: expected one of complex, standard, found 'regional'"
    )


@pytest.mark.parametrize("name", [None, 5, ["recid"], "recid "])
def test_a_provenance_is_asked_for_by_a_name(name):
    with pytest.raises(InputError, match="name: expected one of recid, rossi"):
        datasets.provenance(name)
