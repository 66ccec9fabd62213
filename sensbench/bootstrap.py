"""Percentile bootstrap over rows, for every statistic that is a function of row means."""

import warnings
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from jaxtyping import Float
from scipy import stats

from sensbench.result import Estimate

_CHUNK_ROWS = 8192

Means = Mapping[str, Float[np.ndarray, "..."]]


class Bootstrap:
    """The means of named columns over ``n`` rows, and over resamples of these rows.

    A resampled mean is a row of counts times the column of values, so all resamples of all
    columns are one matrix product per chunk of rows. The counts of a chunk are multinomial given
    how many of the ``n`` draws fall into it, so no resamples-by-n matrix is ever held.

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
        self.confidence = confidence
        self.means: Means = {name: column.mean(axis=0) for name, column in columns.items()}
        (n,) = {len(column) for column in columns.values()}
        flat = np.concatenate([column.reshape(n, -1) for column in columns.values()], axis=1)
        totals = np.zeros((resamples, flat.shape[1]))
        for rows, counts in _counts(n, rng, resamples):
            totals += counts @ flat[rows]
        ends = np.cumsum([column[0].size for column in columns.values()])
        self.resampled: Means = {
            name: part.reshape(resamples, *column.shape[1:])
            for (name, column), part in zip(
                columns.items(), np.split(totals / n, ends[:-1], axis=1), strict=True
            )
        }

    def __call__(self, statistic: Callable[[Means], Float[np.ndarray, "..."]]) -> Estimate:
        """Return a statistic of the means with its percentile interval.

        ``statistic`` works on any leading axes: it is called once with the means and once with
        all resampled means.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            value, replicates = statistic(self.means), statistic(self.resampled)
        return percentile(np.asarray(value), np.asarray(replicates), self.confidence)


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
        low, high = np.quantile(replicates, (tail, 1.0 - tail), axis=0)
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


def _counts(
    n: int, rng: np.random.Generator, resamples: int
) -> Iterator[tuple[slice, Float[np.ndarray, "resamples m"]]]:
    """How often each row is drawn in each resample, a chunk of rows at a time."""
    starts = np.arange(0, n, _CHUNK_ROWS)
    sizes = np.minimum(_CHUNK_ROWS, n - starts)
    draws = rng.multinomial(n, sizes / n, size=resamples)
    for start, size, drawn in zip(starts, sizes, draws.T, strict=True):
        counts = np.empty((resamples, size))
        for r, k in enumerate(drawn):
            counts[r] = np.bincount(rng.integers(size, size=k), minlength=size)
        yield slice(start, start + size), counts
