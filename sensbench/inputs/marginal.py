"""Marginal: the distribution of one input, continuous or of separate values."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import scipy
from jaxtyping import Float, Int
from scipy import special

from sensbench.errors import InputError
from sensbench.inputs.quantiles_of_rows import Ranked
from sensbench.inputs.rows import apart, differ

# A uniform that is exactly 0 or 1 has an infinite quantile on an unbounded marginal.
_SMALLEST = 2.0**-40
_MOST_LISTED = 5


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
        ranks = rank(q, len(self.values))
        if self._ranked is not None and (found := self._ranked.at(ranks)) is not None:
            return found
        return self._sorted[ranks]

    def mean(self) -> float:
        """Mean of the column."""
        return self._moments[0]

    def std(self) -> float:
        """Standard deviation of the column (ddof = 0: the column is the distribution)."""
        return self._moments[1]

    def support(self) -> tuple[float, float]:
        """Smallest and largest value of the column."""
        return self._ends

    @cached_property
    def varies(self) -> bool:
        """Whether its values differ by more than their rounding."""
        return bool(apart(*self._ends))

    # Each when it is first asked for: of a million rows, sorting takes a hundred times a sum.
    @cached_property
    def _ranked(self) -> Ranked | None:
        return Ranked.of(self.values, *self._ends)

    @cached_property
    def _sorted(self) -> Float[np.ndarray, " n"]:
        return np.sort(self.values)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        return float(self.values.min()), float(self.values.max())

    @cached_property
    def _moments(self) -> tuple[float, float]:
        return float(self.values.mean()), float(self.values.std()) if self.varies else 0.0


@dataclass(frozen=True, eq=False)
class Weighted:
    """Separate values, each with its probability; those of probability 0 are left out."""

    values: Float[np.ndarray, " n"]
    probabilities: Float[np.ndarray, " n"]
    discrete: ClassVar[bool] = True

    def __post_init__(self) -> None:
        values, place = np.unique(self.values, return_inverse=True)
        shares = np.bincount(place.ravel(), self.probabilities)
        values, shares = values[shares > 0], shares[shares > 0]
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "probabilities", shares / shares.sum())

    def ppf(self, q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the smallest value whose probability, with all below it, reaches ``q``."""
        at = np.searchsorted(np.cumsum(self.probabilities), np.asarray(q))
        return self.values[np.minimum(at, len(self.values) - 1)]

    def mean(self) -> float:
        """Mean, Σ pᵢxᵢ."""
        return float(self.probabilities @ self.values)

    def std(self) -> float:
        """Standard deviation, √Σ pᵢ(xᵢ - mean)²."""
        return float(np.sqrt(self.probabilities @ (self.values - self.mean()) ** 2))

    def support(self) -> tuple[float, float]:
        """Smallest and largest value."""
        return float(self.values[0]), float(self.values[-1])


def of_scipy(given: Any, *kinds: str) -> bool:
    """Whether this is an instance of some classes of scipy.stats, by their names.

    Nothing is where scipy.stats was never loaded, which takes half a second.
    """
    loaded = "scipy.stats" in sys.modules
    return loaded and isinstance(given, tuple(getattr(scipy.stats, kind) for kind in kinds))


def rank(q: Float[np.ndarray, "..."], n: int) -> np.ndarray:
    """Return which of ``n`` ordered, equally likely values is the quantile ``q``."""
    return np.clip(np.ceil(np.asarray(q) * n).astype(np.int64) - 1, 0, n - 1)


def uniform(name: str, bounds: tuple[float, float]) -> Marginal:
    """Return the uniform marginal on ``(low, high)``."""
    low, high = bounds
    if not low < high:
        raise InputError(f"InputSpace: expected low < high for {name!r}; got ({low}, {high})")
    return scipy.stats.uniform(low, high - low)


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
    by_family: dict[str, list[tuple[int, float, float]]] = {"uniform": [], "norm": []}
    for i, marginal in enumerate(marginals):
        dist = getattr(marginal, "dist", None)
        name = getattr(dist, "name", "")
        if name in by_family and type(dist) is type(getattr(scipy.stats, name)):
            given = dict(zip(("loc", "scale"), marginal.args, strict=False)) | marginal.kwds  # type: ignore[attr-defined]
            location, scale = given.get("loc", 0.0), given.get("scale", 1.0)
            if np.ndim(location) == np.ndim(scale) == 0:
                by_family[name].append((i, float(location), float(scale)))
    return [
        Family(name == "norm", *(np.array(values) for values in zip(*members, strict=True)))
        for name, members in by_family.items()
        if members
    ]


def family_of(marginal: Marginal) -> str:
    """Return the name of a family of scipy.stats itself, else "".

    Distributions of people's own have a name too, by default the same one for all.
    """
    dist = getattr(marginal, "dist", None)
    name = getattr(dist, "name", "")
    return name if dist is not None and type(dist) is type(getattr(scipy.stats, name, None)) else ""


def label_of(marginal: Any) -> str:
    """Return what a distribution of scipy's kind calls itself, people's own included, else ""."""
    return str(getattr(getattr(marginal, "dist", None), "name", ""))


def jumps_of(marginal: Marginal) -> tuple[float, ...]:
    """Return where a histogram's density jumps: the ends of its bins."""
    dist = getattr(marginal, "dist", None)
    if not of_scipy(dist, "rv_histogram"):
        return ()
    low, high = (float(end) for end in marginal.support())
    ends = np.asarray(vars(dist)["_hbins"], dtype=np.float64)
    return tuple(low + (ends - ends[0]) * (high - low) / (ends[-1] - ends[0]))


def is_continuous(marginal: Marginal) -> bool:
    """Whether the input can take every value between two others."""
    separate = of_scipy(getattr(marginal, "dist", None), "rv_discrete")
    return not getattr(marginal, "discrete", separate)


def is_constant(marginal: Marginal) -> bool:
    """Whether the input takes one value only, as far as floating point can tell."""
    if isinstance(marginal, Empirical):
        return not marginal.varies
    if isinstance(marginal, Weighted):
        return not differ(marginal.values)
    return not float(marginal.std()) > np.spacing(abs(float(marginal.mean())))


def separate_values(marginal: Marginal) -> str:
    """Say how many values an input that is not continuous takes."""
    if isinstance(marginal, Empirical | Weighted):
        return f"{len(np.unique(marginal.values))} separate values"
    low, high = marginal.support()
    return "separate values" if np.isinf(high - low) else f"{high - low + 1:g} separate values"


def describe(marginal: Any) -> str:
    """Return one line on a marginal, for reports."""
    low, high = marginal.support()
    if isinstance(marginal, Weighted) and len(marginal.values) <= _MOST_LISTED:
        pairs = zip(marginal.values, marginal.probabilities, strict=True)
        return "separate values " + ", ".join(f"{value:g} ({p:.3g})" for value, p in pairs)
    if isinstance(marginal, Empirical | Weighted):
        n = separate_values(marginal) if marginal.discrete else f"{len(marginal.values)} values"
        return f"{n} in [{low:g}, {high:g}]"
    if of_scipy(getattr(marginal, "dist", None), "rv_histogram"):
        bins = len(jumps_of(marginal)) - 1
        return f"histogram of {bins} bins on [{low:g}, {high:g}], mean {marginal.mean():g}"
    family = label_of(marginal) or getattr(marginal, "label", type(marginal).__name__)
    if family == "uniform":
        return f"uniform on [{low:g}, {high:g}]"
    return f"{family}, mean {marginal.mean():g}, std {marginal.std():g}"
