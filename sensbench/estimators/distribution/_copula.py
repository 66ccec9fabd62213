"""Borgonovo's delta from a smoothed density of ranks, and what it is by chance.

Delta is half the mean distance of the joint density of the ranks of x and y from that of
independent ones, 1. The density is a series of cosines between the blocks of equal values. Its
coefficients are means over the rows, damped as a Gaussian kernel would; the bandwidths minimise an
estimate of the mean squared error. An absolute value of a noisy density is too large on average,
by the mean of a folded normal variable, which is taken off; smoothing makes it too small, which is
lessened by narrower kernels in the value than in what is taken for the density itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from scipy import special

from sensbench.estimators.distribution._copula_axis import NARROWER, Axis

# What noise costs in the choice of bandwidths: 1 is without bias, and too often far too narrow.
_CAUTION = 1.5
# Steps of √2 narrower than the chosen kernels: in the value, and in what bias is computed from.
_VALUE, _PILOT = NARROWER, NARROWER - 1
# How far the interval goes beyond the value, of what three steps changed: downwards and upwards.
# For a density without jumps half as much is left upwards; more, where no narrower step is left,
# and of a strong dependence, whose ridges smoothing flattens the most: from one part of the
# largest delta to another ever more (against runs of 60,000 rows on fifteen functions).
_DOWN, _UP_AT_THE_END = 0.75, 2.5
_STRENGTHS, _UP = (0.3, 0.5), (1.25, 4.0)
_SIMULATIONS = 200
_CHUNK = 50_000


@dataclass(frozen=True)
class Distance:
    """Delta of one input with its interval.

    ``limited``: as fine as the rows allow is not fine enough; the low end is all that is known.
    """

    value: float
    low: float
    high: float
    limited: bool


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Of the density of the ranks less that of independent ones, with their variances."""

    theta: Float[np.ndarray, "x_terms y_terms"]
    noise: Float[np.ndarray, "x_terms y_terms"]


class Pair:
    """The ranks of an input and an output of the same ``n`` rows."""

    def __init__(self, x: Axis, y: Axis):
        self._x, self._y, self._n = x, y, len(x.block)
        self._phi, weights_x = x.grid
        self._psi, weights_y = y.grid
        self._kept_x, self._kept_y = x.damping, y.damping
        self._cells = np.outer(weights_x, weights_y)

    @cached_property
    def coefficients(self) -> Coefficients:
        """Return the means over the rows of products of the two bases."""
        shape = len(self._x.means), len(self._y.means)
        total, squares = np.zeros(shape), np.zeros(shape)
        for first in range(0, self._n, _CHUNK):
            rows = slice(first, first + _CHUNK)
            of_x, of_y = self._x.centred(rows), self._y.centred(rows)
            total += of_x.T @ of_y
            squares += (of_x**2).T @ of_y**2
        theta = total / self._n
        return Coefficients(theta, np.maximum(squares / self._n - theta**2, 0.0) / self._n)

    def distance(self, floor: float, spread: float, quantile: float) -> Distance:
        """Return delta; up to ``floor`` it is chance, of standard deviation ``spread``."""
        coefficients = self.coefficients
        i, j = self._bandwidths(coefficients)
        smooth, rough = (
            self._density(coefficients, i, j),
            self._density(coefficients, i - _VALUE, j - _VALUE),
        )
        noise = self._deviation(coefficients, i - _VALUE, j - _VALUE)
        of_smooth = self._length(smooth, self._deviation(coefficients, i, j), smooth)
        pilot = self._density(coefficients, i - _PILOT, j - _PILOT)
        cap, most = self._caps(quantile)
        raw = self._length(rough, noise, pilot)
        value = min(max(raw, 0.0), cap)
        error = max(
            self._error(smooth, self._deviation(coefficients, i, j), i, j),
            self._error(rough, noise, i - _VALUE, j - _VALUE),
        )
        if value <= floor:
            # so much may be there and look like chance
            high = max(value + quantile * max(error, spread), floor) + quantile * spread
            return Distance(value, 0.0, min(high, most), False)
        ends = [k == NARROWER for k, axis in ((i, self._x), (j, self._y)) if axis.waves]
        limited = bool(ends) and all(ends) and value > cap / 2
        steps = max(value - of_smooth, 0.0)
        low = max(value - _DOWN * steps - quantile * error, 0.0)
        up = max(np.interp(value / cap, _STRENGTHS, _UP), _UP_AT_THE_END if any(ends) else 0.0)
        high = float(value + up * steps + quantile * error)
        return Distance(value, low, most if limited else min(high, most), limited)

    def by_chance(self, rng: np.random.Generator) -> Float[np.ndarray, " simulations"]:
        """Return deltas of independent variables with these blocks.

        By the central limit theorem the coefficients are normal, whatever the variables.
        """
        mean_x, mean_y = self._x.means, self._y.means
        noise = np.outer(1 - mean_x**2, 1 - mean_y**2) / self._n
        values = np.empty(_SIMULATIONS)
        for k in range(_SIMULATIONS):
            theta = rng.standard_normal(noise.shape) / np.sqrt(self._n)
            theta -= np.outer(mean_x, mean_x @ theta)
            theta -= np.outer(theta @ mean_y, mean_y)
            drawn = Coefficients(theta, noise)
            i, j = self._bandwidths(drawn)
            rough = self._density(drawn, i - _VALUE, j - _VALUE)
            deviation = self._deviation(drawn, i - _VALUE, j - _VALUE)
            values[k] = self._length(rough, deviation, self._density(drawn, i - _PILOT, j - _PILOT))
        return np.maximum(values, 0.0)

    def _bandwidths(self, coefficients: Coefficients) -> tuple[int, int]:
        """Return the two that minimise the estimated squared error: the widest of equals."""
        squares, a, b = coefficients.theta**2, self._kept_x[NARROWER:], self._kept_y[NARROWER:]
        lost = a @ (squares - _CAUTION * coefficients.noise) @ b.T
        risk = a**2 @ squares @ (b**2).T - 2 * lost
        least = risk.min()
        best = np.flatnonzero(risk.ravel() <= least + 1e-12 * abs(least))[-1]
        i, j = divmod(int(best), risk.shape[1])
        return i + NARROWER, j + NARROWER

    def _density(self, coefficients: Coefficients, i: int, j: int) -> Float[np.ndarray, "gx gy"]:
        return (self._phi * self._kept_x[i]) @ coefficients.theta @ (self._psi * self._kept_y[j]).T

    def _deviation(self, coefficients: Coefficients, i: int, j: int) -> Float[np.ndarray, "gx gy"]:
        of_x, of_y = (self._phi * self._kept_x[i]) ** 2, (self._psi * self._kept_y[j]) ** 2
        return np.sqrt(of_x @ coefficients.noise @ of_y.T)

    def _length(
        self,
        density: Float[np.ndarray, "gx gy"],
        deviation: Float[np.ndarray, "gx gy"],
        pilot: Float[np.ndarray, "gx gy"],
    ) -> float:
        """Half the integral of the density's size, less what noise of that deviation adds."""
        z = pilot / np.maximum(deviation, np.finfo(np.float64).tiny)
        folded = deviation * np.sqrt(2 / np.pi) * np.exp(-0.5 * z**2)
        folded += pilot * special.erf(z / np.sqrt(2))
        return float((self._cells * (np.abs(density) - folded + np.abs(pilot))).sum() / 2)

    def _error(
        self,
        density: Float[np.ndarray, "gx gy"],
        deviation: Float[np.ndarray, "gx gy"],
        i: int,
        j: int,
    ) -> float:
        """Return the standard error, from what each row adds; signs in doubt count in part."""
        z = density / np.maximum(deviation, np.finfo(np.float64).tiny)
        sign = special.erf(z / np.sqrt(2)) / 2
        of_x, of_y = self._phi * self._kept_x[i], self._psi * self._kept_y[j]
        adds = of_x @ (self._phi.T @ (self._cells * sign) @ self._psi) @ of_y.T
        chance = np.maximum(1 + density, 0.0) * self._cells
        chance /= chance.sum()
        adds -= (chance * adds).sum()
        return float(np.sqrt((chance * adds**2).sum() / self._n))

    def _caps(self, quantile: float) -> tuple[float, float]:
        """Return the largest delta that the atoms allow, and the end of its interval."""
        ends = []
        for axis in (self._x, self._y):
            shares = axis.masses[axis.atoms]
            cap = 1 - (shares**2).sum()
            variance = (shares**3).sum() - (shares**2).sum() ** 2
            # equal shares have no error of first order, and always look less equal than they are
            most = cap * (1 + 5 / self._n) + 2 * quantile * np.sqrt(max(variance, 0.0) / self._n)
            ends.append((float(cap), float(min(most, 1.0))))
        return min(ends)


def floor_of(chance: Float[np.ndarray, " simulations"], d: int, confidence: float) -> float:
    """Return what the largest of ``d`` values by chance stays below, with that confidence.

    Beyond the largest tenth of the simulations the tail is taken to be exponential.
    """
    begin = float(np.quantile(chance, 0.9))
    beyond = chance[chance > begin] - begin
    mean = float(beyond.mean()) if len(beyond) else 0.0
    above = -np.expm1(np.log(confidence) / d)
    return begin + mean * max(float(np.log(0.1 / above)), 0.0)


class Chance:
    """Floors and spreads of deltas by chance; pairs of the same blocks share them."""

    def __init__(self, d: int, confidence: float, seed: int):
        self._d, self._confidence, self._seed = d, confidence, seed
        self._known: dict[tuple[object, ...], tuple[float, float]] = {}

    def of(self, x: Axis, y: Axis) -> tuple[float, float]:
        """Return the floor and the standard deviation by chance of a pair."""
        key = (x.shape, y.shape)
        if key not in self._known:
            drawn = Pair(x, y).by_chance(np.random.default_rng(self._seed))
            self._known[key] = (floor_of(drawn, self._d, self._confidence), float(drawn.std()))
        return self._known[key]


def distances(
    X: Float[np.ndarray, "n d"], y: Float[np.ndarray, " n"], chance: Chance, quantile: float
) -> Iterator[tuple[int, Distance, float]]:
    """Yield each input that varies, its delta and its floor."""
    of_y = Axis.of(y)
    for i in np.flatnonzero(np.ptp(X, axis=0) > 0).tolist():
        of_x = Axis.of(X[:, i])
        floor, spread = chance.of(of_x, of_y)
        yield i, Pair(of_x, of_y).distance(floor, spread, quantile), floor
