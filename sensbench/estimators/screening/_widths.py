"""Intervals of positive statistics of few trajectories: the bootstrap's and Student's, joined.

The percentile bootstrap of few rows is too narrow where the statistic is skewed, and the delta
method where effects take few values: the wider end of both holds more often than either.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from sensbench.estimator.interval import Interval
from sensbench.estimator.linearised import log_interval, quantile
from sensbench.estimator.result import Estimate

_METHOD = "percentile bootstrap and delta method"


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
