"""Percentile bootstrap over rows, for every statistic that is a function of row means."""

import warnings
from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int
from scipy import stats

from sensbench.result import Estimate

_CHUNK_ROWS = 8192
# Enough for the spread of a mean: 1023 degrees of freedom, 2 % of an interval's width.
_GROUPS = 1024
# So many rows are summed in the precision they come in; float32 then keeps six digits.
_RUN = 256

Means = Mapping[str, Float[np.ndarray, "..."]]


class Groups:
    """Up to ``most`` groups of ``n`` rows, of equal size but for the last.

    Means of random groups spread as the rows do, so what they say of the spread of a mean is what
    the rows say; it costs the same however many rows there are, and none of them need be held. Up
    to ``most`` rows, each is a group of its own.

    Attributes
    ----------
    sizes
        Rows in each group.
    """

    def __init__(self, n: int, most: int = _GROUPS):
        size = -(-n // most)
        self._size = size if size <= _RUN else -(-size // _RUN) * _RUN
        self._run = min(self._size, _RUN)
        self.sizes = np.diff(np.append(np.arange(0, n, self._size), n))

    def __len__(self) -> int:
        return len(self.sizes)

    def sums(
        self, column: Float[np.ndarray, "n ..."], order: Int[np.ndarray, " n"] | None = None
    ) -> Float[np.ndarray, "groups ..."]:
        """Return a column's sums over the groups of its rows, taken in this order."""
        if len(self) == len(column):
            return np.asarray(column if order is None else column[order], dtype=np.float64)
        sums = np.zeros((len(self), *column.shape[1:]))
        flat, n = sums.reshape(len(self), -1), len(column)
        step = max(1, _CHUNK_ROWS // self._run) * self._run
        for start in range(0, n, step):
            stop = min(start + step, n)
            rows = column[start:stop] if order is None else column[order[start:stop]]
            self._add(flat, rows.reshape(stop - start, -1), start)
        return sums

    def _add(
        self, sums: Float[np.ndarray, "groups k"], values: Float[np.ndarray, "b k"], start: int
    ) -> None:
        """Add rows ``start``, ``start + 1`` …: whole runs of them, but for the last rows."""
        run, k = self._run, values.shape[1]
        whole = len(values) // run * run
        # a product with ones: the fastest sum there is over an axis that is not the last
        parts = (np.ones((1, run), values.dtype) @ values[:whole].reshape(-1, run, k))[:, 0]
        if whole < len(values):
            parts = np.concatenate([parts, values[whole:].sum(axis=0)[None]])
        if run < self._size:
            group = (start + run * np.arange(len(parts))) // self._size
            first = np.flatnonzero(np.diff(group, prepend=-1))
            parts = np.add.reduceat(parts, first, axis=0, dtype=np.float64)
        at = start // self._size
        sums[at : at + len(parts)] += parts


class Bootstrap:
    """The means of named columns over ``n`` rows, and over resamples of these rows.

    A resampled mean is a row of counts times the column of values, so all resamples of all
    columns are one matrix product. More than 1024 rows are resampled in random groups of them;
    see :class:`Groups`.

    Parameters
    ----------
    columns
        Name to values with the rows along the first axis; all statistics share the resamples.
    rng
        Where the resamples come from.
    resamples
        How many.
    confidence
        Level of the intervals, between 0 and 1.

    Attributes
    ----------
    means
        Name to the mean over the rows.
    resampled
        Name to the means over the resamples, stacked along a first axis.

    Source: Efron & Tibshirani 1993, ISBN 978-0-412-04231-7, chapter 13.
    """

    def __init__(
        self,
        columns: Mapping[str, Float[np.ndarray, "n ..."]],
        rng: np.random.Generator,
        resamples: int,
        confidence: float,
    ):
        (n,) = {len(column) for column in columns.values()}
        groups = Groups(n)
        order = None if len(groups) == n else rng.permutation(n)
        sums = {name: groups.sums(column, order) for name, column in columns.items()}
        self.confidence = confidence
        count, n = len(groups), groups.sizes.sum()
        self.means: Means = {name: part.sum(axis=0) / n for name, part in sums.items()}
        drawn = rng.integers(count, size=(resamples, count)) + count * np.arange(resamples)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=resamples * count).astype(np.float64)
        counts = counts.reshape(resamples, count)
        drawn_rows = counts @ groups.sizes
        self.resampled: Means = {
            name: (counts @ part.reshape(count, -1) / drawn_rows[:, None]).reshape(
                resamples, *part.shape[1:]
            )
            for name, part in sums.items()
        }

    def __call__(self, statistic: Callable[[Means], Float[np.ndarray, "..."]]) -> Estimate:
        """Return a statistic of the means with its percentile interval.

        ``statistic`` works on any leading axes: it is called once with the means and once with
        all resampled means.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            value, replicates = statistic(self.means), statistic(self.resampled)
        return percentile(np.asarray(value), np.asarray(replicates), self.confidence)


def variance_of(m: Means, name: str) -> Float[np.ndarray, "..."]:
    """Return the variance of a column that entered shifted near its mean, with its square."""
    return np.maximum(m[f"{name}²"] - m[name] ** 2, 0.0)


def centred(name: str, column: Float[np.ndarray, "n ..."]) -> dict[str, Float[np.ndarray, "..."]]:
    """Return the two columns whose means give the :func:`variance` of ``column``.

    Centred before squaring: a large mean must not eat the digits of a small spread.
    """
    deviation = column - column.mean(axis=0)
    return {f"{name} - mean": deviation, f"({name} - mean)²": deviation**2}


def variance(m: Means, name: str) -> Float[np.ndarray, "..."]:
    """Return the variance of a column that entered as :func:`centred`."""
    return np.maximum(m[f"({name} - mean)²"] - m[f"{name} - mean"] ** 2, 0.0)


def percentile(
    value: Float[np.ndarray, "..."], replicates: Float[np.ndarray, "r ..."], confidence: float
) -> Estimate:
    """Return a value with the central interval of those replicates that are finite.

    A resample of few rows, or of rows that mostly share one output, may have no variance to
    divide by: it says nothing about a ratio.
    """
    tail = (1.0 - confidence) / 2.0
    finite = np.isfinite(replicates)
    if finite.all():
        # np.quantile's own numbers; it takes four times as long over many columns
        ordered = np.sort(replicates, axis=0)
        at = (len(ordered) - 1) * np.array([tail, 1.0 - tail])
        below = at.astype(np.int64)
        above = np.minimum(below + 1, len(ordered) - 1)
        between = (at - below).reshape(2, *(1,) * (replicates.ndim - 1))
        low, high = ordered[below] + between * (ordered[above] - ordered[below])
    else:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
            known = np.where(finite, replicates, np.nan)
            low, high = np.nanquantile(known, (tail, 1.0 - tail), axis=0)
    # A quantity that does not vary has replicates that differ from it by rounding only.
    return Estimate(value, np.minimum(low, value), np.maximum(high, value))


def symmetric(
    value: Float[np.ndarray, "..."], replicates: Float[np.ndarray, "r ..."], confidence: float
) -> Estimate:
    """Return a value ± the normal quantile times the spread of those replicates that are finite.

    SALib's intervals. A resample whose rows share one output says nothing about a ratio.
    """
    known = np.isfinite(replicates)
    count = known.sum(axis=0)
    kept = np.where(known, replicates, 0.0)
    centre = kept.sum(axis=0) / np.maximum(count, 1)
    squares = np.where(known, (kept - centre) ** 2, 0.0).sum(axis=0)
    spread = np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1)), np.nan)
    half = float(stats.norm.ppf(0.5 + confidence / 2)) * spread
    without = np.isfinite(value) & np.isnan(half)
    note = "no interval where nearly every resample is of one output" if without.any() else ""
    return Estimate(value, value - half, value + half, note)
