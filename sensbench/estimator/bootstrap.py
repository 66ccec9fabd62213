"""Percentile bootstrap over rows, for every statistic that is a function of row means."""

import warnings
from collections.abc import Callable, Mapping

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy import special
from torch import Tensor

from sensbench.estimator.interval import SAMPLING, Covers, Interval
from sensbench.estimator.result import Estimate

_CHUNKSAMPLING = 8192
# Enough for the spread of a mean: 1023 degrees of freedom, 2 % of an interval's width.
_GROUPS = 1024
# So many rows are summed in the precision they come in; float32 then keeps six digits.
RUN = 256

Means = Mapping[str, Float[np.ndarray, "..."]]


class RowGroups:
    """Up to ``most`` groups of ``n`` rows, of equal size but for the last.

    Means of random groups spread as the rows do, so what they say of the spread of a mean is what
    the rows say; it costs the same however many rows there are, and none of them need be held. Up
    to ``most`` rows, each is a group of its own.

    A group is made of runs of ``run`` rows or fewer, which are summed in their own precision: rows
    that come in chunks of whole runs can be added chunk by chunk.

    Attributes
    ----------
    sizes
        Rows in each group.
    run
        Rows in each run; only the last one of all may have fewer.
    """

    def __init__(self, n: int, most: int = _GROUPS, run: int = RUN):
        size = -(-n // most)
        self._size = size if size <= run else -(-size // run) * run
        self.run = min(self._size, run)
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
        step = max(1, _CHUNKSAMPLING // self.run) * self.run
        for start in range(0, len(column), step):
            stop = min(start + step, len(column))
            rows = column[start:stop] if order is None else column.take(order[start:stop], axis=0)
            rows = np.require(rows.reshape(stop - start, -1), requirements=["C", "W"])
            parts = self.runs(torch.from_numpy(rows)).double().numpy()
            self.add(sums, parts.reshape(-1, *column.shape[1:]), start)
        return sums

    def runs(self, rows: Float[Tensor, "b k"]) -> Float[Tensor, "runs k"]:
        """Return sums over the runs of a chunk of rows, in the rows' own precision."""
        whole = len(rows) // self.run * self.run
        parts = rows[:whole].reshape(-1, self.run, rows.shape[1]).sum(1)
        if whole < len(rows):
            parts = torch.cat([parts, rows[whole:].sum(0)[None]])
        return parts

    def add(
        self,
        sums: Float[np.ndarray, "groups ..."],
        runs: Float[np.ndarray, "runs ..."],
        start: int,
    ) -> None:
        """Add the runs of a chunk whose first row is the ``start``-th of all to their groups."""
        if self.run < self._size:
            each = self._size // self.run
            ends = range(each - start // self.run % each, len(runs), each)
            runs = np.add.reduceat(runs, [0, *ends], axis=0)
        at = start // self._size
        sums[at : at + len(runs)] += runs


class Bootstrap:
    """The means of named columns over ``n`` rows, and over resamples of these rows.

    A resampled mean is a row of counts times the column of values, so all resamples of all
    columns are one matrix product. More than 1024 rows are resampled in random groups of them;
    see :class:`RowGroups`.

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
    covers
        What is resampled: the rows of a sample, or the points of a design.

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
        covers: frozenset[Covers] = SAMPLING,
    ):
        (n,) = {len(column) for column in columns.values()}
        groups = RowGroups(n)
        order = None if len(groups) == n else rng.permutation(n)
        sums = {name: groups.sums(column, order) for name, column in columns.items()}
        self.confidence, self.covers = confidence, covers
        count, n = len(groups), groups.sizes.sum()
        self.means: Means = {name: part.sum(axis=0) / n for name, part in sums.items()}
        drawn = rng.integers(count, size=(resamples, count)) + count * np.arange(resamples)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=resamples * count).astype(np.float64)
        counts = counts.reshape(resamples, count)
        drawn_rows = counts @ groups.sizes
        self.resampled: Means = {
            name: _resampled(counts, part, drawn_rows) for name, part in sums.items()
        }

    def __call__(self, statistic: Callable[[Means], Float[np.ndarray, "..."]]) -> Estimate:
        """Return a statistic of the means with its percentile interval.

        ``statistic`` works on any leading axes: it is called once with the means and once with
        all resampled means.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            value, replicates = statistic(self.means), statistic(self.resampled)
        return percentile(np.asarray(value), np.asarray(replicates), self.confidence, self.covers)


def _resampled(
    counts: Float[np.ndarray, "r groups"],
    sums: Float[np.ndarray, "groups ..."],
    rows: Float[np.ndarray, " r"],
) -> Float[np.ndarray, "r ..."]:
    means = counts @ sums.reshape(len(sums), -1)
    means /= rows[:, None]
    return means.reshape(len(counts), *sums.shape[1:])


def centred(name: str, column: Float[np.ndarray, "n ..."]) -> dict[str, Float[np.ndarray, "..."]]:
    """Return the two columns whose means give the :func:`variance` of ``column``.

    Centred before squaring: a large mean must not eat the digits of a small spread.
    """
    deviation = column - column.mean(axis=0)
    return {name: deviation, f"{name}²": deviation**2}


def variance(m: Means, name: str) -> Float[np.ndarray, "..."]:
    """Return the variance of a column that entered near its mean, with its square."""
    return np.maximum(m[f"{name}²"] - m[name] ** 2, 0.0)


def percentile(
    value: Float[np.ndarray, "..."],
    replicates: Float[np.ndarray, "r ..."],
    confidence: float,
    covers: frozenset[Covers] = SAMPLING,
) -> Estimate:
    """Return a value with the central interval of those replicates that are finite.

    A resample of few rows, or of rows that mostly share one output, may have no variance to
    divide by: it says nothing about a ratio.
    """
    tail = (1.0 - confidence) / 2.0
    finite = np.isfinite(replicates)
    if finite.all():
        # np.quantile's own numbers; it takes four times as long over many columns
        ordered = np.array(np.moveaxis(replicates, 0, -1), order="C")
        ordered.sort()
        last = len(replicates) - 1
        low, high = (_between(ordered, last * at) for at in (tail, 1.0 - tail))
    else:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
            finite_replicates = np.where(finite, replicates, np.nan)
            low, high = np.nanquantile(finite_replicates, (tail, 1.0 - tail), axis=0)
    # A quantity that does not vary has replicates that differ from it by rounding only.
    of = Interval(confidence, "percentile bootstrap", covers, len(replicates))
    return Estimate(value, np.minimum(low, value), np.maximum(high, value), interval=of)


def _between(ordered: Float[np.ndarray, "... r"], at: float) -> Float[np.ndarray, "..."]:
    """Return what lies at a fractional place of sorted values."""
    below = int(at)
    under, over = ordered[..., below], ordered[..., min(below + 1, ordered.shape[-1] - 1)]
    return np.asarray(under + (at - below) * (over - under))


def symmetric(
    value: Float[np.ndarray, "..."],
    replicates: Float[np.ndarray, "r ..."],
    confidence: float,
    covers: frozenset[Covers] = SAMPLING,
) -> Estimate:
    """Return a value ± the normal quantile times the spread of those replicates that are finite.

    SALib's intervals. A resample whose rows share one output says nothing about a ratio.
    """
    finite = np.isfinite(replicates)
    count = finite.sum(axis=0)
    kept = np.where(finite, replicates, 0.0)
    centre = kept.sum(axis=0) / np.maximum(count, 1)
    squares = np.where(finite, (kept - centre) ** 2, 0.0).sum(axis=0)
    spread = np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1)), np.nan)
    half = float(special.ndtri(0.5 + confidence / 2)) * spread
    without = np.isfinite(value) & np.isnan(half)
    note = "no interval where nearly every resample is of one output" if without.any() else ""
    of = Interval(confidence, "normal bootstrap", covers, len(replicates))
    return Estimate(value, value - half, value + half, note, of)
