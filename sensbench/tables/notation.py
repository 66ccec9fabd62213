"""Numbers as spreadsheets write them: decimal commas, and thousands in groups."""

import io
import re
from collections.abc import Callable

import pandas as pd

from sensbench.errors import InputError

_EXP = r"(?:[eE][+-]?\d+)?"
_SIGN = "[+\\-\u2212]?"
_GAP = "[ \u00a0\u202f'\u2019]"
_PLAIN = re.compile(rf"{_SIGN}(?:\d+\.?\d*|\.\d+){_EXP}")
_COMMA = re.compile(
    rf"{_SIGN}(?:\d+|\d{{1,3}}(?:\.\d{{3}})+|\d{{1,3}}(?:{_GAP}\d{{3}})+)?,\d+{_EXP}"
)
_COMMA_GROUPS = re.compile(rf"{_SIGN}[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d*)?{_EXP}")
_DOT_GROUPS = re.compile(rf"{_SIGN}[1-9]\d{{0,2}}(?:\.\d{{3}})+")
_GAP_GROUPS = re.compile(rf"{_SIGN}[1-9]\d{{0,2}}(?:{_GAP}\d{{3}})+(?:[.,]\d+)?{_EXP}")
_AMBIGUOUS = re.compile(rf"{_SIGN}[1-9]\d{{0,2}},\d{{3}}")


def numberlike(cell: str) -> bool:
    """Whether a text is a number in some notation."""
    forms = (_PLAIN, _COMMA, _COMMA_GROUPS, _DOT_GROUPS, _GAP_GROUPS)
    return any(form.fullmatch(cell) for form in forms)


def _needs_notation(cells: "pd.Series[str]") -> bool:
    """Whether a column of text is one of numbers in another notation than pandas reads."""
    like = [cell for cell in cells if numberlike(cell)]
    return 2 * len(like) >= max(1, len(cells)) and any(not _PLAIN.fullmatch(c) for c in like)


def _says_comma(cell: str) -> bool:
    """Whether a cell can only be a number with a decimal comma."""
    if _AMBIGUOUS.fullmatch(cell):
        return False
    several = _DOT_GROUPS.fullmatch(cell) is not None and cell.count(".") > 1
    return several or (bool(_COMMA.fullmatch(cell)) and not _COMMA_GROUPS.fullmatch(cell))


def _says_point(cell: str) -> bool:
    """Whether a cell can only be a number with a decimal point."""
    if _AMBIGUOUS.fullmatch(cell) or _DOT_GROUPS.fullmatch(cell):
        return False
    grouped = _COMMA_GROUPS.fullmatch(cell) is not None
    return (grouped and cell.count(",") > 1) or (
        "." in cell and (grouped or _PLAIN.fullmatch(cell) is not None)
    )


def _is_ambiguous(cell: str) -> bool:
    """Whether a cell is 1.234 with a decimal comma and 1234 with a decimal point."""
    return _AMBIGUOUS.fullmatch(cell) is not None


def _plain(cell: str, decimal: str) -> str:
    """Return a number as pandas reads it; any other text as it is."""
    if not numberlike(cell):
        return cell
    number = re.sub(_GAP, "", cell).replace("\u2212", "-")
    if decimal == ",":
        if "," in number:
            whole = _COMMA.fullmatch(number) is not None
            return number.replace(".", "").replace(",", ".") if whole else cell
        return number.replace(".", "") if _DOT_GROUPS.fullmatch(number) else number
    if "," in number:
        return number.replace(",", "") if _COMMA_GROUPS.fullmatch(number) else cell
    return number


def read_columns(
    frame: pd.DataFrame,
    texts: Callable[[], pd.DataFrame],
    given: str | None,
    refuse: Callable[[str, list[tuple[int, str, str]]], InputError],
) -> tuple[pd.DataFrame, str]:
    """Return the columns with their numbers read, and in which notation if it is another.

    ``frame`` is what pandas reads with a decimal point, ``texts`` gives the same cells as text.
    ``refuse`` makes the error out of what was expected and the cells (row, column, text) that
    contradict it.
    """
    odd = [
        name
        for name in frame
        if not pd.api.types.is_numeric_dtype(frame[name]) and _needs_notation(frame[name].dropna())
    ]
    if not odd and given != ",":
        return frame, ""
    raw = texts()
    decimal = given or _decided(raw, refuse)
    changed = [
        name
        for name in frame
        if name in odd
        or (
            decimal == ","
            and pd.api.types.is_numeric_dtype(frame[name])
            and not pd.api.types.is_bool_dtype(frame[name])
        )
    ]
    read = pd.DataFrame(
        {name: _parsed(raw[name], decimal) if name in changed else frame[name] for name in frame}
    )
    commas = any("," in str(cell) for name in odd for cell in raw[name].dropna())
    if decimal == ",":
        return read, "',' as decimal mark" if commas or given else "'.' between thousands"
    return read, "',' between thousands" if commas else "gaps between thousands"


def _decided(
    raw: pd.DataFrame, refuse: Callable[[str, list[tuple[int, str, str]]], InputError]
) -> str:
    """Return the decimal mark that the cells can only have."""
    first: dict[str, tuple[int, str, str]] = {}
    for name in raw:
        cells = [(row, str(cell).strip()) for row, cell in enumerate(raw[name]) if pd.notna(cell)]
        if 2 * sum(numberlike(cell) for _, cell in cells) < len(cells):
            continue
        for kind, says in ((",", _says_comma), (".", _says_point), ("?", _is_ambiguous)):
            if kind not in first:
                example = next(((row, cell) for row, cell in cells if says(cell)), None)
                if example is not None:
                    first[kind] = (example[0], str(name), example[1])
    if "," in first and "." in first:
        raise refuse("one decimal mark", [first[","], first["."]])
    if "?" in first and "," not in first and "." not in first:
        raise refuse("a decimal mark that can be told from thousands", [first["?"]])
    return "," if "," in first else "."


def _parsed(column: "pd.Series[str]", decimal: str) -> "pd.Series[float] | pd.Series[str]":
    """Return a column of text as numbers where all that is in it are, as pandas reads them."""
    texts = [None if pd.isna(cell) else _plain(str(cell).strip(), decimal) for cell in column]
    if all(text is None or _PLAIN.fullmatch(text) for text in texts):
        lines = "\n".join(text or "NaN" for text in texts)
        read = pd.read_csv(io.StringIO(lines), header=None, names=["cell"], low_memory=False)
        return pd.Series(read["cell"].to_numpy(), index=column.index)
    return pd.Series(texts, index=column.index, dtype="str")
