"""Parts of a study, computed apart and merged: the same file as computed at once."""

import random
import shutil
import sqlite3
from collections import Counter
from contextlib import closing

import pytest
from click.testing import CliRunner

from sensbench.cli import main
from sensbench.errors import InputError
from sensbench.study.config import check_study
from sensbench.study.contents import cell_digest
from sensbench.study.merging import merge
from sensbench.study.planning import plan_of
from sensbench.study.runner import RESULTS_FILE, run_study
from sensbench.study.shards import Shard
from sensbench.study.store import ResultStore

STUDY = {
    "name": "parts",
    "problems": ["ishigami", "linkletter"],
    "models": ["function", {"name": "linear", "train_rows": 60}],
    "estimators": ["gradient", "sobol", "permutation"],
    "budgets": [100, 800],
    "replicates": 3,
    "references": {"points": 64, "scrambles": 2},
}


def study(**changes):
    return check_study({**STUDY, **changes}, "test")


def numbers(results):
    return results.frame.drop(columns="seconds")


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    for number in (1, 2, 3):
        run_study(study(), folder / f"{number}", shard=Shard(number, 3), threads=1)
    return folder


@pytest.fixture
def parts(tmp_path, computed):
    """Three shards in files of their own, to be written into."""
    for number in (1, 2, 3):
        shutil.copytree(computed / f"{number}", tmp_path / f"{number}")
    return [tmp_path / f"{number}" / RESULTS_FILE for number in (1, 2, 3)]


@pytest.mark.parametrize("of", [1, 2, 5, 72, 100])
def test_every_cell_is_in_one_shard_and_shards_cost_the_same(of):
    cells = list(plan_of(study()).cells)
    shuffled = random.Random(0).sample(cells, len(cells))
    shards = [Shard(number, of).of_cells(cells) for number in range(1, of + 1)]
    assert Counter(cell.key for shard in shards for cell in shard) == Counter(
        cell.key for cell in cells
    )
    sizes = [len(shard) for shard in shards]
    assert max(sizes) - min(sizes) <= 1
    for budget in STUDY["budgets"]:
        of_budget = [sum(cell.budget == budget for cell in shard) for shard in shards]
        assert max(of_budget) - min(of_budget) <= 1
    for number, shard in enumerate(shards, 1):
        again = Shard(number, of).of_cells(shuffled)
        assert {cell.key for cell in again} == {cell.key for cell in shard}


@pytest.mark.slow
def test_merged_parts_are_the_whole_to_the_bit_and_a_run_goes_on_from_them(tmp_path, parts):
    whole, _ = run_study(study(), tmp_path / "whole", threads=1)
    out = tmp_path / "all" / RESULTS_FILE
    merged = merge(parts, out)
    assert (merged.cells, merged.planned, merged.shared) == (72, 72, 0)
    with ResultStore(out, read_only=True) as store:
        results = store.results()
    assert numbers(results).equals(numbers(whole))
    assert results.questions.keys() == whole.questions.keys()
    assert [part["shard"] for part in results.provenance["parts"]] == ["1/3", "2/3", "3/3"]
    again, tally = run_study(study(budgets=[100, 200, 800]), out.parent, threads=1)
    assert (tally.kept, tally.counts.total()) == (72, 36)
    assert len(again.provenance["parts"]) == 3


def test_the_order_of_parts_does_not_matter_and_equal_cells_are_kept_once(tmp_path, parts):
    merge(parts[:2], tmp_path / "a.sqlite")
    merged = merge([parts[2], tmp_path / "a.sqlite", parts[0]], tmp_path / "b.sqlite")
    assert (merged.cells, merged.shared) == (72, len(_cells(parts[0])))
    merge(parts, tmp_path / "c.sqlite")
    assert _cells(tmp_path / "b.sqlite") == _cells(tmp_path / "c.sqlite")


def _cells(path):
    with closing(sqlite3.connect(path)) as db:
        return sorted(db.execute("SELECT key, digest FROM cells"))


def _change(path, key, value=None, status=None):
    """Give a cell another first number, or another status, as a run with other code would."""
    with closing(sqlite3.connect(path)) as db, db:
        if value is not None:
            query = "SELECT min(rowid) FROM numbers WHERE cell = ?"
            ((rowid,),) = db.execute(query, (key,))
            db.execute("UPDATE numbers SET value = ? WHERE rowid = ?", (value, rowid))
        if status is not None:
            db.execute("UPDATE cells SET status = ? WHERE key = ?", (status, key))
            db.execute("DELETE FROM numbers WHERE cell = ?", (key,))
        (facts,) = db.execute("SELECT * FROM cells WHERE key = ?", (key,))
        of_cell = "SELECT * FROM numbers WHERE cell = ? ORDER BY rowid"
        kept = [row[1:] for row in db.execute(of_cell, (key,))]
        digest = cell_digest(facts[:-1], kept)
        db.execute("UPDATE cells SET digest = ? WHERE key = ?", (digest, key))


def test_different_numbers_for_one_cell_are_refused_and_named(tmp_path, parts):
    merge(parts[:2], tmp_path / "a.sqlite")
    with closing(sqlite3.connect(parts[0])) as db:
        query = "SELECT key FROM cells WHERE status = 'ok' AND budget = 800"
        key = db.execute(query).fetchone()[0]
    _change(parts[0], key, value=0.123)
    with pytest.raises(InputError, match=rf"same cell; .* budget 800 replicate . \({key}\)"):
        merge([tmp_path / "a.sqlite", parts[0]], tmp_path / "b.sqlite")
    assert not (tmp_path / "b.sqlite").exists()
    assert not list(tmp_path.glob(".*part*"))
    # what only the machine did to a cell gives way to a result, in either order
    _change(parts[0], key, status="timeout")
    for order in ([tmp_path / "a.sqlite", parts[0]], [parts[0], tmp_path / "a.sqlite"]):
        out = tmp_path / f"of {order[0].name}"
        merge(order, out)
        with ResultStore(out, read_only=True) as store:
            store.check()
            assert store.statuses()[key] == "ok"


def test_parts_of_other_studies_and_damaged_ones_are_refused(tmp_path, parts):
    run_study(study(seed=1), tmp_path / "other", threads=1, shard=Shard(1, 9))
    other = tmp_path / "other" / RESULTS_FILE
    with pytest.raises(InputError, match=r"parts of one study; got seed: 0 in .* and 1 in"):
        merge([parts[0], other], tmp_path / "out.sqlite")
    with pytest.raises(InputError, match="two results files or more; got 1"):
        merge(parts[:1], tmp_path / "out.sqlite")
    with pytest.raises(InputError, match="expected no file there"):
        merge(parts[:2], other)
    with closing(sqlite3.connect(parts[1])) as db, db:
        db.execute("UPDATE numbers SET value = value + 1 WHERE rowid = 3")
    with pytest.raises(InputError, match="damaged"):
        merge(parts, tmp_path / "out.sqlite")
    assert not (tmp_path / "out.sqlite").exists()


def test_on_the_command_line(tmp_path, monkeypatch, blank_figures):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(
        "name: s\nproblems: [ishigami]\nestimators: [gradient]\nbudgets: [50]\nreplicates: 5\n"
    )
    for part in ("1/2", "2/2"):
        ran = CliRunner().invoke(main, ["run", "s.yaml", "--shard", part])
        assert ran.exit_code == 0, ran.output
        assert "page" not in ran.output
    folders = ["reports/s/shards/1-of-2", "reports/s/shards/2-of-2"]
    ran = CliRunner().invoke(main, ["merge", *folders, "--out", "reports/s"])
    assert "reports/s/results.sqlite: 5 of 5 cells" in ran.output
    ran = CliRunner().invoke(main, ["report", "reports/s"])
    assert ran.exit_code == 0, ran.output
    for wrong in ("0/2", "3/2", "1", "a/b"):
        ran = CliRunner().invoke(main, ["run", "s.yaml", "--shard", wrong])
        assert ran.exit_code == 2
        assert "expected I/N, with I from 1 to N" in ran.output
