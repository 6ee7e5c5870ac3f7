import pytest

from desist.errors import InputError
from desist.models.priors import FLAT
from desist.models.process import ProcessModel
from desist.models.process_published import PublishedProcessModel


def test_the_model_takes_neither_people_nor_a_shape():
    constant = ProcessModel(log_shape=None, log_dispersion=FLAT)
    assert PublishedProcessModel(constant).read_columns(None, 365) is None
    with pytest.raises(InputError) as caught:
        PublishedProcessModel(ProcessModel())
    assert str(caught.value) == (
        "published process: 1 fault\n  - log_shape: expected None, found Normal(0, 0.5); "
        "see shape_for_days"
    )
