"""From the results file's tables to Results, each row checked against its digest."""

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int

from sensbench.estimator.result import INTERVAL_COLUMNS, Absent, absent_from_plain
from sensbench.measure import Measure
from sensbench.study import contents, schema
from sensbench.study.columns import Columns, as_categories, plain
from sensbench.study.results import CELL_COLUMNS, FRAME_COLUMNS, Method, Question, Results

_FACTS = (
    "key", "problem", "model", "estimator", "params", "budget", "replicate", "seed", "status",
    "reason", "n_forward", "n_backward", "seconds", "inputs", "absent", "notes", "intervals",
)  # fmt: skip
_NUMBER = (
    "measure", "output", "feature", "partner", "direction", "value", "low", "high", "tail",
)  # fmt: skip
_OUTCOME = ("status", "reason", "n_forward", "n_backward", "seconds", "inputs")
_KEPT = (*_OUTCOME, "absent", "notes", "intervals")
_KEPT_AT = [_FACTS.index(name) for name in ("key", *_KEPT)]
# Of more numbers, names are kept as categories: a tenth of the memory.
_MOST_TEXTS = 200_000
_NO_MORE: tuple[str | None, Iterator[Any]] = (None, iter(()))


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


def read_cells(db: sqlite3.Connection, path: Path | str) -> pd.DataFrame:
    """Return the planned cells and what became of each, quickly: without looking at numbers."""
    study = {key: json.loads(text) for key, text in _texts(db, path, "study").items()}
    query = f"SELECT key, {', '.join(_OUTCOME)} FROM cells"
    states = pd.DataFrame(db.execute(query).fetchall(), columns=["cell", *_OUTCOME])
    return _planned(study, states)[["cell", *CELL_COLUMNS]]


def _planned(study: Mapping[str, Any], outcomes: pd.DataFrame) -> pd.DataFrame:
    plan = pd.DataFrame(
        study.get("cells", []),
        columns=["cell", "problem", "model", "estimator", "budget", "replicate"],
    )
    cells = plan.merge(outcomes, on="cell", how="left")
    cells = cells.fillna({"status": "missing", "reason": "not computed yet", "inputs": ""})
    counts = ["n_forward", "n_backward", "seconds"]
    cells[counts] = cells[counts].astype(float).fillna(0)
    cells[counts[:2]] = cells[counts[:2]].astype("int64")
    return cells


def _read(db: sqlite3.Connection, path: Path | str) -> Results:
    measures = {
        name: contents.measure_of_text(text) for name, text in _texts(db, path, "measures").items()
    }
    study = {key: json.loads(text) for key, text in _texts(db, path, "study").items()}
    methods = _methods(db, path, study.get("methods", []), measures)
    provenance = study.get("provenance", {})
    states, numbers = _cells(db, path)
    cells = _planned(study, states)
    study.pop("cells", None)  # a large study's plan is not needed twice
    ok = cells[cells["status"] == "ok"]
    return Results(
        name=provenance.get("name", ""),
        frame=_frame(ok, numbers),
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


def _cells(db: sqlite3.Connection, path: Path | str) -> tuple[pd.DataFrame, Columns]:
    """Return the cells and their numbers, all of them checked.

    ``first`` and ``count`` of a cell: where its numbers stand. Read as a stream: a large study's
    rows are never there as objects all at once.
    """
    query = f"SELECT cell, {', '.join(_NUMBER)} FROM numbers ORDER BY cell, rowid"
    of_cells = groupby(db.execute(query), itemgetter(0))
    cell, rows = next(of_cells, _NO_MORE)
    (most,) = db.execute("SELECT count(*) FROM numbers").fetchone()
    numbers = Columns(_NUMBER[:5], _NUMBER[5:], most)
    states, known = [], dict[Any, Any]()
    query = f"SELECT {', '.join(_FACTS)}, digest FROM cells ORDER BY key"
    for *facts, digest in db.execute(query):
        if cell is not None and cell < facts[0]:
            break
        own = [row[1:] for row in rows] if cell == facts[0] else []
        if contents.cell_digest(facts, own) != digest:
            raise schema.damaged(path, f"the cell {facts[0]} or its numbers")
        kept = [facts[at] for at in _KEPT_AT]
        # many cells have the same texts: each is kept once
        states.append((*(known.setdefault(fact, fact) for fact in kept), len(numbers), len(own)))
        numbers.add(own)
        if cell == facts[0]:
            cell, rows = next(of_cells, _NO_MORE)
    if cell is not None:
        raise schema.damaged(path, f"numbers of no cell: {cell}")
    table = pd.DataFrame(states, columns=["cell", *_KEPT, "first", "count"])
    return table, numbers


def _frame(ok: pd.DataFrame, numbers: Columns) -> pd.DataFrame:
    """Return the numbers of these cells, in their order: a row per number."""
    count = ok["count"].to_numpy(dtype=np.int64)
    # places in half the bytes: a study's numbers are fewer than 2³¹
    cell = np.repeat(np.arange(len(ok), dtype=np.int32), count)
    begin = ok["first"].to_numpy(dtype=np.int64) - (np.cumsum(count) - count)
    at = begin.astype(np.int32)[cell]
    at += np.arange(len(cell), dtype=np.int32)
    columns: dict[str, Any] = numbers.taken(at)
    del at
    for name in ("problem", "model", "estimator", "status"):
        columns[name] = as_categories(ok[name].astype(str))[cell]
    for name in ("budget", "replicate", "n_forward", "n_backward", "seconds"):
        columns[name] = ok[name].to_numpy()[cell]
    text, texts = pd.factorize(ok["intervals"].astype(str))
    of_number = text.astype(np.int32)[cell]
    columns |= _intervals(of_number, [str(one) for one in texts], columns["measure"])
    frame = pd.DataFrame({name: columns.pop(name) for name in FRAME_COLUMNS}, copy=False)
    return frame if len(frame) > _MOST_TEXTS else plain(frame)


def _intervals(
    text: Int[np.ndarray, " n"], texts: Sequence[str], measure: pd.Categorical
) -> dict[str, Any]:
    """Return what the interval of each number is: looked up once per text and measure."""
    column = {str(name): k for k, name in enumerate(measure.categories)}
    kinds: dict[tuple[float, str, str], int] = {(math.nan, "", ""): 0}
    which = np.zeros((len(texts), len(column)), dtype=np.int32)
    for row, one in enumerate(texts):
        for name, of in contents.intervals_of_text(one).items():
            if name in column:
                kind = (of.level, of.method, of.sources)
                which[row, column[name]] = kinds.setdefault(kind, len(kinds))
    place = which[text, measure.codes]
    level, method, sources = zip(*kinds, strict=True)
    found = (
        np.array(level, dtype=float)[place],
        as_categories(pd.Series(method, dtype=str))[place],
        as_categories(pd.Series(sources, dtype=str))[place],
    )
    return dict(zip(INTERVAL_COLUMNS, found, strict=True))


def _absent(ok: pd.DataFrame) -> dict[tuple[str, str, str, str], Absent]:
    columns = ok[["problem", "model", "estimator", "absent"]].astype(str).drop_duplicates()
    return {
        (problem, model, label, name): absent_from_plain(why)
        for problem, model, label, text in columns.itertuples(index=False)
        for name, why in json.loads(text).items()
    }


def _notes(ok: pd.DataFrame) -> dict[tuple[str, str, str], tuple[str, ...]]:
    notes: dict[tuple[str, str, str], tuple[str, ...]] = {}
    columns = ok[["problem", "model", "estimator", "notes"]].astype(str).drop_duplicates()
    for problem, model, label, text in columns.itertuples(index=False):
        at, remarks = (problem, model, label), json.loads(text)
        if remarks:
            notes[at] = tuple(dict.fromkeys((*notes.get(at, ()), *remarks)))
    return notes
