"""Heavy tails: whether a few rows decide a mean, and how many rows it would take.

The largest values of a sample follow, nearly, a generalised Pareto distribution. Its shape k says
which moments exist: from k = 0.5 on there is no variance, from k = 1 on no mean. Means of values
with an estimate of k above 0.7 settle so slowly that their standard errors say little.

Sources: fit by Zhang & Stephens 2009, doi:10.1198/tech.2009.08017; the shape as a diagnostic, how
many of the largest values, and the threshold: Vehtari et al. 2024, arXiv:1507.02646.
"""

import numpy as np
from jaxtyping import Float

# From here on, squares of the values have no variance: a standard error is an estimate of nothing.
NO_VARIANCE = 0.5
HEAVY = 0.7
_FEWEST = 10
# so many say the shape to .1, and are no burden beside a model
_MOST = 256
# enough for a threshold that few of the rows to come exceed
_ROWS = 2048
# A prior on the shape, worth ten observations, as in the diagnostic; that of a light tail (theirs
# is 0.5), so that it takes more than ten values to raise an alarm.
_PRIOR, _WORTH = 0.2, 10


def largest_kept(n: int) -> int:
    """Return how many of the largest of ``n`` values say what the tail is like."""
    return min(-(-n // 5), int(np.ceil(3 * np.sqrt(n))), _MOST)


class LargestOf:
    """The largest of values that come in blocks, of each series.

    Parameters
    ----------
    series
        How many, by output: ``(o, k)``.
    count
        How many are kept of each, and one more: the threshold that they exceed.

    Attributes
    ----------
    kept
        ``(o, k, count + 1)``, in order of size.
    """

    def __init__(self, series: tuple[int, int], count: int):
        self._kept = np.zeros((*series, count + 1))
        self._least = np.zeros(series)

    def add(self, output: int, values: Float[np.ndarray, "n k"]) -> None:
        """Look at values, one column for each series of an output; below 0 they are no tail."""
        kept, least = self._kept[output], self._least[output]
        for start in range(0, len(values), _ROWS):
            some = values[start : start + _ROWS]
            above = some > least
            for i in np.flatnonzero(above.any(axis=0)).tolist():
                both = np.concatenate([kept[i], some[above[:, i], i]])
                both.partition(len(both) - kept.shape[1])
                kept[i] = both[-kept.shape[1] :]
                least[i] = kept[i].min()

    @property
    def kept(self) -> Float[np.ndarray, "o k count"]:
        return np.sort(self._kept, axis=-1)


class SquaredTail:
    """The tail of the squares of columns of values around 0, which come in blocks.

    The bulk on one side of a skewed distribution looks like the start of a tail to the other side:
    only what is heavy with both sides together, and on one of them by itself, is.
    """

    def __init__(self, columns: int, n: int):
        self._largest = LargestOf((3, columns), largest_kept(n))

    def add(self, values: Float[np.ndarray, "n k"]) -> None:
        """Look at values that are centred already."""
        for k, sizes in enumerate((np.abs(values), values, -values)):
            self._largest.add(k, sizes)

    @property
    def shape(self) -> Float[np.ndarray, " k"]:
        """The tail's shape in each column."""
        both, *sides = tail_of_squares(self._largest.kept)
        return np.asarray(np.fmin(both, np.fmax(*sides)))


def tail_shape(largest: Float[np.ndarray, "... m"]) -> Float[np.ndarray, "..."]:
    """Return the shape of a generalised Pareto fit to excesses over the first of sorted values.

    NaN where fewer than five are given, or they do not differ.
    """
    excess = largest[..., 1:] - largest[..., :1]
    m = excess.shape[-1]
    top = excess[..., -1]
    if m < _FEWEST:
        return np.full(top.shape, np.nan)
    quartile = excess[..., int(m / 4 + 0.5) - 1]
    measurable = (quartile > 0) & (top > quartile * (1 + 1e-9))
    excess = np.where(measurable[..., None], excess, 1.0 + np.arange(m))
    top, quartile = excess[..., -1:], excess[..., [int(m / 4 + 0.5) - 1]]
    count = 30 + int(np.sqrt(m))
    grid = 1 - np.sqrt(count / (np.arange(1, count + 1) - 0.5))
    theta = grid / (3 * quartile) + 1 / top
    shapes = np.log1p(-theta[..., None] * excess[..., None, :]).mean(axis=-1)
    # of an exponential tail, θ and the shape are 0 together: their ratio is the mean excess's
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = m * (np.log(-theta / shapes) - shapes - 1)
    at_zero = -m * (np.log(excess.mean(axis=-1, keepdims=True)) + 1)
    likelihood = np.where(np.isfinite(likelihood), likelihood, at_zero)
    weights = np.exp(likelihood - likelihood.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    theta = (weights * theta).sum(axis=-1, keepdims=True)
    shape = np.log1p(-theta * excess).mean(axis=-1)
    shape = (m * shape + _WORTH * _PRIOR) / (m + _WORTH)
    return np.asarray(np.where(measurable, shape, np.nan))


def tail_of_squares(largest: Float[np.ndarray, "... m"]) -> Float[np.ndarray, "..."]:
    """Return the shape of the tail of squares, of any size, from sorted sizes of at least 0."""
    top = largest[..., -1:]
    return tail_shape((largest / np.where(top > 0, top, 1.0)) ** 2)


def rows_to_settle(shape: float) -> float:
    """Return how many rows it takes, about, until the error of a mean is of use; ∞ from 1 on."""
    return float(10 ** (1 / (1 - shape))) if shape < 1 else np.inf
