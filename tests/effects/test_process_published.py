from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from desist.cohort.published import PublishedStudy
from desist.datasets.reports import making_connections
from desist.effects import estimate_effects
from desist.effects.process_published import fit_process_published
from desist.errors import InputError
from desist.estimands import Measure
from desist.models.priors import Normal, Priors
from desist.models.process import ProcessModel
from desist.models.process_published import PublishedProcessModel


@pytest.fixture(scope="module")
def study():
    return making_connections()


@pytest.fixture(scope="module")
def found(study):
    return fit_process_published(study, seed=1)


@pytest.fixture(scope="module")
def rows(found):
    return found.table.set_index("arm").to_dict(orient="index")


def change(study, measure, **fields):
    return change_lines(study, {measure: fields})


def change_lines(study, changes):
    lines = [replace(line, **changes.get(line.measure, {})) for line in study.measures]
    return replace(study, measures=tuple(lines), flow=None)


def test_both_groups_of_the_report_have_nearly_the_same_dispersion(rows):
    assert rows["treated"]["dispersion_solved"] == pytest.approx(0.153, abs=0.0005)
    assert rows["comparison"]["dispersion_solved"] == pytest.approx(0.161, abs=0.0005)
    assert rows["treated"]["dispersion"] == pytest.approx(0.153, abs=0.01)
    assert rows["comparison"]["dispersion"] == pytest.approx(0.161, abs=0.005)
    # 13 reoffenders leave the dispersion open by a factor of two, 5,514 records do not
    assert rows["treated"]["dispersion_lower"] < 0.09 < 0.25 < rows["treated"]["dispersion_upper"]


def test_the_implied_days_are_144_and_116_where_75_and_143_are_printed(rows):
    # whole days are half a day less than the time that the references measure
    assert rows["treated"]["days_solved"] == pytest.approx(144 - 0.5, abs=0.5)
    assert rows["comparison"]["days_solved"] == pytest.approx(116 - 0.5, abs=0.6)
    assert rows["treated"]["days"] == pytest.approx(144, abs=4)
    assert rows["comparison"]["days"] == pytest.approx(116, abs=2)
    assert rows["treated"]["days_printed"] == 75.0
    assert rows["comparison"]["days_printed"] == 142.9


def test_implied_days_are_the_mean_of_the_truncated_lomax(rows):
    mean, dispersion = 26 / 83, rows["treated"]["dispersion_solved"]
    time = stats.lomax(dispersion, scale=365 * dispersion / mean)
    expected = time.expect(lambda t: t, ub=365) / time.cdf(365) - 0.5
    assert rows["treated"]["days_solved"] == pytest.approx(expected, rel=1e-6)


def test_a_mean_of_75_days_from_13_people_is_unlikely(found, rows):
    assert rows["treated"]["n_reoffenders"] == 13
    # 13 such times have a standard deviation near 107 / sqrt(13) = 30 about 142
    assert rows["treated"]["probability_at_most"] == pytest.approx(0.010, abs=0.005)
    simulated = found.draws["mean_days"].sel(arm="treated")
    assert float(simulated.mean()) == pytest.approx(rows["treated"]["days"], abs=4)
    assert float(simulated.std()) == pytest.approx(30, abs=3)
    assert rows["comparison"]["probability_at_most"] > 0.999
    assert found.sentence == (
        f"Rate and frequency together imply {rows['treated']['days']:.0f} days among treated "
        "reoffenders where 75.0 are printed (a mean of that or less from 13 people has "
        f"probability {rows['treated']['probability_at_most']:.3f}), and 115 days among "
        "comparison reoffenders where 142.9 are printed (a mean of that or more from 469 people "
        "has probability below 0.001)."
    )


def test_intensity_would_have_to_fall_in_one_arm_and_rise_in_the_other(rows):
    for arm, mean in (("treated", 26 / 83), ("comparison", 1.06)):
        row = rows[arm]
        shape, a = row["shape_for_days"], row["dispersion_solved"]

        def survival(t, shape=shape, a=a, mean=mean):
            return (1 + mean / a * (t / 365) ** shape) ** -a

        area = quad(survival, 0, 1)[0] + quad(survival, 1, 365)[0]
        days = (area - 365 * survival(365)) / (1 - survival(365)) - 0.5
        assert days == pytest.approx(row["days_printed"], abs=1e-4)
    assert rows["treated"]["shape_for_days"] < 0.5 < 1.2 < rows["comparison"]["shape_for_days"]


def test_one_fit_gives_every_measure_of_the_report(found):
    effects = {effect.measure: effect for effect in estimate_effects(found.fit)}
    assert set(effects) == set(Measure)
    treated, comparison = effects[Measure.RATE].treated, effects[Measure.RATE].comparison
    assert float(treated.mean()) == pytest.approx(13 / 83, abs=0.02)
    assert float(comparison.mean()) == pytest.approx(0.278, abs=0.005)
    assert effects[Measure.FREQUENCY].interval.upper < 0


def test_posterior_of_the_treated_is_that_of_a_grid(study):
    # the exact likelihood on a grid: 70 of 83 without, 13 with 26 together
    log_mean, log_a = np.linspace(-4, 3, 281)[:, np.newaxis], np.linspace(-6, 3, 301)
    a, m = np.exp(log_a), np.exp(log_mean)
    series = np.zeros((27, 301))  # of (1 - z)^-a - 1
    series[1] = a
    for y in range(2, 27):
        series[y] = series[y - 1] * (a + y - 1) / y
    power = np.vstack([np.ones(301), np.zeros((26, 301))])
    for _ in range(13):
        power = np.array([(power[: t + 1] * series[t::-1]).sum(axis=0) for t in range(27)])
    density = np.log(power[26]) - 83 * a * np.log1p(m / a) + 26 * (log_mean - np.log(a + m))
    density += stats.norm.logpdf(log_mean, 0, 1.5) + stats.norm.logpdf(log_a, 0, 1.5)
    # the comparison arm is as far below the middle; its figures weigh nothing, and leave the scale
    # of their normal law: the determinant of its covariance, m^3 / (1 + m)^2 for a dispersion of 1
    density -= (3 * -log_mean - 2 * np.log1p(np.exp(-log_mean))) / 2
    weights = np.exp(density - density.max())
    weights /= weights.sum()
    # priors that make the arms strangers: the treated mean N(0, 1.5), its dispersion too
    process = ProcessModel(
        log_shape=None,
        # of the middle between the arms: the treated are half an effect above it
        priors=Priors(intercept=Normal(0.0, 1e-3), treatment=Normal(0.0, 3.0)),
        log_dispersion=Normal(0.0, 1e-3),
        log_dispersion_ratio=Normal(0.0, 1.5),
    )
    changed = {"comparison": 0.5, "lower": -0.5, "upper": -0.2, "difference_printed": None}
    alike = change(study, Measure.RATE, **changed)
    lone = fit_process_published(alike, model=PublishedProcessModel(process), comparison_size=1e-6)
    treated = lone.fit.draws["intercept"] + lone.fit.draws["treatment"]
    dispersion = lone.fit.draws["log_dispersion_ratio"]
    for draws, values in ((treated, log_mean), (dispersion, log_a)):
        mean = (weights * values).sum()
        spread = np.sqrt((weights * (values - mean) ** 2).sum())
        assert draws.mean() == pytest.approx(mean, abs=0.07 * spread)
        assert draws.std() == pytest.approx(spread, rel=0.07)


def test_a_larger_comparison_group_is_known_better(study, rows):
    larger = fit_process_published(study, comparison_size=4990).table.iloc[1]
    before = rows["comparison"]
    assert larger["n_reoffenders"] == 2188
    width = larger["dispersion_upper"] - larger["dispersion_lower"]
    assert width < 0.6 * (before["dispersion_upper"] - before["dispersion_lower"])


def test_without_a_printed_time_there_is_nothing_to_compare(study):
    lines = tuple(
        line for line in study.measures if line.measure is not Measure.TIME_AMONG_REOFFENDERS
    )
    without = fit_process_published(replace(study, measures=lines))
    assert without.table["probability_at_most"].isna().all()
    assert without.table["n_reoffenders"].tolist() == [13, round(study.ess_range[0] * 0.278)]
    assert without.sentence == (
        "The report prints no time to compare with what rate and frequency imply."
    )
    assert "Making Connections" in repr(without)


def test_nobody_treated_reoffended_is_no_obstacle(study):
    nobody = {"treated": 0.0, "treated_count": 0, "difference_printed": None}
    lines = [
        replace(study.find(Measure.RATE), **nobody, lower=-0.35, upper=-0.2),
        replace(study.find(Measure.FREQUENCY), **nobody, lower=-1.3, upper=-0.8),
    ]
    none = replace(study, measures=tuple(lines), flow=None)
    table = fit_process_published(none).table
    assert np.isnan(table["dispersion_solved"][0])
    assert np.isfinite(table["days"]).all()


def test_every_fault_of_a_report_is_listed(study):
    unknown = change(study, Measure.RATE, treated_count=None)
    lines = tuple(line for line in unknown.measures if line.measure is not Measure.FREQUENCY)
    with pytest.raises(InputError) as caught:
        fit_process_published(
            PublishedStudy("Some programme", "main", "a report", lines), comparison_size=-1.0
        )
    assert str(caught.value) == (
        "one process of a report: 3 faults\n"
        "  - comparison_size: expected a number above 0 or None, found -1\n"
        "  - rate, treated_count: expected the count of the treated, found none\n"
        "  - frequency, treated_count: expected the count of the treated, found no such measure"
    )


def test_fewer_offences_than_reoffenders_are_refused(study):
    few = {"treated": 0.12, "treated_count": 10, "lower": -1.2, "upper": -0.7}
    with pytest.raises(InputError, match="at least one for each of 13 reoffenders"):
        change(study, Measure.FREQUENCY, **few, difference_printed=None)


def test_every_seed_gives_the_same_process(study, found):
    other = fit_process_published(study, seed=2017)
    assert other.table.equals(found.table)
    assert other.draws.equals(found.draws)
