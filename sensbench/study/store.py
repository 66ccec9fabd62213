"""ResultStore: everything a study found, in one SQLite file, committed cell by cell."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import pandas as pd

from sensbench.errors import InputError
from sensbench.estimator.interval import Interval
from sensbench.study import contents, schema
from sensbench.study.cells import Cell
from sensbench.study.outcome import Outcome, Record
from sensbench.study.reading import read, read_cells
from sensbench.study.results import Method, Results

_MEMORY = ":memory:"
_NOTHING = Record(0, 0, 0.0, "", "{}", "[]", "{}", [], {})


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one of the same name; ``None``: it is not there."""
    with suppress(OSError):
        return path.stat()[1:3]
    return None


class ResultStore:
    """One SQLite file, or memory. Use as a context manager.

    A file of an older version is upgraded in place, after a copy of it was put beside it; with
    ``read_only`` it is upgraded in memory, and no file is made or changed.

    Raises
    ------
    InputError
        The file is not a results file, is damaged or of a newer version, or cannot be written.
        It is left as it was.
    """

    def __init__(self, path: Path | str = _MEMORY, *, read_only: bool = False):
        self.path = path
        self._measures: dict[str, str] = {}  # as they were written last
        self._fast = self._written = False
        self._opened_as: tuple[int, int] | None = None
        if read_only and not Path(path).is_file():
            raise InputError(f"{path}: expected a results file; there is none")
        with self._told():
            self._db = self._opened(read_only)
            self._db.execute("PRAGMA foreign_keys = ON")

    def _opened(self, read_only: bool) -> sqlite3.Connection:
        if self.path == _MEMORY:
            db = sqlite3.connect(_MEMORY)
            schema.create(db)
            return db
        path = Path(self.path)
        uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        db = sqlite3.connect(uri, uri=True, timeout=60.0)
        self._opened_as = _identity(path)
        try:
            version = schema.version_of(db, path)
            if version == 0:
                if read_only:
                    raise InputError(f"{path}: expected results; got an empty file")
                schema.create(db)
            elif version < schema.VERSION:
                if read_only:
                    copy = sqlite3.connect(_MEMORY)
                    db.backup(copy)
                    db.close()
                    db = copy
                else:
                    schema.back_up(path, version)
                schema.upgrade(db, version)
        except BaseException:
            db.close()
            raise
        return db

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
        """Close the file; what is committed stays, all of it in the one file."""
        if self._fast:
            # a reader may be in the way; then the next one to write does it
            with suppress(sqlite3.OperationalError):
                self._db.execute("PRAGMA busy_timeout = 1000")
                self._db.execute("PRAGMA journal_mode = DELETE")
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
            "methods": [method.label for method in methods],
            "questions": questions,
            "provenance": dict(provenance),
        }
        self._measures.clear()
        with self.changing():
            for key, value in content.items():
                self._replace("study", key, contents.dump(value))
            for method in methods:
                self._replace("methods", method.label, contents.method_to_text(method))
                text = contents.measure_to_text(method.headline)
                self._replace("measures", method.headline.name, text)

    def provenance(self) -> dict[str, Any]:
        """Return the provenance of the last run; empty before there was one."""
        query = "SELECT content FROM study WHERE key = 'provenance'"
        with self._told():
            row = self._db.execute(query).fetchone()
            return {} if row is None else json.loads(row[0])

    def put_provenance(self, provenance: Mapping[str, Any]) -> None:
        """Replace the provenance of the last run, for instance by one that says what it took."""
        with self.changing():
            self._replace("study", "provenance", contents.dump(dict(provenance)))

    def done(self) -> set[str]:
        """Return the keys of cells whose result is there."""
        return {key for key, status in self.statuses().items() if status == "ok"}

    def statuses(self) -> dict[str, str]:
        """Return what became of each cell, by its key."""
        with self.reading() as db:
            return dict(db.execute("SELECT key, status FROM cells"))

    def cells(self) -> pd.DataFrame:
        """Return the planned cells and what became of each, by key; damage is not looked for."""
        with self._told():
            return read_cells(self._db, self.path)

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Return what the interval of each measure is, by cell."""
        with self._told():
            kept = self._db.execute("SELECT key, intervals FROM cells").fetchall()
        return {key: contents.intervals_of_text(text) for key, text in kept}

    def detail(self, key: str) -> str:
        """Return the traceback of a cell that failed, or what its process printed last."""
        with self._told():
            if not self._has("details"):
                return ""
            query = "SELECT content, digest FROM details WHERE key = ?"
            row = self._db.execute(query, (key,)).fetchone()
            if row is not None and contents.digest_of(key, row[0]) != row[1]:
                raise schema.damaged(self.path, f"details: {key}")
            return "" if row is None else str(row[0])

    def _has(self, table: str) -> bool:
        """Whether a table is there that is made when it is first needed."""
        query = "SELECT count(*) FROM sqlite_master WHERE name = ?"
        return bool(self._db.execute(query, (table,)).fetchone()[0])

    def put_file(self, name: str, content: bytes) -> None:
        """Keep a file's content, so that nothing else is needed to compute again."""
        with self.changing():
            self._db.execute(schema.FILES)
            digest = contents.digest_of(name, content)
            self._db.execute("REPLACE INTO files VALUES (?, ?, ?)", (name, content, digest))

    def files(self) -> dict[str, bytes]:
        """Return the files that are kept, by name."""
        with self._told():
            if not self._has("files"):
                return {}
            kept = self._db.execute("SELECT name, content, digest FROM files").fetchall()
        for name, content, digest in kept:
            if contents.digest_of(name, content) != digest:
                raise schema.damaged(self.path, f"files: {name}")
        return {name: content for name, content, _ in kept}

    def put(self, cell: Cell, outcome: Outcome) -> None:
        """Commit one cell, whole or not at all; an earlier failure of it is replaced."""
        record = outcome.record or _NOTHING
        facts = (
            cell.key, cell.problem, cell.model, cell.method.name,
            contents.dump(dict(cell.method.params)), cell.budget, cell.replicate, cell.seed,
            outcome.status, outcome.reason, record.n_forward, record.n_backward,
            record.seconds if outcome.record else outcome.seconds, record.inputs,
            record.absent, record.notes, record.intervals,
        )  # fmt: skip
        row = (*facts, contents.cell_digest(facts, record.numbers))
        with self.changing():
            self._db.execute("DELETE FROM cells WHERE key = ?", (cell.key,))
            self._db.execute(f"INSERT INTO cells VALUES ({', '.join('?' * len(row))})", row)
            self._db.executemany(
                "INSERT INTO numbers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(cell.key, *number) for number in record.numbers],
            )
            for name, text in record.measures.items():
                if self._measures.get(name) != text:
                    self._replace("measures", name, text)
            if outcome.detail:
                self._db.execute(schema.DETAILS)
                self._replace("details", cell.key, outcome.detail)
            elif self._has("details"):
                self._db.execute("DELETE FROM details WHERE key = ?", (cell.key,))
        self._measures.update(record.measures)

    def put_question(self, key: str, text: str) -> None:
        """Remember what was explained, as ``question_to_text`` gives it."""
        with self.changing():
            self._replace("questions", key, text)

    def put_network(self, key: str, content: Mapping[str, Any], weights: bytes) -> None:
        """Keep a trained network, so that it is trained once per study."""
        text = contents.dump(dict(content))
        digest = contents.digest_of(key, text, weights)
        with self.changing():
            self._db.execute(
                "REPLACE INTO networks VALUES (?, ?, ?, ?)", (key, text, weights, digest)
            )

    def network(self, key: str) -> tuple[dict[str, Any], bytes] | None:
        """Return a kept network, if it is there."""
        with self._told():
            query = "SELECT content, weights, digest FROM networks WHERE key = ?"
            row = self._db.execute(query, (key,)).fetchone()
        if row is None:
            return None
        text, weights, digest = row
        if contents.digest_of(key, text, weights or b"") != digest:
            raise schema.damaged(self.path, f"the network {key}")
        return json.loads(text), weights

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the tables themselves, to be read: as today's version has them."""
        with self._told():
            yield self._db

    def copy_to(self, path: Path) -> None:
        """Write all of it to a new file."""
        with self._told(), closing(sqlite3.connect(path)) as copy:
            self._db.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")

    def say_provenance(self, provenance: Mapping[str, Any]) -> None:
        """Replace what is said of where the numbers come from; inside :meth:`changing`."""
        self._replace("study", "provenance", contents.dump(dict(provenance)))

    def idle_networks(self) -> list[str]:
        """Return the keys of networks that no question of the study has."""
        with self._told():
            row = self._db.execute("SELECT content FROM study WHERE key = 'questions'").fetchone()
            asked = {key for key, *_ in json.loads(row[0])} if row else set()
            kept = self._db.execute("SELECT key FROM networks ORDER BY rowid")
            return [key for (key,) in kept if key not in asked]

    def forget(self, cells: Sequence[str], networks: Sequence[str]) -> None:
        """Remove cells with their numbers, and networks; the file gets smaller."""
        with self.changing():
            for table, keys in (("cells", cells), ("networks", networks)):
                self._db.executemany(f"DELETE FROM {table} WHERE key = ?", [(k,) for k in keys])
        with self._told():
            self._db.execute("VACUUM")

    def results(self) -> Results:
        """Return everything that belongs to the study as last planned.

        Raises
        ------
        InputError
            What is read is not what was written.
        """
        with self._told():
            return read(self._db, self.path)

    def check(self) -> None:
        """Raise if anything in the file is not as it was written; reads all of it."""
        self.results()

    def _replace(self, table: str, key: str, text: str) -> None:
        row = (key, text, contents.digest_of(key, text))
        self._db.execute(f"REPLACE INTO {table} VALUES (?, ?, ?)", row)

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Give the tables to be changed: all that is inside or, if something is amiss, nothing."""
        with self._told():
            if not self._written and self.path != _MEMORY:
                # not before the first write: a file that is only looked at stays as it is
                self._fast = schema.log_ahead(self._db, Path(self.path))
            self._written = True
            if self.path != _MEMORY and _identity(Path(self.path)) != self._opened_as:
                raise self._taken_away()
            with self._db:
                yield self._db

    def _taken_away(self) -> InputError:
        """Save what only this process still has, and return what to say."""
        path = Path(self.path)
        rescued = path.with_name(f"{path.stem}.rescued-{uuid4().hex[:8]}{path.suffix}")
        self.copy_to(rescued)
        return InputError(
            f"{path}: expected the file that it opened; got another one, or none, in its place; "
            f"the results that were committed are in {rescued}: move it back, and run again"
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what SQLite, or what it read, says, as one sentence on the file."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._refused(str(error)) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError, json.JSONDecodeError) as error:
            if "not a database" in str(error):
                raise InputError(
                    f"{self.path}: expected a results file of sensbench; got something else "
                    f"({error}); give another file, or --fresh to start it anew"
                ) from error
            raise schema.damaged(self.path, error) from error

    def _refused(self, message: str) -> InputError:
        if "UTF-8" in message or "malformed" in message:
            return schema.damaged(self.path, message)
        ways = {
            "full": "make room on the disk; what was committed is kept",
            "readonly": "make the file and its folder writable, or copy it to where they are",
            "locked": "another run is writing it; wait for that one to end",
            "unable to open": "make the file and its folder readable and writable",
        }
        way = next((way for word, way in ways.items() if word in message), "look at the file")
        return InputError(f"{self.path}: expected to read and write it; got {message!r}; {way}")
