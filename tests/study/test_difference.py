"""Two runs compared; what a file keeps for nothing; a study again from its file alone."""

import json
import subprocess

import numpy as np
import pytest
from click.testing import CliRunner

import sensbench as sb
from sensbench.cli import main
from sensbench.errors import InputError
from sensbench.study.cleaning import clean
from sensbench.study.config import check_study
from sensbench.study.difference import difference
from sensbench.study.lock import writing
from sensbench.study.rerun import rerun
from sensbench.study.runner import RESULTS_FILE, run_study

STUDY = {
    "name": "one",
    "problems": ["ishigami"],
    "models": ["function", {"name": "mlp", "hidden": [8], "iterations": 20}],
    "estimators": ["gradient", "sobol"],
    "budgets": [200, 400],
    "references": {"points": 256, "scrambles": 2},
}


def run(folder, **changes):
    run_study(check_study({**STUDY, **changes}, "test"), folder)
    return sb.load(folder).results


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    folder = tmp_path_factory.mktemp("first")
    run(folder)
    return folder


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


def test_a_study_and_itself_do_not_differ(first):
    found = difference(sb.load(first).results, sb.load(first).results)
    assert found.is_none
    assert found.same == len(sb.load(first).to_frame())
    assert "the same to the bit, 0 changed" in invoke("diff", first, first)


def test_another_seed_is_noise_and_another_function_is_not(first, tmp_path):
    a = sb.load(first).of("ishigami", "function").results
    other_seed = run(tmp_path / "seed", seed=1, models=["function"])
    seeds = difference(a, other_seed)
    assert not seeds.is_none
    # 95 % intervals that do not meet are rare where both are of the same quantity
    assert len(seeds.beyond) < 0.1 * (len(seeds.numbers) + seeds.same)
    run(tmp_path / "a", models=["function"], problems=[{"name": "ishigami", "a": 1.0}])
    told = invoke("diff", first, tmp_path / "a", code=1)
    assert "cells that A alone has: 4" in told
    found = json.loads(invoke("diff", first, tmp_path / "a", "--json", code=1))
    other = sb.load(tmp_path / "a").results
    moved = difference(a, other)
    totals = moved.beyond[moved.beyond["measure"] == "total_order"]
    assert "x2" in set(totals["feature"])  # 7 sin² becomes sin²
    assert found["beyond"] == len(moved.beyond)
    # by hand: the ends of the first number that moved have no point in common
    row = moved.beyond.iloc[0]
    assert max(row["low_a"], row["low_b"]) > min(row["high_a"], row["high_b"])


def test_cells_and_statuses_that_differ(first, tmp_path):
    b = run(tmp_path, budgets=[400, 10])
    found = difference(sb.load(first).results, b)
    assert (len(found.only_a), len(found.only_b)) == (4, 4)
    assert set(found.only_a["budget"]) == {200}
    half = sb.load(first).results
    half.cells.loc[half.cells["budget"] == 400, "status"] = "timeout"
    found = difference(half, sb.load(first).results)
    assert found.statuses["status_a"].tolist() == ["timeout"] * 4
    assert found.statuses["status_b"].tolist() == ["ok"] * 4
    assert not found.is_noise


def test_a_number_without_an_interval_and_rounding(first):
    a, b = sb.load(first).results, sb.load(first).results
    at = b.frame.index[b.frame["measure"] == "total_order"][0]
    value = b.frame.loc[at, "value"]
    b.frame.loc[at, "value"] = np.nextafter(value, 2)
    rounding = difference(a, b)
    assert (len(rounding.numbers), rounding.is_noise, rounding.is_none) == (1, True, False)
    assert rounding.unjudged.empty
    for results in (a, b):
        results.frame.loc[at, ["low", "high"]] = np.nan
    b.frame.loc[at, "value"] = value + 0.01
    found = difference(a, b)
    assert (len(found.beyond), len(found.unjudged)) == (0, 1)


def test_what_an_earlier_configuration_left_is_removed_when_asked(tmp_path):
    run(tmp_path)
    path = tmp_path / RESULTS_FILE
    assert not clean(path)
    kept = run(tmp_path, models=["function"], budgets=[400, 10])
    before = path.read_bytes()
    told = invoke("clean", tmp_path, "--status", "skipped")
    # of ishigami itself the two cells of the budget 200, of the network four; sobol skips 10 rows
    assert "would remove: 6 cells of earlier configurations, 1 cells that are skipped" in told
    assert "1 networks" in told
    assert path.read_bytes() == before
    with writing(path), pytest.raises(InputError, match="expected to be the only one"):
        clean(path, remove=True)
    gone = clean(path, ["skipped"], remove=True)
    assert (len(gone.cells), len(gone.statuses), len(gone.networks)) == (6, 1, 1)
    after = sb.load(tmp_path)
    assert after.to_frame().equals(kept.frame.reset_index(drop=True))
    assert after.cells()["status"].tolist().count("missing") == 1
    assert path.stat().st_size < len(before)
    with pytest.raises(InputError, match="expected some of failed"):
        clean(path, ["ok"])


def test_a_file_alone_is_enough_to_compute_it_again(first, tmp_path):
    again = rerun(first / RESULTS_FILE, tmp_path)
    assert again.difference.is_none
    assert again.other_content == 0
    assert again.difference.same == len(sb.load(first).to_frame())
    with pytest.raises(InputError, match="expected a folder without results"):
        rerun(first / RESULTS_FILE, tmp_path)


def test_a_rerun_tells_other_rows_and_finds_moved_files(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(80, 3))
    was, now = tmp_path / "was", tmp_path / "now"
    was.mkdir()
    np.savetxt(was / "rows.csv", rows, delimiter=",", header="a,b,y", comments="")
    (was / "net.py").write_text("def formula(x):\n    return x[:, 0] * 2 + x[:, 1]\n")
    (was / "study.yaml").write_text(
        "name: own\nproblems: [{name: table, path: rows.csv, target: y}]\n"
        "models: [{file: net.py:formula}]\nestimators: [gradient, sobol]\nbudgets: [200]\n"
    )
    invoke("run", was / "study.yaml", "--out", was, "--no-report", "--workers", 0)
    was.rename(now)
    assert "the same to the bit" in invoke("rerun", now, "--workers", 0)
    rows[0] += 1
    np.savetxt(now / "rows.csv", rows, delimiter=",", header="a,b,y", comments="")
    told = invoke("rerun", now, "--workers", 0, code=1)
    assert "of 2 cells the files, weights or parameters are not those of then" in told


def test_provenance_says_with_what_and_from_which_state(tmp_path):
    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        command = ["git", *who, "-C", str(tmp_path), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    study = tmp_path / "study.yaml"
    study.write_text("name: p\nproblems: [ishigami]\nestimators: [gradient]\nbudgets: [50]\n")
    git("init", "-q")
    git("add", "study.yaml")
    git("commit", "-qm", "one")
    invoke("run", study, "--out", tmp_path / "out", "--no-report", "--workers", 0)
    found = sb.load(tmp_path / "out").provenance
    assert found["git"]["study"] == {"commit": git("rev-parse", "HEAD"), "dirty": False}
    assert found["machine"]["processors"] >= 1
    assert found["versions"]["sensbench"] == sb.__version__
    study.write_text(study.read_text().replace("[50]", "[50, 60]"))
    invoke("run", study, "--out", tmp_path / "out", "--no-report", "--workers", 1)
    found = sb.load(tmp_path / "out").provenance
    assert found["git"]["study"]["dirty"] is True
    assert [run["workers"] for run in found["runs"]] == [0, 1]
    assert all(run["wall_seconds"] > 0 for run in found["runs"])
    # the worker's own time is in it: it imports torch, which takes most of a second
    assert found["runs"][1]["processor_seconds"] > found["runs"][0]["processor_seconds"]
