import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from desist.checks.offences.quasi_poisson import quasi_poisson
from desist.checks.people.weighted import clustered_difference, weighted_difference
from desist.checks.people.welch import welch
from desist.errors import InputError

from ..conftest import REFERENCE


@pytest.fixture(scope="module")
def lalonde_radius():
    expected = json.loads((REFERENCE / "radius" / "radius.json").read_text())["r0.01"]
    weights = pd.read_csv(REFERENCE / "radius" / "lalonde_radius_weights.csv")["r0.01"]
    return pd.read_csv(REFERENCE / "lalonde.csv"), weights, expected


def regression(frame, outcome, **fit):
    import statsmodels.api as sm

    x = sm.add_constant(frame["treated"].astype(float))
    return sm.WLS(frame[outcome].astype(float), x, weights=frame["weights"]).fit(**fit)


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
def test_weighted_difference_equals_the_weighted_regression(uneven, kind):
    fit = regression(uneven, "days", cov_type=kind)
    found = weighted_difference(uneven["days"], uneven["treated"], uneven["weights"], kind=kind)
    assert found.estimate == pytest.approx(fit.params["treated"])
    assert found.standard_error == pytest.approx(fit.bse["treated"], rel=1e-9)


def test_clustered_difference_equals_the_clustered_regression(uneven):
    sets = np.arange(len(uneven)) % 11
    fit = regression(
        uneven,
        "offences",
        cov_type="cluster",
        cov_kwds={"groups": sets, "use_correction": False},
    )
    found = clustered_difference(
        uneven["offences"], uneven["treated"], uneven["weights"], clusters=sets, small_sample=False
    )
    assert found.standard_error == pytest.approx(fit.bse["treated"], rel=1e-9)
    larger = clustered_difference(
        uneven["offences"], uneven["treated"], uneven["weights"], clusters=sets
    )
    assert larger.standard_error == pytest.approx(found.standard_error * np.sqrt(11 / 10))


def test_two_way_clusters_equal_the_sum_of_one_way_variances(uneven):
    sets, person = np.arange(90) % 11, np.arange(90) % 7
    fit = regression(
        uneven,
        "offences",
        cov_type="cluster",
        cov_kwds={"groups": np.column_stack([sets, person]), "use_correction": False},
    )
    found = clustered_difference(
        uneven["offences"],
        uneven["treated"],
        uneven["weights"],
        clusters=sets,
        second_clusters=person,
        small_sample=False,
    )
    assert found.standard_error == pytest.approx(fit.bse["treated"], rel=1e-9)


def test_hc2_of_equal_weights_is_welch(uneven):
    robust = weighted_difference(uneven["days"], uneven["treated"], kind="HC2")
    plain = welch(uneven["days"], uneven["treated"])
    assert robust.standard_error == pytest.approx(plain.standard_error)
    assert robust.df == pytest.approx(plain.df)


def test_one_person_with_all_the_weight_has_no_hc3_error():
    found = weighted_difference([1.0, 2.0, 3.0, 4.0], [1, 1, 0, 0], [1.0, 1.0, 1.0, 0.0])
    assert np.isnan(found.p_value)


def test_unknown_kind_of_error_is_refused():
    with pytest.raises(InputError, match="kind: expected one of HC0, HC1, HC2, HC3, found 'HC4'"):
        weighted_difference([1.0, 2.0], [1, 0], kind="HC4")


def test_radius_matched_errors_equal_r(lalonde_radius):
    people, weights, expected = lalonde_radius
    treated = people["treat"] == 1
    for outcome, entry in ((people["re78"], "re78"), (people["re78"] > 0, "emp78")):
        numbers = expected[entry]
        for kind in ("HC0", "HC1", "HC3"):
            key = f"se_{kind}" if entry == "re78" else f"rd_se_{kind}"
            if key in numbers:
                found = weighted_difference(outcome.astype(float), treated, weights, kind=kind)
                assert found.standard_error == pytest.approx(numbers[key], rel=1e-9)


def test_quasi_poisson_equals_the_robust_poisson_regression(uneven):
    import statsmodels.api as sm

    exposure = np.linspace(100, 365, len(uneven))
    x = sm.add_constant(uneven["treated"].astype(float))
    model = sm.GLM(
        uneven["offences"],
        x,
        family=sm.families.Poisson(),
        offset=np.log(exposure),
        freq_weights=uneven["weights"],
    ).fit(tol=1e-12)
    # the sandwich by hand: scores of probability weights are weighted before squaring
    mu = np.asarray(model.mu)
    w = uneven["weights"].to_numpy()
    design = x.to_numpy()
    bread = np.linalg.inv(design.T @ (design * (w * mu)[:, None]))
    scores = design * (w * (uneven["offences"].to_numpy() - mu))[:, None]
    covariance = bread @ (scores.T @ scores) @ bread
    found = quasi_poisson(
        uneven["offences"], uneven["treated"], w, time_at_risk=exposure, kind="HC0"
    )
    assert np.log(found.estimate) == pytest.approx(model.params["treated"], abs=1e-8)
    assert found.standard_error == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-7)


def test_quasi_poisson_of_a_poisson_count_has_the_poisson_error():
    rng = np.random.default_rng(3)
    counts = rng.poisson(2.0, 20_000)
    treated = np.arange(20_000) < 10_000
    found = quasi_poisson(counts, treated)
    expected = np.sqrt(1 / counts[treated].sum() + 1 / counts[~treated].sum())
    assert found.standard_error == pytest.approx(expected, rel=0.03)


def test_quasi_poisson_without_offences_in_an_arm_has_no_ratio():
    assert np.isnan(quasi_poisson([0, 0, 1, 2], [1, 1, 0, 0]).estimate)


def test_weighted_difference_has_student_limits(uneven):
    found = weighted_difference(uneven["days"], uneven["treated"], uneven["weights"])
    half = stats.t(found.df).ppf(0.975) * found.standard_error
    assert found.upper - found.estimate == pytest.approx(half)
