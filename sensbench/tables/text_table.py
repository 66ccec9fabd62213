"""A text file as a table: its header, its rows, and the line of the file each stands on."""

import io
import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from sensbench.errors import InputError
from sensbench.tables.notation import numberlike, read_columns
from sensbench.tables.reading import Reading
from sensbench.tables.separator import NONE, WHITESPACE, Record, declared, records, separator_of

_LOOKED_AT = 1000  # rows
_SPOKEN = {"\t": "tab", WHITESPACE: "spaces"}
_EMPTY_LINE = re.compile(r'[\s,;|"]*\n')


@dataclass(frozen=True)
class Columns:
    """What a text file holds: names ("" for none), cells, lines, and how they were read."""

    names: list[str]
    frame: pd.DataFrame
    lines: np.ndarray
    said: tuple[str, ...]


def read_columns_of(text: str, who: str, reading: Reading, tabs_first: bool) -> Columns:
    """Return the columns of a text.

    Raises
    ------
    InputError
        No header, rows that are longer than it, or numbers that can be read in two ways.
    """
    own_sep, text, line = declared(text)
    while (empty := _EMPTY_LINE.match(text)) and empty.end():
        line += text.count("\n", 0, empty.end())
        text = text[empty.end() :]
    text = re.sub(r"\A# +", "", text)  # numpy.savetxt writes its header as a comment
    sep = reading.sep or own_sep or separator_of(text, tabs_first)
    names, remarks = _names(list(islice(records(text, sep, line), _LOOKED_AT)), who, sep, reading)
    source = _Source(text, sep, len(names), reading.na)
    lines = np.array([record.line for record in islice(records(text, sep, line), 1, None)], int)

    def refuse(expected: str, cells: list[tuple[int, str, str]]) -> InputError:
        got = " and ".join(
            f"{cell!r} in line {lines[row]}, column {names[int(column)]!r}"
            for row, column, cell in cells
        )
        return InputError(
            f"{who}: expected {expected}; got {got}"
            + reading.advice(("decimal", "','"), ("decimal", "'.'"))
        )

    frame, notation = read_columns(
        source.frame(), lambda: source.frame(dtype=str), reading.decimal, refuse
    )
    how = []
    if sep not in (",", NONE, reading.sep):
        how.append(f"{_SPOKEN.get(sep, repr(sep))} as separator")
    if notation and reading.decimal is None:
        how.append(notation)
    return Columns(
        names, frame, lines, (*([f"read with {' and '.join(how)}"] if how else []), *remarks)
    )


@dataclass(frozen=True)
class _Source:
    text: str
    sep: str
    width: int
    na: tuple[str, ...]

    def frame(self, **options: Any) -> pd.DataFrame:
        """Return what pandas reads; columns are numbered."""
        text = self.text
        if self.sep != WHITESPACE:  # rows without anything would make whole numbers fractions
            mark = re.escape(self.sep)
            text = re.sub(rf'(?m)^(?:(?:"")? *{mark} *)+(?:"")? *$\n?', "", text)
        return pd.read_csv(
            io.StringIO(text), sep=self.sep, header=0, names=[str(k) for k in range(self.width)],
            index_col=False, skipinitialspace=self.sep != WHITESPACE, low_memory=False,
            na_values=list(self.na), **options,
        )  # fmt: skip


def _names(
    first: list[Record], who: str, sep: str, reading: Reading
) -> tuple[list[str], list[str]]:
    """Return a name per column, "" for none, and what is odd about the header."""
    if not first:
        raise InputError(f"{who}: expected a header and rows; got an empty file")
    header, rows = first[0], first[1:]
    names = [cell.strip() for cell in header.cells]
    remarks = _numbers_as_names([name for name in names if name], header, who)
    width = max((len(row.cells) for row in rows), default=0)
    surplus = [cell for row in rows for cell in row.cells[len(names) :] if cell.strip()]
    if not surplus:
        return names + [""] * (width - len(names)), remarks
    long = [row for row in rows if len(row.cells) > len(names)]
    if len(long) == len(rows) and width == len(names) + 1 and _are_row_names(rows):
        return ["", *names], remarks
    advice = reading.advice(("sep", "'…'"), why=" if the separator is another")
    raise InputError(
        f"{who}: expected rows of {len(names)} cells, as in the header (line {header.line}), "
        f"separated by {_SPOKEN.get(sep, repr(sep))}; got {len(long[0].cells)} in line "
        f"{long[0].line}; put cells that hold a separator in quotes" + advice
    )


def _are_row_names(rows: list[Record]) -> bool:
    """Whether the first cells, which the header has no name for, number or name the rows (R)."""
    cells = [row.cells[0].strip() for row in rows]
    numbered = cells == [str(k + 1) for k in range(len(cells))]
    return numbered or (len(set(cells)) == len(cells) and not any(map(numberlike, cells)))


def _numbers_as_names(names: list[str], header: Record, who: str) -> list[str]:
    """Refuse a header that is a row of numbers; say so where it may be one of labels."""
    if not names or not all(numberlike(name) for name in names):
        return []
    if all(name.isascii() and name.isdigit() for name in names) and len(set(names)) == len(names):
        labels = [int(name) for name in names]
        if labels == list(range(labels[0], labels[0] + len(labels))):
            return []
        return [f"line {header.line} holds whole numbers only ({', '.join(names[:4])} …): taken as "
                f"the columns' names"]  # fmt: skip
    raise InputError(
        f"{who}: expected a header, the columns' names; got numbers in line {header.line} "
        f"({', '.join(names[:4])}{', …' if len(names) > 4 else ''}); add a line of names at the top"
    )
