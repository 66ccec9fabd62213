"""Cells that are not numbers where numbers are expected, by their place in the file."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from sensbench.errors import InputError
from sensbench.tables.table_file import TableFile

# What people write where a value is missing, besides what pandas knows.
_MISSING = re.compile(
    r"[?.*\-–—_/x]+|n\.?[ad]\.?|k\.? ?a\.?|missing|unknown|undef(ined)?|nil|void|#.*[!?]|error",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([ T].*)?|\d\d?[./]\d\d?[./]\d{2,4}( .*)?")


def require_numbers(table: TableFile, columns: Sequence[str], who: str) -> None:
    """Raise an ``InputError`` that names the cells that are not numbers.

    A missing cell is one too: whoever can do with some asks before.
    """
    options = table.reading
    text = [name for name in columns if not pd.api.types.is_numeric_dtype(table.frame[name])]
    for name in text:
        refuse_odd_cells(table, name, who)
    if text:
        cells = table.frame[text[0]].dropna().astype(str)
        dates = len(cells) > 0 and all(_DATE.fullmatch(cell.strip()) for cell in cells)
        kind = "dates" if dates else "text"
        raise InputError(
            f"{who}: expected columns of numbers; got {text} ({kind}, for example "
            f"{cells.iloc[:1].tolist()}); encode them as numbers, or choose other columns"
            + options.advice(("features", "…")).replace("; pass", " with", 1)
        )
    missing = table.frame[list(columns)].isna()
    if missing.to_numpy().any():
        rows = np.flatnonzero(missing.any(axis=1)).tolist()
        named = [name for name in columns if missing[name].any()]
        raise InputError(
            f"{who}: expected a number in every cell; got missing values in {named}, "
            f"{table.where(rows)} ({len(rows)} of {len(missing)} rows); impute them"
            + options.advice(_drop_missing(table)).replace("; pass", ", or leave the rows out with")
        )


def refuse_odd_cells(table: TableFile, name: str, who: str) -> None:
    """Raise an ``InputError`` where a column is one of numbers but for a few cells."""
    if pd.api.types.is_numeric_dtype(table.frame[name]):
        return
    cells = [(row, str(cell)) for row, cell in enumerate(table.frame[name]) if pd.notna(cell)]
    odd = [(row, cell) for row, cell in cells if not _is_number(cell)]
    few = len(odd) <= max(1, 0.1 * len(cells))
    marks = all(_MISSING.fullmatch(cell.strip()) for _, cell in odd)
    if not odd or 2 * len(odd) > len(cells) or not (few or marks):
        return
    texts = list(dict.fromkeys(cell for _, cell in odd))
    named = ", ".join(map(repr, texts[:4])) + (", …" if len(texts) > 4 else "")
    raise InputError(
        f"{who}: expected a number in every cell of column {name!r}; got {named} in "
        f"{table.where([row for row, _ in odd])} ({len(odd)} of {len(table.frame)} rows)"
        + table.reading.advice(("na", repr(texts[0])), why=" if it means a missing value")
    )


def _drop_missing(table: TableFile) -> tuple[str, str]:
    # a switch on the command line, a value in Python and study files
    return "drop_missing", "" if table.reading.option.startswith("-") else "True"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
