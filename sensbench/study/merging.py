"""Merging: the results files of parts of one study, as one file."""

import json
import sqlite3
import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensbench.errors import InputError
from sensbench.files import plain_yaml
from sensbench.study.contents import dump
from sensbench.study.lock import writing
from sensbench.study.store import ResultStore

# A cell with one of these is evidence; any other was the machine's doing, and gives way.
_FOR_GOOD = ("ok", "skipped")
# Where files are, and what a cell may take, decides no number.
_NOT_COMPARED = ("path", "file", "weights", "limits")
_WALL_TIME = "seconds"


@dataclass(frozen=True)
class Merged:
    """What a merge did: cells that are there, of how many, and how many stood in several files."""

    cells: int
    planned: int
    shared: int


def merge(sources: Sequence[Path], out: Path, command: str = "") -> Merged:
    """Write the results files of one study as one, which a run of the study goes on from.

    A cell that stands in several is kept once where its numbers are the same to the bit. One that
    timed out, crashed, failed or ran out of memory in one file and has a result in another has the
    result. The provenance of each file is kept under ``parts``.

    Raises
    ------
    InputError
        Fewer than two files, one that is damaged, different studies, a cell with different
        numbers, or a file at ``out``. Nothing is written then.
    """
    if len(sources) < 2:
        raise InputError(f"merge: expected two results files or more; got {len(sources)}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with writing(out, command), ExitStack() as stack:
        if out.exists():
            raise InputError(f"{out}: expected no file there; got one; give another folder")
        stores = [stack.enter_context(ResultStore(path, read_only=True)) for path in sources]
        for store in stores:
            store.check()
        parts = [_part(store, path) for store, path in zip(stores, sources, strict=True)]
        for part, path in zip(parts[1:], sources[1:], strict=True):
            _require_same_study(parts[0], part, sources[0], path)
        _say_differences(parts)
        draft = out.with_name(f".{out.name}.part")
        draft.unlink(missing_ok=True)
        try:
            merged = _write(draft, stores, sources, parts)
            draft.replace(out)
        finally:
            draft.unlink(missing_ok=True)
    return merged


def _part(store: ResultStore, path: Path) -> dict[str, Any]:
    provenance = store.provenance()
    if not provenance:
        raise InputError(f"{path}: expected the results of a study; got none yet")
    return {"file": str(path), **provenance}


def _require_same_study(
    first: Mapping[str, Any], other: Mapping[str, Any], path: Path, other_path: Path
) -> None:
    one, two = (_asked(part["config"]) for part in (first, other))
    differing = [key for key in {**one, **two} if one.get(key) != two.get(key)]
    if differing:
        key = differing[0]
        raise InputError(
            f"merge: expected parts of one study; got {key}: {one.get(key)!r} in {path} and "
            f"{two.get(key)!r} in {other_path}; run both from the same study file"
        )


def _asked(config: str) -> dict[str, Any]:
    content: dict[str, Any] = _without_places(plain_yaml.load(config or "{}", "provenance"))
    return content


def _without_places(content: Any) -> Any:
    if isinstance(content, dict):
        return {
            key: _without_places(value)
            for key, value in content.items()
            if key not in _NOT_COMPARED
        }
    return [_without_places(one) for one in content] if isinstance(content, list) else content


def _say_differences(parts: Sequence[Mapping[str, Any]]) -> None:
    """Say what may make cells of one part not bit for bit those of another."""
    for what in ("versions", "threads"):
        values = {dump(part.get(what)) for part in parts}
        if len(values) > 1:
            warnings.warn(
                f"merge: the parts were computed with different {what}, which may change the last "
                f"bits: {'; '.join(sorted(values))}",
                stacklevel=3,
            )


def _write(
    draft: Path, stores: Sequence[ResultStore], paths: Sequence[Path], parts: list[dict[str, Any]]
) -> Merged:
    stores[0].copy_to(draft)
    shared = 0
    with ResultStore(draft) as merged, merged.changing() as db:
        for store, path in zip(stores[1:], paths[1:], strict=True):
            with store.reading() as other:
                _same_texts(db, other, path)
                shared += _add_cells(db, other, path)
        merged.say_provenance({**parts[0], "command": parts[0]["command"], "parts": parts})
        planned = json.loads(_text(db, "study", "cells"))
        (count,) = db.execute("SELECT count(*) FROM cells").fetchone()
    return Merged(count, len(planned), shared)


def _text(db: sqlite3.Connection, table: str, key: str) -> str:
    (text,) = db.execute(f"SELECT content FROM {table} WHERE key = ?", (key,)).fetchone()
    return str(text)


def _same_texts(db: sqlite3.Connection, other: sqlite3.Connection, path: Path) -> None:
    """Add what measures, methods, questions and networks are; raise where they mean another."""
    for table in ("measures", "methods", "networks", "questions"):
        here = {row[0]: row for row in db.execute(f"SELECT * FROM {table}")}
        for row in other.execute(f"SELECT * FROM {table} ORDER BY rowid"):
            if row[0] not in here:
                places = ", ".join("?" * len(row))
                db.execute(f"INSERT INTO {table} VALUES ({places})", row)
            elif _compared(table, row) != _compared(table, here[row[0]]):
                raise InputError(
                    f"merge: expected {table} to be the same in all files; got another "
                    f"{row[0]!r} in {path}; the parts were run with different code or threads"
                )


def _compared(table: str, row: Sequence[Any]) -> Any:
    # how long training took stands in the words on a network; its weights are what counts
    if table == "networks":
        return row[2]
    return None if table == "questions" else row[1]


def _add_cells(db: sqlite3.Connection, other: sqlite3.Connection, path: Path) -> int:
    statuses = dict(db.execute("SELECT key, status FROM cells"))
    details = _has_details(other)
    if details:
        from sensbench.study.schema import DETAILS

        db.execute(DETAILS)
    shared = 0
    for key, status in other.execute("SELECT key, status FROM cells").fetchall():
        before = statuses.get(key)
        if before is not None:
            shared += 1
            if before in _FOR_GOOD and status in _FOR_GOOD:
                _require_same_cell(db, other, key, path)
            if before in _FOR_GOOD or status not in _FOR_GOOD:
                continue
            db.execute("DELETE FROM cells WHERE key = ?", (key,))
        for table, column in (("cells", "key"), ("numbers", "cell"), ("details", "key")):
            if table != "details" or details:
                _copy(db, other, table, column, key)
    return shared


def _copy(
    db: sqlite3.Connection, other: sqlite3.Connection, table: str, column: str, key: str
) -> None:
    order = " ORDER BY rowid"
    rows = other.execute(f"SELECT * FROM {table} WHERE {column} = ?{order}", (key,)).fetchall()
    if rows:
        db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _has_details(db: sqlite3.Connection) -> bool:
    query = "SELECT count(*) FROM sqlite_master WHERE name = 'details'"
    return bool(db.execute(query).fetchone()[0])


def _require_same_cell(
    db: sqlite3.Connection, other: sqlite3.Connection, key: str, path: Path
) -> None:
    one, two = _cell(db, key), _cell(other, key)
    if one == two:
        return
    facts = one[0]
    raise InputError(
        f"merge: expected the same numbers for the same cell; got others in {path} for "
        f"{facts['problem']}/{facts['model']} {facts['estimator']} {facts['params']} budget "
        f"{facts['budget']} replicate {facts['replicate']} ({key}); the parts were run with "
        f"different code, versions or threads"
    )


def _cell(db: sqlite3.Connection, key: str) -> tuple[dict[str, Any], list[Any]]:
    """Return what a cell says but how long it took, and its digest, which follows from that."""
    cursor = db.execute("SELECT * FROM cells WHERE key = ?", (key,))
    names = [column[0] for column in cursor.description]
    facts = dict(zip(names, cursor.fetchone(), strict=True))
    del facts[_WALL_TIME], facts["digest"]
    query = "SELECT * FROM numbers WHERE cell = ? ORDER BY rowid"
    return facts, db.execute(query, (key,)).fetchall()
