import pickle

from desist.errors import Fault, InputError


def test_an_input_error_travels_from_a_worker_process_with_its_faults():
    error = InputError(
        "cohort", [Fault("age", "numbers", "2 texts"), Fault("days", "0 or more", "-1")]
    )
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - as an executor hands it on
    assert str(again) == str(error)
    assert again.faults == error.faults
