"""Real workers, and cells that hang, leak, crash and leave things behind: each is its own row."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sensbench.engine.limits import Limits
from sensbench.engine.processes import descendants
from sensbench.errors import InputError
from sensbench.study.config import check_study
from sensbench.study.runner import RESULTS_FILE, run_study
from sensbench.study.store import ResultStore

MISBEHAVING = Path(__file__).parent / "misbehaving"
ROOT = Path(__file__).parents[2]

# What a cell does, and the row that comes of it.
ENDS = {
    "hang": ("timeout", "longer than its limit of 1 s"),
    "hang_with_the_gil": ("timeout", "longer than its limit of 1 s"),
    "pause": ("timeout", "longer than its limit of 1 s"),
    "leak": ("out_of_memory", ""),  # refused, or seen first: which, depends on the machine
    "leak_shared": ("out_of_memory", "more than its limit of 1.50 GB"),
    "segfault": ("crashed", "SIGSEGV"),
    "leave": ("crashed", "exited with code 0"),
    "be_killed": ("crashed", "SIGKILL"),
    "close_everything": ("crashed", "exited with code"),
    "leave_children_and_crash": ("crashed", "exited with code 3"),
    "speak_out_of_turn": ("crashed", "is no message"),
    "odd": ("failed", "Odd: (its message cannot be had)"),
    "half_a_character": ("failed", "ValueError: half a \\udce9 xxx"),
    "exit_politely": ("failed", "SystemExit: 0"),
    "interrupt": ("failed", "KeyboardInterrupt"),
    "leave_children": ("ok", ""),
    "print_much": ("ok", ""),
    "change_the_dtype": ("ok", ""),
}
LIMITED = {
    "hang": {"timeout": 1},
    "hang_with_the_gil": {"timeout": 1},
    "pause": {"timeout": 1},
    "leak": {"memory": "1.5GB"},
    "leak_shared": {"memory": "1.5GB"},
    "keep_much": {"memory": "1.5GB"},
    "take_much": {"memory": "1.5GB"},
}


def cells(*ways):
    """Cells that do so, between others that look whether anything was left to them."""
    asked = [{"name": "misbehaving", "how": "look_around"}]
    for how in ways:
        limits = {"limits": LIMITED[how]} if how in LIMITED else {}
        asked.append({"name": "misbehaving", "how": how, **limits})
    return check_study(
        {
            "name": "misbehaving",
            "problems": ["ishigami", "linkletter", "friedman1"],
            "estimators": asked,
            "budgets": [100],
        },
        "test",
    )


def gone(folder):
    """Whether the processes that noted themselves in a folder are gone."""
    pids = [int(path.name) for path in folder.iterdir()]
    deadline = time.monotonic() + 120
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return pids and not any(map(alive, pids))


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """Where processes note that they live."""
    folder = tmp_path / "notes"
    folder.mkdir()
    monkeypatch.setenv("MISBEHAVING", str(folder))
    monkeypatch.syspath_prepend(str(MISBEHAVING))
    return folder


@pytest.mark.slow
def test_each_bad_cell_is_its_own_row_and_touches_no_other(tmp_path, notes):
    study = cells(*ENDS)
    study = study.model_copy(update={"problems": study.problems[:1]})
    results, tally = run_study(study, tmp_path, workers=2, threads=1)
    told = results.cells.set_index("estimator")[["status", "reason"]]
    found = {how: tuple(told.loc[f"misbehaving(how={how})"]) for how in [*ENDS, "look_around"]}
    wrong = {
        how: found[how]
        for how, (status, reason) in ENDS.items()
        if found[how][0] != status or reason not in found[how][1]
    }
    assert not wrong
    assert found["look_around"] == ("ok", "")
    assert gone(notes)
    assert not descendants(os.getpid())
    with ResultStore(tmp_path / RESULTS_FILE, read_only=True) as store:
        details = [store.detail(key) for key in store.statuses()]
    for words in ("the last words", "Segmentation fault", "Traceback (most recent call last)"):
        assert any(words in detail for detail in details)
    # an outcome is one: what hung is not waited for again, unless somebody asks
    _, again = run_study(study, tmp_path, workers=1, retry=["failed"])
    failed = sum(status == "failed" for status, _ in ENDS.values())
    assert again.counts == {"failed": failed}
    assert again.kept == len(ENDS) + 1 - failed
    assert again.failed == tally.failed


def test_a_changed_process_is_not_used_again(tmp_path, notes):
    """One worker: what looks around runs after what changed its process."""
    study = cells("change_the_dtype")
    study = study.model_copy(
        update={"estimators": study.estimators[::-1], "problems": study.problems[:1]}
    )
    _, tally = run_study(study, tmp_path, workers=1)
    assert tally.counts == {"ok": 2}


@pytest.mark.slow
def test_memory_that_a_cell_keeps_is_not_missed_by_the_next(tmp_path, notes):
    """Twice 0.8 GB are more than the limit, if the second runs where the first left its own."""
    study = cells("keep_much", "take_much")
    study = study.model_copy(
        update={"estimators": study.estimators[1:], "problems": study.problems[:1]}
    )
    _, tally = run_study(study, tmp_path, workers=1)
    assert tally.counts == {"ok": 2}


HANGING = """
name: hanging
problems: [ishigami, linkletter, friedman1]
estimators:
  - {name: misbehaving, how: good}
  - {name: misbehaving, how: note_and_hang}
budgets: [100]
"""


@pytest.fixture
def driver(tmp_path, notes, monkeypatch):
    """Start a run that will hang, and wait until a worker does."""
    path = os.pathsep.join(map(str, [ROOT, MISBEHAVING]))
    monkeypatch.setenv("PYTHONPATH", path)
    (tmp_path / "study.yaml").write_text(HANGING)
    started = []

    def start(waited_for):
        process = subprocess.Popen(
            [sys.executable, "-m", "sensbench", "run", "study.yaml", "--no-report",
             "--workers", "2"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        started.append(process)
        deadline = time.monotonic() + 300
        while len(list(notes.iterdir())) < waited_for and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_a_run_that_is_killed_or_stopped_leaves_nothing_behind_and_lets_go(tmp_path, notes, driver):
    results = tmp_path / "reports" / "hanging" / RESULTS_FILE
    process = driver(3)
    # a second run on the file is refused, with who holds it, also to start anew
    study = check_study({"name": "x", "problems": ["ishigami"], "estimators": ["gradient"],
                         "budgets": [100]}, "test")  # fmt: skip
    for fresh in (False, True):
        refusal = f"process {process.pid} on .* since .*sensbench run study.yaml"
        with pytest.raises(InputError, match=refusal):
            run_study(study, results.parent, fresh=fresh)
    with ResultStore(results, read_only=True) as store:  # readers are not kept out
        assert set(store.results().cells["status"]) <= {"ok", "missing"}
    process.kill()
    process.wait()
    assert gone(notes)
    assert json.loads((results.parent / f"{RESULTS_FILE}.lock").read_text())["pid"] == process.pid

    for number in (signal.SIGINT, signal.SIGTERM):
        for note in notes.iterdir():
            note.unlink()
        process = driver(3)
        process.send_signal(number)
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 128 + number, said
        assert "of 6 cells are there and kept; the same command goes on" in said
        assert gone(notes)
    run_study(study, results.parent)


def test_limits_need_workers_and_statuses_are_known(tmp_path):
    study = check_study({"name": "x", "problems": ["ishigami"], "estimators": ["gradient"],
                         "budgets": [100]}, "test")  # fmt: skip
    with pytest.raises(InputError, match="workers: expected 1 or more, for a limit"):
        run_study(study, tmp_path, workers=0, limits=Limits(timeout=5.0))
    with pytest.raises(InputError, match="retry: expected some of failed, timeout, out_of_memory"):
        run_study(study, tmp_path, retry=["slow"])
