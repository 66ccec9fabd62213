"""Marginal: the distribution of one input, continuous or of separate values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from scipy import special, stats

from sensbench.errors import InputError

# A uniform that is exactly 0 or 1 has an infinite quantile on an unbounded marginal.
_SMALLEST = 2.0**-40


@runtime_checkable
class Marginal(Protocol):
    """What a space needs of one input: any ``scipy.stats`` frozen distribution has it."""

    def ppf(self, q: Any) -> Any:
        """Quantiles."""

    def mean(self) -> Any:
        """Mean, in the input's unit."""

    def std(self) -> Any:
        """Standard deviation, in the input's unit."""

    def support(self) -> tuple[Any, Any]:
        """Smallest and largest value; may be infinite."""


@dataclass(frozen=True, eq=False)
class Empirical:
    """The values of one column of data, each equally likely.

    ``discrete``: nothing lies between them (counts, codes, 0 and 1), so that a derivative by
    this input means nothing.
    """

    values: Float[np.ndarray, " n"]
    discrete: bool = False

    def ppf(self, q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the smallest value whose share of rows reaches ``q``."""
        return self._sorted[rank(q, len(self.values))]

    def mean(self) -> float:
        """Mean of the column."""
        return float(self.values.mean())

    def std(self) -> float:
        """Standard deviation of the column (ddof = 0: the column is the distribution)."""
        return float(self.values.std())

    def support(self) -> tuple[float, float]:
        """Smallest and largest value of the column."""
        return float(self._sorted[0]), float(self._sorted[-1])

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sorted", np.sort(self.values))

    _sorted: Float[np.ndarray, " n"] = field(init=False, repr=False)


def rank(q: Float[np.ndarray, "..."], n: int) -> np.ndarray:
    """Return which of ``n`` ordered, equally likely values is the quantile ``q``."""
    return np.clip(np.ceil(np.asarray(q) * n).astype(np.int64) - 1, 0, n - 1)


def marginal_of(name: str, given: Any) -> Marginal:
    """Return a marginal as given, from bounds ``(low, high)`` or from a list of values.

    Raises
    ------
    InputError
        None of these.
    """
    if isinstance(given, stats.rv_continuous | stats.rv_discrete):
        raise InputError(
            f"InputSpace: expected a frozen distribution for {name!r}; got the family "
            f"{given.name!r}; give it its parameters, as in scipy.stats.{given.name}(…)"
        )
    if isinstance(given, Marginal):
        return given
    if isinstance(given, list | range | np.ndarray):
        return Empirical(_values(name, given), discrete=True)
    what = "(low, high), a list of values or a scipy.stats frozen distribution"
    return uniform(name, pair(name, given, what))


def uniform(name: str, bounds: tuple[float, float]) -> Marginal:
    """Return the uniform marginal on ``(low, high)``."""
    low, high = bounds
    if not low < high:
        raise InputError(f"InputSpace: expected low < high for {name!r}; got ({low}, {high})")
    return stats.uniform(low, high - low)


def pair(name: str, given: Any, what: str) -> tuple[float, float]:
    """Return two finite numbers, or raise an ``InputError`` that asks for ``what``."""
    try:
        first, second = (float(value) for value in given)
    except (TypeError, ValueError) as error:
        raise InputError(f"InputSpace: expected {what} for {name!r}; got {given!r}") from error
    if not np.isfinite([first, second]).all():
        raise InputError(f"InputSpace: expected finite numbers for {name!r}; got {given!r}")
    return first, second


def quantile(marginal: Marginal, q: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return the marginal's quantiles, finite and inside its support also at 0 and 1."""
    low, high = marginal.support()
    q = np.maximum(q, _SMALLEST) if np.isinf(low) else q
    q = np.minimum(q, 1.0 - _SMALLEST) if np.isinf(high) else q
    # scipy's discrete distributions have their quantile 0 one below the smallest value.
    return np.clip(np.asarray(marginal.ppf(q), dtype=np.float64), low, high)


@dataclass(frozen=True, eq=False)
class Family:
    """The uniform or the normal marginals among several, whose quantiles are one expression.

    scipy checks the arguments of every marginal at every call, which costs more than the numbers
    themselves; these are the same, bit by bit.
    """

    normal: bool
    columns: Int[np.ndarray, " m"]
    location: Float[np.ndarray, " m"]
    scale: Float[np.ndarray, " m"]

    def quantile(
        self, u: Float[np.ndarray, "n m"], out: Float[np.ndarray, "n m"] | None = None
    ) -> Float[np.ndarray, "n m"]:
        """Return the quantiles of these columns, as :func:`quantile` does for one."""
        if self.normal:
            u = np.clip(u, _SMALLEST, 1.0 - _SMALLEST, out=out)
            u = special.ndtri(u, out=out)
        X = np.multiply(u, self.scale, out=out)
        X += self.location  # rounding keeps order: the uniform's ends are not passed
        return X


def families(marginals: Sequence[Marginal]) -> list[Family]:
    """Return the uniform and the normal marginals, each with their positions."""
    found: dict[str, list[tuple[int, float, float]]] = {"uniform": [], "norm": []}
    for i, marginal in enumerate(marginals):
        dist = getattr(marginal, "dist", None)
        name = getattr(dist, "name", "")
        if name in found and type(dist) is type(getattr(stats, name)):
            given = dict(zip(("loc", "scale"), marginal.args, strict=False)) | marginal.kwds  # type: ignore[attr-defined]
            location, scale = given.get("loc", 0.0), given.get("scale", 1.0)
            if np.ndim(location) == np.ndim(scale) == 0:
                found[name].append((i, float(location), float(scale)))
    return [
        Family(name == "norm", *(np.array(values) for values in zip(*members, strict=True)))
        for name, members in found.items()
        if members
    ]


def is_continuous(marginal: Marginal) -> bool:
    """Whether the input can take every value between two others."""
    if isinstance(marginal, Empirical):
        return not marginal.discrete
    return not isinstance(getattr(marginal, "dist", None), stats.rv_discrete)


def separate_values(marginal: Marginal) -> str:
    """Say how many values an input that is not continuous takes."""
    if isinstance(marginal, Empirical):
        return f"{len(np.unique(marginal.values))} separate values"
    low, high = marginal.support()
    return "separate values" if np.isinf(high - low) else f"{high - low + 1:g} separate values"


def describe(marginal: Any) -> str:
    """Return one line on a marginal, for reports."""
    low, high = marginal.support()
    if isinstance(marginal, Empirical):
        n = separate_values(marginal) if marginal.discrete else f"{len(marginal.values)} values"
        return f"{n} in [{low:g}, {high:g}]"
    family = getattr(getattr(marginal, "dist", None), "name", type(marginal).__name__)
    if family == "uniform":
        return f"uniform on [{low:g}, {high:g}]"
    return f"{family}, mean {marginal.mean():g}, std {marginal.std():g}"


def _values(name: str, given: Any) -> Float[np.ndarray, " n"]:
    try:
        values = np.array([float(value) for value in given])
    except (TypeError, ValueError) as error:
        raise InputError(
            f"InputSpace: expected a list of numbers for {name!r}; got {given!r}; encode names "
            f"as numbers"
        ) from error
    if not len(values) or not np.isfinite(values).all():
        raise InputError(f"InputSpace: expected finite numbers for {name!r}; got {given!r}")
    return values
