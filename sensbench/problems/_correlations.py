"""Correlations as a study file can write them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sensbench.errors import InputError

# One number, a matrix, {"x1, x2": number}, or none.
Correlation = float | Sequence[Sequence[float]] | Mapping[Any, float] | None


def correlations(who: str, given: Any, names: Sequence[str]) -> Any:
    """Return correlations as :meth:`InputSpace.of` takes them.

    Raises
    ------
    InputError
        A key that is not two names.
    """
    if isinstance(given, int | float) and not isinstance(given, bool):
        return [[1.0 if a == b else float(given) for b in names] for a in names]
    if not isinstance(given, Mapping):
        return given
    pairs: dict[Any, Any] = {}
    for key, value in given.items():
        pair = tuple(part.strip() for part in key.split(",")) if isinstance(key, str) else key
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise InputError(
                f'{who}: expected correlation of two inputs, as in {{"x1, x2": 0.9}}; got {key!r}'
            )
        if pair[::-1] in pairs or pair in pairs:
            if pairs.get(pair, pairs.get(pair[::-1])) != value:
                raise InputError(
                    f"{who}: expected one correlation per pair; got two for {' and '.join(pair)}"
                )
        pairs[pair] = value
    return pairs
