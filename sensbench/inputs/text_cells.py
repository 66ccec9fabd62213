"""Text where numbers were expected: which cell, and what to do about it."""

import re
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

ENCODE = (
    "encode text and categories as numbers first: an order as 1, 2, 3 …, names as one column of 0 "
    "and 1 per name (pandas.get_dummies, Polars' to_dummies) declared as one feature with "
    "groups={name: columns}"
)
_COMMAS = re.compile(r"[+-]?\d+([.,]\d+)*,\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)
_WITH_UNIT = re.compile(r"[<>=~≤≥±$€£]*\s*[+-]?\d+([.,]\d+)*\s*[^\W\d_]?[^\d_:-]*")
_MOST_SHOWN = 3


class Kind(IntEnum):
    """What the text in a column is; what is said first of several columns comes first."""

    CELLS = 0
    NAMES = 1
    TYPED = 2


class Said(NamedTuple):
    """A kind of text, and what to say of it: "got …; what to do"."""

    kind: Kind
    sentence: str


def said_of_text(cells: Sequence[Any], row_named: Callable[[int], str]) -> Said | None:
    """Return what to say of a column with text in it, and ``None`` for one without.

    A column of names is one where less than half of the cells that are there resemble numbers.
    """
    texts = {i: _text(cell) for i, cell in enumerate(cells) if isinstance(cell, str | bytes)}
    if not texts:
        return None
    bad = {i: text for i, text in texts.items() if not _is_number(text)}
    if not bad:
        row, text = next(iter(texts.items()))
        return Said(
            Kind.TYPED,
            f"got numbers typed as text, {text!r} in {row_named(row)}; convert them first: "
            f"pandas.to_numeric, Polars' cast(pl.Float64) or numpy's astype(float)",
        )
    row, text = next(iter(bad.items()))
    there = sum(not _missing(cell) for cell in cells)
    if 2 * (there - sum(not _resembles(text) for text in bad.values())) < there:
        return Said(Kind.NAMES, f"got the text {text!r} in {row_named(row)}; {ENCODE}")
    different = list(dict.fromkeys(bad.values()))
    more = ", …" if len(different) > _MOST_SHOWN else ""
    shown = f": {', '.join(map(repr, different[:_MOST_SHOWN]))}{more}" if len(different) > 1 else ""
    count = "1 cell" if len(bad) == 1 else f"{len(bad)} cells"
    return Said(
        Kind.CELLS,
        f"got {text!r} in {row_named(row)} ({count} of {len(cells)} not a number{shown}); "
        f"{_advice(different)}",
    )


def _advice(texts: Sequence[str]) -> str:
    if all(_COMMAS.fullmatch(text) for text in texts):
        return (
            "write decimals with a point and thousands without a comma: decimal=',' or "
            "thousands=',' of pandas.read_csv"
        )
    if all(_resembles(text) for text in texts):
        return "write the number alone; a unit belongs in the column's name"
    return (
        "put numbers there or leave these rows out; pandas.to_numeric(…, errors='coerce') makes "
        "gaps of them"
    )


def _text(cell: str | bytes) -> str:
    return (cell.decode(errors="replace") if isinstance(cell, bytes) else str(cell)).strip()


def _is_number(text: str) -> bool:
    """Whether a text is a finite number as files write it, unlike "nan" and Python's 1_000."""
    try:
        return bool(np.isfinite(float(text))) and "_" not in text
    except ValueError:
        return False


def _resembles(text: str) -> bool:
    return bool(_COMMAS.fullmatch(text) or _WITH_UNIT.fullmatch(text))


def _missing(cell: Any) -> bool:
    # pandas.NA refuses to be compared
    return cell is None or type(cell).__name__ in ("NAType", "NaTType") or bool(cell != cell)
