"""Studies on a real Dask cluster: the same rows and bits, and nothing lost when parts of it die."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sensbench.engine.supervisor import EngineError
from sensbench.errors import InputError
from sensbench.study.clusters import OnCluster, on_cluster
from sensbench.study.config import check_study
from sensbench.study.outcome import Outcome
from sensbench.study.runner import RESULTS_FILE, run_study
from sensbench.study.store import ResultStore
from tests.study.dask_by_hand import ROOT, ByHand
from tests.study.test_workers import ENDS, MISBEHAVING, cells, gone, notes  # noqa: F401

pytest.importorskip("distributed")

STUDY = {
    "name": "clusters",
    "problems": ["ishigami", {"name": "diabetes", "plant": {"noise": 1}}],
    "models": ["function", {"name": "linear", "train_rows": 60}],
    "estimators": ["gradient", {"name": "sobol", "second_order": True}, "permutation"],
    "budgets": [800],
    "replicates": 2,
    "references": {"points": 64, "scrambles": 2},
}
PAUSING = {
    "name": "pausing",
    "problems": ["ishigami"],
    "estimators": [{"name": "misbehaving", "how": "doze"}],
    "budgets": [100],
    "replicates": 40,
}


def study(of=STUDY, **changes):
    return check_study({**of, **changes}, "test")


def numbers(results):
    return results.frame.drop(columns="seconds")


@pytest.fixture
def by_hand(tmp_path):
    folder = tmp_path / "dask"
    folder.mkdir()
    cluster = ByHand(folder)
    yield cluster
    cluster.close()


@pytest.mark.slow
def test_the_same_bits_as_here_on_a_running_cluster_and_on_one_of_its_own(tmp_path, by_hand):
    here, _ = run_study(study(), tmp_path / "here", threads=1, workers=0)
    for _ in range(2):
        by_hand.worker()
    for name, where in (("file", str(by_hand.file)), ("own", None)):
        there, tally = run_study(
            study(), tmp_path / name, threads=1, workers=2, cluster=OnCluster(where)
        )
        assert tally.counts == {"ok": 18}
        assert numbers(there).equals(numbers(here))
        assert there.absent == here.absent
        assert [q.truth for q in there.questions.values()] == [
            q.truth for q in here.questions.values()
        ]
        assert [q.reference for q in there.questions.values()] == [
            q.reference for q in here.questions.values()
        ]
    assert by_hand.scheduler.poll() is None  # a cluster that was running runs on


@pytest.mark.slow
def test_bad_cells_are_the_same_rows_as_in_local_workers(tmp_path, by_hand, notes):  # noqa: F811
    for _ in range(2):
        by_hand.worker(paths=[MISBEHAVING])
    asked = cells(*ENDS)
    asked = asked.model_copy(update={"problems": asked.problems[:1]})
    results, _ = run_study(asked, tmp_path, threads=1, cluster=OnCluster(by_hand.address))
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


@pytest.mark.slow
def test_a_worker_with_other_code_or_without_a_plug_in_is_left_out_and_named(
    tmp_path, by_hand, monkeypatch
):
    monkeypatch.syspath_prepend(str(MISBEHAVING))
    asked = study(PAUSING, estimators=[{"name": "misbehaving", "how": "good"}], replicates=3)
    by_hand.bare_worker()
    by_hand.worker()
    with pytest.raises(EngineError) as none, pytest.warns(UserWarning, match="is left out"):
        # each is named, and it does not wait for one that would do
        run_study(asked, tmp_path, threads=1, cluster=OnCluster(by_hand.address))
    message = str(none.value)
    assert re.search(r"the code of sensbench is missing there and [0-9a-f]{12} here", message)
    assert message.count("misbehaving is missing there and 1 here") == 2
    by_hand.worker(paths=[MISBEHAVING])
    with pytest.warns(UserWarning, match="the worker tcp://127.0.0.1:.* is left out"):
        _, tally = run_study(asked, tmp_path, threads=1, cluster=OnCluster(by_hand.address))
    assert tally.counts == {"ok": 3}


def _watch_kill(process, after):
    """Kill a process when so many cells are there."""
    seen: list[str] = []

    def watch(cell, outcome: Outcome):
        seen.append(cell.key)
        if len(seen) == after:
            process.kill()

    return watch, seen


@pytest.mark.slow
def test_workers_and_then_the_scheduler_die_and_nothing_is_lost(tmp_path, by_hand, monkeypatch):
    monkeypatch.syspath_prepend(str(MISBEHAVING))
    first = by_hand.worker(paths=[MISBEHAVING])
    by_hand.worker(paths=[MISBEHAVING])
    options = {"threads": 1, "cluster": OnCluster(by_hand.address)}
    watch, _ = _watch_kill(first, 5)
    few = study(PAUSING, replicates=20)
    _, tally = run_study(few, tmp_path, watch=watch, **options)
    assert tally.counts == {"ok": 20}
    assert first.poll() is not None

    watch, seen = _watch_kill(by_hand.scheduler, 5)
    began = time.monotonic()
    with pytest.raises(EngineError, match=r"expected .* scheduler .*the same command goes on"):
        run_study(study(PAUSING), tmp_path, watch=watch, **options)
    assert time.monotonic() - began < 60
    with ResultStore(tmp_path / RESULTS_FILE, read_only=True) as store:
        done = store.done()
        store.check()
    assert set(seen) <= done
    assert len(done) == 20 + len(seen) < 40
    results, tally = run_study(study(PAUSING), tmp_path, threads=1, workers=1)
    assert tally.kept == len(done)
    whole, _ = run_study(study(PAUSING), tmp_path / "whole", threads=1, workers=0)
    assert numbers(results).equals(numbers(whole))
    with pytest.raises(EngineError, match=r"expected a scheduler at .tcp://127\.0\.0\.1"):
        run_study(few, tmp_path / "none", **options)


def test_a_scheduler_that_stands_still_is_not_waited_for(tmp_path, by_hand, monkeypatch):
    monkeypatch.syspath_prepend(str(MISBEHAVING))
    monkeypatch.setattr("sensbench.engine.roster._SILENCE", 5.0)
    by_hand.worker(paths=[MISBEHAVING])
    seen = []

    def watch(cell, outcome):
        seen.append(cell.key)
        if len(seen) == 3:
            os.kill(by_hand.scheduler.pid, signal.SIGSTOP)

    with pytest.raises(EngineError, match="what was computed is kept"):
        run_study(
            study(PAUSING), tmp_path, threads=1, watch=watch, cluster=OnCluster(by_hand.address)
        )
    with ResultStore(tmp_path / RESULTS_FILE, read_only=True) as store:
        assert store.done() == set(seen)


@pytest.mark.slow
def test_a_run_that_is_stopped_leaves_the_cluster_idle_and_nothing_of_its_own(
    tmp_path, by_hand, notes  # noqa: F811
):  # fmt: skip
    (tmp_path / "study.yaml").write_text(
        "name: s\nproblems: [ishigami, linkletter]\nbudgets: [100]\n"
        "estimators: [{name: misbehaving, how: good}, {name: misbehaving, how: note_and_hang}]\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [ROOT, MISBEHAVING]))}
    by_hand.worker(paths=[MISBEHAVING])
    for where in (["--scheduler", str(by_hand.file)], ["--engine", "dask", "--workers", "1"]):
        for kill in (True, False):
            for note in notes.iterdir():
                note.unlink()
            command = [sys.executable, "-m", "sensbench", "run", "study.yaml", "--no-report",
                       "--out", f"{where[0]}{kill}", *where]  # fmt: skip
            process = subprocess.Popen(
                command, cwd=tmp_path, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            deadline = time.monotonic() + 120
            while len(list(notes.iterdir())) < 3 and process.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL if kill else signal.SIGINT)
            said, _ = process.communicate(timeout=120)
            assert process.returncode == (-signal.SIGKILL if kill else 130), said
            assert gone(notes)


@pytest.mark.slow
def test_workers_killed_at_random_moments_lose_nothing(tmp_path, by_hand, monkeypatch, rng):
    """One dies after every few cells, however fast the machine; another takes its place."""
    monkeypatch.syspath_prepend(str(MISBEHAVING))
    workers = [by_hand.worker(paths=[MISBEHAVING]) for _ in range(2)]
    left = [int(rng.integers(5, 40))]

    def watch(cell, outcome):
        left[0] -= 1
        if left[0] == 0:
            left[0] = int(rng.integers(5, 40))
            workers.pop(0).kill()
            workers.append(by_hand.worker(paths=[MISBEHAVING]))

    results, tally = run_study(
        study(PAUSING, replicates=300), tmp_path, threads=1, watch=watch,
        cluster=OnCluster(by_hand.address),
    )  # fmt: skip
    assert tally.counts == {"ok": 300}
    whole, _ = run_study(study(PAUSING, replicates=300), tmp_path / "whole", workers=2)
    assert numbers(results).equals(numbers(whole))


def test_what_is_asked_for_makes_sense():
    assert on_cluster("local", None) is None
    assert on_cluster("dask", "tcp://127.0.0.1:1") == OnCluster("tcp://127.0.0.1:1")
    with pytest.raises(InputError, match="engine: expected local or dask; got 'ray'"):
        on_cluster("ray", None)
    with pytest.raises(InputError, match="scheduler: expected engine dask"):
        on_cluster("local", "tcp://127.0.0.1:1")


@pytest.mark.slow
def test_own_files_travel(tmp_path, by_hand, monkeypatch):
    """A model and a table that a worker does not see where they are: it takes those sent along."""
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text("def double(x):\n    return x[:, 0] * 2 + x[:, 1]\n")
    Path("rows.csv").write_text("a,b,y\n" + "".join(f"{i * 0.37 % 1},{i * i * 0.1 % 7},{i % 5}\n"
                                                    for i in range(60)))  # fmt: skip
    asked = study(
        problems=[{"name": "table", "path": "rows.csv", "target": "y"}],
        models=[{"file": "net.py:double", "name": "mine"}, {"name": "linear", "train_rows": 20}],
        estimators=["gradient", "permutation"],
        replicates=2,
    )
    by_hand.worker(SENSBENCH_CACHE=str(tmp_path / "elsewhere"))
    real = Path.absolute
    # as on a machine with another file system
    monkeypatch.setattr(Path, "absolute", lambda self: Path("/nowhere") / real(self).name
                        if self.name in ("net.py", "rows.csv") else real(self))  # fmt: skip
    there, tally = run_study(asked, tmp_path / "a", threads=1, cluster=OnCluster(by_hand.address))
    assert tally.counts == {"ok": 8}, there.cells["reason"].tolist()
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    here, _ = run_study(asked, tmp_path / "b", threads=1, workers=0)
    assert numbers(there).equals(numbers(here))
    assert len(list((tmp_path / "elsewhere").glob("**/files/*/rows.csv"))) == 1
