"""How an older results file becomes today's, one version at a time."""

import json
import sqlite3
from typing import Any

from sensbench import estimators
from sensbench.errors import SensbenchError
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Impossible, NotAsked, absent_to_plain
from sensbench.measure import MEASURES, Measure
from sensbench.study.contents import cell_digest, digest_of, dump, measure_to_text, method_to_text
from sensbench.study.results import Method

_CELLS = """
CREATE TABLE cells_2 (
    key TEXT PRIMARY KEY,
    problem TEXT NOT NULL, model TEXT NOT NULL, estimator TEXT NOT NULL, params TEXT NOT NULL,
    budget INTEGER, replicate INTEGER, seed INTEGER,
    status TEXT NOT NULL, reason TEXT NOT NULL,
    n_forward INTEGER, n_backward INTEGER, seconds REAL, inputs TEXT,
    absent TEXT NOT NULL, notes TEXT NOT NULL, intervals TEXT NOT NULL, digest TEXT NOT NULL)
"""
_NUMBERS = """
CREATE TABLE numbers_2 (
    cell TEXT NOT NULL REFERENCES cells(key) ON DELETE CASCADE,
    measure TEXT NOT NULL, output TEXT NOT NULL, feature TEXT NOT NULL, partner TEXT NOT NULL,
    direction TEXT NOT NULL, value REAL, low REAL, high REAL)
"""
_NAMED = ("name TEXT PRIMARY KEY", "label TEXT PRIMARY KEY")


def to_version_2(db: sqlite3.Connection) -> None:
    """Coordinates as columns, measures and methods beside the numbers, digests.

    Version 1 kept the coordinates of the planned cells only; of others they stay unknown. What an
    interval is was not kept, either: it stays unknown, as the ends are all there is.
    """
    kept = {key: json.loads(content) for key, content in db.execute("SELECT * FROM study")}
    seed = kept.get("provenance", {}).get("seed")
    methods = {content["label"]: content for content in kept.get("methods", ())}
    for table, column in zip(("measures", "methods"), _NAMED, strict=True):
        db.execute(f"CREATE TABLE {table} ({column}, content TEXT NOT NULL, digest TEXT NOT NULL)")
    _keep_measures(db, [content["ranks_by"] for content in methods.values()])
    for label, content in methods.items():
        text = method_to_text(_method(content))
        db.execute("INSERT INTO methods VALUES (?, ?, ?)", (label, text, digest_of(label, text)))
    _digests(db)
    _cells(db, {row[0]: row[1:] for row in kept.get("cells", ())}, methods, seed)
    labels = dump(list(methods))
    db.execute(
        "REPLACE INTO study VALUES ('methods', ?, ?)", (labels, digest_of("methods", labels))
    )


def to_version_3(db: sqlite3.Connection) -> None:
    """Tails beside the numbers: version 2 did not keep them, and so they stay unknown.

    Digests stay as they are: a number without a tail has the digest that it had.
    """
    db.execute("ALTER TABLE numbers ADD COLUMN tail REAL")


def _keep_measures(db: sqlite3.Connection, ranking: list[str]) -> None:
    pairs = "SELECT measure, max(partner != '') FROM numbers GROUP BY measure"
    axes: dict[str, Any] = {name: "pair" if pair else "feature" for name, pair in db.execute(pairs)}
    for name in dict.fromkeys([*axes, *ranking]):
        text = measure_to_text(MEASURES.get(name) or _unrecorded(name, axes.get(name, "feature")))
        db.execute("INSERT INTO measures VALUES (?, ?, ?)", (name, text, digest_of(name, text)))


def _unrecorded(name: str, axis: Any) -> Measure:
    definition = "Not recorded: the version that wrote these numbers did not keep what they mean."
    return Measure(name, name, definition, "", "", "", "unknown", axis)


def _method(content: dict[str, Any]) -> Method:
    """Return the method with what it needs, where its estimator is here to be asked."""
    needs: Needs | None = None
    bias = False
    try:
        estimator = estimators.load(content["name"], **content["params"])
        needs, bias = estimator.needs, estimator.positive_bias
    except SensbenchError:
        pass  # a plug-in that is not installed: what it needs stays unknown
    name = content["ranks_by"]
    headline = MEASURES.get(name) or _unrecorded(name, "feature")
    summary = content.get("summary", "")
    return Method(
        content["label"], content["name"], content["params"], headline, summary, needs, bias
    )


def _digests(db: sqlite3.Connection) -> None:
    for table in ("study", "questions", "networks"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN digest TEXT NOT NULL DEFAULT ''")
    for table in ("study", "questions"):
        for key, content in db.execute(f"SELECT key, content FROM {table}").fetchall():
            digest = digest_of(key, content)
            db.execute(f"UPDATE {table} SET digest = ? WHERE key = ?", (digest, key))
    for key, content, weights in db.execute(
        "SELECT key, content, weights FROM networks"
    ).fetchall():
        digest = digest_of(key, content, weights or b"")
        db.execute("UPDATE networks SET digest = ? WHERE key = ?", (digest, key))


def _cells(
    db: sqlite3.Connection,
    planned: dict[str, list[Any]],
    methods: dict[str, dict[str, Any]],
    seed: int | None,
) -> None:
    db.execute(_CELLS)
    db.execute(_NUMBERS)
    of_cell = (
        "SELECT measure, output, feature, partner, '', value, low, high FROM numbers "
        "WHERE cell = ? ORDER BY rowid"
    )
    for old in db.execute("SELECT * FROM cells").fetchall():
        key, *outcome, absent, notes = old
        problem, model, label, budget, replicate = planned.get(key, ["", "", "", None, None])
        method = methods.get(label, {"name": "", "params": {}})
        why = {
            name: absent_to_plain(NotAsked("") if reason == "not asked for" else Impossible(reason))
            for name, reason in json.loads(absent).items()
        }
        facts = (
            key, problem, model, method["name"], dump(method["params"]), budget, replicate, seed,
            *outcome, dump(why), notes, "{}",
        )  # fmt: skip
        numbers = db.execute(of_cell, (key,)).fetchall()
        row = (*facts, cell_digest(facts, numbers))
        db.execute(f"INSERT INTO cells_2 VALUES ({', '.join('?' * len(row))})", row)
        db.executemany(
            "INSERT INTO numbers_2 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(key, *number) for number in numbers],
        )
    db.execute("DROP TABLE numbers")
    db.execute("DROP TABLE cells")
    db.execute("ALTER TABLE cells_2 RENAME TO cells")
    db.execute("ALTER TABLE numbers_2 RENAME TO numbers")
    db.execute("CREATE INDEX numbers_of_cell ON numbers(cell)")
