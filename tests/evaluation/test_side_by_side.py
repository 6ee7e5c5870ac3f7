"""Studies evaluated at the same time have the numbers that each has alone."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

import desist as ds

STUDIES = tuple(range(8))


def evaluate_study(number):
    """Evaluate one of eight studies of other people, sizes and methods; plain numbers."""
    cohort = ds.simulate_cohort(40 + number, 150 + 7 * number, rng=number, n_groups=0).cohort
    method = (ds.RadiusMatching(caliper=0.3), ds.EntropyBalancing(), ds.InverseProbability())
    design = ds.build_design(cohort, "age + copas", method=method[number % 3], estimand="ATT")
    found = ds.evaluate(cohort, design, inference="laplace", seed=number)
    rows = [str(row) for row in found.measures]  # as text: nan is not nan
    return rows + [str(check) for check in found.checks]


@pytest.fixture(scope="module")
def one_after_the_other():
    return [evaluate_study(number) for number in STUDIES]


def test_eight_threads_give_the_numbers_of_one_after_the_other(one_after_the_other):
    with ThreadPoolExecutor(len(STUDIES)) as pool:
        assert list(pool.map(evaluate_study, STUDIES)) == one_after_the_other


def test_threads_that_evaluate_one_study_give_one_answer(one_after_the_other):
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(evaluate_study, [3] * 4):
            assert found == one_after_the_other[3]


@pytest.mark.slow
def test_eight_processes_give_the_numbers_of_one_after_the_other(one_after_the_other):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(STUDIES), mp_context=context) as pool:
        assert list(pool.map(evaluate_study, STUDIES)) == one_after_the_other
