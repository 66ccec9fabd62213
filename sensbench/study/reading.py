"""From the results file's tables to Results, each row checked against its digest."""

import json
import sqlite3
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from sensbench.estimator.result import INTERVAL_COLUMNS, Absent, absent_from_plain
from sensbench.measure import Measure
from sensbench.study import contents, schema
from sensbench.study.results import CELL_COLUMNS, FRAME_COLUMNS, Method, Question, Results

_FACTS = (
    "key", "problem", "model", "estimator", "params", "budget", "replicate", "seed", "status",
    "reason", "n_forward", "n_backward", "seconds", "inputs", "absent", "notes", "intervals",
)  # fmt: skip
_NUMBER = ("measure", "output", "feature", "partner", "direction", "value", "low", "high")
_OUTCOME = ("status", "reason", "n_forward", "n_backward", "seconds", "inputs")


def read(db: sqlite3.Connection, path: Path | str) -> Results:
    """Return everything that belongs to the study as last planned.

    Raises
    ------
    InputError
        What is read is not what was written.
    """
    try:
        return _read(db, path)
    except KeyError as error:
        raise schema.damaged(path, f"{error} is spoken of and not there") from error


def _read(db: sqlite3.Connection, path: Path | str) -> Results:
    measures = {
        name: contents.measure_of_text(text) for name, text in _texts(db, path, "measures").items()
    }
    study = {key: json.loads(text) for key, text in _texts(db, path, "study").items()}
    methods = _methods(db, path, study.get("methods", []), measures)
    provenance = study.get("provenance", {})
    plan = pd.DataFrame(
        study.get("cells", []),
        columns=["cell", "problem", "model", "estimator", "budget", "replicate"],
    )
    states, numbers = _cells(db, path)
    outcomes = states[["cell", *_OUTCOME, "absent", "notes", "intervals"]]
    cells = plan.merge(outcomes, on="cell", how="left")
    cells = cells.fillna({"status": "missing", "reason": "not computed yet", "inputs": ""})
    counts = ["n_forward", "n_backward", "seconds"]
    cells[counts] = cells[counts].astype(float).fillna(0)
    cells[counts[:2]] = cells[counts[:2]].astype("int64")
    ok = cells[cells["status"] == "ok"]
    frame = ok.merge(numbers, on="cell", how="inner")
    frame = _with_intervals(frame)
    return Results(
        name=provenance.get("name", ""),
        frame=frame[list(FRAME_COLUMNS)],
        cells=cells[list(CELL_COLUMNS)],
        methods=methods,
        questions=_questions(db, path, study.get("questions", [])),
        absent=_absent(ok),
        notes=_notes(ok),
        provenance=provenance,
        measures=measures,
    )


def _texts(db: sqlite3.Connection, path: Path | str, table: str) -> dict[str, str]:
    """Return a table's texts by key, in the order they were first written."""
    texts = {}
    for key, text, digest in db.execute(f"SELECT * FROM {table} ORDER BY rowid"):
        if contents.digest_of(key, text) != digest:
            raise schema.damaged(path, f"{table}: {key}")
        texts[key] = text
    return texts


def _methods(
    db: sqlite3.Connection, path: Path | str, labels: list[str], measures: Mapping[str, Measure]
) -> dict[str, Method]:
    texts = _texts(db, path, "methods")
    return {label: contents.method_of_text(texts[label], measures) for label in labels}


def _questions(
    db: sqlite3.Connection, path: Path | str, planned: list[list[str]]
) -> dict[tuple[str, str], Question]:
    texts = _texts(db, path, "questions")
    return {
        (problem, model): contents.question_of_text(texts[key], problem, model)
        for key, problem, model in planned
        if key in texts
    }


def _cells(db: sqlite3.Connection, path: Path | str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cells and their numbers, all of them checked."""
    query = f"SELECT cell, {', '.join(_NUMBER)} FROM numbers ORDER BY cell, rowid"
    numbers = db.execute(query).fetchall()
    of_cell = {key: [row[1:] for row in rows] for key, rows in groupby(numbers, lambda r: r[0])}
    states = db.execute(f"SELECT {', '.join(_FACTS)}, digest FROM cells").fetchall()
    for *facts, digest in states:
        if contents.cell_digest(facts, of_cell.pop(facts[0], [])) != digest:
            raise schema.damaged(path, f"the cell {facts[0]} or its numbers")
    if of_cell:
        raise schema.damaged(path, f"numbers of no cell: {next(iter(of_cell))}")
    frame = pd.DataFrame(numbers, columns=["cell", *_NUMBER])
    frame = frame.astype(dict.fromkeys(("value", "low", "high"), float))
    cells = pd.DataFrame([row[:-1] for row in states], columns=["cell", *_FACTS[1:]])
    return cells, frame


def _with_intervals(frame: pd.DataFrame) -> pd.DataFrame:
    """Add what the interval of each number is: looked up once per text and measure."""
    text, texts = pd.factorize(frame["intervals"].astype(str))
    name, names = pd.factorize(frame["measure"].astype(str))
    pairs, place = np.unique(text * max(len(names), 1) + name, return_inverse=True)
    intervals = [contents.intervals_of_text(one) for one in texts]
    matched = [
        intervals[pair // len(names)].get(names[pair % len(names)]) for pair in pairs.tolist()
    ]
    columns = {
        "level": pd.Series([of.level if of else float("nan") for of in matched], dtype=float),
        "interval": pd.Series([of.method if of else "" for of in matched], dtype=str),
        "covers": pd.Series([of.sources if of else "" for of in matched], dtype=str),
    }
    return frame.assign(**{
        key: columns[key].take(place).set_axis(frame.index) for key in INTERVAL_COLUMNS
    })  # fmt: skip


def _absent(ok: pd.DataFrame) -> dict[tuple[str, str, str, str], Absent]:
    columns = ok[["problem", "model", "estimator", "absent"]].astype(str)
    return {
        (problem, model, label, name): absent_from_plain(why)
        for problem, model, label, text in columns.itertuples(index=False)
        for name, why in json.loads(text).items()
    }


def _notes(ok: pd.DataFrame) -> dict[tuple[str, str, str], tuple[str, ...]]:
    notes: dict[tuple[str, str, str], tuple[str, ...]] = {}
    columns = ok[["problem", "model", "estimator", "notes"]].astype(str)
    for problem, model, label, text in columns.itertuples(index=False):
        at, remarks = (problem, model, label), json.loads(text)
        if remarks:
            notes[at] = tuple(dict.fromkeys((*notes.get(at, ()), *remarks)))
    return notes
