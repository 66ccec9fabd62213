from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from sensbench.errors import require
from sensbench.estimator.interval import check_interval_options
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators._given_rows import GivenRows
from sensbench.estimators.distribution._floor import noise_floor, not_above
from sensbench.estimators.distribution._pawn_slices import SlicedRows
from sensbench.problem.problem import Problem


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
        rows = SlicedRows(X, Y[:, varies], _levels(self.slices), self.all_rows)
        value, floor = np.full((problem.o, problem.d), np.nan), np.full(problem.o, np.nan)
        value[varies] = self._index(rows)
        floor[varies] = noise_floor(
            lambda shuffled: self._index(rows.with_outputs(shuffled)),
            Y[:, varies],
            self.resamples,
            self.confidence,
            rng,
        )
        note = not_above(value, floor, problem.outputs, problem.features)
        return {"pawn": Estimate.of(value), "pawn_floor": Estimate.of(floor, note)}

    def _index(self, rows: SlicedRows) -> Float[np.ndarray, "o d"]:
        """The statistic of the slices; 0 for an input that does not vary."""
        indices = []
        for _, distances, moves in rows.distances(rows.every_row):
            distances[:, ~moves] = 0.0
            indices.append(_STATISTICS[self.statistic](distances)[:, 0])
        return np.stack(indices, axis=1)


def _median(distances: Float[np.ndarray, "*shape slices"]) -> Float[np.ndarray, "*shape"]:
    """``np.nanmedian``'s numbers, which takes one row at a time."""
    n_finite = (~np.isnan(distances)).sum(axis=-1, keepdims=True)
    ordered = np.sort(distances, axis=-1)
    below, above = (
        np.take_along_axis(ordered, at, -1) for at in ((n_finite - 1) // 2, n_finite // 2)
    )
    return ((below + above) / 2)[..., 0]


_STATISTICS: Mapping[str, Callable[..., Any]] = {
    "minimum": partial(np.nanmin, axis=-1),
    "mean": partial(np.nanmean, axis=-1),
    "median": _median,
    "maximum": partial(np.nanmax, axis=-1),
}


def _levels(slices: int) -> Float[np.ndarray, " levels"]:
    """The levels of the quantiles that cut the slices, in SALib's rounding where it is sound.

    For 6, 9, 21, 24 … slices its steps end above 1, and it raises.
    """
    step = 1 / slices
    levels = np.arange(0, 1 + step, step)
    sound = len(levels) == slices + 1 and levels[-1] <= 1
    return levels if sound else np.linspace(0, 1, slices + 1)
