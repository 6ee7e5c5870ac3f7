"""What README shows is what happens."""

import re
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_python_of_the_readme_runs_and_writes_a_report(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL):
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102 - our own text
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "annex.xlsx",
        "evaluation.json",
        "evaluation.nc",
        "report.html",
        "report.md",
        "tables",
    ]
    printed = capsys.readouterr().out
    assert "well matched" in printed
    assert "Effect on Reoffending rate" in printed


def test_the_files_that_the_readme_points_to_are_there():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (Path(__file__).parents[2] / target).exists(), target


def test_what_debian_needs_stands_before_the_two_commands():
    boxes = [box.strip() for box in re.findall(r"```\n(.*?)```", README, flags=re.DOTALL)]
    commands = (
        "python3 -m pip install uv && python3 -m uv run desist demo\npython3 -m uv run pytest"
    )
    assert boxes.index("python3 -m venv .uv && . .uv/bin/activate") < boxes.index(commands)


def test_the_page_for_a_table_of_ones_own_is_linked_before_anything_is_typed():
    assert README.index("docs/guides/spreadsheet.rst") < README.index("```")
