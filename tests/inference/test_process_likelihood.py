from itertools import product

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from desist.inference.likelihood import negative_binomial
from desist.inference.process_likelihood import (
    NEVER,
    counts_of_group,
    expand_counts,
    first_offence,
)
from desist.inference.straight import simplify


@pytest.fixture
def evaluate():
    import pytensor.tensor as pt
    from pytensor.compile.mode import Mode

    plain = Mode(linker="py", optimizer=None)  # the compiler of C takes a second a node

    def evaluate_plainly(function, *values):
        (graph,) = simplify([function(*[pt.as_tensor_variable(value) for value in values])])
        return np.asarray(graph.eval(mode=plain))

    return evaluate_plainly


def test_the_first_of_n_offences_falls_where_the_least_of_n_times_does(evaluate):
    counts, start, end, shape = np.array([1.0, 3.0, 8.0]), 0.2, 0.3, 1.4
    expected = [
        quad(lambda t, n=n: n * (1 - t**shape) ** (n - 1) * shape * t ** (shape - 1), start, end)[0]
        for n in counts
    ]
    ends = np.full(3, np.log(start)), np.full(3, np.log(end))
    found = evaluate(first_offence, counts, *ends, np.ones(3), np.log(shape))
    np.testing.assert_allclose(np.exp(found), expected, rtol=1e-10)


def test_some_interval_holds_the_first_offence_and_nobody_without_one_has_a_term(evaluate):
    starts = np.concatenate([[NEVER], np.log(np.arange(1, 10) / 10)])
    ends = np.append(starts[1:], starts[-1])
    is_open = np.append(np.ones(9), 0.0)
    found = evaluate(first_offence, np.full(10, 4.0), starts, ends, is_open, np.log(0.6))
    assert np.exp(found).sum() == pytest.approx(1.0, abs=1e-14)
    nobody = evaluate(first_offence, np.zeros(1), [NEVER], [NEVER], np.zeros(1), np.log(0.6))
    assert nobody.tolist() == [0.0]


@pytest.mark.parametrize(("n", "start", "end"), [(1, 0.0, 0.01), (2, 0.4, 0.5), (6, 0.97, 1.0)])
def test_count_and_time_together_are_the_process_averaged_over_the_intensities(
    evaluate, n, start, end
):
    # none before the start and n after it, less none before the end and n after it
    mean, dispersion, shape = 1.7, 0.4, 0.8

    def of_intensity(g):
        def none_then_n(time):
            before = mean * g * time**shape
            return stats.poisson.pmf(0, before) * stats.poisson.pmf(n, mean * g - before)

        weight = stats.gamma.pdf(g, dispersion, scale=1 / dispersion)
        return weight * (none_then_n(start) - none_then_n(end))

    expected = quad(of_intensity, 0, 1)[0] + quad(of_intensity, 1, np.inf)[0]
    count = evaluate(
        lambda y, eta, log_a, arm, position: negative_binomial(y, eta, log_a, (y, arm), position),
        np.array([float(n)]),
        np.log([mean]),
        np.log([dispersion]),
        np.zeros(1, dtype=int),
        np.zeros(1, dtype=int),
    )
    is_open = float(end < 1)
    log_start = np.log(start) if start else NEVER
    time = evaluate(
        first_offence,
        np.array([float(n)]),
        np.array([log_start]),
        np.array([np.log(end) if is_open else log_start]),
        np.array([is_open]),
        np.log(shape),
    )
    assert np.exp(count + time).item() == pytest.approx(expected, rel=1e-6)


def test_the_slope_is_finite_on_the_first_day_on_the_last_and_without_offences():
    pt = pytest.importorskip("pytensor.tensor")
    from pytensor import grad

    log_shape = pt.dscalar("log_shape")
    day = 1 / 365
    starts = np.array([NEVER, np.log(1 - day), NEVER])
    ends = np.array([np.log(day), np.log(1 - day), NEVER])
    terms = first_offence(
        np.array([2.0, 2.0, 0.0]), starts, ends, np.array([1.0, 0.0, 0.0]), log_shape
    )
    slopes = [grad(terms[row], log_shape).eval({log_shape: -0.3}) for row in range(3)]
    # on the first day n s^k is all that matters: its log changes by k log s
    assert slopes[0] == pytest.approx(np.exp(-0.3) * np.log(day), rel=0.02)
    assert np.isfinite(slopes).all()
    assert slopes[2] == 0


@pytest.mark.parametrize(("n_reoffenders", "n_offences"), [(0, 0), (2, 2), (2, 5), (4, 7)])
def test_reoffenders_and_offences_of_a_group_are_counted_over_every_way(
    evaluate, n_reoffenders, n_offences
):
    mean, dispersion, n_people = 0.9, 0.3, 4
    person = stats.nbinom(dispersion, dispersion / (dispersion + mean))
    expected = sum(
        person.pmf(counts).prod()
        for counts in product(range(n_offences + 1), repeat=n_people)
        if sum(counts) == n_offences and np.count_nonzero(counts) == n_reoffenders
    )
    found = evaluate(
        lambda log_mean, log_a, *pair: counts_of_group(n_offences, log_mean, log_a, n_people, pair),
        np.log(mean),
        np.log(dispersion),
        *expand_counts(n_people, n_reoffenders, n_offences),
    )
    assert np.exp(found).item() == pytest.approx(expected, rel=1e-12)


def test_a_large_group_with_hardly_any_dispersion_loses_no_digits(evaluate):
    # ((1 - z)^-a - 1)^x is a^x (-log(1 - z))^x when a is small: x!/T! c(T, x) a^x
    powers, coefficients = expand_counts(83, 13, 26)
    found = evaluate(
        lambda *pair: counts_of_group(26, np.log(0.3), np.log(1e-9), 83, pair), powers, coefficients
    )
    leading = coefficients[0] + 13 * np.log(1e-9)
    probability = -83e-9 * np.log1p(0.3e9) + 26 * (np.log(0.3) - np.log(0.3 + 1e-9))
    assert found.item() == pytest.approx(leading + probability, rel=1e-8)
