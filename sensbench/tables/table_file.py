"""Tables in files as pandas, R and spreadsheets write them: what is odd is noticed and said."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from sensbench.errors import InputError, UnknownNameError
from sensbench.tables.reading import Reading, read_text, workbook
from sensbench.tables.text_table import read_columns_of

_PARQUET = {".parquet", ".pq"}
_UNNAMED = re.compile(r"(Unnamed: \d+(_level_\d+)?(\.\d+)?|__index_level_\d+__)?")
_ID_NAMES = {"id", "index", "idx", "row", "rowid", "row_id", "rownames", "row_number", "nr", "no"}


@dataclass(frozen=True)
class TableFile:
    """The rows of a file, and what is to be known of how they were read.

    Attributes
    ----------
    frame
        The columns by name, without an index.
    said
        What was found out about the file, a sentence each.
    lines
        The line of the file that each row begins on; None for a file without lines.
    """

    file: Path
    frame: pd.DataFrame
    reading: Reading
    said: tuple[str, ...] = ()
    lines: np.ndarray | None = None

    def where(self, rows: Sequence[int]) -> str:
        """Return where rows stand: lines of the file, or rows below the header."""
        places = [row + 1 if self.lines is None else int(self.lines[row]) for row in rows[:8]]
        kind = "row" if self.lines is None else "line"
        named = ", ".join(map(str, places)) + (", …" if len(rows) > 8 else "")
        below = " below the header" if self.lines is None else ""
        return f"{kind}{'s' if len(rows) > 1 else ''} {named}{below}"

    def without_missing(self, columns: Sequence[str]) -> "TableFile":
        """Return the rows that have every one of the columns; says how many have not."""
        whole = self.frame[list(columns)].notna().all(axis=1).to_numpy()
        if whole.all():
            return self
        note = (
            f"{self.file.name}: {int((~whole).sum())} of {len(whole)} rows have missing values: "
            f"left out"
        )
        return replace(
            self,
            frame=self.frame[whole].reset_index(drop=True),
            said=(*self.said, note),
            lines=None if self.lines is None else self.lines[whole],
        )

    def index_warnings(self, inputs: Sequence[str]) -> list[str]:
        """Return a sentence per input that looks like an index and was not chosen by name."""
        if self.reading.index is not None:
            return []
        return [
            f"{self.file.name}: the column {name!r} {how}, like an index, and is taken as an input"
            + self.reading.advice(
                ("index", f"{name!r} to leave it out"), ("index", "'none'"), why=" if it is one"
            )
            for name in inputs
            if (how := _like_an_index(self.frame[name], name))
        ]


def read_table(file: Path, who: str, reading: Reading | None = None) -> TableFile:
    """Return the rows of a CSV or Parquet file with a header.

    Raises
    ------
    InputError
        The file is missing, unreadable, ambiguous, without a header or with fewer than two rows;
        names that stand twice.
    UnknownNameError
        ``index`` is no column.
    """
    reading = reading or Reading()
    if not file.is_file():
        raise InputError(
            f"{who}: expected a CSV or Parquet file; got {str(file)!r}, which is not there "
            f"(in full: {str(file.absolute())!r})"
        )
    try:
        table = _read(file, who, reading)
    except InputError:
        raise
    except Exception as error:  # pandas, pyarrow and codecs each raise kinds of their own
        raise InputError(
            f"{who}: expected a CSV or Parquet file with a header; reading it raised "
            f"{type(error).__name__}: {' '.join(str(error).split())}"
            + reading.advice(("sep", "'…'"), why=" for another separator")
        ) from error
    names = list(table.frame.columns)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        places = [str(k + 1) for k, name in enumerate(names) if name == twice[0]]
        raise InputError(
            f"{who}: expected distinct column names; got {twice[0]!r} in columns "
            f"{' and '.join(places)}; rename one in the file"
        )
    if len(table.frame) < 2:
        raise InputError(
            f"{who}: expected at least two rows below the header; got {len(table.frame)}"
        )
    return _without_index(table, who)


def _read(file: Path, who: str, reading: Reading) -> TableFile:
    if file.suffix.lower() in _PARQUET:
        return _parquet(file, reading)
    kind = workbook(file)
    if kind:
        return _workbook(file, who, kind, reading)
    text, encoding = read_text(file, who, reading)
    tabs = {".tsv", ".tab"} & {suffix.lower() for suffix in file.suffixes}
    columns = read_columns_of(text, who, reading, bool(tabs))
    remarks = [f"{file.name}: {sentence}" for sentence in columns.said]
    if encoding and reading.encoding is None:
        remarks.insert(0, f"{file.name}: read as {encoding}")
    frame, lines = columns.frame, columns.lines
    empty = [
        k for k, name in enumerate(columns.names) if not name and frame.iloc[:, k].isna().all()
    ]
    if empty:
        remarks.append(f"{file.name}: left out {len(empty)} empty column{'s'[: len(empty) > 1]} "
                    f"without a name")  # fmt: skip
    kept = [k for k in range(len(columns.names)) if k not in empty]
    frame = frame.iloc[:, kept]
    # as pandas would call it, also where an earlier one was saved under such a name
    frame.columns = [
        columns.names[k] or f"Unnamed: {k}" + ".1" * (f"Unnamed: {k}" in columns.names)
        for k in kept
    ]
    return TableFile(
        file, frame, reading, tuple(remarks), lines if len(lines) == len(frame) else None
    )


def _parquet(file: Path, reading: Reading) -> TableFile:
    frame = pd.read_parquet(file)
    kept = [str(name) for name in frame.index.names if name is not None]
    remarks = [f"{file.name}: left out its index {name!r}" for name in kept]
    frame = frame.reset_index(drop=True)
    frame.columns = [str(name).strip() for name in frame.columns]
    return TableFile(file, frame, reading, tuple(remarks))


def _workbook(file: Path, who: str, kind: str, reading: Reading) -> TableFile:
    what = {"xls": "an Excel workbook", "xlsx": "an Excel workbook", "ods": "a spreadsheet"}[kind]
    try:
        book = pd.ExcelFile(file)
    except (ImportError, ValueError) as error:
        raise InputError(
            f"{who}: expected a CSV or Parquet file; got {what} (.{kind}); save its sheet as CSV"
            + (", or install openpyxl" if kind == "xlsx" else "")
        ) from error
    with book:
        sheet = book.sheet_names[0]
        frame = book.parse(sheet, na_values=list(reading.na)).dropna(how="all")
    frame = frame.reset_index(drop=True)
    frame.columns = [str(name).strip() for name in frame.columns]
    return TableFile(file, frame, reading, (f"{file.name}: read its sheet {sheet!r}",))


def _without_index(table: TableFile, who: str) -> TableFile:
    """Leave out the index: the column that was named, and first ones without a name."""
    frame, reading = table.frame, table.reading
    names, chosen = list(frame.columns), reading.index
    if chosen == "none":
        return table
    if chosen is not None and chosen not in names:
        raise UnknownNameError.of(f"{who}: {reading.named('index')}", "column", chosen, names)
    left_out, remarks = [], list(table.said)
    for name in names[:-1]:
        if name == chosen or not _UNNAMED.fullmatch(name):
            break
        left_out.append(name)
    for name in left_out:
        cells = frame[name]
        span = f" ({cells.iloc[0]} … {cells.iloc[-1]})"
        remarks.append(
            f"{table.file.name}: left out the first column, which has no name, as an "
            f"index{span}" + reading.advice(("index", "'none'"), why=" to keep it")
        )
    for place, name in enumerate(names):
        if _UNNAMED.fullmatch(name) and name not in (*left_out, chosen):
            remarks.append(f"{table.file.name}: column {place + 1} has no name: called {name!r}")
    out = [*left_out, *([chosen] if chosen is not None else [])]
    if len(out) == len(names):
        raise InputError(f"{who}: expected columns besides the index; got {names}")
    return replace(table, frame=frame.drop(columns=out), said=tuple(remarks))


def _like_an_index(column: "pd.Series[int]", name: str) -> str:
    """Say how a column is like an index; empty if it is not."""
    whole = pd.api.types.is_integer_dtype(column)
    if len(column) < 3 or not whole or column.isna().any():
        return ""
    if (np.diff(column.to_numpy()) == 1).all():
        return "counts up by one in every row"
    return "differs in every row" if name.casefold() in _ID_NAMES and column.is_unique else ""
