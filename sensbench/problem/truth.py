"""Truth: a known value of a measure, its standard error, and how it was obtained."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.errors import InputError


@dataclass(frozen=True, eq=False)
class Truth:
    """What a measure's value is known to be, for a function over its inputs' law.

    ``np.asarray(truth)`` is its value.

    Attributes
    ----------
    value
        ``(o, d)``; ``(o, d, d)`` for pairs, symmetric, with a diagonal of zeros; ``(o, threes)``
        for threes, in the order of ``itertools.combinations``; ``(o,)`` for what belongs to the
        output alone, such as its variance.
    standard_error
        Of the same shape: 0 where the value is exact (up to rounding).
    how
        In words: "closed form", "scrambled Sobol' points, 16 × 2^20, seed 0" …
    """

    value: Float[np.ndarray, "..."]
    standard_error: Float[np.ndarray, "..."]
    how: str

    def __post_init__(self) -> None:
        error = self.standard_error
        if self.value.shape != error.shape or not (np.isfinite(error) & (error >= 0)).all():
            raise InputError(
                f"Truth: expected one standard error of at least 0 per value, shape "
                f"{self.value.shape}; got {error}"
            )

    @classmethod
    def exact(cls, value: Any, how: str = "closed form") -> "Truth":
        """Return a value that is exact."""
        array = np.asarray(value, dtype=np.float64)
        return cls(array, np.zeros_like(array), how)

    @property
    def is_exact(self) -> bool:
        """Whether every value is exact."""
        return not self.standard_error.any()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype)


def with_inert_inputs(
    values: Float[np.ndarray, "o ..."], axis: str, count: int
) -> Float[np.ndarray, "o ..."]:
    """Return values of a measure with zeros for so many inputs more, which stand last.

    Of sets of inputs: those of every three, in the order of ``itertools.combinations``.
    """
    if axis == "set":
        d = next(d for d in range(3, len(values[0]) + 3) if comb(d, 3) == len(values[0]))
        threes = np.array(list(combinations(range(d + count), 3)))
        wider = np.zeros((len(values), len(threes)))
        wider[:, (threes < d).all(axis=1)] = values
        return wider
    axes = {"feature": 1, "pair": 2}.get(axis, 0)
    still = values.ndim - axes
    return np.pad(values, [(0, 0)] * still + [(0, count)] * axes)


class Truths(Mapping):
    """Measure name to what is known of it, worked out when somebody asks.

    A mapping from ``str`` to ``Truth``. It is not declared as one, and stands beside one where both
    are taken: run-time type checkers would ask.

    Parameters
    ----------
    make
        Called once, at the first question.
    """

    def __init__(self, make: Callable[[], Mapping[str, Truth]]):
        self._make = make

    @cached_property
    def _known(self) -> dict[str, Truth]:
        return dict(self._make())

    def __getitem__(self, measure: str) -> Truth:
        return self._known[measure]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def worked_out(self) -> bool:
        """Whether somebody has asked."""
        return "_known" in vars(self)

    def __repr__(self) -> str:
        if not self.worked_out:
            return "<Truths, not worked out yet>"
        return f"<Truths of {', '.join(self) or 'nothing'}>"

    def or_else(self, *others: "Truths | Mapping[str, Truth]") -> "Truths":
        """Return these truths, and where there are none those of the others, in their order."""

        def make() -> dict[str, Truth]:
            merged: dict[str, Truth] = {}
            for source in (self, *others):
                merged |= {name: source[name] for name in source if name not in merged}
            return merged

        return Truths(make)

    @classmethod
    def of(cls, known: "Truths | Mapping[str, Any] | None") -> "Truths":
        """Return truths from arrays (taken to be exact) and ``Truth`` objects."""
        if isinstance(known, cls):
            return known
        given = {
            name: item if isinstance(item, Truth) else Truth.exact(item, "given as exact")
            for name, item in (known or {}).items()
        }
        truths = cls(lambda: given)
        len(truths)
        return truths
