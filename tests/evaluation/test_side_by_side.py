"""Studies evaluated at the same time have the numbers that each has alone."""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # new processes are told of it
from eight_studies import STUDIES, evaluate_study


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
def test_processes_give_the_numbers_of_one_after_the_other(one_after_the_other):
    some = STUDIES[2:6]  # each method, and the first one twice
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(evaluate_study, some)) == one_after_the_other[2:6]
