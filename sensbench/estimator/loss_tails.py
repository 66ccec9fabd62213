"""Intervals of mean rises of a loss: none where a few rows decide, longer by what was not met."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from sensbench.estimator.bootstrap import Means
from sensbench.estimator.interval import Interval
from sensbench.estimator.linearised import symmetric_interval, with_skewed_end
from sensbench.estimator.result import Estimate
from sensbench.estimator.tails import (
    LargestOf,
    SquaredTail,
    carried_by_few,
    carriers,
    few_said,
    largest_kept,
    tail_shape,
    unseen,
)

Measured = Mapping[str, Float[np.ndarray, "o d"]]


class LossTails:
    """How heavy the tails are of rises of a loss, and of what they are divided by.

    Parameters
    ----------
    d
        How many features.
    columns
        Name to what a variance is taken of, such as the targets: ``(n, o)`` each.
    """

    def __init__(self, d: int, **columns: Float[np.ndarray, "n o"]):
        self._n, o = next(iter(columns.values())).shape
        self._sums, self._squares = np.zeros((2, o, d))
        self._largest = LargestOf((d, o), largest_kept(self._n))
        self._spreads = {name: SquaredTail(o, self._n) for name in columns}
        for name, column in columns.items():
            self._spreads[name].add(column - column.mean(axis=0))

    def add(self, feature: int, rise: Float[np.ndarray, "n o"]) -> None:
        """Look at each row's rise, of either sign, for one feature."""
        self._largest.add(feature, np.abs(rise))
        self._sums[:, feature], self._squares[:, feature] = carriers(rise)

    def estimates(
        self,
        statistics: Callable[[Means], Measured],
        means: Means,
        halves: Measured,
        interval: Interval,
        features: Sequence[str],
    ) -> dict[str, Estimate]:
        """Return the statistics of the means with intervals where one can be given.

        ``means`` holds ``rise``, ``(o, d)``, and of each column its square's mean, ``"y²"`` for
        ``y``, ``(o, 1)``. A rise is a difference of outputs, squared: it has a heavy tail where
        their squares have. Large rises that were not met make a value larger, outputs far out
        smaller. A note says where too few rows carry a value to tell.
        """
        largest = self._largest.kept
        shape = tail_shape(largest, 0.0)
        more = {"rise": means["rise"] + unseen(largest, shape, self._n).T}
        spreads = {f"{k}²": means[f"{k}²"] + t.unseen[:, None] for k, t in self._spreads.items()}
        with np.errstate(divide="ignore", invalid="ignore"):
            values = statistics(means)
            most, least = statistics({**means, **more}), statistics({**means, **spreads})
        tail = shape.T
        for of_column in self._spreads.values():
            tail = np.fmax(tail, of_column.shape[:, None])
        few, found = carried_by_few(self._sums, self._squares), {}
        for name, value in values.items():
            item = with_skewed_end(symmetric_interval(value, halves[name], interval), halves[name])
            ends = np.minimum(value, least[name]), np.maximum(value, most[name])
            found[name] = item.with_unseen(*ends).with_tail(tail).without(few)
        first = next(iter(found))
        return found | {first: found[first].noted(few_said(few, features))}
