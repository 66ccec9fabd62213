"""InputSpace: named inputs and the distribution they are varied over."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from scipy import stats

from sensbench.errors import CorrelatedInputsWarning, InputError
from sensbench.rows import as_rows

# Dormann et al. 2013, doi:10.1111/j.1600-0587.2012.07348.x: |r| > 0.7 is where collinearity
# begins to distort; we take the same threshold for "strongly correlated".
STRONG_CORRELATION = 0.7
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
    """The values of one column of data, each equally likely."""

    values: Float[np.ndarray, " n"]

    def ppf(self, q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the smallest value whose share of rows reaches ``q``."""
        n = len(self.values)
        rank = np.ceil(np.asarray(q) * n).astype(np.int64) - 1
        return self._sorted[np.clip(rank, 0, n - 1)]

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


@dataclass(frozen=True, eq=False)
class InputSpace:
    """Named inputs with one marginal each; the inputs are independent of each other.

    Build one with :meth:`uniform`, :meth:`normal`, :meth:`of` (any mixture, including
    ``scipy.stats`` frozen marginals) or :meth:`from_data`.
    """

    names: tuple[str, ...]
    marginals: tuple[Marginal, ...]
    units: tuple[str, ...] = ()
    correlated: tuple[tuple[str, str, float], ...] = ()

    def __post_init__(self) -> None:
        if not self.names or len(self.names) != len(self.marginals):
            raise InputError(
                f"InputSpace: expected one marginal per name and at least one; "
                f"got {len(self.names)} names and {len(self.marginals)} marginals"
            )
        if len(set(self.names)) != len(self.names):
            raise InputError(f"InputSpace: expected distinct names; got {list(self.names)}")
        if self.units and len(self.units) != len(self.names):
            raise InputError(
                f"InputSpace: expected {len(self.names)} units; got {list(self.units)}"
            )
        for name, marginal in zip(self.names, self.marginals, strict=True):
            if not isinstance(marginal, Marginal):
                raise InputError(
                    f"InputSpace: expected a scipy.stats frozen distribution for {name!r}; "
                    f"got {marginal!r}; for bounds use InputSpace.uniform"
                )
            std = float(marginal.std())
            if not np.isfinite(std) or not np.isfinite(float(marginal.mean())):
                raise InputError(
                    f"InputSpace: expected a finite mean and standard deviation for {name!r}; "
                    f"got {marginal.mean()} and {std}; variance-based importance needs both"
                )
            if std == 0:
                raise InputError(
                    f"InputSpace: expected {name!r} to vary; it is constant "
                    f"({marginal.mean():g}), so its importance is undefined; leave it out "
                    f"(fix it inside the model) or pass space= with a distribution for it"
                )

    @classmethod
    def of(
        cls,
        marginals: Mapping[str, Any],
        units: Mapping[str, str] | None = None,
    ) -> "InputSpace":
        """Return a space from names to marginals; a pair ``(low, high)`` means uniform.

        ``units`` names the unit of any of the inputs, for tables and figures.
        """
        if not isinstance(marginals, Mapping):
            raise InputError(
                f"InputSpace: expected a mapping of names to marginals; "
                f"got {type(marginals).__name__}"
            )
        unknown = sorted(set(units or {}) - set(marginals))
        if unknown:
            raise InputError(f"InputSpace.of: expected units of inputs; got units of {unknown}")
        return cls(
            tuple(str(name) for name in marginals),
            tuple(_marginal(name, marginal) for name, marginal in marginals.items()),
            tuple((units or {}).get(name, "") for name in marginals) if units else (),
        )

    @classmethod
    def uniform(cls, bounds: Mapping[str, Any]) -> "InputSpace":
        """Return independent uniform inputs from ``{name: (low, high)}``.

        Raises
        ------
        InputError
            Bounds that are not two finite numbers in ascending order.
        """
        return cls.of(bounds)

    @classmethod
    def normal(cls, moments: Mapping[str, Any]) -> "InputSpace":
        """Return independent normal inputs from ``{name: (mean, standard deviation)}``."""
        for name, pair in moments.items():
            _, std = _pair(name, pair, "(mean, standard deviation)")
            if not std > 0:
                raise InputError(
                    f"InputSpace.normal: expected a positive standard deviation for {name!r}; "
                    f"got {std}"
                )
        return cls.of({name: stats.norm(mean, std) for name, (mean, std) in moments.items()})

    @classmethod
    def from_data(cls, X: Any, names: Sequence[str] | None = None) -> "InputSpace":
        """Return the empirical marginal of each column; names from a data frame's columns.

        The columns' dependence is *not* kept: sampling from this space draws every input
        independently. Pairs with abs(Pearson r) above 0.7 are kept in ``correlated`` and named
        in a ``CorrelatedInputsWarning``, because independent draws then combine values that do
        not occur together.

        Raises
        ------
        InputError
            NaN or infinity, fewer than two rows, or a constant column.
        """
        array, columns = as_rows(X, "InputSpace.from_data", names)
        if len(array) < 2:
            raise InputError(f"InputSpace.from_data: expected at least two rows; got {len(array)}")
        columns = columns or default_names(array.shape[1])
        space = cls(columns, tuple(Empirical(column.copy()) for column in array.T))
        pairs = tuple(_strong_pairs(array, columns))
        space = cls(space.names, space.marginals, correlated=pairs)
        if pairs:
            warnings.warn(space.dependence_note(), CorrelatedInputsWarning, stacklevel=2)
        return space

    @property
    def d(self) -> int:
        """Number of inputs."""
        return len(self.names)

    @property
    def empirical(self) -> bool:
        """Whether any marginal is the values of a data column."""
        return any(isinstance(marginal, Empirical) for marginal in self.marginals)

    def std(self) -> Float[np.ndarray, " d"]:
        """Return the standard deviation of each input."""
        return np.array([float(marginal.std()) for marginal in self.marginals])

    def sample(
        self, n: int, seed: int | np.random.Generator | np.random.SeedSequence
    ) -> Float[np.ndarray, "n d"]:
        """Return ``n`` independent rows; the same seed gives the same bits."""
        if n < 1:
            raise InputError(f"InputSpace.sample: expected at least one row; got n = {n}")
        return self.from_unit(np.random.default_rng(seed).random((n, self.d)))

    def from_unit(self, u: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Map points of the unit cube to inputs, each by its marginal's quantile function."""
        u = np.asarray(u, dtype=np.float64)
        if u.ndim != 2 or u.shape[1] != self.d:
            raise InputError(f"InputSpace.from_unit: expected shape (n, {self.d}); got {u.shape}")
        columns = []
        for marginal, q in zip(self.marginals, u.T, strict=True):
            low, high = marginal.support()
            q = np.maximum(q, _SMALLEST) if np.isinf(low) else q
            q = np.minimum(q, 1.0 - _SMALLEST) if np.isinf(high) else q
            columns.append(np.asarray(marginal.ppf(q), dtype=np.float64))
        return np.stack(columns, axis=1)

    def dependence_note(self) -> str:
        """Say which inputs are strongly correlated and what that means; empty if none are."""
        if not self.correlated:
            return ""
        named = ", ".join(f"{a} and {b} (r = {r:.2f})" for a, b, r in self.correlated[:5])
        more = f" and {len(self.correlated) - 5} more pairs" if len(self.correlated) > 5 else ""
        return (
            f"strongly correlated inputs: {named}{more}; Sobol', Morris and permutation importance "
            f"treat inputs as independent and so visit combinations that the data do not hold"
        )

    def describe(self) -> dict[str, str]:
        """Return one line per input: its marginal, for reports."""
        return {
            name: _describe(marginal)
            for name, marginal in zip(self.names, self.marginals, strict=True)
        }


def default_names(d: int) -> tuple[str, ...]:
    """Return ``x1 … xd``, for inputs nobody named."""
    return tuple(f"x{i + 1}" for i in range(d))


def _marginal(name: str, marginal: Any) -> Marginal:
    if isinstance(marginal, Marginal):
        return marginal
    low, high = _pair(name, marginal, "(low, high) or a scipy.stats frozen distribution")
    if not low < high:
        raise InputError(f"InputSpace: expected low < high for {name!r}; got ({low}, {high})")
    return stats.uniform(low, high - low)


def _pair(name: str, pair: Any, what: str) -> tuple[float, float]:
    try:
        first, second = (float(value) for value in pair)
    except (TypeError, ValueError) as error:
        raise InputError(f"InputSpace: expected {what} for {name!r}; got {pair!r}") from error
    if not np.isfinite([first, second]).all():
        raise InputError(f"InputSpace: expected finite numbers for {name!r}; got {pair!r}")
    return first, second


def _strong_pairs(
    X: Float[np.ndarray, "n d"], names: Sequence[str]
) -> list[tuple[str, str, float]]:
    if X.shape[1] < 2 or len(X) < 3:
        return []
    r = np.corrcoef(X, rowvar=False)
    pairs = [
        (names[i], names[j], float(r[i, j]))
        for i, j in combinations(range(len(names)), 2)
        if abs(r[i, j]) > STRONG_CORRELATION
    ]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))


def _describe(marginal: Any) -> str:
    if isinstance(marginal, Empirical):
        low, high = marginal.support()
        return f"{len(marginal.values)} values in [{low:g}, {high:g}]"
    low, high = marginal.support()
    family = getattr(getattr(marginal, "dist", None), "name", type(marginal).__name__)
    if family == "uniform":
        return f"uniform on [{low:g}, {high:g}]"
    return f"{family}, mean {marginal.mean():g}, std {marginal.std():g}"
