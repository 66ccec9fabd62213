"""How far y's distribution function moves in slices of every input, over many resamples at once.

A resample is how often each row is drawn. So rows are sorted once, by every input and by every
output; a resample's quantiles and distribution functions are running sums of its counts.
"""

import copy
from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Int, Integer

Counts = Int[np.ndarray, "r n"]


class SlicedRows:
    """The rows, ordered by every input and output, of which resamples are cut into slices.

    Parameters
    ----------
    X, Y
        Rows and their outputs.
    levels
        The levels of the quantiles that cut the slices: one more than there are slices.
    all_rows
        Whether the largest values are in the last slice; an input of no more values than slices
        has a slice for each then.
    """

    def __init__(
        self,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        levels: Float[np.ndarray, " levels"],
        all_rows: bool,
    ):
        self._n, self._slices, self._all_rows = len(X), len(levels) - 1, all_rows
        self._levels = levels
        self._order_x = np.argsort(X.T, axis=1)
        self._x = np.take_along_axis(X.T, self._order_x, axis=1)
        self._order_outputs(Y)
        # below every slice and beyond the last: these rows are in none
        self._bins = self._slices + 2
        self._bin_type = np.min_scalar_type(self._bins)

    def _order_outputs(self, Y: Float[np.ndarray, "n o"]) -> None:
        self._order_y = np.argsort(Y.T, axis=1)
        self._y = np.take_along_axis(Y.T, self._order_y, axis=1)

    def with_outputs(self, Y: Float[np.ndarray, "n o"]) -> "SlicedRows":
        """Return the same rows with other outputs."""
        view = copy.copy(self)
        view._order_outputs(Y)
        return view

    @property
    def every_row(self) -> Counts:
        """The rows themselves as a resample: each once."""
        return np.ones((1, self._n), dtype=np.int64)

    def distances(
        self, counts: Counts
    ) -> Iterator[tuple[int, Float[np.ndarray, "o r slices"], Bool[np.ndarray, " r"]]]:
        """Yield each input with its slices' distances, and the resamples in which it varies.

        The distances are those of Kolmogorov and Smirnov, of each slice's outputs from all; NaN
        for an empty slice. F - F_s falls only at the slice's own outputs: so it is largest just
        before one of them, and smallest at one.
        """
        r, n = counts.shape
        of_outputs = [
            _ByOutput(y, counts.take(order, axis=1))
            for y, order in zip(self._y, self._order_y, strict=True)
        ]
        place = np.empty(n, dtype=np.int64)
        for i, order in enumerate(self._order_x):
            bins, varies = self._bins_of(i, counts.take(order, axis=1))
            place[order] = np.arange(n)
            distances = np.empty((len(of_outputs), r, self._slices))
            for k, (output, order_y) in enumerate(zip(of_outputs, self._order_y, strict=True)):
                distances[k] = output.distances(bins.take(place[order_y], axis=1), self._bins)
            yield i, distances, varies

    def _bins_of(
        self, i: int, counts: Counts
    ) -> tuple[Integer[np.ndarray, "r n"], Bool[np.ndarray, " r"]]:
        """Return the slice of each row, the rows ordered by the input: 1 is the first slice."""
        x, (r, n) = self._x[i], counts.shape
        drawn = np.cumsum(counts, axis=1)
        edges, varies = self._edges(x, drawn)
        first = x.searchsorted(edges)  # where each edge's slice begins
        steps = np.bincount(
            (first + (n + 1) * np.arange(r)[:, None]).ravel(), minlength=r * (n + 1)
        )
        bins = np.cumsum(steps.reshape(r, n + 1)[:, :n], axis=1, dtype=self._bin_type)
        if self._all_rows:
            np.minimum(bins, self._slices, out=bins)
            starts = np.flatnonzero(np.append(True, x[1:] != x[:-1]))
            there = np.add.reduceat(counts, starts, axis=1) > 0
            few = there.sum(axis=1) <= self._slices
            if few.any():
                number = np.cumsum(there[few], axis=1, dtype=self._bin_type)
                bins[few] = np.repeat(number, np.diff(np.append(starts, n)), axis=1)
        return bins, varies

    def _edges(
        self, x: Float[np.ndarray, " n"], drawn: Counts
    ) -> tuple[Float[np.ndarray, "r levels"], Bool[np.ndarray, " r"]]:
        """Return every resample's quantiles: ``np.quantile``'s own numbers.

        ``drawn``: how many rows of the resample come no later, in the order of ``x``.
        """
        r, n = drawn.shape
        at = (n - 1) * self._levels
        below = np.clip(np.floor(at).astype(np.int64), 0, n - 1)
        wanted = np.stack([below, np.minimum(below + 1, n - 1)])
        resample = n * np.arange(r)[:, None, None]
        places = (drawn + resample[:, 0]).ravel().searchsorted(wanted + resample, side="right")
        low, high = x[places - resample].swapaxes(0, 1)
        between, step = at - below, high - low
        edges = np.where(between < 0.5, low + step * between, high - step * (1 - between))
        return edges, x[(drawn == 0).sum(axis=1)] < x[(drawn < n).sum(axis=1)]


class _ByOutput:
    """One output's distribution function in each resample, the rows ordered by the output."""

    def __init__(self, y: Float[np.ndarray, " n"], counts: Counts):
        r, n = counts.shape
        upto = np.zeros((r, n + 1))
        np.cumsum(counts, axis=1, out=upto[:, 1:])
        upto /= n
        # rows of equal outputs share what is below the first, and what is up to the last
        first = np.flatnonzero(np.append(True, y[1:] != y[:-1]))
        sizes = np.diff(np.append(first, n))
        self._below = upto.take(np.repeat(first, sizes), axis=1).ravel()
        self._upto = upto.take(np.repeat(first + sizes, sizes), axis=1).ravel()
        self._counts = counts.astype(np.float64).ravel()
        self._first = n * np.arange(r)[:, None]

    def distances(
        self, bins: Integer[np.ndarray, "r n"], n_bins: int
    ) -> Float[np.ndarray, "r slices"]:
        """Return the distances of the slices 1, 2 …; the rows are in ``bins``."""
        r = len(bins)
        order = (np.argsort(bins, axis=1, kind="stable") + self._first).ravel()
        every = (bins + n_bins * np.arange(r)[:, None]).ravel()
        rows = np.bincount(every, minlength=r * n_bins)
        sizes = np.bincount(every, self._counts, minlength=r * n_bins)
        counts = self._counts.take(order)
        own = np.cumsum(counts)  # over all resamples: whole numbers, so nothing is rounded
        own -= np.repeat(np.cumsum(sizes) - sizes, rows)
        size = np.repeat(np.maximum(sizes, 1), rows)
        ahead = self._below.take(order)
        ahead -= (own - counts) / size
        own /= size
        own -= self._upto.take(order)
        np.maximum(ahead, own, out=ahead)
        largest = np.full(r * n_bins, np.nan)
        there = rows > 0
        largest[there] = np.maximum.reduceat(ahead, (np.cumsum(rows) - rows)[there])
        largest[sizes == 0] = np.nan  # it has rows, but none of them is drawn
        return largest.reshape(r, n_bins)[:, 1:-1]
