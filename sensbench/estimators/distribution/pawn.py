from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.errors import require
from sensbench.estimator.interval import check_interval_options
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators._given_rows import GivenRows
from sensbench.estimators.distribution._floor import noise_floor, not_above
from sensbench.problem.problem import Problem

_STATISTICS: Mapping[str, Callable[..., float]] = {
    "minimum": np.nanmin,
    "mean": np.nanmean,
    "median": np.nanmedian,
    "maximum": np.nanmax,
}


@dataclass(frozen=True)
class Pawn(GivenRows):
    """PAWN index from given rows: how far y's distribution function moves in slices of the input.

    Spends n rows, any rows. Pianosi & Wagener 2015, doi:10.1016/j.envsoft.2015.01.004; from given
    rows: Pianosi & Wagener 2018, doi:10.1016/j.envsoft.2018.07.019. The values are those of SALib's
    ``pawn.analyze`` on the same rows, which needs no random numbers; for the numbers of slices
    that it raises for, the same is computed on the quantiles it means.

    There is no interval: the index is biased upwards by an unknown amount, and bootstrap intervals
    cover it in 0 to 98 % of samples. Two samples of rows never have quite the same distribution
    function: the index is above 0 for an input that does nothing, by less the more rows fall into
    each slice. ``pawn_floor`` says how far: with the outputs shuffled, the largest index of all
    inputs stays below it. A note names the inputs that are not above, and they are not ranked.

    Parameters
    ----------
    slices
        Slices of as many rows each; where many rows share a value of the input, some are empty
        and do not count.
    statistic
        Which of the slices' distances is the index: minimum, mean, median or maximum.
    all_rows
        ``False``: the rows with the input's largest value are in no slice, as in SALib: one row,
        or for an input of few values all of the last. ``True``: they are in the last slice, and
        an input of no more values than slices has a slice for each.
    resamples, confidence
        How often the outputs are shuffled, and how often the largest index stays below the floor.
    """

    name = "pawn"
    measures = ("pawn", "pawn_floor")
    ranks_by = "pawn"
    positive_bias = True

    slices: int = 10
    statistic: str = "median"
    all_rows: bool = False
    resamples: int = 100
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        whole = isinstance(self.slices, int) and self.slices >= 2
        require(whole, self.name, "at least two slices", self.slices)
        known = self.statistic in _STATISTICS
        require(known, self.name, f"statistic one of {tuple(_STATISTICS)}", self.statistic)
        either = isinstance(self.all_rows, bool)
        require(either, self.name, "all_rows true or false", self.all_rows)

    @property
    def needs(self) -> Needs:
        """A slice of one or two rows has no distribution to speak of."""
        return Needs("given", minimum_rows=3 * self.slices)

    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        ranks = np.stack([np.unique(y, return_inverse=True)[1] for y in Y[:, varies].T], axis=1)
        value, floor = np.full((problem.o, problem.d), np.nan), np.full(problem.o, np.nan)
        value[varies] = self._index(X, ranks)
        floor[varies] = noise_floor(
            lambda shuffled: self._index(X, shuffled), ranks, self.resamples, self.confidence, rng
        )
        note = not_above(value, floor, problem.outputs, problem.features)
        return {"pawn": Estimate.of(value), "pawn_floor": Estimate.of(floor, note)}

    def _index(
        self, X: Float[np.ndarray, "n d"], ranks: Int[np.ndarray, "n o"]
    ) -> Float[np.ndarray, "o d"]:
        """The statistic of the slices; 0 for an input that does not vary."""
        index = np.zeros((ranks.shape[1], X.shape[1]))
        edges = np.quantile(X, _levels(self.slices), axis=0)
        for i in np.flatnonzero(np.ptp(X, axis=0) > 0).tolist():
            slices = self._slices(X[:, i], edges[:, i])
            for k, rank in enumerate(ranks.T):
                distances = _distances(slices, rank, self.slices)
                index[k, i] = _STATISTICS[self.statistic](distances)
        return index

    def _slices(
        self, x: Float[np.ndarray, " n"], edges: Float[np.ndarray, " levels"]
    ) -> Int[np.ndarray, " n"]:
        """The number of each row's slice; beyond the last: none."""
        if self.all_rows:
            values, number = np.unique(x, return_inverse=True)
            if len(values) <= self.slices:
                return number
        slices = np.searchsorted(edges, x, side="right") - 1
        return np.minimum(slices, self.slices - 1) if self.all_rows else slices


def _levels(slices: int) -> Float[np.ndarray, " levels"]:
    """The levels of the quantiles that cut the slices, in SALib's rounding where it is sound.

    For 6, 9, 21, 24 … slices its steps end above 1, and it raises.
    """
    step = 1 / slices
    levels = np.arange(0, 1 + step, step)
    sound = len(levels) == slices + 1 and levels[-1] <= 1
    return levels if sound else np.linspace(0, 1, slices + 1)


def _distances(
    slices: Int[np.ndarray, " n"], rank: Int[np.ndarray, " n"], n_slices: int
) -> Float[np.ndarray, " slices"]:
    """Kolmogorov-Smirnov distance of each slice's outputs from all; NaN for an empty slice.

    F - F_s falls only at the slice's own outputs: so it is largest just before one of them, and
    smallest at one. ``rank`` is that of the output, equal outputs sharing it.
    """
    n = len(rank)
    below = np.concatenate([[0], np.cumsum(np.bincount(rank))]) / n
    n_ranks = len(below) - 1
    slice_and_rank = np.sort(slices * n_ranks + rank)
    starts = np.searchsorted(slice_and_rank, np.arange(n_slices + 1) * n_ranks)
    inside = slice_and_rank[: starts[-1]]  # the rest is in no slice
    counts = np.diff(starts)
    of_slice, own_rank = np.divmod(inside, n_ranks)
    size = counts[of_slice]
    place = np.arange(len(inside)) - starts[of_slice]
    ahead = below[own_rank] - place / size
    behind = (place + 1) / size - below[own_rank + 1]
    full = counts > 0
    distances = np.full(n_slices, np.nan)
    distances[full] = np.maximum.reduceat(np.maximum(ahead, behind), starts[:-1][full])
    return distances
