import numpy as np
import pytest
from scipy import stats

from desist.effects._error import find_errors
from desist.inference.diagnostics import Diagnostics


def test_the_error_of_a_limit_is_what_other_draws_move_it_by():
    rng = np.random.default_rng(5)
    ends = np.quantile(rng.standard_normal((400, 2000)), [0.025, 0.975], axis=1)
    laplace = Diagnostics("laplace", khat=0.1)
    made = [find_errors(rng.standard_normal((1, 2000)), 0.95, laplace) for _ in range(50)]
    found = np.mean(made, axis=0)
    assert found == pytest.approx(ends.std(axis=1), rel=0.15)
    # by theory: sqrt(p (1 - p) / n) over the density at the limit
    theory = np.sqrt(0.025 * 0.975 / 2000) / stats.norm.pdf(stats.norm.ppf(0.025))
    assert found == pytest.approx([theory, theory], rel=0.15)


def test_fewer_effective_draws_have_a_larger_error():
    draws = stats.norm.ppf((np.arange(4000.0)[np.newaxis] + 0.5) / 4000)
    of_all = find_errors(draws, 0.95, Diagnostics("laplace", khat=0.1))
    few = Diagnostics("laplace", khat=0.1, ess_bulk_min=1000, ess_tail_min=3000)
    assert find_errors(draws, 0.95, few) == pytest.approx(np.multiply(2, of_all), rel=0.1)


def test_chains_that_stay_where_they_are_have_a_larger_error_than_independent_draws():
    rng = np.random.default_rng(6)
    steps = rng.standard_normal((4, 1000))
    slow = np.zeros((4, 1000))
    for at in range(1, 1000):
        slow[:, at] = 0.9 * slow[:, at - 1] + np.sqrt(0.19) * steps[:, at]
    nuts = Diagnostics("nuts", rhat_max=1.0, ess_bulk_min=4000, ess_tail_min=4000)
    assert sum(find_errors(slow, 0.95, nuts)) > 1.5 * sum(find_errors(steps, 0.95, nuts))


def test_an_integral_has_no_monte_carlo_error():
    assert find_errors(np.arange(100.0), 0.95, Diagnostics("quadrature")) == (0.0, 0.0)
