"""What separates the cells of a text file, where its header is, and on which line a row is."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

WHITESPACE = r"\s+"
NONE = "\x1f"  # of a file of one column: what is in no cell
_CANDIDATES = (",", ";", "\t", "|")
_LOOKED_AT = 200  # rows
_NUMBER = re.compile(r"[+-]?[\d.,'’\s]*\d[\d.,'’\s]*(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf|na|null)?|\?",
                     re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One row of cells, and the line of the file it begins on."""

    line: int
    cells: list[str]

    @property
    def blank(self) -> bool:
        """Whether nothing is in it."""
        return not any(cell.strip() for cell in self.cells)


def records(text: str, sep: str, first_line: int = 1) -> Iterator[Record]:
    """Yield the rows that hold anything, quoted cells unquoted."""
    lines: Iterator[str] = io.StringIO(text, newline="\n")
    if sep == WHITESPACE:
        lines, sep = (line.strip().replace("\t", " ") for line in lines), " "
    reader = csv.reader(lines, delimiter=sep, skipinitialspace=True)
    before = 0
    for cells in reader:
        record = Record(first_line + before, cells)
        before = reader.line_num
        if not record.blank:
            yield record


def declared(text: str) -> tuple[str | None, str, int]:
    """Return the separator that Excel's first line ``sep=;`` declares, the rest, its first line."""
    start, _, rest = text.partition("\n")
    match = re.fullmatch(r'"?sep=(.)"?[;,\t]*', start.strip(" "), re.IGNORECASE)
    return (match[1], rest, 2) if match else (None, text, 1)


def separator_of(text: str, tabs_first: bool = False) -> str:
    """Return what separates the cells; ``NONE`` where a line holds one cell."""
    best: tuple[tuple[bool, float, float], str] | None = None
    order = ("\t", *_CANDIDATES) if tabs_first else _CANDIDATES
    for sep in dict.fromkeys(order):
        score = _score(text, sep)
        if score is not None and (best is None or score > best[0]):
            best = score, sep
    if best is not None and best[0][0]:
        return best[1]
    spaced = _score(text, WHITESPACE)
    # text has spaces too: only rows that are numbers throughout
    if spaced is not None and spaced[0] and spaced[1] == 1:
        return WHITESPACE
    return best[1] if best else NONE


def _score(text: str, sep: str) -> tuple[bool, float, float] | None:
    """Return whether all rows are as wide as the header, the part that is numbers, and is wide."""
    try:
        header, *rows = islice(records(text, sep), 1 + _LOOKED_AT)
    except (ValueError, csv.Error):
        return None
    width = len(header.cells)
    if width < 2:
        return None
    # one more: a separator at the end of each row, or names of rows
    fit = [len(row.cells) in (width, width + 1) for row in rows]
    cells = [cell.strip() for row in rows for cell in row.cells]
    numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in cells)
    return all(fit), numbers / max(1, len(cells)), sum(fit) / max(1, len(fit))
