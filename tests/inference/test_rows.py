import numpy as np

from desist.inference.rows import collapse_rows


def test_people_with_the_same_values_become_one_row_with_the_sum_of_their_weights():
    columns = {"treated": np.array([1, 0, 0, 1]), "x": np.array([[2.0], [1.0], [1.0], [2.0]])}
    rows, weights, row_of_person = collapse_rows(columns, np.array([1.0, 0.5, 0.25, 3.0]))
    assert rows["treated"].tolist() == [0, 1]
    assert rows["x"].tolist() == [[1.0], [2.0]]
    assert weights.tolist() == [0.75, 4.0]
    assert row_of_person.tolist() == [1, 0, 0, 1]


def test_people_of_weight_zero_are_not_in_any_row():
    rows, weights, row_of_person = collapse_rows({"y": np.array([7.0, 1.0])}, np.array([0.0, 2.0]))
    assert rows["y"].tolist() == [1.0]
    assert weights.tolist() == [2.0]
    assert row_of_person.tolist() == [-1, 0]


def test_the_order_of_people_does_not_change_a_single_bit():
    rng = np.random.default_rng(3)
    columns = {"y": rng.integers(0, 3, 500), "x": rng.integers(0, 2, (500, 2)).astype(float)}
    weights, order = rng.random(500), rng.permutation(500)
    rows, total, row = collapse_rows(columns, weights)
    shuffled, again, row_again = collapse_rows(
        {k: v[order] for k, v in columns.items()}, weights[order]
    )
    assert np.array_equal(total, again)
    assert np.array_equal(row[order], row_again)
    assert all(np.array_equal(rows[name], shuffled[name]) for name in rows)
