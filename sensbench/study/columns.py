"""Numbers read row by row and kept by column: text as categories, so millions fit in memory."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int

_ROWS_AT_ONCE = 20_000


class Columns:
    """A table that is filled by rows and kept by column.

    Parameters
    ----------
    texts, floats
        The columns, in the order of a row's values: first those of text, then those of numbers.
    most
        How many rows there can be. Their memory is had in one piece per column: small pieces, freed
        among what stays, would never be given back.
    """

    def __init__(self, texts: Sequence[str], floats: Sequence[str], most: int):
        self._codes = {name: defaultdict[str, int](itertools.count().__next__) for name in texts}
        self._columns = {name: np.empty(most, dtype=np.int32) for name in texts}
        self._columns |= {name: np.empty(most, dtype=float) for name in floats}
        self._waiting: list[Sequence[object]] = []
        self._packed = 0

    def __len__(self) -> int:
        return self._packed + len(self._waiting)

    def add(self, rows: Sequence[Sequence[object]]) -> None:
        """Take more rows; ``None`` among numbers is NaN."""
        self._waiting += rows
        if len(self._waiting) >= _ROWS_AT_ONCE:
            self._pack()

    def taken(self, at: Int[np.ndarray, " n"]) -> dict[str, pd.Categorical | np.ndarray]:
        """Return the rows at these places, by column, and keep none of them.

        Categories are sorted, as their texts are.
        """
        self._pack()
        taken: dict[str, pd.Categorical | np.ndarray] = {}
        for name in list(self._columns):
            column = self._columns.pop(name)[at]
            texts = self._codes.get(name)
            taken[name] = column if texts is None else categories(column, list(texts))
        return taken

    def _pack(self) -> None:
        if not self._waiting:
            return
        n, start = len(self._waiting), self._packed
        columns = zip(*self._waiting, strict=True)
        for (name, kept), column in zip(self._columns.items(), columns, strict=True):
            if name in self._codes:
                codes = map(self._codes[name].__getitem__, column)
                kept[start : start + n] = np.fromiter(codes, dtype=np.int32, count=n)
            else:
                kept[start : start + n] = np.array(column, dtype=float)
        self._waiting.clear()
        self._packed += n


def categories(codes: Int[np.ndarray, " n"], texts: Sequence[str]) -> pd.Categorical:
    """Return texts by their numbers, as categories in alphabetical order."""
    sorted_texts = sorted(texts)
    place = {text: k for k, text in enumerate(sorted_texts)}
    of_code = np.array([place[text] for text in texts], dtype=np.int32)
    placed = of_code[codes] if len(texts) else codes
    return pd.Categorical.from_codes(placed, categories=pd.Index(sorted_texts, dtype=_text()))


def as_categories(column: "pd.Series[str]") -> pd.Categorical:
    """Return a column of text as categories in alphabetical order."""
    codes, texts = pd.factorize(column)
    return categories(codes.astype(np.int64), [str(text) for text in texts])


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose categories are text again, as most code expects of names."""
    kinds = {
        name: dtype.categories.dtype
        for name, dtype in frame.dtypes.items()
        if isinstance(dtype, pd.CategoricalDtype)
    }
    return frame.astype(kinds) if kinds else frame


# as pandas has texts: an own kind since version 3
@cache
def _text() -> Any:
    """Return what pandas makes of text; asked late, as it imports pyarrow, which reserves 1 GB."""
    return pd.Series(["text"]).dtype
