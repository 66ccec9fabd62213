"""How far a study is, also while it runs; what is there as frames and files."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import sensbench as sb
from sensbench.cli import main
from sensbench.errors import InputError
from sensbench.study.config import check_study
from sensbench.study.lock import holder_of, writing
from sensbench.study.runner import RESULTS_FILE, run_study
from sensbench.study.status import status_of

STUDY = {
    "name": "half",
    "problems": ["ishigami", "sobol_g"],
    "estimators": ["gradient", {"name": "sobol", "second_order": True}],
    "budgets": [200, 10],
    "replicates": 2,
}


class Stopped(Exception):
    """The run is taken away in its middle."""


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """The folder of a study of which nine cells are there, as while it runs."""
    folder = tmp_path_factory.mktemp("half")
    left = [9]

    def watch(cell, outcome):
        left[0] -= 1
        if not left[0]:
            raise Stopped

    with pytest.raises(Stopped):
        run_study(check_study(STUDY, "test"), folder, watch=watch, command="sensbench run half")
    return folder


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


def test_counts_reasons_and_who_writes(half):
    path = half / RESULTS_FILE
    status = status_of(path)
    assert (status.name, status.total, status.writer) == ("half", 16, None)
    assert status.counts == {"ok": 7, "missing": 7, "skipped": 2}
    (group,) = status.not_ok
    assert (group.status, group.estimator, group.budgets, group.count) == (
        "skipped", "sobol", (10,), 2,
    )  # fmt: skip
    assert "at least 64 rows" in group.reason
    with writing(path, "sensbench run half"):
        holder = status_of(path).writer
        assert (holder.pid, holder.command) == (os.getpid(), "sensbench run half")
        assert f"written now by process {os.getpid()}" in invoke("status", half)
        told = json.loads(invoke("status", path, "--json"))
    assert told["writer"]["pid"] == os.getpid()
    assert (told["total"], told["counts"]["missing"]) == (16, 7)
    assert "the same command goes on from there" in invoke("status", half)
    assert holder_of(path) is None


@pytest.mark.slow
def test_a_page_of_a_study_that_runs(half, tmp_path):
    with writing(half / RESULTS_FILE, "sensbench run half"):
        invoke("report", half / RESULTS_FILE, "--out", tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert "ishigami" in page


def test_a_look_does_not_keep_a_writer_out(half):
    """While one process looks all the time, another takes the lock over and over."""
    look = (
        "import sys\nfrom pathlib import Path\nfrom sensbench.study.lock import holder_of\n"
        "print('on', flush=True)\nwhile True: holder_of(Path(sys.argv[1]))"
    )
    path = half / RESULTS_FILE
    looking = subprocess.Popen([sys.executable, "-c", look, str(path)], stdout=subprocess.PIPE)
    try:
        looking.stdout.readline()
        for _ in range(300):
            with writing(path):
                pass
    finally:
        looking.kill()
        looking.communicate()


def test_load_gives_frame_findings_and_configuration(half):
    saved = sb.load(half)
    assert saved.path == half / RESULTS_FILE
    assert saved.questions == (("ishigami", "function"), ("sobol_g", "function"))
    assert saved.config["budgets"] == [200, 10]
    assert saved.provenance["command"] == "sensbench run half"
    assert len(saved.cells()) == 16
    frame = saved.of("ishigami", "function").to_frame()
    assert set(frame["problem"]) == {"ishigami"}
    assert len(saved.of("ishigami", "function").findings()) > 0
    with pytest.raises(InputError, match=r"findings: expected one question; got 2 .*choose one"):
        saved.findings()
    with pytest.raises(InputError, match="there are none; run the study first"):
        sb.load(half / "nothing")


@pytest.mark.slow
def test_numbers_as_parquet_csv_and_netcdf(half, tmp_path):
    xarray = pytest.importorskip("xarray")
    saved = sb.load(half)
    frame = saved.to_frame()
    for name in ("n.parquet", "n.csv", "n.nc"):
        assert name in invoke("export", half, "--out", tmp_path / name)
    again = pd.read_parquet(tmp_path / "n.parquet")
    pd.testing.assert_frame_equal(again, frame, check_dtype=False)
    about = json.loads(pq.read_schema(tmp_path / "n.parquet").metadata[b"sensbench"])
    assert about["config"] == saved.provenance["config"]
    text = pd.read_csv(tmp_path / "n.csv", keep_default_na=False, na_values={"value": ""})
    assert text["value"].tolist() == frame["value"].tolist()
    tree = xarray.open_datatree(tmp_path / "n.nc", engine="h5netcdf")
    ishigami = tree["ishigami_function"]
    for column, end in (("value", ""), ("low", "_low"), ("high", "_high")):
        for measure, numbers in frame[frame["problem"] == "ishigami"].groupby("measure"):
            if numbers[column].isna().all():
                continue
            of = ishigami[f"{measure}{end}"]
            for row in numbers.to_dict("records"):
                at = {axis: row[axis] for axis in of.dims}
                np.testing.assert_equal(float(of.sel(at)), row[column])
            assert int(of.notnull().sum()) == int(numbers[column].notna().sum())
    with pytest.raises(InputError, match=r"expected .parquet, .csv, .nc; got 'n.xlsx'"):
        saved.export(tmp_path / "n.xlsx")
