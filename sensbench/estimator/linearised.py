"""Normal intervals for every statistic that is a smooth function of row means: the delta method."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int
from scipy import special

from sensbench.estimator.bootstrap import Means, RowGroups
from sensbench.estimator.interval import Interval
from sensbench.estimator.result import Estimate

# Of rows: a standard error is then known to 6 %, and to 9 % with half as many groups, which
# Student's quantile allows for.
GROUPS = 128
DELTA_METHOD = "delta method"
# So far are the means moved to see what a statistic makes of it, in their standard errors: near
# enough for a tangent, and a square root's argument stays positive.
_STEP = 1e-3
# More than that says only that nothing is known; exp(710) is no number.
_LARGEST = 300.0


class Linearised:
    """Means of named columns over rows, and how they vary together.

    A statistic's standard error follows from its slopes by the means and from the covariance of
    these, which is read from sums over groups of rows. Nothing is resampled: a bootstrap of n rows
    and k columns takes hundreds of times n·k operations, this some ten times groups·k. The
    intervals are Student's, with as many degrees of freedom as there are groups, less one.

    Parameters
    ----------
    sums
        Name to sums over groups of rows, in random order. Their shapes broadcast against each
        other, and statistics work element by element.
    groups
        How many rows are in each.
    confidence
        Level of the intervals, between 0 and 1.

    Attributes
    ----------
    means
        Name to the mean over all rows.

    Source: Efron 1982, doi:10.1137/1.9781611970319, chapter 6 (the infinitesimal jackknife).
    """

    def __init__(
        self,
        sums: Mapping[str, Float[np.ndarray, "groups ..."]],
        groups: RowGroups,
        confidence: float,
    ):
        self._quantile = quantile(len(groups), confidence)
        self._errors, standardised, means = {}, [], {}
        for name, part in sums.items():
            means[name] = part.sum(axis=0) / groups.sizes.sum()
            deviation = deviations(part, groups.sizes)
            error = np.sqrt(np.einsum("g...,g...->...", deviation, deviation))
            deviation /= np.where(error > 0, error, np.inf)
            self._errors[name] = error
            standardised.append(deviation)
        self.means: Means = means
        shape = np.broadcast_shapes(*(error.shape for error in self._errors.values()))
        self._correlations = np.ones((len(sums), len(sums), *shape))
        for i, one in enumerate(standardised):
            for j, other in enumerate(standardised[:i]):
                together = np.einsum("g...,g...->...", one, other)
                self._correlations[i, j] = self._correlations[j, i] = together
        # the means, and all of them again with one moved up, and one moved down
        self._moved: Means = {name: self._with_moves(name) for name in means}

    def _with_moves(self, name: str) -> Float[np.ndarray, "moves ..."]:
        moved = np.repeat(self.means[name][None], 1 + 2 * len(self.means), axis=0)
        i, step = list(self.means).index(name), _STEP * self._errors[name]
        moved[1 + 2 * i] += step
        moved[2 + 2 * i] -= step
        return moved

    def __call__(
        self, statistics: Callable[[Means], Mapping[str, Float[np.ndarray, "..."]]]
    ) -> tuple[Mapping[str, Float[np.ndarray, "..."]], Mapping[str, Float[np.ndarray, "..."]]]:
        """Return statistics of the means by name, and half the width of the interval of each.

        ``statistics`` works on any leading axis, and is called once for all.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            values = statistics(self._moved)
            moved = np.stack(list(values.values()), axis=1)  # moves, statistics, …
            slopes = (moved[1::2] - moved[2::2]) / (2 * _STEP)
            variance = np.einsum("iq...,ij...,jq...->q...", slopes, self._correlations, slopes)
            half = self._quantile * np.sqrt(np.maximum(variance, 0.0))
        return dict(zip(values, moved[0], strict=True)), dict(zip(values, half, strict=True))


def deviations(
    sums: Float[np.ndarray, "groups ..."], sizes: Int[np.ndarray, " groups"]
) -> Float[np.ndarray, "groups ..."]:
    """Return how far each group pulls the mean over all rows from where it is.

    Scaled so that the squares add up to the mean's squared standard error.
    """
    count, n = len(sizes), sizes.sum()
    of_group = sizes.reshape(-1, *(1,) * (sums.ndim - 1))
    deviation = sums - of_group * (sums.sum(axis=0) / n)
    deviation *= np.sqrt(count / max(count - 1, 1)) / n
    return deviation


def quantile(groups: int, confidence: float) -> float:
    """Return Student's quantile for standard errors from so many groups of rows."""
    return float(special.stdtrit(max(groups - 1, 1), 0.5 + confidence / 2))


def symmetric_interval(
    value: Float[np.ndarray, "..."], half: Float[np.ndarray, "..."], interval: Interval
) -> Estimate:
    """Return the interval around a value that may have either sign."""
    return Estimate(value, value - half, value + half, interval=interval)


def with_skewed_end(item: Estimate, half: Float[np.ndarray, "..."]) -> Estimate:
    """Return a symmetric interval with the upper end of a logarithmic one, where that is farther.

    Of a mean of squares that may be 0 or, by its noise, less: samples that err low have small
    standard errors, too. Where 0 is within the interval it stays as it is.
    """
    away = (half < item.value) & (half > 0)
    relative = np.where(away, half / np.where(away, item.value, 1.0), 0.0)
    high = np.where(away, item.value * np.exp(relative), item.high)
    return replace(item, high=high)


def log_interval(
    value: Float[np.ndarray, "..."], half: Float[np.ndarray, "..."], interval: Interval
) -> Estimate:
    """Return the interval around a value that cannot be negative, on a logarithmic scale.

    It ends above 0, and covers better than the other where the estimate is skewed.
    """
    relative = half / np.where(value == 0, np.inf, value)
    factor = np.exp(np.minimum(relative, _LARGEST))
    return Estimate(value, value / factor, value * factor, interval=interval)
