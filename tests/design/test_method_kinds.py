"""Settings of the wrong kind, as a settings file may hold them."""

import pytest

from desist.design.catalogue import make_method
from desist.errors import InputError


@pytest.mark.parametrize(
    ("name", "settings", "fault"),
    [
        ("radius", {"caliper": "0.1"}, "caliper as a number, found '0.1'"),
        ("radius", {"caliper": True}, "caliper as a number, found True"),
        ("ipw", {"truncate": "0.99"}, "found '0.99'"),
        ("ipw", {"trim": 0.05}, "found 0.05"),
        ("cem", {"bins": 4}, "found 4"),
        ("given", {"column": 3}, "column as text, found 3"),
        ("nearest", {"replacement": "yes"}, "replacement as true or false, found 'yes'"),
        ("nearest", {"exact": "sex"}, "exact as a list, found 'sex'"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_refused(name, settings, fault):
    with pytest.raises(InputError) as caught:
        make_method(name, settings)
    assert fault in str(caught.value)
    assert str(caught.value).startswith("design: 1 fault")


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("radius", {"caliper": 1}),
        ("ipw", {"trim": [0.05, 0.95]}),
        ("nearest", {"caliper": None, "exact": ["sex"], "replacement": True}),
        ("given", {"column": "weight"}),
    ],
)
def test_settings_of_the_right_kind_are_taken(name, settings):
    assert make_method(name, settings).name == name
