"""What goes wrong around a study: disks, files, clocks, kills. Tried for real."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from sensbench.engine.processes import descendants
from sensbench.errors import InputError
from sensbench.study.config import check_study
from sensbench.study.runner import RESULTS_FILE, run_study
from sensbench.study.store import ResultStore
from tests.study.test_workers import MISBEHAVING, ROOT, alive

SMALL = {
    "name": "small",
    "problems": ["ishigami", "linkletter"],
    "estimators": ["gradient", "sobol"],
    "budgets": [200],
    "replicates": 6,
}


def study(**changes):
    return check_study({**SMALL, **changes}, "test")


def numbers(results):
    return results.frame.drop(columns="seconds")


def _read(path):
    with ResultStore(path, read_only=True) as store:
        return store.results()


# Run inside a mount namespace of its own, where somebody who is nobody may mount.
IN_A_SMALL_FOLDER = """
import subprocess, sys
from pathlib import Path
folder, options = sys.argv[1], sys.argv[2]
def mount(*words):
    subprocess.run(["mount", *words, folder], check=True, capture_output=True)
try:
    mount("-t", "tmpfs", "-o", "size=" + options, "none")
except subprocess.CalledProcessError:
    sys.exit(77)
"""
FULL = (
    IN_A_SMALL_FOLDER
    + """
from sensbench.errors import InputError
from sensbench.study.config import check_study
from sensbench.study.runner import run_study
from sensbench.study.store import ResultStore
from tests.study.test_faults import SMALL, numbers
many = check_study({**SMALL, "replicates": 200}, "test")
folder = Path(folder)
try:
    run_study(many, folder)
    sys.exit("there was room for all")
except InputError as error:
    assert "make room on the disk; what was committed is kept" in str(error), error
with ResultStore(folder / "results.sqlite", read_only=True) as store:
    store.check()
    kept = len(store.done())
assert 20 < kept < 800, kept
subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
results, tally = run_study(many, folder)
assert tally.kept >= kept, (tally, kept)
whole, _ = run_study(many, folder / "whole")
assert numbers(results).equals(numbers(whole))
"""
)
READ_ONLY = (
    IN_A_SMALL_FOLDER
    + """
from sensbench.errors import InputError
from sensbench.study.config import check_study
from sensbench.study.runner import run_study
from sensbench.study.store import ResultStore
from tests.study.test_faults import SMALL
folder = Path(folder)
for done in (False, True):
    if done:
        run_study(check_study(SMALL, "test"), folder)
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    try:
        run_study(check_study({**SMALL, "budgets": [300]}, "test"), folder)
        sys.exit("it was written")
    except InputError as error:
        assert "make its folder writable, or give another one" in str(error), error
    if done:
        with ResultStore(folder / "results.sqlite", read_only=True) as store:
            assert len(store.results().frame) > 0
    subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
"""
)


def _in_a_namespace(code, folder, size):
    if shutil.which("unshare") is None:
        pytest.skip("no mount namespaces here")
    folder.mkdir()
    command = ["unshare", "--map-root-user", "--mount", sys.executable, "-W", "error", "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [*command, str(folder), size], env=environment, capture_output=True, text=True
    )
    if ran.returncode == 77 or "unshare" in ran.stderr:
        pytest.skip("mounting is not allowed here")
    assert ran.returncode == 0, ran.stderr


@pytest.mark.slow
def test_a_disk_that_is_full_is_one_sentence_and_what_was_committed_is_kept(tmp_path):
    _in_a_namespace(FULL, tmp_path / "small", "1500k")


def test_a_read_only_folder_is_one_sentence_and_can_be_read(tmp_path):
    _in_a_namespace(READ_ONLY, tmp_path / "small", "16m")


def _when(after, act):
    """Do something when so many cells are there."""
    seen = []

    def watch(cell, outcome):
        seen.append(cell.key)
        if len(seen) == after:
            act()

    return watch, seen


@pytest.mark.parametrize("how", ["replaced", "removed"])
def test_a_file_that_is_taken_away_under_a_run_is_noticed_and_nothing_is_lost(tmp_path, how):
    path = tmp_path / RESULTS_FILE
    other = tmp_path / "other.sqlite"
    run_study(study(seed=7), tmp_path / "else")
    shutil.copy(tmp_path / "else" / RESULTS_FILE, other)
    foreign = other.read_bytes()

    def act():
        if how == "replaced":
            other.replace(path)
        else:
            path.unlink()

    watch, seen = _when(5, act)
    with pytest.raises(InputError, match=r"expected the file that it opened.* are in \S+rescued"):
        run_study(study(), tmp_path, watch=watch)
    if how == "replaced":
        assert path.read_bytes() == foreign
    (rescued,) = tmp_path.glob("*rescued*.sqlite")
    with ResultStore(rescued, read_only=True) as store:
        store.check()
        assert set(seen) <= store.done()
    rescued.replace(path)
    results, tally = run_study(study(), tmp_path)
    assert tally.kept >= len(seen)
    whole, _ = run_study(study(), tmp_path / "whole")
    assert numbers(results).equals(numbers(whole))


@pytest.mark.slow
@pytest.mark.parametrize("how", ["cut", "flipped", "overwritten"])
def test_a_file_that_is_damaged_under_a_run_is_never_taken_for_a_result(tmp_path, how):
    """Either it is told, by the run or by whoever reads it next, or the numbers are right."""
    whole, _ = run_study(study(), tmp_path / "whole")
    rng = np.random.default_rng(0)
    told = 0
    for attempt in range(6):
        folder = tmp_path / f"{attempt}"
        path = folder / RESULTS_FILE

        def act(path=path):
            size = path.stat().st_size
            place = int(rng.integers(0, max(size - 600, 1)))
            if how == "cut":
                os.truncate(path, place)
                return
            with path.open("r+b") as file:
                file.seek(place)
                was = file.read(1 if how == "flipped" else 512)
                file.seek(place)
                file.write(bytes(b ^ 0x5A for b in was))

        run_study(study(replicates=3), folder)  # so that there are pages in the file itself
        watch, _ = _when(4, act)
        try:
            results, _ = run_study(study(), folder, watch=watch)
            results = _read(path)
        except InputError as error:
            told += "expected" in str(error)
            continue
        assert numbers(results).equals(numbers(whole))
    if how != "flipped":  # one bit may be where nothing is
        assert told


@pytest.mark.slow
def test_a_clock_that_jumps_changes_nothing(tmp_path, monkeypatch):
    """Wall time is only told, never waited for: neither here nor for workers."""
    whole, _ = run_study(study(limits={"timeout": 300}), tmp_path / "whole", workers=1)
    jumps = random.Random(0)
    monkeypatch.setattr(time, "time", lambda: jumps.uniform(-1e9, 4e9))
    results, tally = run_study(study(limits={"timeout": 300}), tmp_path / "jumps", workers=1)
    assert tally.counts == {"ok": 24}
    assert numbers(results).equals(numbers(whole))


def test_a_lock_of_a_host_that_is_dead_is_free(tmp_path):
    lock = tmp_path / f"{RESULTS_FILE}.lock"
    lock.write_text(json.dumps({"pid": 1, "host": "gone", "since": "2020", "command": "x"}))
    _, tally = run_study(study(replicates=1), tmp_path)
    assert tally.counts == {"ok": 4}
    assert json.loads(lock.read_text())["pid"] == os.getpid()


MODELS = """
import ctypes, os, sys, threading, time
import numpy as np
import torch

def _good(x):
    return x[:, 0] + 2 * x[:, 1]

calls = 0

def good(x):
    return _good(x)

def hang(x):
    while True:
        pass

def hang_later(x):  # not when it is looked at first, but in the middle of a cell
    global calls
    calls += 1
    while calls > 3:
        time.sleep(1)
    return _good(x)

def leak(x):
    leak.kept.append(np.ones(10**7))
    while True:
        leak.kept.append(np.ones(10**7))

leak.kept = []

def segfault(x):
    ctypes.string_at(0)

def leave(x):
    os._exit(0)

def abort(x):
    os.abort()

def exit_politely(x):
    sys.exit("no")

def fork(x):
    if os.fork() == 0:
        with open(os.environ["FORKED"], "a") as file:
            file.write(f"{os.getpid()} ")
        time.sleep(10_000)
    return _good(x)

def print_gigabytes(x):
    global calls
    calls += 1
    if calls == 1:
        for _ in range(1200):
            os.write(1, b"x" * 2**20)
    return _good(x)

def change_everything(x):
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(7)
    np.seterr(all="raise")
    np.random.seed(0)
    torch.manual_seed(0)
    os.environ["LANG"] = "xx"
    os.chdir("/")
    sys.setrecursionlimit(50_000)
    return _good(x)
"""
HANGING, OTHERS = {"timeout": 5, "memory": "1.5GB"}, {"timeout": 300, "memory": "1.5GB"}
# What a model of one's own does, and what its cells become.
MODEL_ENDS = {
    "good": "ok",
    "hang": "timeout",
    "hang_later": "timeout",
    "leak": "out_of_memory",
    "segfault": "crashed",
    "leave": "crashed",
    "abort": "crashed",
    "exit_politely": "failed",
    "fork": "ok",
    "print_gigabytes": "ok",
    "change_everything": "ok",
}


@pytest.mark.slow
def test_models_of_ones_own_that_misbehave_are_rows_and_touch_no_other(tmp_path, monkeypatch):
    (tmp_path / "models.py").write_text(MODELS)
    monkeypatch.setenv("FORKED", str(tmp_path / "forked"))
    names = [name for name in MODEL_ENDS if name != "good"]
    space = {"name": "space", "inputs": {"a": [0, 1], "b": {"normal": [0, 2]}}}
    asked = study(
        problems=[space],
        models=[
            {
                "file": f"{tmp_path}/models.py:{name}",
                "name": name,
                "limits": HANGING if "hang" in name else OTHERS,
            }
            for name in names
        ]
        + [{"file": f"{tmp_path}/models.py:good", "name": "good"}],
        estimators=["permutation", "sobol"],
        replicates=1,
    )
    results, _ = run_study(asked, tmp_path, workers=2, threads=1)
    found = results.cells.groupby("model")["status"].agg(lambda s: "/".join(sorted(set(s))))
    assert found.to_dict() == MODEL_ENDS, results.cells[["model", "status", "reason"]].to_string()
    alone = asked.model_copy(update={"models": asked.models[-1:]})
    good, _ = run_study(alone, tmp_path / "alone", workers=0, threads=1)
    frame = numbers(results)
    for name in ("good", "print_gigabytes", "change_everything", "fork"):
        mine = frame[frame["model"] == name]
        np.testing.assert_array_equal(mine["value"].notna(), good.frame["value"].notna())
    kept = frame[frame["model"] == "good"].reset_index(drop=True)
    assert kept.equals(numbers(good).reset_index(drop=True))
    forks = map(int, (tmp_path / "forked").read_text().split())
    assert not any(map(alive, forks))
    assert not descendants(os.getpid())


KILLS = int(os.environ.get("KILLS", "50"))
KILLED = """
name: killed
problems: [ishigami, linkletter]
models: [function, {name: linear, train_rows: 60}]
estimators: [{name: misbehaving, how: doze}, gradient, sobol]
budgets: [200]
replicates: 25
references: {points: 64, scrambles: 2}
"""


@pytest.mark.slow
def test_fifty_kills_at_random_moments_lose_nothing_and_change_no_bit(tmp_path, monkeypatch):
    """Of the driver, or of one of its workers; what is there after each is whole, and grows."""
    path = os.pathsep.join(map(str, [ROOT, MISBEHAVING]))
    environment = {**os.environ, "PYTHONPATH": path}
    (tmp_path / "study.yaml").write_text(KILLED)
    results = tmp_path / "out" / RESULTS_FILE
    chance = random.Random(0)
    command = [sys.executable, "-m", "sensbench", "run", "study.yaml", "--no-report", "--out",
               "out", "--workers", "2"]  # fmt: skip

    def start():
        return subprocess.Popen(
            command, cwd=tmp_path, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    before: dict[str, str] = {}
    kills = complete = 0
    while kills < KILLS:
        process = start()
        workers_too = chance.random() < 0.5
        until = time.monotonic() + chance.uniform(0.5, 8.0)
        while time.monotonic() < until and process.poll() is None:
            time.sleep(0.02)
        if workers_too:
            for pid in descendants(process.pid)[:1]:
                os.kill(pid, signal.SIGKILL)
                kills += 1
            time.sleep(chance.uniform(0.0, 1.0))
        ended = process.poll() is not None
        process.kill()
        process.wait()
        kills += not ended
        if not results.exists():
            continue
        with ResultStore(results, read_only=True) as store:
            if not store.provenance():
                continue
            store.check()
            statuses = store.statuses()
        lost = {k: s for k, s in before.items() if s == "ok" and statuses.get(k) != "ok"}
        assert not lost
        before = statuses
        if ended:  # all of it is there: begin anew
            complete += 1
            shutil.rmtree(results.parent)
            before = {}
    process = start()
    assert process.wait(timeout=900) in (0, 1)  # a cell whose worker was killed says so
    monkeypatch.syspath_prepend(str(MISBEHAVING))
    with closing(sqlite3.connect(results)) as db:
        crashed = {key for (key,) in db.execute("SELECT key FROM cells WHERE status = 'crashed'")}
    from sensbench.study.config import load_study

    asked = load_study(tmp_path / "study.yaml")
    again, tally = run_study(asked, results.parent, workers=2, retry=["crashed"] if crashed else [])
    assert tally.failed == 0
    whole, _ = run_study(asked, Path(tmp_path / "whole"), workers=0, threads=1)
    assert numbers(again).equals(numbers(whole))
