"""How problems check their parameters and choose published ones."""

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float

from sensbench.errors import UnknownNameError, require

T = TypeVar("T")


def published(who: str, variants: Mapping[str, T], name: str) -> T:
    """Return what a variant stands for.

    Raises
    ------
    UnknownNameError
        There is no such variant; the message carries the nearest ones.
    """
    if name not in variants:
        raise UnknownNameError.of(who, "variant", name, variants)
    return variants[name]


def whole(who: str, what: str, value: int, least: int) -> int:
    """Return a whole number of at least ``least``."""
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= least
    require(fits, who, f"{what} as a whole number of at least {least}", value)
    return value


def real(who: str, what: str, value: float) -> float:
    """Return a finite number."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    require(is_number and math.isfinite(value), who, f"a finite {what}", value)
    return float(value)


def listed(
    who: str,
    what: str,
    values: Sequence[float],
    *,
    d: int | None = None,
    least: float | None = None,
    above: float | None = None,
) -> tuple[float, ...]:
    """Return one finite number per input, in bounds."""
    return tuple(numbers(who, what, values, (d,), least=least, above=above).tolist())


def numbers(
    who: str,
    name: str,
    given: Any,
    shape: Sequence[int | None],
    *,
    least: float | None = None,
    above: float | None = None,
) -> Float[np.ndarray, "..."]:
    """Return finite numbers of a shape, ``None`` being any length of at least 1.

    Raises
    ------
    InputError
        Other shapes, text, true or false, NaN or infinity; numbers out of bounds.
    """
    try:
        array = np.asarray(given)
        are_numbers = array.dtype.kind in "iuf" and not _has_bool(given)
    except (TypeError, ValueError):  # rows of different lengths
        array, are_numbers = np.empty(0), False
    fits = len(shape) == array.ndim and all(
        want in (None, got) and got for want, got in zip(shape, array.shape, strict=True)
    )
    good = are_numbers and fits and bool(np.isfinite(array).all())
    bound = ""
    if least is not None:
        bound, good = f" of at least {least:g}", good and bool((array >= least).all())
    if above is not None:
        bound, good = f" above {above:g}", good and bool((array > above).all())
    lengths = " × ".join("n" if length is None else str(length) for length in shape)
    require(good, who, f"{name} as {lengths or 'one'} finite numbers{bound}", given)
    return array.astype(np.float64)


def _has_bool(given: Any) -> bool:
    if isinstance(given, Sequence) and not isinstance(given, str):
        return any(_has_bool(item) for item in given)
    return isinstance(given, bool | np.bool_)
