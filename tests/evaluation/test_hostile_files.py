"""`load_evaluation` of files that somebody made or that were damaged: one clear error each."""

import json
import os

import h5py
import numpy as np
import pytest

import desist as ds
from desist.errors import InputError
from desist.evaluation import container

pytestmark = pytest.mark.usefixtures("few_draws")

KHAT = {"khat": 9.9, "rhat_max": 4.0, "ess_bulk_min": 1.0}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    evaluation = ds.evaluate_published(
        ds.datasets.making_connections(), inference=ds.Laplace(draws=200), seed=1
    )
    return ds.save_evaluation(evaluation, tmp_path_factory.mktemp("good") / "good.nc")


@pytest.fixture
def bad(good, tmp_path):
    path = tmp_path / "bad.nc"
    path.write_bytes(good.read_bytes())
    return path


def read_record(path):
    with h5py.File(path) as opened:
        return json.loads(opened["evaluation"][()].decode())


def write_record(path, record):
    with h5py.File(path, "a") as opened:
        del opened["evaluation"]
        opened["evaluation"] = record


def refuse(path):
    with pytest.raises(InputError) as caught:
        ds.load_evaluation(path)
    message = str(caught.value)
    assert message.startswith("evaluation: ")
    assert caught.value.faults
    return message


def set_in(path, value):
    """Return a change of a record: a value at the end of a path of names and places."""

    def change(record):
        inner = record
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value

    return change


RECORDS = {
    "a list": "[1]",
    "null": "null",
    "text": '"evaluation"',
    "not JSON": "{x",
    "nothing": "",
    "deep": "[" * 100_000,
    "long number": '{"schema": ' + "9" * 5000 + "}",
    "true as schema": '{"schema": true}',
}
CORRECTION = {"treated": 0.3, "comparison": 0.4, "contrast": -0.1, "lower": -0.2, "upper": 0.1}
CORRECTION |= {"sizes": [83.0, 500.0], "kish": None, "not_corrected": ["treated"]}
CHANGES = {
    "a correction of another kind": set_in(("effects", 0, "correction"), [1.0]),
    "a correction that is no number": set_in(
        ("effects", 0, "correction"), CORRECTION | {"lower": float("nan")}
    ),
    "three sizes": set_in(("effects", 0, "correction"), CORRECTION | {"sizes": [1.0, 2.0, 3.0]}),
    "an arm that is none": set_in(
        ("effects", 0, "correction"), CORRECTION | {"not_corrected": ["another"]}
    ),
    "unknown measure": set_in(("effects", 0, "measure"), "zz"),
    "measure as a list": set_in(("effects", 0, "measure"), []),
    "two of a measure": lambda r: r["effects"].append(r["effects"][0]),
    "a measure without draws": set_in(("effects", 0, "measure"), "rmst"),
    "draws without a measure": lambda r: r["effects"].pop(),
    "a failed fit": lambda r: r["effects"][1]["diagnostics"].update(KHAT),
    "an unknown diagnostic": set_in(("effects", 0, "diagnostics", "luck"), 1.0),
    "diagnostics as text": set_in(("effects", 0, "diagnostics"), "fine"),
    "an unknown engine": set_in(("effects", 0, "diagnostics", "engine"), "guess"),
    "people as text": set_in(("effects", 0, "n_treated"), "83"),
    "people as truth": set_in(("effects", 0, "n_treated"), True),
    "people below 0": set_in(("effects", 0, "n_treated"), -1),
    "certainty": set_in(("effects", 0, "probability"), 1.0),
    "a probability of text": set_in(("effects", 0, "probability"), "0.95"),
    "unknown estimand": set_in(("estimand",), "everybody"),
    "title as a number": set_in(("title",), 7),
    "seed as text": set_in(("seed",), "7"),
    "effects as a record": set_in(("effects",), {}),
    "effects of numbers": set_in(("effects",), [1]),
    "checks of text": set_in(("checks",), ["welch"]),
    "a check without a name": lambda r: r["checks"][0].pop("check"),
    "a check with more": set_in(("checks", 0, "more"), 1),
    "an unknown scale": set_in(("checks", 0, "scale"), "odds"),
    "a p-value of 2": set_in(("checks", 0, "p_value"), 2.0),
    "an estimate of text": set_in(("checks", 0, "estimate"), "-0.1"),
    "an estimate without end": set_in(("checks", 0, "estimate"), 10**400),
    "unavailable measures as a list": set_in(("unavailable",), ["rmst"]),
    "an unknown unavailable measure": set_in(("unavailable",), {"zz": "why"}),
    "a reason as a number": set_in(("unavailable",), {"rmst": 1}),
    "warnings as text": set_in(("warnings",), "none"),
    "warnings of numbers": set_in(("warnings",), [1]),
    "settings as text": set_in(("settings",), "none"),
    "horizon as text": set_in(("settings", "horizon"), "365"),
    "models as text": set_in(("settings", "models"), "rate"),
    "a formula as a number": set_in(("settings", "design"), {"formula": 3}),
    "deep settings": set_in(("settings", "x"), json.loads("[" * 50 + "]" * 50)),
    "design as text": set_in(("design",), "radius"),
    "an empty design": set_in(("design",), {}),
    "flow as text": set_in(("flow",), "142"),
    "a flow that does not add up": set_in(("flow", "steps", 1, "n_remaining"), 7),
    "an empty flow": set_in(("flow", "steps"), []),
    "a published mean of text": set_in(("published", "measures", 0, "treated"), "0.157"),
    "a published size without end": set_in(("published", "measures", 0, "n_treated"), -5),
    "no published measure": set_in(("published", "measures"), []),
    "more than is known": set_in(("more",), 1),
    "another digest": set_in(("digest",), "0" * 64),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_that_is_none_is_refused(bad, name):
    write_record(bad, RECORDS[name])
    assert len(refuse(bad)) < 300


@pytest.mark.parametrize("name", CHANGES)
def test_a_record_with_a_field_of_another_kind_is_refused(bad, name):
    record = read_record(bad)
    CHANGES[name](record)
    write_record(bad, json.dumps(record))
    refuse(bad)


def test_a_correction_is_read(bad):
    record = read_record(bad)
    record["effects"][0]["correction"] = CORRECTION
    write_record(bad, json.dumps(record))
    correction = ds.load_evaluation(bad).effects[0].correction
    assert (correction.sizes, correction.not_corrected) == ((83.0, 500.0), ("treated",))


def test_a_record_that_was_written_again_unchanged_is_read(bad):
    write_record(bad, json.dumps(read_record(bad)))
    assert ds.load_evaluation(bad).title.startswith("Making Connections")


@pytest.mark.parametrize("key", ["title", "estimand", "effects", "checks", "settings", "seed"])
def test_a_record_without_a_key_is_refused(bad, key):
    record = read_record(bad)
    del record[key]
    write_record(bad, json.dumps(record))
    assert f"{key}: expected a value, found none" in refuse(bad)


def test_all_faults_of_a_record_are_listed(bad):
    record = read_record(bad) | {"title": 7, "seed": "x", "warnings": 3}
    write_record(bad, json.dumps(record))
    assert refuse(bad).startswith("evaluation: 3 faults")


def outside(opened, secret):
    shape = opened["rate_treated"].shape
    del opened["rate_treated"]
    where = [(str(secret), 0, int(np.prod(shape)))]
    opened.create_dataset("rate_treated", shape, dtype="u1", external=where)


def outside_floats(opened, secret):
    shape = opened["rate_treated"].shape
    del opened["rate_treated"]
    where = [(str(secret), 0, 8 * int(np.prod(shape)))]
    opened.create_dataset("rate_treated", shape, dtype="f8", external=where)


def replace_by(make):
    def change(opened, _):
        del opened["rate_treated"]
        make(opened)

    return change


def make_virtual(opened):
    layout = h5py.VirtualLayout((4, 50), "f8")
    layout[:] = h5py.VirtualSource("other.nc", "secret", (4, 50))
    opened.create_virtual_dataset("rate_treated", layout)


def make_references(opened):
    opened["rate_treated"] = np.full((4, 50), opened["draw"].ref, dtype=h5py.ref_dtype)


def make_compound(opened):
    opened["rate_treated"] = np.zeros((4, 50), dtype=[("a", "f8"), ("b", "f8")])


def make_bomb(name):
    def change(opened, _):
        if name in opened:
            del opened[name]
        settings = {"dtype": "f8", "chunks": (1000, 1000), "compression": "gzip"}
        opened.create_dataset(name, (4 * 10**5, 10**6), **settings)

    return change


def fill(value):
    def change(opened, _):
        opened["rate_treated"][0, 7] = value

    return change


FILES = {
    "storage in another file": outside,
    "numbers in another file": outside_floats,
    "a bomb": make_bomb("rate_treated"),
    "a bomb of another name": make_bomb("bomb"),
    "not a number": fill(np.nan),
    "infinite": fill(-np.inf),
    "another number": fill(0.5),
    "a soft link": replace_by(lambda f: f.__setitem__("rate_treated", h5py.SoftLink("/draw"))),
    "a dangling link": replace_by(lambda f: f.__setitem__("rate_treated", h5py.SoftLink("/no"))),
    "an external link": replace_by(
        lambda f: f.__setitem__("rate_treated", h5py.ExternalLink("other.nc", "/x"))
    ),
    "a virtual array": replace_by(make_virtual),
    "references": replace_by(make_references),
    "pairs": replace_by(make_compound),
    "texts": replace_by(lambda f: f.__setitem__("rate_treated", ["a", "b"])),
    "whole numbers": replace_by(
        lambda f: f.create_dataset("rate_treated", data=np.zeros((4, 50), dtype=int))
    ),
    "one dimension": replace_by(lambda f: f.create_dataset("rate_treated", data=np.zeros(200))),
    "no draws": replace_by(lambda f: f.create_dataset("rate_treated", (0, 50), dtype="f8")),
    "another shape": replace_by(lambda f: f.create_dataset("rate_treated", data=np.zeros((4, 51)))),
    "a group": replace_by(lambda f: f.create_group("rate_treated")),
    "a type": replace_by(lambda f: f.__setitem__("rate_treated", np.dtype("f8"))),
    "nothing": replace_by(lambda _: None),
    "a group besides": lambda f, _: f.create_group("more"),
    "many names": lambda f, _: [f.create_group(f"g{i}") for i in range(200)],
    "a record of numbers": lambda f, _: (
        f.__delitem__("evaluation"),
        f.__setitem__("evaluation", 3.0),
    ),
    "two records": lambda f, _: (
        f.__delitem__("evaluation"),
        f.__setitem__("evaluation", ["{}", "{}"]),
    ),
    "a record behind a link": lambda f, _: (
        f.move("evaluation", "text"),
        f.__setitem__("evaluation", h5py.SoftLink("/text")),
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_holds_anything_else_is_refused(bad, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret"
    secret.write_bytes(b"TOP SECRET".ljust(4000))
    with h5py.File(bad, "a") as opened:
        FILES[name](opened, secret)
    assert "TOP SECRET" not in refuse(bad)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(bad, monkeypatch):
    os.truncate(bad, container.LARGEST + 1)
    monkeypatch.setattr("pathlib.Path.read_bytes", None)
    assert "at most 268,435,456 bytes" in refuse(bad)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "none.nc"])
def test_a_path_that_leads_nowhere_is_refused(tmp_path, name):
    assert "expected a file, found none" in refuse(tmp_path / name)


def test_a_folder_and_a_pipe_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "expected a file" in refuse(tmp_path / "pipe")
    assert "found a folder" in refuse(tmp_path)


def test_a_file_cut_short_anywhere_is_refused(good, tmp_path):
    content, path = good.read_bytes(), tmp_path / "short.nc"
    for share in np.linspace(0, 0.99, 40):
        path.write_bytes(content[: int(share * len(content))])
        refuse(path)


def test_a_file_with_changed_bytes_is_read_as_it_was_or_refused(good, tmp_path):
    content, path = good.read_bytes(), tmp_path / "changed.nc"
    draws = ds.load_evaluation(good).draws
    chance = np.random.default_rng(2017)
    n_refused = 0
    for _ in range(150):
        changed = bytearray(content)
        for _ in range(int(chance.choice([1, 4, 40]))):
            changed[chance.integers(len(changed))] = chance.integers(256)
        path.write_bytes(changed)
        try:
            assert ds.load_evaluation(path).draws.identical(draws)
        except InputError:
            n_refused += 1
    assert n_refused > 50
