import numpy as np
import pandas as pd
import pytest
import xarray as xr

from desist.datasets import bcg, landenberger
from desist.errors import InputError
from desist.inference.diagnostics import Diagnostics
from desist.inference.engines import Nuts
from desist.synthesis.rates import PooledRates, PoolingPriors, pool_rates

from .quadrature import binomial_likelihoods, integrate, normal_likelihoods

COUNTS = pd.DataFrame(
    {
        "treated_events": [4, 0],
        "n_treated": [10, 5],
        "comparison_events": [6, 2],
        "n_comparison": [10, 5],
    },
    index=["Ash", "Bay"],
)


def label(values):
    return xr.DataArray(np.atleast_2d(values), dims=("chain", "draw"))


@pytest.fixture
def pooled():
    """Made by hand: the mean odds ratio is 1/2 in every draw, a new one 1/4, 1/2, 3/2."""
    return PooledRates(
        effect=label(np.log([0.5, 0.5, 0.5])),
        heterogeneity=label([1.0, 1.0, 1.0]),
        new=label(np.log([0.25, 0.5, 1.5])),
        studies=xr.DataArray(
            np.log([[[0.5, 0.4], [0.6, 0.4], [0.7, 0.4]]]), dims=("chain", "draw", "study")
        ),
        counts=COUNTS,
        priors=PoolingPriors(),
        diagnostics=Diagnostics("nuts"),
    )


def cells(table, *names):
    """Reoffenders and people of both arms, from the columns of reoffenders and of others."""
    treated, others, comparison, rest = (table[name].to_numpy() for name in names)
    return treated, treated + others, comparison, comparison + rest


def test_the_grid_of_these_tests_equals_bayesmeta(bcg_effects, bcg_reference):
    expected = bcg_reference["bayesmeta_RR_halfnormal0.5_mu_flat"]
    summary = {row["term"]: row for row in expected["summary"]}
    shrunken = {row["term"]: row for row in expected["theta"]}["mean"]
    found = integrate(normal_likelihoods(*bcg_effects["RR"]))
    assert found.mean == pytest.approx(summary["mean"]["mu"], abs=1e-4)
    assert found.sd == pytest.approx(summary["sd"]["mu"], abs=1e-3)
    assert found.spread_mean == pytest.approx(summary["mean"]["tau"], abs=1e-3)
    assert found.spread_sd == pytest.approx(summary["sd"]["tau"], abs=1e-3)
    expected_means = [shrunken[str(trial)] for trial in range(1, 14)]
    assert found.study_means == pytest.approx(expected_means, abs=1e-3)


@pytest.mark.nuts
def test_pooled_rates_equal_the_posterior_on_a_grid_and_are_close_to_metafor(bcg_reference):
    counts = cells(bcg(), "tpos", "tneg", "cpos", "cneg")
    found = pool_rates(*counts, engine=Nuts(draws=4000), seed=1)
    priors = PoolingPriors()
    likelihoods = binomial_likelihoods(np.column_stack(counts), priors.baseline.scale)
    exact = integrate(likelihoods, mean_scale=priors.effect.scale)
    # a twentieth of a standard deviation: five standard errors of some 10,000 draws
    assert float(found.effect.mean()) == pytest.approx(exact.mean, abs=exact.sd / 20)
    assert float(found.effect.std()) == pytest.approx(exact.sd, rel=0.04)
    assert float(found.heterogeneity.mean()) == pytest.approx(
        exact.spread_mean, abs=exact.spread_sd / 20
    )
    assert float(found.heterogeneity.std()) == pytest.approx(exact.spread_sd, rel=0.05)
    shrunken = found.studies.mean(("chain", "draw")).to_numpy()
    assert shrunken == pytest.approx(exact.study_means, abs=0.02)
    # Maximum likelihood is close to the posterior mean, within a sixth of a standard error,
    # and surer of itself than the posterior is: it takes tau as known.
    for model in ("glmm_UM.FS", "glmm_UM.RS"):
        metafor = bcg_reference[model]
        assert float(found.effect.mean()) == pytest.approx(metafor["estimate"], abs=0.03)
        assert 1 < float(found.effect.std()) / metafor["se"] < 1.15
    assert float((found.new - found.effect).std()) == pytest.approx(
        np.sqrt(float((found.heterogeneity**2).mean())), rel=0.06
    )


@pytest.mark.nuts
@pytest.mark.slow
def test_pooled_trials_of_cognitive_behavioural_programmes_equal_the_published_odds_ratio():
    # Landenberger and Lipsey (2005): mean odds ratio 1.53 of not reoffending, so 0.65
    trials = landenberger()
    counts = cells(trials, "n.cbt.rec", "n.cbt.non", "n.ctrl.rec", "n.ctrl.non")
    found = pool_rates(*counts, labels=trials["study"].tolist(), seed=1)
    assert found.odds_ratio == pytest.approx(1 / 1.53, abs=0.02)
    assert found.interval.upper < 1 < found.prediction.upper
    assert 0.85 < found.probability_of_benefit_new < 0.95


def test_the_table_has_a_row_for_each_study_the_mean_and_a_new_programme(pooled):
    table = pooled.table
    assert list(table.index) == ["Ash", "Bay", "mean", "new programme"]
    assert table["odds_ratio"].to_numpy() == pytest.approx([0.6, 0.4, 0.5, 0.5])
    assert table["probability_of_benefit"].to_numpy() == pytest.approx([1, 1, 1, 2 / 3])
    assert table.loc["Ash", "observed"] == pytest.approx((4 / 6) / (6 / 4))
    assert table["observed"].isna().tolist() == [False, True, True, True]  # nobody in Bay: 0 of 5


def test_odds_become_a_difference_where_the_comparison_rate_is_known(pooled):
    # odds of 40 in 60 halved are 20 in 60: 25 % against 40 %
    assert pooled.difference_at(0.4).to_numpy() == pytest.approx(np.full((1, 3), -0.15))
    assert pooled.difference_at(0.5, new=True).to_numpy() == pytest.approx(
        np.array([[0.2 - 0.5, 1 / 3 - 0.5, 0.6 - 0.5]])
    )
    with pytest.raises(InputError, match="expected a number above 0 and below 1, found 40"):
        pooled.difference_at(40)


def test_the_printed_result_says_what_a_new_programme_may_do(pooled):
    assert repr(pooled) == (
        "<Meta-analysis of the rates of 2 studies: odds ratio 0.50 (0.50 to 0.50); "
        "a new programme 0.25 to 1.50>"
    )
    assert pooled.probability_of_benefit == 1


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        (([1], [2], [1], [2]), {}, "studies: expected 2 or more, found 1"),
        (
            ([1, 5], [2, 4], [1, 0.5], [2, 0]),
            {},
            "treated_events: expected no more reoffenders than n_treated, found 1 other, row 2\n"
            "  - n_comparison: expected whole numbers above 0, found 1 other, row 2\n"
            "  - comparison_events: expected whole numbers from 0 to n_comparison, "
            "found 1 other, row 2",
        ),
        (
            ([1, np.nan], [2, np.inf], [-1, 0], [2, 4]),
            {},
            "n_treated: expected whole numbers above 0, found 1 other, row 2\n"
            "  - treated_events: expected whole numbers from 0 to n_treated, found 1 other, row 2\n"
            "  - comparison_events: expected whole numbers from 0 to n_comparison, "
            "found 1 other, row 1",
        ),
        (
            ([1, 1], [2, 2], [1], [2, 2]),
            {"labels": ["Ash"]},
            "expected one value and label for each study in every column, "
            "found shapes (2,), (2,), (1,), (2,), 1 labels",
        ),
    ],
)
def test_impossible_counts_are_refused_with_every_fault(columns, options, message):
    with pytest.raises(InputError) as error:
        pool_rates(*columns, **options)
    assert message in str(error.value)
