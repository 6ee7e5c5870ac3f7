import pytest

import desist as ds
from desist.errors import InputError
from desist.sensitivity.specifications.choices import (
    Exclusion,
    Option,
    combine,
    find_choices_faults,
    find_exclusion_faults,
)

CHOICES = {
    "method": [Option("radius", ds.RadiusMatching()), Option("entropy", ds.EntropyBalancing())],
    "formula": [Option("standard", "age"), Option("complex", "age + copas")],
    "horizon": [Option("a year", 365.0), Option("half a year", 182.5, "not equivalent")],
}


def test_every_combination_is_made_and_the_first_options_come_first():
    made, ruled_out = combine(CHOICES, [])
    assert len(made) == 8
    assert ruled_out == []
    assert [option.name for _, option in made[0]] == ["standard", "radius", "a year"]


def test_combinations_are_ruled_out_by_name_with_the_reason():
    exclusion = Exclusion({"method": "entropy", "formula": ("complex",)}, "it has no solution")
    made, ruled_out = combine(CHOICES, [exclusion])
    assert len(made) == 6
    assert len(ruled_out) == 2
    assert {reason for _, reason in ruled_out} == {"it has no solution"}
    assert {names["method"] for names, _ in ruled_out} == {"entropy"}


def test_everything_ruled_out_is_a_fault():
    with pytest.raises(InputError, match="expected some combination that is left"):
        combine(CHOICES, [Exclusion({"formula": ("standard", "complex")}, "none")])


def test_every_fault_of_the_choices_is_listed():
    faults = find_choices_faults(
        {
            "colour": [Option("red", 1)],
            "method": [],
            "formula": [Option("a", "age"), Option("a", "age"), Option("b", "age", "alike"), "c"],
        }
    )
    said = [str(fault) for fault in faults]
    assert len(said) == 5
    assert any("an unknown dimension" in one for one in said)
    assert any("expected at least one option" in one for one in said)
    assert any("expected different names" in one for one in said)
    assert any("expected one of equivalent, uncertain, not equivalent" in one for one in said)
    assert any("expected an Option(name, value)" in one for one in said)
    assert "expected options by dimension" in str(find_choices_faults([])[0])


def test_an_exclusion_may_name_only_what_is_there():
    faults = find_exclusion_faults([Exclusion({"method": "pairs"}, ""), 3], CHOICES)
    assert len(faults) == 2
    assert "expected one of radius, entropy" in str(faults[0])
    assert len(find_exclusion_faults("none", CHOICES)) == 1
