import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import sensbench as sb
from sensbench.errors import InputError
from sensbench.estimator.interval import SAMPLING, Interval
from sensbench.estimator.result import Impossible, NotAsked
from sensbench.measure import MEASURES, Measure, define
from sensbench.study import schema
from sensbench.study.cells import cells_of
from sensbench.study.config import check_study
from sensbench.study.contents import question_to_text
from sensbench.study.outcome import Outcome, Record
from sensbench.study.question import method_of, question_of
from sensbench.study.runner import RESULTS_FILE, run_study
from sensbench.study.store import ResultStore

VERSION_1 = Path(__file__).parent / "data" / "version-1.db"
VERSION_2 = Path(__file__).parent / "data" / "version-2.db"
STUDY = {
    "name": "kept",
    "problems": ["ishigami"],
    "estimators": ["gradient", {"name": "sobol", "second_order": True}],
    "budgets": [100],
}

WIDTH = Measure("width", "width", "Range of y.", "{y}", "max - min", "none", "moment", "output")
ALONG = Measure(
    "along", "along", "Part of direction k.", "", "λ_k", "none", "derivative", "direction"
)
# of three inputs: heavy, not looked for, light
TAIL = np.array([[0.9, np.nan, 0.2]])


@dataclass(frozen=True)
class EveryAxis(sb.Estimator):
    """A measure of each axis."""

    name = "every_axis"
    measures = ("total_order", "second_order", "width", "along")
    ranks_by = "total_order"
    needs = sb.Needs("given")

    def _estimate(self, problem, budget, rng):
        Y = problem.sample(budget, rng).outputs
        o, d = problem.o, problem.d
        total = np.arange(o * d, dtype=float).reshape(o, d)
        of = Interval(0.9, "none such", SAMPLING, 7)
        return {
            "total_order": sb.Estimate(total, total - 1, total + 1, interval=of, tail=TAIL),
            "second_order": sb.Estimate.of(np.arange(o * d * d, dtype=float).reshape(o, d, d)),
            "width": sb.Estimate.of(np.ptp(Y, axis=0)),
            "along": sb.Estimate.of(np.arange(o * 2, dtype=float).reshape(o, 2)),
        }


@pytest.fixture(autouse=True)
def _measures():
    define(WIDTH)
    define(ALONG)


def kept(tmp_path, **changes):
    run_study(check_study({**STUDY, **changes}, "test"), tmp_path)
    return tmp_path / RESULTS_FILE


def _read(path):
    with ResultStore(path, read_only=True) as store:
        return store.results()


def test_measures_of_every_axis_are_kept_and_read_again(tmp_path):
    problem = sb.problems.load("ishigami")
    estimator = EveryAxis()
    result = estimator.estimate(problem, budget=50, seed=1)
    method = method_of("every_axis", estimator)
    (cell,) = cells_of([("q", "ishigami", "function")], [method], [50], 1, 0)
    with ResultStore(tmp_path / "r.sqlite") as store:
        store.plan([cell], [method], {"name": "axes"})
        question = question_of(problem, "ishigami", "function", {})
        store.put_question("q", question_to_text(question))
        store.put(cell, Outcome("ok", record=Record.of(result)))
    with ResultStore(tmp_path / "r.sqlite", read_only=True) as store:
        read = store.results()
    columns = ["measure", "output", "feature", "partner", "direction", "value", "low", "high"]
    more = ["level", "interval", "covers", "tail"]
    again = read.frame[[*columns, *more]]
    assert again.equals(result.to_frame()[[*columns, *more]])
    width = again[again["measure"] == "width"]
    assert width[["feature", "partner", "direction"]].to_numpy().tolist() == [["", "", ""]]
    assert width["low"].isna().all()
    assert width["covers"].tolist() == [""]
    along = again[again["measure"] == "along"]
    assert list(zip(along["direction"], along["value"], strict=True)) == [("1", 0.0), ("2", 1.0)]
    pairs = again[again["measure"] == "second_order"]
    assert pairs[["feature", "partner", "value"]].to_numpy().tolist() == [
        ["x1", "x2", 1.0], ["x1", "x3", 2.0], ["x2", "x3", 5.0],
    ]  # fmt: skip
    total = again[again["measure"] == "total_order"]
    np.testing.assert_array_equal(total["tail"], TAIL[0])
    assert again.loc[again["measure"] != "total_order", "tail"].isna().all()
    assert set(zip(total["level"], total["interval"], total["covers"], strict=True)) == {
        (0.9, "none such", "sampling")
    }
    assert read.measures["along"] == ALONG
    assert read.methods["every_axis"].needs == estimator.needs


def test_what_was_not_asked_for_is_told_from_what_is_impossible(tmp_path):
    path = kept(
        tmp_path, estimators=["gradient", "sobol"], problems=["diabetes"], models=["linear"]
    )
    with ResultStore(path, read_only=True) as store:
        absent = store.results().absent
    assert absent["diabetes", "linear", "sobol", "second_order"] == NotAsked("second_order=True")
    bound = absent["diabetes", "linear", "gradient", "total_order_bound"]
    assert isinstance(bound, Impossible)
    assert "rows of data" in bound.reason


def test_coordinates_stand_in_columns_of_their_own(tmp_path):
    path = kept(tmp_path, replicates=2)
    db = sqlite3.connect(path)
    query = "SELECT problem, model, estimator, budget, replicate, seed FROM cells"
    assert sorted(db.execute(query)) == [
        ("ishigami", "function", name, 100, replicate, 0)
        for name in ("gradient", "sobol")
        for replicate in (0, 1)
    ]
    db.close()


def test_a_file_of_version_1_is_upgraded_in_place_after_a_copy(tmp_path):
    path = tmp_path / RESULTS_FILE
    shutil.copy(VERSION_1, path)
    with ResultStore(path) as store:
        results = store.results()
        done = len(store.done())
    assert (tmp_path / "results.version-1.sqlite").read_bytes() == VERSION_1.read_bytes()
    assert (len(results.frame), done) == (670, 25)
    assert results.cells["status"].value_counts().to_dict() == {
        "ok": 25, "skipped": 8, "failed": 3,
    }  # fmt: skip
    gradient = results.frame.query(
        "problem == 'ishigami' and model == 'function' and estimator == 'gradient' and "
        "budget == 60 and replicate == 1 and measure == 'dgsm'"
    )
    # as the older version printed them
    assert gradient["value"].tolist() == VALUES_OF_1
    assert results.methods["sobol"].needs == sb.estimators.load("sobol", second_order=True).needs
    # a plug-in that is not installed: what it needs and what its numbers mean was never kept
    assert results.methods["outside"].needs is None
    assert results.measures["range_share"].family == "unknown"
    with ResultStore(path) as store:
        store.results()
    assert len(list(tmp_path.glob("results.version-1*"))) == 1


VALUES_OF_1 = [6.459376345454975, 26.486344164678506, 6.116368366791718]


def test_an_old_file_is_read_without_being_touched(tmp_path):
    path = tmp_path / RESULTS_FILE
    shutil.copy(VERSION_1, path)
    with ResultStore(path, read_only=True) as store:
        assert len(store.results().frame) == 670
    assert [p.name for p in tmp_path.iterdir()] == [RESULTS_FILE]
    assert path.read_bytes() == VERSION_1.read_bytes()


def test_a_file_of_version_2_gets_tails_that_are_not_known(tmp_path):
    path = tmp_path / RESULTS_FILE
    shutil.copy(VERSION_2, path)
    with ResultStore(path, read_only=True) as store:
        before = store.results().frame
    assert path.read_bytes() == VERSION_2.read_bytes()
    assert before["tail"].isna().all()
    study = {
        "name": "old", "problems": ["ishigami"], "estimators": ["gradient", "pawn"],
        "budgets": [60, 120], "replicates": 2,
    }  # fmt: skip
    results, tally = run_study(check_study(study, "test"), tmp_path)
    assert (tally.kept, tally.counts.total()) == (4, 4)
    assert (tmp_path / "results.version-2.sqlite").read_bytes() == VERSION_2.read_bytes()
    tails = results.frame.groupby(["estimator", "budget"])["tail"].count()
    assert (tails["gradient"][60], tails["pawn"][120]) == (0, 0)
    assert tails["gradient"][120] > 0


@pytest.mark.parametrize("tail", [0.1, None])
def test_a_tail_that_is_not_as_it_was_written_is_damage(tmp_path, tail):
    path = kept(tmp_path, estimators=["gradient"])
    with closing(sqlite3.connect(path)) as db, db:
        changed = db.execute("UPDATE numbers SET tail = ? WHERE tail IS NOT NULL", (tail,))
        assert changed.rowcount > 0
    with pytest.raises(InputError, match="the cell"), ResultStore(path, read_only=True) as store:
        store.results()


def test_an_old_study_goes_on_without_computing_again(tmp_path):
    shutil.copy(VERSION_1, tmp_path / RESULTS_FILE)
    old = {
        "name": "old", "problems": ["ishigami"], "estimators": ["gradient"],
        "budgets": [60, 120], "replicates": 2,
    }  # fmt: skip
    _, tally = run_study(check_study(old, "test"), tmp_path)
    assert (tally.kept, tally.counts.total()) == (4, 0)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE numbers SET value = value * 2 WHERE rowid = 5", "its numbers"),
        ("UPDATE numbers SET feature = 'x9' WHERE rowid = 5", "its numbers"),
        ("DELETE FROM numbers WHERE rowid = 5", "its numbers"),
        ("UPDATE cells SET n_forward = 1", "its numbers"),
        ("UPDATE cells SET notes = '[\"fine\"]'", "its numbers"),
        ("UPDATE measures SET content = replace(content, 'variance', 'value')", "measures"),
        ("UPDATE methods SET content = replace(content, 'rms', 'abs')", "methods"),
        ("UPDATE questions SET content = replace(content, 'x1', 'x7')", "questions"),
        ("UPDATE study SET content = replace(content, 'kept', 'left')", "study"),
    ],
)
def test_what_was_changed_is_noticed_before_anything_is_written(tmp_path, statement, told):
    path = kept(tmp_path)
    db = sqlite3.connect(path)
    with db:
        db.execute(statement)
    db.close()
    before = path.read_bytes()
    with ResultStore(path, read_only=True) as store, pytest.raises(InputError, match=told):
        store.results()
    with pytest.raises(InputError, match=f"damaged one .*{told}"):
        run_study(check_study({**STUDY, "budgets": [100, 200]}, "test"), tmp_path)
    assert path.read_bytes() == before


def test_flipped_bits_and_cut_files_are_one_sentence_and_left_alone(tmp_path):
    path = kept(tmp_path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    silent = []
    for place in rng.integers(0, len(whole), 60).tolist():
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        changed = path.read_bytes()
        with suppress(InputError), ResultStore(path, read_only=True) as store:
            silent.append(len(store.results().frame))
        assert path.read_bytes() == changed
    path.write_bytes(whole)
    with ResultStore(path, read_only=True) as store:
        expected = len(store.results().frame)
    # a flip in a page that nothing uses, or of a pointer SQLite can do without, changes nothing
    assert set(silent) <= {expected}
    for size in (0, 1, 100, 1000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with (
            pytest.raises(InputError, match="expected"),
            ResultStore(path, read_only=True) as store,
        ):
            store.results()


def test_foreign_and_newer_files_are_refused_and_left_alone(tmp_path):
    path = kept(tmp_path)
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    db.close()
    newer = path.read_bytes()
    with pytest.raises(InputError, match="which a newer sensbench wrote; upgrade sensbench"):
        ResultStore(path)
    assert path.read_bytes() == newer
    other = tmp_path / "other.sqlite"
    db = sqlite3.connect(other)
    db.executescript(f"CREATE TABLE cells (a); PRAGMA user_version = {schema.VERSION};")
    db.close()
    with pytest.raises(InputError, match="got another database"):
        ResultStore(other)
    text = tmp_path / "text.sqlite"
    text.write_text("problem,value\n" * 100)
    with pytest.raises(InputError, match="got something else"):
        ResultStore(text)
    with pytest.raises(InputError, match="there is none"):
        ResultStore(tmp_path / "none.sqlite", read_only=True)


def test_a_full_disk_loses_nothing_that_was_committed(tmp_path):
    path = kept(tmp_path)
    with ResultStore(path) as store:
        before = store.results().frame
        (pages,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(InputError, match="make room on the disk"):
            store.put_network("key", {}, bytes(10**6))
        assert store.results().frame.equals(before)


def _but_lock(folder):
    """The names of the files but the lock's, which stays where a study has run."""
    return [file.name for file in folder.iterdir() if file.suffix != ".lock"]


def test_what_a_killed_process_committed_is_there(tmp_path, monkeypatch):
    """What it leaves is the file and the log beside it, as they are before anything is closed."""
    path = kept(tmp_path / "whole")
    monkeypatch.setattr(schema, "_file_system", lambda path: "ext4")
    left = tmp_path / "left"
    left.mkdir()
    with ResultStore(path) as store:
        store.put_network("key", {"a": 1}, b"weights")
        for end in ("", "-wal"):
            shutil.copy(f"{path}{end}", left / f"{path.name}{end}")
    assert _but_lock(path.parent) == [path.name]
    for read_only in (True, False):
        with ResultStore(left / path.name, read_only=read_only) as store:
            assert store.network("key") == ({"a": 1}, b"weights")
            assert store.results().frame.equals(_read(path).frame)
            store.check()
    # closed by a writer, it is one file again
    with ResultStore(left / path.name) as store:
        store.put_network("key", {"a": 2}, b"other")
    assert _but_lock(left) == [path.name]
    with closing(sqlite3.connect(left / path.name)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_no_log_on_file_systems_without_shared_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "_file_system", lambda path: "nfs4")
    with ResultStore(tmp_path / RESULTS_FILE) as store:
        store.put_network("key", {}, b"weights")
        assert _but_lock(tmp_path) == [RESULTS_FILE]


def test_a_log_of_a_file_that_is_begun_anew_is_forgotten(tmp_path):
    path = kept(tmp_path)
    path.with_name(path.name + "-wal").write_bytes(b"left by another")
    results, _ = run_study(check_study({**STUDY, "seed": 1}, "test"), tmp_path, fresh=True)
    assert set(results.cells["status"]) == {"ok"}
    assert _but_lock(tmp_path) == [RESULTS_FILE]


def test_two_meanings_of_one_name_are_both_shown():
    other = Measure("width", "w", "Another thing.", "", "max", "none", "moment", "output")
    with pytest.raises(InputError, match=r"'Range of y\.' \(known\) and 'Another thing\.' \(new\)"):
        define(other)


REPORT = """
import sys
from sensbench.cli import main
main(["report", sys.argv[1], "--out", sys.argv[2]])
"""


@pytest.mark.slow
def test_results_of_a_plug_in_that_is_not_installed_are_reported(tmp_path):
    shutil.copy(VERSION_1, tmp_path / RESULTS_FILE)
    out = tmp_path / "out"
    command = [sys.executable, "-c", REPORT, str(tmp_path / RESULTS_FILE), str(out)]
    subprocess.run(command, check=True, capture_output=True)
    page = (out / "index.html").read_text()
    assert "range_share" in page
    assert "outside" in page
    assert "range_share" not in MEASURES


@pytest.mark.parametrize(("table", "key"), [("measures", "name"), ("methods", "label")])
def test_a_meaning_that_was_taken_out_is_damage(tmp_path, table, key):
    path = kept(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"DELETE FROM {table} WHERE {key} IN ('total_order', 'sobol')")
        db.commit()
    with pytest.raises(InputError, match="is spoken of and not there"):
        _read(path)
