"""Who carries a result, in a picture."""

import pandas as pd
import pytest

from desist.errors import InputError
from desist.report.pictures.influence import influence
from desist.sensitivity.result import SensitivityResult


def make_result(table, name="leave_out"):
    made = SensitivityResult.__new__(SensitivityResult)
    for key, value in {"name": name, "table": table, "units": {"moved": "people per 100"}}.items():
        object.__setattr__(made, key, value)
    return made


TABLE = pd.DataFrame(
    {
        "kind": ["participants", "participants", "reoffenders", "heavy"],
        "moved": [0.1, -0.2, -0.9, 0.3],
        "reason": ["", "", "", "it could not be fitted"],
    }
)


def test_one_row_a_kind_and_a_mark_for_each_left_out():
    axes = influence(make_result(TABLE)).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["participants who reoffended", "participants who did not"]
    reoffenders, others = axes.lines[:2]
    assert reoffenders.get_xdata().tolist() == [-0.9]
    assert others.get_xdata().tolist() == [-0.2, 0.1]
    assert reoffenders.get_marker() != others.get_marker()
    assert axes.get_xlabel() == "move of the estimate without them (people per 100)"


def test_another_analysis_and_one_without_anybody_are_refused():
    with pytest.raises(InputError, match="expected what leave_out finds"):
        influence(make_result(TABLE, name="tipping_map"))
    with pytest.raises(InputError, match="0 rows"):
        influence(make_result(TABLE.iloc[3:]))
