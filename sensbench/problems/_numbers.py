"""Lists and matrices of numbers, as parameters of problems."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.errors import require


def numbers(
    who: str,
    name: str,
    given: Any,
    shape: Sequence[int | None],
    *,
    above: float | None = None,
) -> Float[np.ndarray, "..."]:
    """Return finite numbers of a shape, ``None`` being any length of at least 1.

    Raises
    ------
    InputError
        Other shapes, text, true or false, NaN or infinity; numbers that are not above a bound.
    """
    try:
        found = np.asarray(given)
        whole = found.dtype.kind in "iuf" and not _has_bool(given)
    except (TypeError, ValueError):  # rows of different lengths
        found, whole = np.empty(0), False
    fits = len(shape) == found.ndim and all(
        want in (None, got) and got for want, got in zip(shape, found.shape, strict=True)
    )
    good = whole and fits and bool(np.isfinite(found).all())
    if good and above is not None:
        good = bool((found > above).all())
    lengths = " × ".join("n" if length is None else str(length) for length in shape)
    bound = "" if above is None else f" above {above:g}"
    require(good, who, f"{name} as {lengths or 'one'} finite numbers{bound}", given)
    return found.astype(np.float64)


def _has_bool(given: Any) -> bool:
    if isinstance(given, Sequence) and not isinstance(given, str):
        return any(_has_bool(item) for item in given)
    return isinstance(given, bool | np.bool_)
