import pickle

from desist.errors import Fault, InputError


def test_an_input_error_travels_from_a_worker_process_with_its_faults():
    error = InputError(
        "cohort", [Fault("age", "numbers", "2 texts"), Fault("days", "0 or more", "-1")]
    )
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - as an executor hands it on
    assert str(again) == str(error)
    assert again.faults == error.faults


def test_names_of_columns_neither_break_the_line_of_a_fault_nor_steer_a_terminal():
    fault = Fault("a\nb", "numbers", "\x1b[31mtext\u202e", "mend\tit")
    error = InputError("cohort", [fault])
    assert str(error).splitlines() == [
        "cohort: 1 fault",
        "  - a\\nb: expected numbers, found \\x1b[31mtext\\u202e; mend\\tit",
    ]
    assert error.faults == (fault,)
