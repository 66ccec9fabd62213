"""Intervals of positive statistics of few trajectories: the bootstrap's and Student's, joined.

The percentile bootstrap of few rows is too narrow where the statistic is skewed, and the delta
method where effects take few values: the wider end of both holds more often than either. Both take
the trajectories that were walked for all there are; the upper end allows for larger ones.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from sensbench.estimator import tails
from sensbench.estimator.interval import Interval
from sensbench.estimator.linearised import log_interval, quantile
from sensbench.estimator.result import Estimate
from sensbench.estimator.tails import largest_kept, tail_shape, unseen

_METHOD = "percentile bootstrap and delta method"
# Of so many of the largest a shape can be read, as long as they are no more than half of all; of
# fewer trajectories than have these as their tail it is too rough to withhold an interval by.
_LARGEST, _PART = 10, 2
# A light tail's shape, where equal values let none be read.
_LIGHT = 0.2


class RowsTail:
    """The tail of columns of positive values over trajectories, fitted once.

    Parameters
    ----------
    rows
        The values, a trajectory after the other.
    rounding
        What equal values of a column may differ by; see :func:`tail_shape`.

    Attributes
    ----------
    not_met
        By how much the mean over trajectories may be too small; see :func:`unseen`.
    heaviness
        The shape of the tail; NaN where there are too few trajectories.
    """

    def __init__(
        self, rows: Float[np.ndarray, "r ..."], rounding: float | Float[np.ndarray, "..."] = 0.0
    ):
        count = max(largest_kept(len(rows)), min(_LARGEST, len(rows) // _PART))
        by_column = np.array(np.moveaxis(rows, 0, -1), order="C")
        by_column.partition(by_column.shape[-1] - count - 1)
        largest = np.sort(by_column[..., -count - 1 :])
        each = np.broadcast_to(rounding, largest.shape[:-1])
        shape = tail_shape(largest, 0.0, each)
        read = ~np.isnan(shape)
        known = np.where(read, shape, _LIGHT)
        self.not_met = unseen(largest, known, len(rows), estimated=read, rounding=each)
        enough = largest_kept(len(rows)) >= _LARGEST
        self.heaviness = shape if enough else np.full(shape.shape, np.nan)


def carried_by_few(sizes: Float[np.ndarray, "r o d"]) -> Bool[np.ndarray, "o d"]:
    """Return where a few trajectories carry the sum of sizes of effects, (Σ s)²/Σ s² of them.

    See :func:`sensbench.estimator.tails.carried_by_few`.
    """
    return tails.carried_by_few(*tails.carriers(sizes))


def relative_error(rows: Float[np.ndarray, "r ..."]) -> Float[np.ndarray, "..."]:
    """Return the standard error of a mean, in units of the mean."""
    mean = rows.mean(axis=0)
    error = rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
    return np.asarray(error / np.where(mean > 0, mean, np.inf))


def of_ratio(
    above: Float[np.ndarray, "r ..."], below: Float[np.ndarray, "r ..."]
) -> Float[np.ndarray, "..."]:
    """Return the relative standard error of a ratio of two means over the same rows."""
    parts = [rows / np.where(rows.mean(axis=0) > 0, rows.mean(axis=0), np.inf)
             for rows in (above, below)]  # fmt: skip
    return np.asarray((parts[0] - parts[1]).std(axis=0, ddof=1) / np.sqrt(len(above)))


def of_root_ratio(
    above: Float[np.ndarray, "r ..."], squares: Float[np.ndarray, "r ..."]
) -> Float[np.ndarray, "..."]:
    """Return the relative standard error of a mean over the root of another's."""
    parts = [rows / np.where(rows.mean(axis=0) > 0, rows.mean(axis=0), np.inf)
             for rows in (above, squares)]  # fmt: skip
    return np.asarray((parts[0] - parts[1] / 2).std(axis=0, ddof=1) / np.sqrt(len(above)))


def wider(estimate: Estimate, relative: Float[np.ndarray, "..."], rows: int) -> Estimate:
    """Return the estimate with the outer ends of its interval and of Student's."""
    if estimate.interval is None:
        return estimate
    of = Interval(
        estimate.interval.level, _METHOD, estimate.interval.covers, estimate.interval.resamples
    )
    half = quantile(rows, of.level) * relative * estimate.value
    other = log_interval(estimate.value, half, of)
    low, high = np.minimum(estimate.low, other.low), np.maximum(estimate.high, other.high)
    return replace(estimate, low=low, high=high, interval=of)


def settled(
    item: Estimate, few: Bool[np.ndarray, "o d"], tail: Float[np.ndarray, "o d"]
) -> Estimate:
    """Return the estimate without an interval where a few trajectories decide the value."""
    return item.without(few).with_tail(tail)
