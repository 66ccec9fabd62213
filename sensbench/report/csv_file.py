"""Tables as CSV files that a spreadsheet opens as what they say."""

import re
from typing import Any

import pandas as pd

# With these a spreadsheet takes a cell as a formula, also behind blanks and in full width.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")


def as_csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV; text that a spreadsheet would compute begins with an apostrophe.

    Numbers stay numbers, also negative ones. Source: OWASP, "CSV Injection".
    """
    safe = pd.DataFrame({k: _inert(table.iloc[:, k]) for k in range(table.shape[1])})
    safe.columns = [_inert_cell(name) for name in table.columns]
    return safe.to_csv(index=False, lineterminator="\n").encode("utf-8", errors="replace")


def _inert(column: "pd.Series[Any]") -> "pd.Series[Any]":
    if pd.api.types.is_numeric_dtype(column):
        return column
    return column.astype(object).map(_inert_cell)


def _inert_cell(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    # a carriage return inside a cell ends the row for many readers; so a mark stands for it
    shown = cell.replace("\r", "␍")
    if not _FORMULA.match(cell):
        return shown
    try:
        float(cell)
    except ValueError:
        return f"'{shown}"
    return shown
