"""The demo, as it comes: with all pictures and the draws that are the default."""

import json

from .test_commands import WRITTEN, run


def test_the_demo_does_both_real_jobs(tmp_path, monkeypatch):
    assert run(monkeypatch, "demo", "--out", tmp_path) == 0
    for job in ("published", "recid"):
        files = {path.name for path in (tmp_path / job).iterdir()}
        assert files == WRITTEN
    published = json.loads((tmp_path / "published" / "evaluation.json").read_text())
    rate = next(row for row in published["measures"] if row["measure"] == "rate")
    assert -0.20 < rate["lower"] < rate["upper"] < -0.02
    recid = json.loads((tmp_path / "recid" / "evaluation.json").read_text())
    assert [row["measure"] for row in recid["measures"]] == [
        "rate",
        "rmst",
        "time_among_reoffenders",
        "hazard_ratio",
    ]
    assert any("cohort has no column of offences" in warning for warning in recid["warnings"])
