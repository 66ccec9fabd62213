"""Studies whose numbers are too many for text: the same pages, from categories."""

import numpy as np
import pandas as pd
import pytest

from sensbench.errors import InputError
from sensbench.report import write_report
from sensbench.report.export import export
from sensbench.study import reading
from sensbench.study.columns import Columns, as_categories, plain
from sensbench.study.config import check_study
from sensbench.study.difference import difference
from sensbench.study.runner import RESULTS_FILE, run_study
from sensbench.study.store import ResultStore


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    asked = {
        "name": "large", "problems": ["ishigami", "friedman1"], "models": ["function"],
        "estimators": ["gradient", "sobol", "permutation", "morris"], "budgets": [3, 512],
        "replicates": 2,
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("large")
    run_study(check_study(asked, "large"), folder, workers=0, threads=1)
    return folder / RESULTS_FILE


def read(file, monkeypatch, most):
    monkeypatch.setattr(reading, "_MOST_TEXTS", most)
    with ResultStore(file, read_only=True) as store:
        return store.results()


@pytest.mark.slow
def test_categories_give_the_pages_and_files_of_text(file, tmp_path, monkeypatch):
    texts, many = (read(file, monkeypatch, most) for most in (10**9, 0))
    kinds = {str(kind) for kind in many.frame.dtypes}
    assert "category" in kinds
    assert "category" not in {str(kind) for kind in texts.frame.dtypes}
    pd.testing.assert_frame_equal(plain(many.frame), texts.frame)
    written = []
    for name, results in (("texts", texts), ("many", many)):
        folder = tmp_path / name
        write_report(results, folder / "index.html", files=True, formats=["svg", "csv"])
        for kind in ("csv", "parquet", "nc"):
            export(results, folder / f"all.{kind}")
        assert results.final().equals(texts.final())
        kept = {p.relative_to(folder): p for p in folder.rglob("*") if p.is_file()}
        written.append({path: p.read_bytes() for path, p in kept.items() if path.suffix != ".nc"})
        assert difference(texts, results).is_noise
    assert written[0] == written[1]


def test_numbers_of_other_cells_are_told_from_those_of_the_plan(file, monkeypatch):
    with ResultStore(file, read_only=True) as store, store.reading() as db:
        asked = {key: n for key, n in db.execute("SELECT cell, count(*) FROM numbers GROUP BY 1")}
        cells = store.cells()
    results = read(file, monkeypatch, 0)
    assert len(results.frame) == sum(asked.values())
    # in the order of the plan, as long as each cell has numbers
    by_cell = results.frame.groupby(
        ["problem", "estimator", "budget", "replicate"], sort=False, observed=True
    ).size()
    ok = cells[cells["status"] == "ok"]
    assert by_cell.to_list() == [asked[key] for key in ok["cell"]]
    assert (cells["status"] == "skipped").any()


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE numbers SET value = value + 1e-9 WHERE rowid = 40",
        "UPDATE numbers SET cell = '0' WHERE rowid = 7",
        "UPDATE numbers SET cell = 'zz' WHERE rowid = 7",
        "DELETE FROM numbers WHERE rowid = 9",
        "UPDATE cells SET seconds = 1 WHERE rowid = 3",
        "DELETE FROM cells WHERE key = (SELECT cell FROM numbers LIMIT 1)",
    ],
)
def test_damage_is_found_as_it_is_read(file, tmp_path, harm):
    with ResultStore(file, read_only=True) as store:
        store.copy_to(tmp_path / "harmed.sqlite")
    with ResultStore(tmp_path / "harmed.sqlite") as store:
        with store.reading() as db:
            db.execute("PRAGMA foreign_keys = OFF")
            db.execute(harm)
            db.commit()
        with pytest.raises(InputError, match="damaged"):
            store.results()


def test_columns_keep_what_they_are_given(monkeypatch):
    monkeypatch.setattr("sensbench.study.columns._ROWS_AT_ONCE", 2)
    table = Columns(["name", "other"], ["value"], 9)
    rows = [("b", "x", 1.0), ("a", "x", None), ("b", "y", 3.5), ("c", "", -1.0), ("a", "x", 2.0)]
    table.add(rows[:2])
    table.add([])
    table.add(rows[2:])
    assert len(table) == 5
    taken = table.taken(np.array([4, 0, 1, 2]))
    assert list(taken["name"]) == ["a", "b", "a", "b"]
    assert list(taken["other"]) == ["x", "x", "x", "y"]
    assert list(taken["name"].categories) == ["a", "b", "c"]
    np.testing.assert_array_equal(taken["value"], [2.0, 1.0, np.nan, 3.5])
    empty = Columns(["name"], ["value"], 0).taken(np.array([], dtype=np.int64))
    assert len(empty["name"]) == len(empty["value"]) == 0
    column = pd.Series(["b", "a", "b"])
    assert plain(pd.DataFrame({"t": as_categories(column)}))["t"].equals(column.rename("t"))
