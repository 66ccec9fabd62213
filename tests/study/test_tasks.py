"""Every kind of task is plain data, and a fresh process gets the same bits from it."""

import json
import subprocess
import sys

import pytest

from sensbench.errors import InputError
from sensbench.study.carrying import carry_out
from sensbench.study.config import check_study
from sensbench.study.outcome import Outcome
from sensbench.study.planning import plan_of
from sensbench.study.runner import run_study
from sensbench.study.store import ResultStore
from sensbench.study.tasks import Train, task_of
from sensbench.study.workshop import Workshop

STUDY = {
    "name": "tasks",
    "problems": ["ishigami", {"name": "diabetes", "plant": {"noise": 1}}],
    "models": ["function", {"name": "linear", "train_rows": 60}],
    "estimators": ["gradient", {"name": "sobol", "second_order": True}, "permutation"],
    "budgets": [800],
    "replicates": 2,
    "references": {"points": 64, "scrambles": 2},
}
# What a worker is: a process that knows nothing but the lines it is given.
WORKER = """
import json, sys
from sensbench.study.tasks import task_of
from sensbench.study.workshop import Workshop

workshop = Workshop()
for line in sys.stdin:
    outcome = workshop.carry_out(task_of(json.loads(line)))
    print(json.dumps(outcome.to_plain()), flush=True)
"""


def study(**changes):
    return check_study({**STUDY, **changes}, "test")


@pytest.fixture
def worker(tmp_path, monkeypatch):
    monkeypatch.setenv("SENSBENCH_CACHE", str(tmp_path / "cache of the worker"))
    monkeypatch.setenv("SENSBENCH_THREADS", "1")
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.communicate()


@pytest.mark.slow
def test_a_spawned_process_gets_the_same_bits_from_every_kind_of_task(
    tmp_path, monkeypatch, worker
):
    kinds = []

    def elsewhere(task):
        content = task.to_plain()
        kinds.append(content["kind"])
        worker.stdin.write(json.dumps(content) + "\n")
        worker.stdin.flush()
        return Outcome.from_plain(json.loads(worker.stdout.readline()))

    plan = plan_of(study())
    with ResultStore(tmp_path / "elsewhere.sqlite") as store:
        store.plan(plan.cells, plan.methods, {"name": "tasks"})
        tally = carry_out(plan, store, elsewhere)
        there = store.results()
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "train": 2, "refer": 2, "describe": 3, "estimate": 18,
    }  # fmt: skip
    assert tally.counts["ok"] == 18
    monkeypatch.setenv("SENSBENCH_CACHE", str(tmp_path / "cache of this process"))
    here, _ = run_study(study(), tmp_path, threads=1)
    assert there.frame.drop(columns="seconds").equals(here.frame.drop(columns="seconds"))
    assert there.absent == here.absent
    assert there.notes == here.notes
    for key, question in here.questions.items():
        theirs = there.questions[key]
        assert (theirs.truth, theirs.reference) == (question.truth, question.reference)
        assert theirs.quality == question.quality


def test_what_fails_on_the_way_fails_the_cells_that_need_it():
    plan = plan_of(study(models=[{"name": "linear", "train_rows": 60}], problems=["ishigami"]))

    def broken(task):
        if isinstance(task, Train):
            return Outcome("failed", "ZeroDivisionError: by design")
        pytest.fail(f"asked for {task.kind}")

    with ResultStore() as store:
        store.plan(plan.cells, plan.methods, {})
        tally = carry_out(plan, store, broken)
        reasons = set(store.results().cells["reason"])
    assert tally.counts == {"failed": 6}
    assert reasons == {"ZeroDivisionError: by design"}


def test_a_changed_file_is_not_the_problem_that_was_planned(tmp_path):
    rows = "a,b,y\n" + "".join(f"{i % 11},{i * i % 7},{i % 5}\n" for i in range(30))
    table = tmp_path / "rows.csv"
    table.write_text(rows)
    problem = {"name": "table", "path": str(table), "target": "y"}
    plan = plan_of(study(problems=[problem], models=[{"name": "linear", "train_rows": 20}]))
    table.write_text(rows.replace("3,", "4,", 1))
    (planned,) = plan.subjects.values()
    outcome = Workshop().carry_out(Train(planned.subject))
    assert outcome.status == "failed"
    assert "expected the one that the study was planned with" in outcome.reason


def test_what_is_no_task_is_refused():
    with pytest.raises(InputError, match="expected a kind of train, refer, describe, estimate"):
        task_of({"kind": "exec"})
