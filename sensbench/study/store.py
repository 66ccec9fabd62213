"""ResultStore: everything a study found, in one SQLite file, committed cell by cell."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pandas as pd

from sensbench.errors import InputError
from sensbench.quality import Quality
from sensbench.result import SensitivityResult
from sensbench.study.cells import Cell
from sensbench.study.results import CELL_COLUMNS, FRAME_COLUMNS, Known, Method, Question, Results

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS study (key TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS questions (key TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS networks (key TEXT PRIMARY KEY, content TEXT NOT NULL, weights BLOB);
CREATE TABLE IF NOT EXISTS cells (
    key TEXT PRIMARY KEY, status TEXT NOT NULL, reason TEXT NOT NULL,
    n_forward INTEGER, n_backward INTEGER, seconds REAL, inputs TEXT,
    absent TEXT NOT NULL, notes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS numbers (
    cell TEXT NOT NULL REFERENCES cells(key) ON DELETE CASCADE,
    measure TEXT NOT NULL, output TEXT NOT NULL, feature TEXT NOT NULL, partner TEXT NOT NULL,
    value REAL, low REAL, high REAL);
CREATE INDEX IF NOT EXISTS numbers_of_cell ON numbers(cell);
"""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a cell: ``ok`` with a result, else ``skipped`` or ``failed`` and why."""

    status: str
    reason: str = ""
    result: SensitivityResult | None = None
    seconds: float = 0.0
    error: BaseException | None = None


class ResultStore:
    """One SQLite file, or memory. Use as a context manager.

    Raises
    ------
    InputError
        The file is not a results file, or is of another version.
    """

    def __init__(self, path: Path | str = ":memory:"):
        self.path = path
        try:
            self._db = sqlite3.connect(path, timeout=60.0)
            self._db.execute("PRAGMA foreign_keys = ON")
            self._version()
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"{path}: expected a results file of sensbench; got {error}; give another file, "
                f"or --fresh to start it anew"
            ) from error

    def __enter__(self) -> "ResultStore":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what is committed stays."""
        self._db.close()

    def plan(
        self, cells: Sequence[Cell], methods: Sequence[Method], provenance: Mapping[str, Any]
    ) -> None:
        """Remember what the study now consists of; results of other cells are kept."""
        questions = list(dict.fromkeys((c.question, c.problem, c.model) for c in cells))
        planned = [
            (c.key, c.problem, c.model, c.method.label, c.budget, c.replicate) for c in cells
        ]
        content = {
            "cells": planned,
            "methods": [asdict(method) for method in methods],
            "questions": questions,
            "provenance": dict(provenance),
        }
        with self._db:
            for key, value in content.items():
                self._db.execute("REPLACE INTO study VALUES (?, ?)", (key, _dump(value)))

    def provenance(self) -> dict[str, Any]:
        """Return the provenance of the last run; empty before there was one."""
        return self._study("provenance") or {}

    def done(self) -> set[str]:
        """Return the keys of the cells whose result is there."""
        return {key for (key,) in self._db.execute("SELECT key FROM cells WHERE status = 'ok'")}

    def put(self, cell: Cell, outcome: Outcome) -> None:
        """Commit one cell, whole or not at all; an earlier failure of it is replaced."""
        result = outcome.result
        row = (
            cell.key, outcome.status, outcome.reason,
            result.n_forward if result else 0, result.n_backward if result else 0,
            result.seconds if result else outcome.seconds, result.inputs if result else "",
            _dump(dict(result.absent if result else {})),
            _dump(list(result.notes if result else ())),
        )  # fmt: skip
        with self._db:
            self._db.execute("DELETE FROM cells WHERE key = ?", (cell.key,))
            self._db.execute(f"INSERT INTO cells VALUES ({', '.join('?' * len(row))})", row)
            if result is not None:
                numbers = result.to_frame().iloc[:, 3:].itertuples(index=False)
                self._db.executemany(
                    "INSERT INTO numbers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [(cell.key, *number) for number in numbers],
                )

    def put_question(self, key: str, question: Question) -> None:
        """Remember what was explained."""
        with self._db:
            self._db.execute("REPLACE INTO questions VALUES (?, ?)", (key, _dump(asdict(question))))

    def put_network(self, key: str, content: Mapping[str, Any], weights: bytes) -> None:
        """Keep a trained network, so that it is trained once per study."""
        with self._db:
            self._db.execute(
                "REPLACE INTO networks VALUES (?, ?, ?)", (key, _dump(dict(content)), weights)
            )

    def network(self, key: str) -> tuple[dict[str, Any], bytes] | None:
        """Return a kept network, if it is there."""
        query = "SELECT content, weights FROM networks WHERE key = ?"
        row = self._db.execute(query, (key,)).fetchone()
        return None if row is None else (json.loads(row[0]), row[1])

    def results(self) -> Results:
        """Return everything that belongs to the study as last planned."""
        methods = [Method(**content) for content in self._study("methods") or []]
        provenance = self.provenance()
        plan = pd.DataFrame(
            self._study("cells") or [],
            columns=["cell", "problem", "model", "estimator", "budget", "replicate"],
        )
        states = pd.read_sql("SELECT * FROM cells", self._db).rename(columns={"key": "cell"})
        cells = plan.merge(states, on="cell", how="left")
        cells = cells.fillna({"status": "missing", "reason": "not computed yet", "inputs": ""})
        counts = ["n_forward", "n_backward", "seconds"]
        cells[counts] = cells[counts].fillna(0)
        cells[counts[:2]] = cells[counts[:2]].astype("int64")
        numbers = pd.read_sql("SELECT * FROM numbers ORDER BY rowid", self._db)
        numbers[["value", "low", "high"]] = numbers[["value", "low", "high"]].astype(float)
        ok = cells[cells["status"] == "ok"]
        frame = ok.merge(numbers, on="cell", how="inner")

        absent: dict[tuple[str, str, str, str], str] = {}
        notes: dict[tuple[str, str, str], tuple[str, ...]] = {}
        columns = ok[["problem", "model", "estimator", "absent", "notes"]].astype(str)
        for problem, model, label, why_absent, remarks in columns.itertuples(index=False):
            at = (problem, model, label)
            absent.update({(*at, name): why for name, why in json.loads(why_absent).items()})
            if json.loads(remarks):
                notes[at] = tuple(dict.fromkeys((*notes.get(at, ()), *json.loads(remarks))))
        return Results(
            name=provenance.get("name", ""),
            frame=frame[list(FRAME_COLUMNS)],
            cells=cells[list(CELL_COLUMNS)],
            methods={method.label: method for method in methods},
            questions=self._questions(),
            absent=absent,
            notes=notes,
            provenance=provenance,
        )

    def _questions(self) -> dict[tuple[str, str], Question]:
        found = {}
        for key, problem, model in self._study("questions") or []:
            query = "SELECT content FROM questions WHERE key = ?"
            row = self._db.execute(query, (key,)).fetchone()
            if row is None:
                continue
            content = json.loads(row[0])
            content.update(
                problem=problem, model=model,
                outputs=tuple(content["outputs"]), features=tuple(content["features"]),
                truth=tuple(Known(*entry) for entry in content["truth"]),
                reference=tuple(Known(*entry) for entry in content.get("reference", ())),
                notes=tuple(content["notes"]),
                quality={o: Quality.from_plain(q) for o, q in content["quality"].items()},
            )  # fmt: skip
            found[problem, model] = Question(**content)
        return found

    def _study(self, key: str) -> Any:
        row = self._db.execute("SELECT content FROM study WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def _version(self) -> None:
        # Tables first: they and the version come in one transaction, so where there are tables
        # the version is there too, also while another process makes the file.
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if tables and version != _VERSION:
            self._db.close()
            raise InputError(
                f"{self.path}: expected a results file of version {_VERSION}; got version "
                f"{version}; move it away, or --fresh to start it anew"
            )
        if not tables:
            self._db.executescript(
                f"BEGIN IMMEDIATE;\n{_SCHEMA}\nPRAGMA user_version = {_VERSION};\nCOMMIT;"
            )


def _dump(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, default=str)
