"""Correlation matrices as people write them, and the nearest one where theirs is none."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.errors import InputError, UnknownNameError

# Below this an eigenvalue is 0 for rounding: one input is then a function of the others.
SMALLEST_EIGENVALUE = 1e-10
_ROUNDING = 1e-9
_MOST_SHOWN = 6
# Of the matrix that is offered: far enough from singular to be taken.
_FLOOR = 1e-6


def matrix_of(given: Any, columns: Sequence[str], who: str) -> Float[np.ndarray, "d d"]:
    """Return the matrix that ``given`` says: a matrix, or ``{(name, name): correlation}``.

    Pairs that are not named do not correlate.

    Raises
    ------
    InputError
        Another size, numbers that are no correlations, pairs that contradict each other, a name
        with itself.
    """
    if isinstance(given, Mapping):
        return _of_pairs(given, columns, who)
    # a frame's own labels say the order
    labels = [str(c) for c in given.columns] if hasattr(given, "columns") else list(columns)
    if sorted(labels) != sorted(columns):
        raise InputError(f"{who}: expected correlation of {list(columns)}; got it of {labels}")
    try:
        matrix = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{who}: expected correlation as a matrix of numbers, or {{(name, name): number}}; "
            f"got {given!r}"
        ) from error
    d = len(columns)
    if matrix.shape != (d, d):
        raise InputError(
            f"{who}: expected a correlation matrix of shape ({d}, {d}), one row and column per "
            f"input ({', '.join(columns)}); got shape {matrix.shape}"
        )
    at = [labels.index(name) for name in columns]
    matrix = matrix[np.ix_(at, at)]
    if not np.isfinite(matrix).all():
        raise InputError(f"{who}: expected finite correlations; got NaN or infinity")
    if np.abs(np.diag(matrix) - 1).max() > _ROUNDING:
        raise InputError(
            f"{who}: expected 1 on the diagonal of the correlation matrix; got "
            f"{np.diag(matrix).tolist()}; divide a covariance by both standard deviations"
        )
    if np.abs(matrix - matrix.T).max() > _ROUNDING:
        i, j = _largest(matrix - matrix.T)
        raise InputError(
            f"{who}: expected a symmetric correlation matrix; got {matrix[i, j]:g} for "
            f"({columns[i]}, {columns[j]}) and {matrix[j, i]:g} for ({columns[j]}, {columns[i]})"
        )
    _require_sizes(matrix, columns, who)
    return (matrix + matrix.T) / 2


def _of_pairs(
    given: Mapping[Any, Any], columns: Sequence[str], who: str
) -> Float[np.ndarray, "d d"]:
    matrix, written = np.eye(len(columns)), dict[frozenset[str], float]()
    for key, value in given.items():
        names = tuple(map(str, key)) if isinstance(key, tuple | list) else ()
        if len(names) != 2:
            raise InputError(f"{who}: expected correlation of pairs (name, name); got {key!r}")
        for name in names:
            if name not in columns:
                raise UnknownNameError.of(f"{who}: correlation", "input", name, columns)
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not np.isfinite(value):
            raise InputError(f"{who}: expected a number as correlation of {names}; got {value!r}")
        if names[0] == names[1]:
            raise InputError(f"{who}: expected correlation of two inputs; got {names} = {value:g}")
        pair = frozenset(names)
        if written.setdefault(pair, float(value)) != float(value):
            raise InputError(
                f"{who}: expected one correlation per pair; got {written[pair]:g} and {value:g} "
                f"for {' and '.join(sorted(pair))}"
            )
        i, j = (columns.index(name) for name in names)
        matrix[i, j] = matrix[j, i] = float(value)
    _require_sizes(matrix, columns, who)
    return matrix


def _require_sizes(matrix: Float[np.ndarray, "d d"], columns: Sequence[str], who: str) -> None:
    off = np.abs(matrix - np.diag(np.diag(matrix)))
    if off.size and off.max() >= 1:
        i, j = _largest(off)
        raise InputError(
            f"{who}: expected correlations between -1 and 1; got {matrix[i, j]:g} for "
            f"({columns[i]}, {columns[j]}); of two inputs that determine each other keep one"
        )


def require_positive_definite(
    matrix: Float[np.ndarray, "d d"], columns: Sequence[str], who: str, whose: str = ""
) -> None:
    """Raise an ``InputError`` that offers the nearest correlation matrix where this is none."""
    values, vectors = np.linalg.eigh(matrix)
    if values[0] > SMALLEST_EIGENVALUE:
        return
    involved = [columns[i] for i in np.flatnonzero(np.abs(vectors[:, 0]) > 0.1).tolist()]
    nearest = nearest_correlation(matrix)
    change = np.abs(nearest - matrix).max()
    shown = f", {nearest.round(4).tolist()}" if len(matrix) <= _MOST_SHOWN else ""
    raise InputError(
        f"{who}: expected a positive definite correlation matrix{whose}; got one whose smallest "
        f"eigenvalue is {values[0]:.3g}, so that no such inputs exist "
        f"({', '.join(involved[:_MOST_SHOWN])}); the nearest, with changes of up to "
        f"{change:.3g}, is sensbench.inputs.nearest_correlation(matrix){shown}"
    )


def nearest_correlation(
    matrix: Any, floor: float = _FLOOR, most: int = 1000
) -> Float[np.ndarray, "d d"]:
    """Return the positive definite correlation matrix nearest to a symmetric one.

    Nearest in the sum of squared differences, among those with eigenvalues of about ``floor`` at
    least: alternating projections with Dykstra's correction. Higham 2002,
    doi:10.1093/imanum/22.3.329.
    """
    given = np.array(matrix, dtype=np.float64)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or not np.isfinite(given).all():
        raise InputError(
            f"nearest_correlation: expected a square matrix of finite numbers; got {given.tolist()}"
        )
    nearest = (given + given.T) / 2
    correction = np.zeros_like(nearest)
    for _ in range(most):
        before = nearest
        corrected = nearest - correction
        definite = _clipped(corrected, floor)
        correction = definite - corrected
        nearest = definite.copy()
        np.fill_diagonal(nearest, 1.0)
        if np.abs(nearest - before).max() < _ROUNDING:
            break
    # the last projection was on the diagonal: a step on eigenvalues, rescaled, ends on both
    definite = _clipped(nearest, floor)
    scale = 1.0 / np.sqrt(np.diag(definite))
    nearest = definite * np.outer(scale, scale)
    np.fill_diagonal(nearest, 1.0)
    return (nearest + nearest.T) / 2


def _clipped(matrix: Float[np.ndarray, "d d"], floor: float) -> Float[np.ndarray, "d d"]:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, floor)) @ vectors.T


def _largest(matrix: Float[np.ndarray, "d d"]) -> tuple[int, int]:
    i, j = np.unravel_index(np.abs(matrix).argmax(), matrix.shape)
    return int(i), int(j)
