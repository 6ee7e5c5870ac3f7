"""A synthesis equals what others found, whichever way it was reached."""

import numpy as np
import pytest

from desist.inference.engines import Nuts
from desist.models.priors import HalfNormal, HalfStudentT, Normal
from desist.synthesis import (
    EstimateWithError,
    EstimateWithInterval,
    Jeffreys,
    PValue,
    Significance,
    Study,
    SynthesisPriors,
    TwoArmCounts,
    Uniform,
    WholePercentages,
    synthesise,
)
from desist.synthesis._quadrature import integrate_tables, mix_means
from desist.synthesis._tables import tabulate
from desist.synthesis.likelihood import maximise_likelihood

from .quadrature import binomial_likelihoods, integrate

FLAT = Normal(0.0, float("inf"))
SPREADS = {
    "halfnormal0.5": HalfNormal(0.5),
    "halfnormal1": HalfNormal(1.0),
    "halfcauchy0.5": HalfStudentT(0.5, degrees_of_freedom=1.0),
    "uniform": Uniform(float("inf")),
}
MEANS = {"flat": FLAT, "normal": Normal(0.0, 1.0)}


@pytest.mark.parametrize("spread", [*SPREADS, "Jeffreys"])
@pytest.mark.parametrize("mean", MEANS)
def test_trials_of_a_vaccine_equal_bayesmeta(bcg_effects, bcg_reference, as_studies, spread, mean):
    expected = bcg_reference[f"bayesmeta_RR_{spread}_mu_{mean}"]
    jeffreys = Jeffreys(tuple(float(error) for error in bcg_effects["RR"][1]))
    priors = SynthesisPriors(MEANS[mean], SPREADS.get(spread, jeffreys))
    found = synthesise(as_studies(*bcg_effects["RR"]), scale="log_risk", priors=priors)
    summary = {row["term"]: row for row in expected["summary"]}
    # bayesmeta's posterior of tau is good to four digits; that of the mean, a mixture over a
    # coarser grid of tau, to three
    for ours, theirs in (
        (found.heterogeneity.mean, summary["mean"]["tau"]),
        (found.heterogeneity.median, summary["median"]["tau"]),
        (found.heterogeneity.sd, summary["sd"]["tau"]),
    ):
        assert ours == pytest.approx(theirs, rel=2e-4)
    for ours, theirs in (
        (found.mean.mean, summary["mean"]["mu"]),
        (found.mean.median, summary["median"]["mu"]),
        (found.mean.sd, summary["sd"]["mu"]),
        (found.prediction.sd, summary["sd"]["theta"]),
        (found.mean.probability_below(0), expected["pr_mu_below_0"]),
    ):
        assert ours == pytest.approx(theirs, rel=2e-3)
    assert found.interval == pytest.approx(expected["central95_mu"], abs=1e-3)
    assert found.heterogeneity.interval() == pytest.approx(expected["central95_tau"], abs=5e-4)
    assert found.prediction_interval == pytest.approx(expected["central95_pred"], abs=5e-3)
    shrunken = {row["term"]: row for row in expected["theta"]}
    means = [shrunken["mean"][f"{trial}"] for trial in range(1, 14)]
    assert found.table["shrunken"].to_numpy() == pytest.approx(means, abs=5e-4)


def test_eight_schools_equal_the_published_posterior(published, as_studies):
    expected = published["eight_schools"]
    priors = SynthesisPriors(Normal(0.0, 50.0), HalfStudentT(25.0, degrees_of_freedom=1.0))
    found = synthesise(as_studies(expected["y"], expected["se"]), priors=priors)
    figures = {
        "tau_median": found.heterogeneity.median,
        "tau_mean": found.heterogeneity.mean,
        "mu_mean": found.mean.mean,
        "mu_sd": found.mean.sd,
        "p_mu_positive": 1 - found.mean.probability_below(0),
        "prediction_sd": found.prediction.sd,
    }
    for name, figure in figures.items():
        assert figure == pytest.approx(expected[name], abs=1e-3), name
    assert found.heterogeneity.interval() == pytest.approx(expected["tau_central_95"], abs=1e-3)


def test_a_grid_of_tables_finds_what_is_known_in_closed_form(bcg_effects, as_studies):
    studies = as_studies(*bcg_effects["RR"])
    exact = synthesise(studies, scale="log_risk")
    tables = tabulate([study.evidence for study in studies], "log_risk")
    grid = integrate_tables(tables, exact.priors)
    mean, prediction = mix_means(grid)
    assert mean.mean == pytest.approx(exact.mean.mean, abs=1e-6)
    assert mean.sd == pytest.approx(exact.mean.sd, rel=1e-3)
    assert mean.interval() == pytest.approx(exact.interval, abs=5e-4)
    assert prediction.interval() == pytest.approx(exact.prediction_interval, abs=5e-4)


def test_counts_are_integrated_as_a_grid_of_all_parameters_does(programmes):
    # three by three loops of plain sums over effect, mean and tau, the baseline beside them

    few = programmes[:6]
    rows = [
        (
            s.evidence.treated_events,
            s.evidence.n_treated,
            s.evidence.comparison_events,
            s.evidence.n_comparison,
        )
        for s in few
    ]
    found = synthesise(few, priors=SynthesisPriors(FLAT, HalfNormal(0.5)))
    middles = np.arange(0.0125, 2.5, 0.025)  # of equal stretches of tau from 0 on
    expected = integrate(binomial_likelihoods(rows, 10.0), spreads=middles)
    assert found.mean.mean == pytest.approx(expected.mean, abs=2e-3)
    assert found.mean.sd == pytest.approx(expected.sd, rel=5e-3)
    assert found.heterogeneity.mean == pytest.approx(expected.spread_mean, abs=2e-3)
    assert found.table["shrunken"].to_numpy() == pytest.approx(expected.study_means, abs=2e-3)


def test_zero_arms_by_the_conditional_likelihood_equal_the_published_estimates(
    catheters, published
):
    # the highest point of the likelihood of mean and tau, with flat priors of both
    studies = [
        TwoArmCounts(*map(int, row), "conditional")
        for row in catheters[["ai", "n1i", "ci", "n2i"]].to_numpy()
    ]
    found = maximise_likelihood(studies)
    expected = published["zero_arms"]["exact_conditional"]
    assert found.estimate == pytest.approx(expected["mu"], abs=5e-5)
    assert found.standard_error == pytest.approx(expected["se"], abs=1e-4)
    assert found.tau == pytest.approx(expected["tau"], abs=5e-5)


def test_the_order_of_the_studies_does_not_matter(programmes):
    here, there = synthesise(programmes[:8]), synthesise(programmes[7::-1])
    assert here.mean.mean == pytest.approx(there.mean.mean, abs=1e-9)
    assert here.table.loc["3", "shrunken"] == pytest.approx(there.table.loc["3", "shrunken"])


def test_ten_times_the_people_say_more_and_the_same():
    small = synthesise([Study("A", TwoArmCounts(20, 100, 40, 100))], scale="risk_difference")
    large = synthesise([Study("A", TwoArmCounts(200, 1000, 400, 1000))], scale="risk_difference")
    assert large.table["shrunken"].iloc[0] == pytest.approx(-0.2, abs=0.005)
    assert small.table["shrunken"].iloc[0] > large.table["shrunken"].iloc[0]


@pytest.mark.parametrize("scale", ["log_odds", "log_risk", "risk_difference"])
def test_swapping_the_arms_turns_the_effect_around(scale):
    counts = [(3, 20, 9, 25), (10, 60, 18, 55), (0, 12, 2, 11)]
    swapped = [(c, d, a, b) for a, b, c, d in counts]
    here, there = (
        synthesise([Study(f"{i}", TwoArmCounts(*row)) for i, row in enumerate(rows)], scale=scale)
        for rows in (counts, swapped)
    )
    assert here.mean.mean == pytest.approx(-there.mean.mean, abs=1e-6)
    assert here.heterogeneity.median == pytest.approx(there.heterogeneity.median, rel=1e-6)
    assert here.interval[0] == pytest.approx(-there.interval[1], abs=1e-5)


def test_estimates_of_one_programme_become_one_by_their_correlation():
    pair = [
        Study("first", EstimateWithError(-0.2, 0.1), "P"),
        Study("second", EstimateWithError(-0.4, 0.1), "P"),
    ]
    found = synthesise([*pair, Study("other", EstimateWithError(0.0, 0.2))], correlation=0.5)
    # two equal errors with correlation 1/2: the mean, with variance 0.01 x 3/4
    assert found.n_studies == 2
    row = found.table.loc["P"]
    assert row["estimate"] == pytest.approx(-0.3)
    assert row["standard_error"] == pytest.approx((0.01 * 0.75) ** 0.5)


def test_moderators_by_closed_form_equal_least_squares_where_priors_are_flat(as_studies):
    x = np.array([0.0, 1, 2, 3, 4, 5])
    estimates = -0.5 + 0.1 * x
    studies = [
        Study(s.name, s.evidence, moderators={"months": value})
        for s, value in zip(as_studies(estimates, [0.1] * 6), x, strict=True)
    ]
    priors = SynthesisPriors(FLAT, HalfNormal(0.2), FLAT)
    found = synthesise(studies, moderators="months", priors=priors)
    assert found.coefficients.loc["months", "mean"] == pytest.approx(0.1)
    assert found.mean.mean == pytest.approx(-0.25)


@pytest.mark.nuts
def test_the_sampler_finds_what_the_grid_finds_for_every_kind_of_report():
    kinds = [
        TwoArmCounts(13, 83, 140, 500),
        TwoArmCounts(0, 30, 6, 60),
        TwoArmCounts(4, 40, 9, 50, "conditional"),
        EstimateWithError(-0.2, 0.15),
        EstimateWithError(-0.3, 0.2, 0.1),
        EstimateWithInterval(-1.1, 0.2),
        PValue(0.03, "reduction", 150.0, 600.0, 0.3),
        PValue(0.05, "reduction", 150.0, None, 0.3, at_most=True),
        Significance("none", (50.0, 300.0), None, 0.3),
        WholePercentages(26, 35, 231, None),
    ]
    studies = [Study(f"{n}", evidence) for n, evidence in enumerate(kinds)]
    grid = synthesise(studies)
    drawn = synthesise(studies, inference=Nuts(draws=1500, tune=800, chains=2), seed=3)
    # 3,000 draws: four Monte Carlo errors at an effective size of a third
    assert drawn.mean.mean == pytest.approx(grid.mean.mean, abs=4 * grid.mean.sd / 1000**0.5)
    assert drawn.heterogeneity.median == pytest.approx(
        grid.heterogeneity.median, abs=4 * 1.25 * grid.heterogeneity.sd / 1000**0.5
    )
    spread = (grid.table["upper"] - grid.table["lower"]) / 3.92
    apart = (drawn.table["shrunken"] - grid.table["shrunken"]).abs()
    assert (apart < 4 * spread / 1000**0.5).all()
