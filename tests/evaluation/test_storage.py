import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import xarray as xr

import desist as ds
from desist.errors import InputError
from desist.estimands import Measure
from desist.evaluation.storage import _encode, pack_evaluation

pytestmark = pytest.mark.usefixtures("few_draws")


@pytest.fixture(scope="module")
def evaluation():
    return ds.evaluate_published(ds.datasets.making_connections(), inference="laplace", seed=1)


def test_an_evaluation_comes_back_as_it_was(evaluation, tmp_path):
    again = ds.load_evaluation(ds.save_evaluation(evaluation, tmp_path / "evaluation.nc"))
    assert again.draws.identical(evaluation.draws)
    assert again.table.equals(evaluation.table)
    assert repr(again) == repr(evaluation)
    for name in (
        "estimand",
        "seed",
        "warnings",
        "unavailable",
        "flow",
        "published",
        "package_version",
    ):
        assert getattr(again, name) == getattr(evaluation, name)


def test_a_file_is_written_without_a_lock_for_clusters(evaluation, monkeypatch):
    def refuse(_key):
        raise AssertionError("loads dask.distributed")

    monkeypatch.setattr("xarray.backends.h5netcdf_.get_write_lock", refuse)
    assert pack_evaluation(evaluation).startswith(b"\x89HDF")


def test_a_file_holds_what_xarray_writes_byte_for_byte(evaluation):
    saved = evaluation.draws.assign(record=xr.DataArray("{}"))
    usual = BytesIO()
    saved.to_netcdf(usual, engine="h5netcdf")
    assert _encode(saved) == usual.getvalue()


def test_what_the_model_alone_says_comes_back_as_it_was(tmp_path):
    people = ds.simulate_cohort(60, 200, rng=4, n_groups=0).cohort
    balanced = ds.build_design(people, "age + copas", method=ds.EntropyBalancing())
    found = ds.evaluate(people, balanced, inference="laplace", seed=1)
    again = ds.load_evaluation(ds.save_evaluation(found, tmp_path / "evaluation.nc"))
    for before, after in zip(found.effects, again.effects, strict=True):
        assert before.correction is not None
        assert after.correction == before.correction
    alone = ds.evaluate(people, balanced, inference="laplace", seed=1, calibrated=False)
    for effect, corrected in zip(alone.effects, found.effects, strict=True):
        assert effect.correction is None
        assert effect.estimate == pytest.approx(corrected.correction.contrast)


def test_a_file_of_another_schema_is_refused(evaluation, tmp_path):
    path = ds.save_evaluation(evaluation, tmp_path / "evaluation.nc")
    with xr.open_dataset(path, engine="h5netcdf") as opened:
        content = opened.load()
    record = json.loads(str(content["evaluation"].item())) | {"schema": 99}
    newer = content.assign(evaluation=xr.DataArray(json.dumps(record)))
    newer.to_netcdf(tmp_path / "newer.nc", engine="h5netcdf")
    with pytest.raises(InputError) as caught:
        ds.load_evaluation(tmp_path / "newer.nc")
    assert str(caught.value) == (
        f"evaluation: 1 fault\n  - newer.nc: expected schema 1, found schema 99, written by desist "
        f"{ds.__version__}; load it with the version that wrote it, or evaluate again"
    )


@pytest.mark.parametrize(
    ("content", "found"),
    [(None, "expected a file, found none"), (b"text", "expected a netCDF file, found another")],
)
def test_what_is_not_an_evaluation_is_refused(tmp_path, content, found):
    path = tmp_path / "evaluation.nc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=found):
        ds.load_evaluation(path)


def test_a_netcdf_file_of_something_else_is_refused(tmp_path):
    xr.Dataset({"rain": ("day", np.zeros(3))}).to_netcdf(tmp_path / "rain.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="expected schema 1"):
        ds.load_evaluation(tmp_path / "rain.nc")


def test_margins_come_back_as_they_were(evaluation, tmp_path):
    asked = replace(evaluation, margins={Measure.RATE: 0.05})
    again = ds.load_evaluation(ds.save_evaluation(asked, tmp_path / "evaluation.nc"))
    assert again.margins == asked.margins
