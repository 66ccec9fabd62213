import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sensbench.errors import InputError, StudyError
from sensbench.measure import MEASURES
from sensbench.model.quality import Quality
from sensbench.report import write_report
from sensbench.report.text import fit
from sensbench.study.cells import Cell, labels
from sensbench.study.config import check_study
from sensbench.study.contents import digest_of
from sensbench.study.results import Method
from sensbench.study.runner import RESULTS_FILE, run_study
from sensbench.study.store import ResultStore

SMALL = {
    "name": "small",
    "problems": ["ishigami"],
    "estimators": ["gradient", {"name": "sobol", "second_order": True}],
    "budgets": [100, 400],
    "replicates": 2,
}


def study(**changes):
    return check_study({**SMALL, **changes}, "test")


def values(results):
    return results.frame.drop(columns="seconds")


def test_a_second_run_computes_nothing_and_returns_the_same(tmp_path):
    first, tally = run_study(study(), tmp_path)
    assert (tally.counts["ok"], tally.kept) == (8, 0)
    assert list(first.frame.columns) == [
        "problem", "model", "estimator", "measure", "output", "feature", "partner",
        "value", "low", "high", "budget", "replicate", "n_forward", "n_backward", "seconds",
        "status", "direction", "level", "interval", "covers", "tail",
    ]  # fmt: skip
    second, tally = run_study(study(), tmp_path)
    assert (tally.counts.total(), tally.kept) == (0, 8)
    pd.testing.assert_frame_equal(first.frame, second.frame)


def test_only_what_is_new_is_computed_and_labels_do_not_count(tmp_path):
    run_study(study(), tmp_path)
    _, tally = run_study(study(budgets=[400, 800], title="renamed"), tmp_path)
    assert (tally.counts["ok"], tally.kept) == (4, 4)
    # another estimator of the same name changes labels, not cells
    wider = [*SMALL["estimators"], {"name": "sobol", "resamples": 10}]
    results, tally = run_study(study(estimators=wider, budgets=[400]), tmp_path)
    assert (tally.counts["ok"], tally.kept) == (2, 4)
    assert list(results.methods) == ["gradient", "sobol(second_order=True)", "sobol(resamples=10)"]


def test_cells_do_not_depend_on_the_order_or_company_they_are_computed_in(tmp_path):
    together, _ = run_study(study(), tmp_path / "a")
    alone, _ = run_study(study(estimators=["gradient"], budgets=[400]), tmp_path / "b")
    mine = together.frame.query("estimator == 'gradient' and budget == 400")
    np.testing.assert_array_equal(mine["value"], alone.frame["value"])
    other_seed, _ = run_study(study(seed=1, estimators=["gradient"], budgets=[400]), tmp_path)
    assert not np.array_equal(other_seed.frame["value"], alone.frame["value"])


def test_replicates_are_other_draws(tmp_path):
    """Each number differs between replicates, budgets and seeds, but for what is exactly 0."""
    results, _ = run_study(study(replicates=3, budgets=[64, 65], estimators=["sobol"]), tmp_path)
    values = results.frame.pivot_table(
        index=["measure", "feature"], columns=["budget", "replicate"], values="value"
    )
    assert (values.nunique(axis=1) == 6).all()


def test_every_coordinate_of_a_cell_decides_its_seed_and_no_label_does():
    method = Method("a label", "sobol", {"resamples": 100}, MEASURES["total_order"])
    cell = Cell("content", "problem", "model", method, 64, 0, 0)
    others = [
        replace(cell, question="other"),
        replace(cell, budget=65),
        replace(cell, replicate=1),
        replace(cell, seed=1),
        replace(cell, method=replace(method, name="sobol_salib")),
        replace(cell, method=replace(method, params={"resamples": 101})),
    ]
    seeds = [tuple(c.coordinates.seed_sequence().generate_state(4)) for c in [cell, *others]]
    assert len(set(seeds)) == len({c.key for c in [cell, *others]}) == 7
    renamed = replace(cell, problem="p", model="m", method=replace(method, label="b"))
    assert tuple(renamed.coordinates.seed_sequence().generate_state(4)) == seeds[0]
    assert renamed.key == cell.key


def test_a_budget_too_small_is_a_row_and_the_rest_goes_on(tmp_path):
    results, tally = run_study(study(budgets=[10, 400]), tmp_path)
    assert tally.counts == {"ok": 6, "skipped": 2}
    skipped = results.cells[results.cells["status"] == "skipped"]
    assert set(skipped["estimator"]) == {"sobol"}
    assert "at least 64 rows" in skipped["reason"].iloc[0]


def test_a_failing_cell_is_a_row_with_its_reason_and_is_tried_again_when_asked(
    tmp_path, monkeypatch
):
    from sensbench.estimators.variance.sobol import Sobol

    def broken(*args):
        raise ZeroDivisionError("by design")

    with monkeypatch.context() as patch:
        patch.setattr(Sobol, "_estimate", broken)
        results, tally = run_study(study(), tmp_path)
    assert tally.counts == {"ok": 4, "failed": 4}
    failed = results.cells[results.cells["status"] == "failed"]
    assert set(failed["reason"]) == {"ZeroDivisionError: by design"}
    _, tally = run_study(study(), tmp_path)
    assert (tally.counts.total(), tally.kept, tally.failed) == (0, 8, 4)
    with ResultStore(tmp_path / RESULTS_FILE) as store:
        details = [store.detail(key) for key in store.statuses()]
    assert sum("in broken" in detail for detail in details) == 4
    _, tally = run_study(study(), tmp_path, retry=["skipped", "failed"])
    assert (tally.counts["ok"], tally.kept, tally.failed) == (4, 4, 0)
    with ResultStore(tmp_path / RESULTS_FILE) as store:
        assert not any(store.detail(key) for key in store.statuses())


def test_a_network_is_trained_once_and_kept(tmp_path, monkeypatch):
    network = {"name": "mlp", "hidden": [8], "train_rows": 100, "iterations": 40}
    changes = {
        "models": [network],
        "problems": ["ishigami", "diabetes"],
        "replicates": 1,
        "budgets": [400, 800],
    }
    results, tally = run_study(study(**changes), tmp_path)
    assert tally.counts["ok"] == 8
    question = results.questions["diabetes", "mlp"]
    assert question.quality.keys() == {"disease_progression"}
    assert question.training["held_out_rows"] == 110
    assert any("strongly correlated inputs: s1 and s2" in note for note in question.notes)
    inputs = results.cells.query("problem == 'diabetes'").groupby("estimator")["inputs"].first()
    assert inputs["gradient"] == "the 110 data rows"
    assert inputs["sobol"] == "the product of the marginals (each column's values)"

    from sensbench.networks.mlp import Mlp

    monkeypatch.setattr(Mlp, "train", lambda *args: pytest.fail("trained again"))
    _, tally = run_study(study(**{**changes, "budgets": [400, 900]}), tmp_path)
    assert (tally.counts["ok"], tally.kept) == (4, 4)


def test_studies_share_the_networks_they_train(tmp_path, monkeypatch):
    network = {"name": "mlp", "hidden": [7], "train_rows": 90, "iterations": 30}
    changes = {"models": [network], "replicates": 1}
    first, _ = run_study(study(**changes, budgets=[400]), tmp_path / "a")
    monkeypatch.setattr(
        "sensbench.networks._network.fit", lambda *args, **more: pytest.fail("trained again")
    )
    more = study(**changes, budgets=[400, 800], name="other", title="Another study")
    second, tally = run_study(more, tmp_path / "b")
    assert tally.counts == {"ok": 4}
    at_400 = values(second)[second.frame["budget"] == 400].reset_index(drop=True)
    pd.testing.assert_frame_equal(at_400, values(first).reset_index(drop=True))
    assert second.questions == first.questions


def test_a_results_file_keeps_its_networks_without_the_cache(tmp_path, monkeypatch):
    network = {"name": "mlp", "hidden": [7], "train_rows": 91, "iterations": 30}
    run_study(study(models=[network], budgets=[400]), tmp_path / "a")
    monkeypatch.setenv("SENSBENCH_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr(
        "sensbench.networks._network.fit", lambda *args, **more: pytest.fail("trained again")
    )
    _, tally = run_study(study(models=[network], budgets=[400, 500]), tmp_path / "a")
    assert (tally.kept, tally.counts["ok"]) == (4, 4)


def test_sobolev_training_on_measured_targets_is_skipped_with_its_reason(tmp_path):
    network = {"name": "linear", "sobolev": 1.0, "train_rows": 60}
    changes = {"models": [network], "problems": ["ishigami", "diabetes"], "replicates": 1}
    results, tally = run_study(study(**changes, budgets=[400]), tmp_path)
    assert tally.counts == {"ok": 2, "skipped": 2}
    skipped = results.cells[results.cells["status"] == "skipped"]
    assert set(skipped["problem"]) == {"diabetes"}
    assert "got measured targets; leave sobolev out" in skipped["reason"].iloc[0]


def test_results_files_that_kept_r2_alone_still_open(tmp_path, blank_figures):
    """Before there was a Quality, a file held output name to R²."""
    network = {"name": "mlp", "hidden": [8], "train_rows": 100, "iterations": 40}
    asked = study(models=[network], budgets=[400], replicates=1)
    new, _ = run_study(asked, tmp_path)
    (r2,) = [q.quality["y"].r2 for q in new.questions.values()]
    with sqlite3.connect(tmp_path / RESULTS_FILE) as db:
        for table in ("questions", "networks"):
            ((key, content),) = db.execute(f"SELECT key, content FROM {table}").fetchall()
            old = json.dumps({**json.loads(content), "quality": {"y": r2}})
            ((weights,),) = (
                db.execute("SELECT weights FROM networks") if table == "networks" else (((),),)
            )
            parts = (key, old, *((weights,) if weights else ()))
            db.execute(f"UPDATE {table} SET content = ?, digest = ?", (old, digest_of(*parts)))
    db.close()
    with ResultStore(tmp_path / RESULTS_FILE) as store:
        (question,) = store.results().questions.values()
        assert question.quality == {"y": Quality(r2)}
        assert store.results().frame.equals(new.frame)
    results, tally = run_study(study(models=[network], budgets=[400, 500], replicates=1), tmp_path)
    assert (tally.kept, tally.counts["ok"]) == (2, 2)
    page = write_report(results, tmp_path / "index.html", files=False).read_text()
    assert f"(R² {fit(r2)}) on rows it was not trained on" in page


def test_data_without_a_network_is_a_mistake_told_before_anything_runs(tmp_path):
    with pytest.raises(StudyError, match=r"problems\[1\]: expected a model for 'diabetes'"):
        run_study(study(problems=["ishigami", "diabetes"]), tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"problems": ["ishigamy"]}, r"problems\[0\]: .*did you mean 'ishigami'"),
        ({"problems": [{"name": "sobol_g", "b": 1}]}, r"problems\[0\]: .*parameter; got 'b'"),
        ({"problems": [{"name": "sobol_g", "a": []}]}, r"problems\[0\]: sobol_g: expected a"),
        ({"problems": ["table"]}, r"problems\[0\]: .*expected path="),
        ({"problems": [{"name": "ishigami", "a": "x"}]}, r"a='x'; it raised Type"),
        ({"estimators": ["sobel"]}, r"estimators\[0\]: .*did you mean 'sobol'"),
        ({"estimators": [{"name": "morris", "levels": 3}]}, r"estimators\[0\]: morris: expected"),
        ({"models": ["mpl"]}, r"models\[0\]: .*did you mean 'mlp'"),
    ],
)
def test_wrong_plug_ins_are_told_with_their_place_and_cost_no_results(tmp_path, changes, message):
    run_study(study(budgets=[100], replicates=1), tmp_path)
    with pytest.raises(StudyError, match=message):
        run_study(study(**changes), tmp_path, fresh=True)
    with ResultStore(tmp_path / RESULTS_FILE) as store:
        assert len(store.done()) == 2


def test_fresh_forgets(tmp_path):
    run_study(study(), tmp_path)
    _, tally = run_study(study(), tmp_path, fresh=True)
    assert (tally.counts["ok"], tally.kept) == (8, 0)


def test_a_foreign_file_is_not_touched(tmp_path):
    path = tmp_path / RESULTS_FILE
    path.write_text("not a database, but somebody's file of some length " * 40)
    with pytest.raises(InputError, match="expected a results file of sensbench"):
        run_study(study(), tmp_path)
    assert path.read_text().startswith("not a database")
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    with pytest.raises(InputError, match="version"):
        ResultStore(other)


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    """SIGKILL in the middle: what was committed stays, the rest is computed by the next run."""
    many = {**SMALL, "budgets": [20_000, 20_001, 20_002], "replicates": 30}
    script = (
        "from sensbench.study.config import check_study\n"
        "from sensbench.study.runner import run_study\n"
        "from pathlib import Path\n"
        f"run_study(check_study({many!r}, 'test'), Path({str(tmp_path)!r}))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script])
    path = tmp_path / RESULTS_FILE
    deadline = time.monotonic() + 600  # for a machine that does much else
    done = 0
    try:
        while done < 5 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.05)
            if path.exists():
                with ResultStore(path) as store:
                    done = len(store.done())
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert done >= 5
    with ResultStore(path) as store:
        kept = len(store.done())
        results = store.results()
    assert kept < 180
    assert (results.cells["status"] == "missing").sum() == 180 - kept
    # whole cells only: every kept cell has all its numbers
    sizes = results.frame.groupby(["estimator", "budget", "replicate"]).size()
    assert set(sizes.groupby("estimator").unique().map(len)) == {1}
    few = check_study({**many, "replicates": 2}, "test")
    before = results.frame[results.frame["replicate"] < 2]
    after, tally = run_study(few, tmp_path)
    assert tally.kept == len(before.groupby(["estimator", "budget", "replicate"]))
    assert set(after.cells["status"]) == {"ok"}


def test_labels_tell_equal_names_apart():
    assert labels([("a", {"z": 0}), ("b", {"x": 1, "z": 0}), ("b", {"x": 2, "z": 0})]) == [
        "a", "b(x=1)", "b(x=2)",
    ]  # fmt: skip
