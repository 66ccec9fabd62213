"""Delta and the first-order index of many samples of the same rows at once.

A kernel density on a grid is its empirical characteristic function, damped and transformed back
(Silverman 1982, doi:10.2307/2347084). The characteristic function is a sum over the rows of powers
of one complex number per row, whatever the bandwidth: so the powers are computed once for all bins
of all samples, a bin is a sum of rows of that table, and only some forty terms per bin meet the
bandwidth and the grid. Nothing is binned or interpolated: the sums end where the terms fall below
rounding.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import sparse

# A kernel beyond, a term beyond, a neighbouring period: exp(-_REACH²/2) = 6e-13 of the whole.
_REACH = 7.5
# A bandwidth that needs more terms is so narrow that its kernels reach few points of the grid.
_MOST_TERMS = 128
# Times the rows of a bin: up to here a dense product is faster than a sparse one.
_MOST_EMPTY = 8
_CHUNK = 2_000_000


@dataclass(frozen=True, eq=False)
class Binned:
    """Samples of the rows, each sorted by one input and cut into bins of as many rows.

    Attributes
    ----------
    order
        The rows sorted by the input.
    samples
        Places in ``order``, sorted by the input; rows of equal input as they came in the sample.
    starts
        Where the bins start.
    """

    order: Int[np.ndarray, " n"]
    samples: Int[np.ndarray, "samples m"]
    starts: Int[np.ndarray, " bins"]

    @classmethod
    def of(
        cls, x: Float[np.ndarray, " n"], samples: Int[np.ndarray, "samples m"], n_bins: int
    ) -> "Binned":
        """Sort ``samples`` of the rows by ``x``; the bins are of n/n_bins rows."""
        n, m = len(x), samples.shape[1]
        order = np.argsort(x, kind="stable")
        rises = np.diff(x[order]) > 0
        small = np.uint16 if n <= 1 << 16 else np.int64  # 16 bits: radix sort
        place = np.empty(n, dtype=small)
        place[order] = np.arange(n)
        places = place[samples]
        if rises.all():
            places = np.sort(places, axis=1, kind="stable")
        else:
            rank = np.empty(n, dtype=small)
            rank[order] = np.concatenate([[0], np.cumsum(rises)])
            by_input = np.argsort(rank[samples], axis=1, kind="stable")
            places = np.take_along_axis(places, by_input, axis=1)
        edges = np.floor(np.linspace(0, n, n_bins + 1)).astype(np.int64)
        starts = np.unique(edges[:-1][edges[:-1] < m])
        return cls(order, places.astype(np.int64), starts)

    @property
    def counts(self) -> Int[np.ndarray, " bins"]:
        """Rows in each bin."""
        return np.diff(self.starts, append=self.samples.shape[1])

    def chunks(self) -> list["Binned"]:
        """Some samples at a time, as many as fit into a moderate table."""
        most = max(1, _CHUNK // self.samples.shape[1])
        return [
            Binned(self.order, self.samples[first : first + most], self.starts)
            for first in range(0, len(self.samples), most)
        ]


def first_order_of(y: Float[np.ndarray, " n"], binned: Binned) -> Float[np.ndarray, " samples"]:
    """Share of the variance between bins: Var(E[y|bin])/Var(y); 0 where a sample is constant."""
    values = y[binned.order][binned.samples]
    centre = values.mean(axis=1, keepdims=True)
    means = np.add.reduceat(values - centre, binned.starts, axis=1) / binned.counts
    between = means**2 @ (binned.counts / values.shape[1])
    within = values.var(axis=1)
    still = np.ptp(values, axis=1) == 0
    return np.where(still, 0.0, between / np.where(still, 1.0, within))


def delta_of(
    y: Float[np.ndarray, " n"], grid: Float[np.ndarray, " g"], binned: Binned
) -> tuple[Float[np.ndarray, " samples"], Float[np.ndarray, " samples"]]:
    """Half the mean L1 distance of bins' densities from the sample's; the share of bins skipped.

    Plischke et al. 2013, doi:10.1016/j.ejor.2012.11.047, equation 26: Gaussian kernels with
    Silverman's bandwidth, trapezoids on the grid. A bin whose rows share one output has no
    density and is skipped, as in SALib. NaN: the whole sample shares one output.
    """
    sorted_y = y[binned.order]
    weights = binned.counts / (2 * binned.samples.shape[1])
    deltas, skipped = [], []
    for chunk in binned.chunks():
        h = _bandwidths(sorted_y[chunk.samples], chunk.starts, chunk.counts)
        densities = _densities(sorted_y, chunk, h, grid)
        apart = np.abs(densities[:, :-1] - densities[:, -1:])
        distances = np.where(h[:, :-1] > 0, np.trapezoid(apart, grid, axis=2), 0.0)
        deltas.append(np.where(h[:, -1] > 0, distances @ weights, np.nan))
        skipped.append((h[:, :-1] == 0).mean(axis=1))
    return np.concatenate(deltas), np.concatenate(skipped)


def _bandwidths(
    values: Float[np.ndarray, "samples m"],
    starts: Int[np.ndarray, " bins"],
    counts: Int[np.ndarray, " bins"],
) -> Float[np.ndarray, "samples densities"]:
    """Silverman's for each bin and, last, for the whole sample; 0 where all values are equal."""
    m = values.shape[1]
    means = np.add.reduceat(values, starts, axis=1) / counts
    squares = np.add.reduceat(
        (values - np.repeat(means, counts, axis=1)) ** 2, starts, axis=1
    ) / np.maximum(counts - 1, 1)
    low, high = (f.reduceat(values, starts, axis=1) for f in (np.minimum, np.maximum))
    bins = np.where(high > low, np.sqrt(squares) * (0.75 * counts) ** -0.2, 0.0)
    still = high.max(axis=1) == low.min(axis=1)
    whole = np.where(still, 0.0, values.std(axis=1, ddof=1) * (0.75 * m) ** -0.2)
    return np.column_stack([bins, whole])


def _densities(
    y: Float[np.ndarray, " n"],
    binned: Binned,
    h: Float[np.ndarray, "samples densities"],
    grid: Float[np.ndarray, " g"],
) -> Float[np.ndarray, "samples densities g"]:
    """Kernel density of each bin's values and, last, of the whole sample's, on the grid."""
    period = np.ptp(grid) + _REACH * h.max()
    narrowest = _REACH * period / (2 * np.pi * _MOST_TERMS)
    wide = h >= narrowest
    densities = np.zeros((*h.shape, len(grid)))
    if wide.any():
        terms = int(np.ceil(_REACH * period / (2 * np.pi * h[wide].min())))
        densities[wide] = _by_transform(y, binned, h, wide, terms, period, grid)
    narrow = (h > 0) & ~wide
    if narrow.any():
        densities[narrow] = _by_kernels(y, binned, h, narrow, grid)
    return densities


def _by_transform(
    y: Float[np.ndarray, " n"],
    binned: Binned,
    h: Float[np.ndarray, "samples densities"],
    wide: Bool[np.ndarray, "samples densities"],
    terms: int,
    period: float,
    grid: Float[np.ndarray, " g"],
) -> Float[np.ndarray, "kept g"]:
    counts = np.append(binned.counts, binned.samples.shape[1])
    frequency = 2 * np.pi / period
    per_block = max(1, _CHUNK // len(y))
    densities = np.full((int(wide.sum()), len(grid)), 1.0)
    for first in range(1, terms + 1, per_block):
        k = np.arange(first, min(first + per_block, terms + 1))
        sums = _sums(_powers(frequency * (y - grid[0]), k), binned)
        sums = sums.reshape(-1, 2 * len(k)) if wide.all() else sums[wide]
        damping = np.exp(-0.5 * np.outer(h[wide], frequency * k) ** 2)
        damping *= 2 / np.broadcast_to(counts, h.shape)[wide][:, None]
        sums *= np.repeat(damping, 2, axis=1)
        wave = np.exp(1j * frequency * np.outer(grid - grid[0], k)).view(np.float64)
        densities += sums @ wave.T
    return densities / period


def _powers(
    angle: Float[np.ndarray, " n"], k: Int[np.ndarray, " terms"]
) -> Float[np.ndarray, "n two_terms"]:
    """Cosine and sine of k·angle, in turn, for consecutive k.

    By doubling: a product of complex numbers costs less than a sine.
    """
    powers = np.empty((len(angle), len(k)), dtype=np.complex128)
    powers[:, 0] = np.exp(1j * k[0] * angle)
    done = 1
    while done < len(k):
        more = min(done, len(k) - done)
        turn = np.exp(1j * done * angle)[:, None]
        np.multiply(powers[:, :more], turn, out=powers[:, done : done + more])
        done += more
    return powers.view(np.float64)


def _sums(
    powers: Float[np.ndarray, "n two_terms"], binned: Binned
) -> Float[np.ndarray, "samples densities two_terms"]:
    """Sum the rows of a table over each bin and, last, over the whole sample.

    The same bin of another sample holds much the same rows, so that a table of how often each is
    in it is hardly larger than the bin. Rows of equal inputs spread over more of it.
    """
    n_samples = len(binned.samples)
    sums = np.zeros((n_samples, len(binned.starts) + 1, powers.shape[1]))
    for b, (start, count) in enumerate(zip(binned.starts, binned.counts, strict=True)):
        places = binned.samples[:, start : start + count]
        first, last = int(places.min()), int(places.max()) + 1
        shape = (n_samples, last - first)
        if last - first > _MOST_EMPTY * count:
            pointers = np.arange(0, n_samples * count + 1, count)
            cells = (np.ones(places.size), places.ravel() - first, pointers)
            sums[:, b] = sparse.csr_array(cells, shape=shape) @ powers[first:last]
        else:
            at = places + (np.arange(n_samples)[:, None] * shape[1] - first)
            often = np.bincount(at.ravel(), minlength=shape[0] * shape[1]).reshape(shape)
            sums[:, b] = often.astype(np.float64) @ powers[first:last]
    sums[:, -1] = sums[:, :-1].sum(axis=1)
    return sums


def _by_kernels(
    y: Float[np.ndarray, " n"],
    binned: Binned,
    h: Float[np.ndarray, "samples densities"],
    narrow: Bool[np.ndarray, "samples densities"],
    grid: Float[np.ndarray, " g"],
) -> Float[np.ndarray, "kept g"]:
    """Each kernel on the few points of the grid that it reaches."""
    values, counts = y[binned.samples], binned.counts
    g, step = len(grid), (grid[-1] - grid[0]) / (len(grid) - 1)
    number = np.full(narrow.shape, -1)
    number[narrow] = np.arange(narrow.sum())
    of_bin = np.repeat(number[:, :-1], counts, axis=1)
    of_whole = np.broadcast_to(number[:, -1:], values.shape)
    owner = np.concatenate([of_bin[of_bin >= 0], of_whole[of_whole >= 0]])
    v = np.concatenate([values[of_bin >= 0], values[of_whole >= 0]])
    width = h[narrow][owner]
    nearest = np.rint((v - grid[0]) / step).astype(np.int64)
    reach = int(np.ceil(_REACH * width.max() / step)) + 1
    densities = np.zeros(int(narrow.sum()) * g)
    for offset in range(-reach, reach + 1):
        at = nearest + offset
        inside = (at >= 0) & (at < g)
        z = (grid[at[inside]] - v[inside]) / width[inside]
        densities += np.bincount(
            owner[inside] * g + at[inside], np.exp(-0.5 * z**2), minlength=len(densities)
        )
    size = np.broadcast_to(np.append(counts, values.shape[1]), narrow.shape)[narrow]
    scale = size * h[narrow] * np.sqrt(2 * np.pi)
    return densities.reshape(-1, g) / scale[:, None]
