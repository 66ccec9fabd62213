"""What people pass as rows (arrays, tensors, data frames), as float64 arrays of our own."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.errors import InputError
from sensbench.inputs.names import Names, ordered
from sensbench.inputs.text_cells import ENCODE, said_of_text

# What a value computed in two ways may differ by, in units of its last place.
_ROUNDINGS = 4
# numbers that are compared at once
_FOLDED = 1024
_BLOCK, _IN_CACHE = 1024, 2**15


def as_rows(
    X: Any, who: str, names: Names | None = None
) -> tuple[Float[np.ndarray, "n d"], tuple[str, ...] | None]:
    """Return a float64 copy of ``X`` and its column names, where it has any.

    ``X`` is an array, a tensor (on any device, with or without a graph), a list of rows, or a
    pandas or Polars frame. ``names`` selects and orders the columns of a frame by name or other
    label; for all else it names the columns. The names returned are ``None`` where there are none.

    Raises
    ------
    InputError
        Not a table of numbers; no rows; NaN or infinity; the wrong number of columns.
    """
    names = None if names is None else ordered(names, who, "names of the columns")
    frame = _frame(X)
    columns = None if frame is None else tuple(name for name, _ in frame)
    if frame is not None and columns is not None and names is not None:
        missing = [name for name in names if name not in columns]
        if missing:
            raise InputError(
                f"{who}: expected columns {list(names)}; got {list(columns)}, without {missing}; "
                f"rename the columns or pass features= with names that are there"
            )
        twice = sorted({name for name in names if columns.count(name) > 1})
        if twice:
            raise InputError(
                f"{who}: expected distinct column names; got {twice} more than once in the frame, "
                f"so that it is not known which is meant; rename the columns"
            )
        # By place: names are strings here, while the frame's own labels may be numbers.
        frame = [frame[columns.index(name)] for name in names]
        columns = names
    array = _as_float(X, who) if frame is None else _frame_as_float(frame, len(X), who)
    if array.ndim == 1 and names is not None and len(names) == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise InputError(
            f"{who}: expected a table of shape (rows, features); got shape {array.shape}; "
            f"for one feature use X.reshape(-1, 1), for one row X.reshape(1, -1)"
        )
    if columns is None:
        columns = names
    if columns is not None and len(columns) != array.shape[1]:
        raise InputError(
            f"{who}: expected {len(columns)} columns ({', '.join(columns)}); got {array.shape[1]}"
        )
    if columns is not None and len(set(columns)) != len(columns):
        twice = sorted({name for name in columns if columns.count(name) > 1})
        raise InputError(f"{who}: expected distinct column names; got {twice} more than once")
    if 0 in array.shape:
        raise InputError(f"{who}: expected at least one row and one column; got {array.shape}")
    require_finite(array, who, columns)
    return array, columns


def as_targets(y: Any, n: int, who: str) -> Float[np.ndarray, "n o"]:
    """Return targets as a float64 table with one row per row of X.

    Raises
    ------
    InputError
        Not numeric, another number of rows than X, NaN or infinity.
    """
    frame = _frame(y)
    names = None if frame is None else [name for name, _ in frame]
    array = _as_float(y, who) if frame is None else _frame_as_float(frame, len(y), who)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or len(array) != n:
        raise InputError(
            f"{who}: expected one row per row of X, shape ({n},) or ({n}, outputs); "
            f"got shape {array.shape}"
        )
    require_finite(array, who, names)
    return array


def target_names(y: Any) -> tuple[str, ...] | None:
    """Return the names that targets bring: a frame's columns, a Series's name; else ``None``."""
    if hasattr(y, "columns") and hasattr(y, "to_numpy"):
        names = list(y.columns)
    elif hasattr(y, "to_numpy") and hasattr(y, "name"):
        names = [y.name]
    else:
        return None
    # labels that are no text were numbered by pandas
    return tuple(names) if names and all(isinstance(n, str) and n for n in names) else None


def discrete_columns(X: Any) -> tuple[str, ...]:
    """Return the names of a frame's columns of integer, bool or categorical dtype.

    Only frames: the dtype of a frame's column is chosen for that column, while a whole array is
    often of integers because somebody typed ``[[1, 2]]``.
    """
    return tuple(name for name, column in _frame(X) or () if _separate(column.dtype))


def require_finite(array: Float[np.ndarray, "n d"], who: str, names: Sequence[str] | None) -> None:
    """Raise an ``InputError`` that names the first row and column without a finite number."""
    finite = np.isfinite(array)
    if finite.all():
        return
    row, column = (int(i) for i in np.argwhere(~finite)[0])
    label = names[column] if names else f"column {column}"
    raise InputError(
        f"{who}: expected finite numbers; got {array[row, column]} in row {row}, {label} "
        f"({int((~finite).any(axis=1).sum())} of {len(array)} rows affected); "
        f"drop or impute these rows first"
    )


def _frame(X: Any) -> list[tuple[str, Any]] | None:
    """Columns of a pandas or Polars frame by name, as strings; ``None`` for anything else."""
    if hasattr(X, "iloc") and hasattr(X, "columns"):
        return [(str(name), X.iloc[:, i]) for i, name in enumerate(X.columns)]
    if hasattr(X, "get_columns"):
        return [(str(column.name), column) for column in X.get_columns()]
    return None


def _separate(dtype: Any) -> bool:
    if hasattr(dtype, "is_integer"):  # Polars
        return bool(dtype.is_integer()) or str(dtype) == "Boolean"
    return getattr(dtype, "kind", "O") in "biu" or hasattr(dtype, "categories")


def _frame_as_float(frame: list[tuple[str, Any]], n: int, who: str) -> Float[np.ndarray, "n d"]:
    array = np.empty((n, len(frame)))
    for i, (name, column) in enumerate(frame):
        array[:, i] = _as_float(column, f"{who}, column {name!r}")
    return array


def _as_float(X: Any, who: str) -> np.ndarray:
    array = None
    try:
        # bool and int columns are numbers; strings that look like numbers are a mistake to hear of
        array = np.asarray(_plain(X))
        if array.dtype.kind in "USO":
            array = np.array([_number(v) for v in array.ravel()], dtype=np.float64).reshape(
                array.shape
            )
        if array.dtype.kind not in "biuf":
            raise TypeError(f"dtype {array.dtype}")
        return np.array(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        _refuse_text(X, array, who)
        raise InputError(
            f"{who}: expected numbers only; got {type(X).__name__} with {error}; {ENCODE}"
        ) from error


def _refuse_text(X: Any, array: np.ndarray | None, who: str) -> None:
    """Raise an ``InputError`` that names a cell, if text is what is wrong."""
    if array is None or array.ndim not in (1, 2):
        return
    if isinstance(X, list | tuple):  # as it was typed: numpy makes texts of all, if one is
        array = np.array(_plain(X), dtype=object)
    columns = array.reshape(len(array), -1).T
    refused = [
        (text, f", column {j}" if array.ndim == 2 else "")
        for j, column in enumerate(columns)
        if (text := said_of_text(column.tolist(), lambda row: _row_named(X, row)))
    ]
    if refused:
        text, where = min(refused, key=lambda one: one[0].kind)
        raise InputError(f"{who}{where}: expected numbers only; {text.sentence}")


def _row_named(X: Any, row: int) -> str:
    """Return a row's place, from 0, and its label where it has one of its own."""
    index = getattr(X, "index", None)
    label = str(row if index is None or callable(index) else index[row])
    return f"row {row}" if label == str(row) else f"row {row} (index {label!r})"


def _plain(X: Any) -> Any:
    """Return what numpy can take without loss: no graph, device, mask or frame."""
    if hasattr(X, "detach"):
        X = X.detach().cpu()
        return X.numpy() if X.dtype.is_complex else X.double().numpy()
    if isinstance(X, np.ma.MaskedArray):  # np.asarray would show what the mask hides
        return np.ma.filled(X.astype(np.float64), np.nan)
    if hasattr(X, "to_numpy"):
        return X.to_numpy()
    if isinstance(X, list | tuple):
        return [_plain(row) for row in X]
    return X


def _number(value: Any) -> float:
    # pandas.NA refuses to become a float
    if value is None or type(value).__name__ == "NAType":
        return float("nan")
    if isinstance(value, str | bytes):
        raise TypeError("text")
    return float(value)


def differ(X: Float[np.ndarray, " n *k"]) -> np.ndarray:
    """Return whether the rows differ, per column, by more than the rounding of their values.

    The difference between largest and smallest value says so at any number of rows and any
    offset; a standard deviation is not 0 where the mean of equal values is rounded.
    """
    return apart(*ends(X))


def apart(low: Any, high: Any) -> np.ndarray:
    """Return the same as :func:`differ`, from the smallest and the largest value of each column."""
    return np.asarray(high - low > _ROUNDINGS * np.spacing(np.maximum(-low, high)))


def ends(X: Float[np.ndarray, " n *k"]) -> tuple[Any, Any]:
    """Return the smallest and the largest value of each column.

    Of many narrow rows, several at a time, so that numpy's inner loop is not a single row.
    """
    fold = _FOLDED // X.shape[1] if X.ndim == 2 and X.shape[1] else 0
    if fold < 2 or len(X) < 8 * fold or not X.flags.c_contiguous:
        return X.min(axis=0), X.max(axis=0)
    whole, rest = len(X) // fold * fold, X[-fold:]
    folded = X[:whole].reshape(-1, fold * X.shape[1])
    low, high = (
        np.concatenate([of(folded, axis=0).reshape(fold, -1), rest]) for of in (np.min, np.max)
    )
    return low.min(axis=0), high.max(axis=0)


def means(X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " d"]:
    """Return the mean of each column; a block of rows after the other, for the cache."""
    if len(X) <= _BLOCK:
        return np.asarray(X.mean(axis=0))
    return np.asarray(sum(np.ones(len(rows)) @ rows for rows in _blocks(X)) / len(X))


def standard_deviations(X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " d"]:
    """Return the standard deviation of each column, as ``X.std(axis=0)``, without a copy of X."""
    if len(X) <= _BLOCK:
        return np.asarray(X.std(axis=0))
    centre, squares = means(X), np.zeros(X.shape[1])
    for rows in _blocks(X):
        deviation = rows - centre
        deviation *= deviation
        squares += np.ones(len(rows)) @ deviation
    return np.asarray(np.sqrt(squares / len(X)))


def _blocks(X: Float[np.ndarray, "n d"]) -> Iterator[Float[np.ndarray, "_ d"]]:
    size = max(1, _IN_CACHE // X.shape[1])
    return (X[start : start + size] for start in range(0, len(X), size))


def columns_of(X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d n"]:
    """Return the columns, each in one piece; a block of rows after the other, for the cache."""
    columns = np.empty(X.shape[::-1])
    for start in range(0, len(X), _BLOCK):
        columns[:, start : start + _BLOCK] = X[start : start + _BLOCK].T
    return columns


def even(n: int, most: int) -> int:
    """Return how many rows to take at a time, at most ``most``, so that all parts are about equal.

    A last part of a few rows costs a model nearly as much as a whole one.
    """
    return -(-n // -(-n // most))
