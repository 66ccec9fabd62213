"""ResultStore: everything a study found, in one SQLite file, committed cell by cell."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from sensbench.errors import InputError
from sensbench.study import contents, schema
from sensbench.study.cells import Cell
from sensbench.study.outcome import Outcome, Record
from sensbench.study.reading import read
from sensbench.study.results import Method, Results

_MEMORY = ":memory:"
_NOTHING = Record(0, 0, 0.0, "", "{}", "[]", "{}", [], {})


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
        with self._writing():
            for key, value in content.items():
                self._replace("study", key, contents.dump(value))
            for method in methods:
                self._replace("methods", method.label, contents.method_to_text(method))
                text = contents.measure_to_text(method.headline)
                self._replace("measures", method.headline.name, text)

    def provenance(self) -> dict[str, Any]:
        """Return the provenance of the last run; empty before there was one."""
        with self._told():
            query = "SELECT content FROM study WHERE key = 'provenance'"
            row = self._db.execute(query).fetchone()
            return {} if row is None else json.loads(row[0])

    def done(self) -> set[str]:
        """Return the keys of the cells whose result is there."""
        return {key for key, status in self.statuses().items() if status == "ok"}

    def statuses(self) -> dict[str, str]:
        """Return what became of each cell, by its key."""
        with self._told():
            return dict(self._db.execute("SELECT key, status FROM cells"))

    def detail(self, key: str) -> str:
        """Return the traceback of a cell that failed, or what its process printed last."""
        with self._told():
            if not self._has_details():
                return ""
            query = "SELECT content, digest FROM details WHERE key = ?"
            row = self._db.execute(query, (key,)).fetchone()
            if row is not None and contents.digest_of(key, row[0]) != row[1]:
                raise schema.damaged(self.path, f"details: {key}")
            return "" if row is None else str(row[0])

    def _has_details(self) -> bool:
        """Whether a cell ever failed here: the table came after the others."""
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'details'"
        return bool(self._db.execute(query).fetchone()[0])

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
        with self._writing():
            self._db.execute("DELETE FROM cells WHERE key = ?", (cell.key,))
            self._db.execute(f"INSERT INTO cells VALUES ({', '.join('?' * len(row))})", row)
            self._db.executemany(
                "INSERT INTO numbers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(cell.key, *number) for number in record.numbers],
            )
            for name, text in record.measures.items():
                if self._measures.get(name) != text:
                    self._replace("measures", name, text)
            if outcome.detail:
                self._db.execute(schema.DETAILS)
                self._replace("details", cell.key, outcome.detail)
            elif self._has_details():
                self._db.execute("DELETE FROM details WHERE key = ?", (cell.key,))
        self._measures.update(record.measures)

    def put_question(self, key: str, text: str) -> None:
        """Remember what was explained, as ``question_to_text`` gives it."""
        with self._writing():
            self._replace("questions", key, text)

    def put_network(self, key: str, content: Mapping[str, Any], weights: bytes) -> None:
        """Keep a trained network, so that it is trained once per study."""
        text = contents.dump(dict(content))
        digest = contents.digest_of(key, text, weights)
        with self._writing():
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
    def _writing(self) -> Iterator[None]:
        """Write all inside or, where something is in the way, nothing."""
        with self._told():
            if not self._written and self.path != _MEMORY:
                # not before the first write: a file that is only looked at stays as it is
                self._fast = schema.log_ahead(self._db, Path(self.path))
            self._written = True
            with self._db:
                yield

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
