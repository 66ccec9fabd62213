"""The results file's tables, how older files become today's, and what is no results file."""

import shutil
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

from sensbench.errors import InputError
from sensbench.study.migrations import to_version_2, to_version_3

VERSION = 3
SCHEMA = """
CREATE TABLE study (key TEXT PRIMARY KEY, content TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE questions (key TEXT PRIMARY KEY, content TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE networks (
    key TEXT PRIMARY KEY, content TEXT NOT NULL, weights BLOB, digest TEXT NOT NULL);
CREATE TABLE measures (name TEXT PRIMARY KEY, content TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE methods (label TEXT PRIMARY KEY, content TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE cells (
    key TEXT PRIMARY KEY,
    problem TEXT NOT NULL, model TEXT NOT NULL, estimator TEXT NOT NULL, params TEXT NOT NULL,
    budget INTEGER, replicate INTEGER, seed INTEGER,
    status TEXT NOT NULL, reason TEXT NOT NULL,
    n_forward INTEGER, n_backward INTEGER, seconds REAL, inputs TEXT,
    absent TEXT NOT NULL, notes TEXT NOT NULL, intervals TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE numbers (
    cell TEXT NOT NULL REFERENCES cells(key) ON DELETE CASCADE,
    measure TEXT NOT NULL, output TEXT NOT NULL, feature TEXT NOT NULL, partner TEXT NOT NULL,
    direction TEXT NOT NULL, value REAL, low REAL, high REAL, tail REAL);
CREATE INDEX numbers_of_cell ON numbers(cell);
"""
DETAILS = """
CREATE TABLE IF NOT EXISTS details (
    key TEXT PRIMARY KEY REFERENCES cells(key) ON DELETE CASCADE,
    content TEXT NOT NULL, digest TEXT NOT NULL);
"""
# Of a saved comparison: the rows and weights that it was computed on, as files would hold them.
FILES = """
CREATE TABLE IF NOT EXISTS files (
    name TEXT PRIMARY KEY, content BLOB NOT NULL, digest TEXT NOT NULL);
"""
TABLES = ("study", "questions", "networks", "measures", "methods", "cells", "numbers")
_TABLES_OF_1 = ("study", "questions", "networks", "cells", "numbers")

# Where processes can share the memory of a log.
_LOCAL = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay", "bcachefs"}
)

# From each older version to the next.
_MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {1: to_version_2, 2: to_version_3}


def version_of(db: sqlite3.Connection, path: Path | str) -> int:
    """Return the version of an open file; 0 for one that is still empty.

    Raises
    ------
    InputError
        Another program's database, a newer version's, or one whose pages are damaged.
    """
    names = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if not names:
        return 0
    tables = {1: _TABLES_OF_1, 2: TABLES, VERSION: TABLES}.get(version, ())
    if version > VERSION and "numbers" in names:
        raise InputError(
            f"{path}: expected a results file of version {VERSION} or older; got version "
            f"{version}, which a newer sensbench wrote; upgrade sensbench, or give another file"
        )
    if not tables or set(tables) - names:
        raise InputError(
            f"{path}: expected a results file of sensbench; got another database (version "
            f"{version}, tables {', '.join(sorted(names)[:6])}); give another file"
        )
    (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise damaged(path, verdict)
    return int(version)


def damaged(path: Path | str, what: object) -> InputError:
    """Return the error for a results file that is not as it was written."""
    text = " ".join(str(what).split())
    return InputError(
        f"{path}: expected a results file as it was written; got a damaged one ({text}); restore "
        f"it from a copy, or move it away and run the study again"
    )


def create(db: sqlite3.Connection) -> None:
    """Make the tables; they and the version come in one transaction."""
    db.executescript(f"BEGIN IMMEDIATE;\n{SCHEMA}\nPRAGMA user_version = {VERSION};\nCOMMIT;")


def log_ahead(db: sqlite3.Connection, path: Path) -> bool:
    """Have commits written to a log beside the file, if its file system allows; say whether.

    The log needs memory shared between processes, which network file systems do not give (see
    https://sqlite.org/wal.html).
    """
    if _file_system(path) not in _LOCAL:
        return False
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        return False
    db.execute("PRAGMA synchronous = NORMAL")
    return True


def _file_system(path: Path) -> str:
    """Return the kind of file system that holds a file; "" where the system does not tell."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
        whole = path.resolve()
    except OSError:
        return ""
    kinds = {}
    for line in lines:
        mount, _, source = line.partition(" - ")
        kinds[mount.split()[4].replace("\\040", " ")] = source.split()[0]
    folder = next((str(p) for p in whole.parents if str(p) in kinds), "")
    return kinds.get(folder, "")


def upgrade(db: sqlite3.Connection, version: int) -> None:
    """Bring the tables of an older version to today's, whole or not at all."""
    with db:
        db.execute("BEGIN IMMEDIATE")
        for step in range(version, VERSION):
            _MIGRATIONS[step](db)
        db.execute(f"PRAGMA user_version = {VERSION}")


def back_up(path: Path, version: int) -> Path:
    """Copy an older file aside before it is upgraded; return where it is kept."""
    kept = path.with_name(f"{path.stem}.version-{version}{path.suffix}")
    number = 2
    while kept.exists():
        kept = path.with_name(f"{path.stem}.version-{version}-{number}{path.suffix}")
        number += 1
    try:
        shutil.copy2(path, kept)
    except OSError as error:
        kept.unlink(missing_ok=True)
        raise InputError(
            f"{path}: expected room for a copy before it is upgraded; got {error}; make room, or "
            f"copy the file to where there is"
        ) from error
    return kept
