"""Percentile bootstrap over rows, for every statistic that is a function of row means."""

import warnings
from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float

from sensbench.result import Estimate

_CHUNK_ROWS = 8192


class Bootstrap:
    """Resamples of ``n`` rows, drawn once and shared by all statistics.

    A resampled mean is a row of counts times the column of values, so all resamples of all
    columns are one matrix product per chunk of rows. The counts of a chunk are multinomial given
    how many of the ``n`` draws fall into it, so no resamples-by-n matrix is ever held.

    Parameters
    ----------
    n
        Rows.
    rng
        Where the resamples come from.
    resamples
        How many.
    confidence
        Level of the intervals, between 0 and 1.

    Source: Efron & Tibshirani 1993, ISBN 978-0-412-04231-7, chapter 13.
    """

    def __init__(
        self, n: int, rng: np.random.Generator, resamples: int = 300, confidence: float = 0.95
    ):
        self.n = n
        self.resamples = resamples
        self.confidence = confidence
        self._seed = int(rng.integers(1, 2**63 - 1))

    def __call__(
        self,
        statistic: Callable[..., Float[np.ndarray, "..."]],
        *columns: Float[np.ndarray, "n ..."],
    ) -> Estimate:
        """Return the statistic of the columns' means with its percentile interval.

        ``statistic`` takes one mean per column and works on any leading axes: it is called once
        with the means and once with all resampled means, stacked along a first axis.
        """
        value = np.asarray(statistic(*(column.mean(axis=0) for column in columns)))
        with np.errstate(divide="ignore", invalid="ignore"):
            replicates = np.asarray(statistic(*self.means(*columns)))
        return percentile(value, replicates, self.confidence)

    def means(self, *columns: Float[np.ndarray, "n ..."]) -> list[Float[np.ndarray, "..."]]:
        """Return each column's resampled means, resamples along the first axis."""
        flat = [column.reshape(self.n, -1) for column in columns]
        totals = [np.zeros((self.resamples, column.shape[1])) for column in flat]
        for rows, counts in self._counts():
            for total, column in zip(totals, flat, strict=True):
                total += counts @ column[rows]
        return [
            (total / self.n).reshape(self.resamples, *column.shape[1:])
            for total, column in zip(totals, columns, strict=True)
        ]

    def _counts(self) -> Iterator[tuple[slice, Float[np.ndarray, "resamples m"]]]:
        rng = np.random.default_rng(self._seed)
        starts = np.arange(0, self.n, _CHUNK_ROWS)
        sizes = np.minimum(_CHUNK_ROWS, self.n - starts)
        draws = rng.multinomial(self.n, sizes / self.n, size=self.resamples)
        for start, size, drawn in zip(starts, sizes, draws.T, strict=True):
            counts = np.empty((self.resamples, size))
            for r, k in enumerate(drawn):
                counts[r] = np.bincount(rng.integers(size, size=k), minlength=size)
            yield slice(start, start + size), counts


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
        low, high = np.quantile(replicates, (tail, 1.0 - tail), axis=0)
    else:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
            known = np.where(finite, replicates, np.nan)
            low, high = np.nanquantile(known, (tail, 1.0 - tail), axis=0)
    # A quantity that does not vary has replicates that differ from it by rounding only.
    return Estimate(value, np.minimum(low, value), np.maximum(high, value))
