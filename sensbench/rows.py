"""What people pass as rows (arrays, tensors, data frames), as float64 arrays of our own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.errors import InputError


def as_rows(
    X: Any, who: str, names: Sequence[str] | None = None
) -> tuple[Float[np.ndarray, "n d"], tuple[str, ...] | None]:
    """Return a float64 copy of ``X`` and its column names, where it has any.

    ``names`` selects and orders the columns of a data frame by name; for an array it names the
    columns. The names returned are ``None`` for an array without names.

    Raises
    ------
    InputError
        Not a table of numbers; no rows; NaN or infinity; the wrong number of columns.
    """
    columns = _column_names(X)
    if columns is not None and names is not None:
        missing = [name for name in names if name not in columns]
        if missing:
            raise InputError(
                f"{who}: expected columns {list(names)}; got {list(columns)}, without {missing}; "
                f"rename the columns or pass features= with names that are there"
            )
        X = X[list(names)]
        columns = tuple(names)
    array = _as_float(X, who)
    if array.ndim == 1 and names is not None and len(names) == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise InputError(
            f"{who}: expected a table of shape (rows, features); got shape {array.shape}; "
            f"for one feature use X.reshape(-1, 1), for one row X.reshape(1, -1)"
        )
    if columns is None and names is not None:
        columns = tuple(names)
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
    names = _column_names(y)
    array = _as_float(y, who)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or len(array) != n:
        raise InputError(
            f"{who}: expected one row per row of X, shape ({n},) or ({n}, outputs); "
            f"got shape {array.shape}"
        )
    require_finite(array, who, names)
    return array


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


def _column_names(X: Any) -> tuple[str, ...] | None:
    """Columns of a pandas or Polars frame (or series), as strings."""
    if isinstance(X, np.ndarray) or not hasattr(X, "to_numpy"):
        return None
    if hasattr(X, "columns"):
        return tuple(str(name) for name in X.columns)
    return None


def _as_float(X: Any, who: str) -> np.ndarray:
    if hasattr(X, "detach"):
        X = X.detach().cpu().double().numpy()
    elif hasattr(X, "to_numpy") and not isinstance(X, np.ndarray):
        X = X.to_numpy()
    try:
        # bool and int columns are numbers; strings that look like numbers are a mistake to hear of
        array = np.asarray(X)
        if array.dtype.kind in "USO":
            array = np.array(
                [[_number(v) for v in np.atleast_1d(row)] for row in array], dtype=np.float64
            ).reshape(array.shape)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"dtype {array.dtype}")
        return np.array(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{who}: expected numbers only; got {type(X).__name__} with {error}; "
            f"encode text and categories as numbers first"
        ) from error


def _number(value: Any) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, str | bytes):
        raise TypeError(f"the text {value!r}")
    return float(value)
