"""What `desist check` says of a design: nothing that counts few people."""

import pytest

from desist.cli.check import describe_design

DESIGN = {
    "method": "radius",
    "estimand": "matched ATT",
    "n_treated": 52,
    "n_treated_dropped": None,
    "n_comparison": 1900,
    "ess_comparison": 412.4,
    "balance": [],
}


def test_the_few_who_find_nobody_are_not_told_beside_the_number_of_all():
    # "60 participants" stands above: 52 of them would be all but 8
    (line,) = describe_design("", DESIGN, ())
    assert line == (
        "radius (matched ATT): all but fewer than 10 participants with 1,900 comparison people, "
        "worth 412 with equal weights"
    )


@pytest.mark.parametrize(
    ("dropped", "told"), [(0, []), (14, ["  14 participants have nobody to be compared with"])]
)
def test_many_or_none_who_find_nobody_are_told(dropped, told):
    first, *others = describe_design("complex", DESIGN | {"n_treated_dropped": dropped}, ())
    assert first.startswith("complex analysis: radius (matched ATT): 52 participants with 1,900")
    assert others == told


def test_notes_of_a_design_count_no_few_people():
    notes = ("8 participants have fewer than 3 matches", "12 participants were discarded")
    _, *others = describe_design("", DESIGN, notes)
    assert others == [
        "  fewer than 10 participants have fewer than 3 matches",
        "  12 participants were discarded",
    ]
