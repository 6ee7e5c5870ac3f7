import pytest

from desist.inference.blocks import cut_slices


@pytest.mark.parametrize(
    ("size", "at_once", "lengths"),
    [(0, 3, []), (2, 3, [2]), (6, 3, [3, 3]), (7, 3, [3, 3, 1])],
)
def test_slices_hold_everything_once_and_the_last_ends_where_it_ends(size, at_once, lengths):
    slices = cut_slices(size, at_once)
    assert [one.stop - one.start for one in slices] == lengths
    assert [place for one in slices for place in range(size)[one]] == list(range(size))
