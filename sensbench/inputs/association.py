"""How columns of rows move together: in pairs, straight or bent, and one with all others.

Every statistic is on the scale of a correlation. With each comes what it would be by chance: the
largest over all columns when each is shuffled on its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy
from jaxtyping import Float
from numpy.polynomial import legendre

from sensbench.inputs.rows import differ

# Dormann et al. 2013, doi:10.1111/j.1600-0587.2012.07348.x: from |r| = 0.7 on collinearity
# distorts; taken for every statistic here, as all are correlations.
STRONG = 0.7
# Polynomials of ranks up to this degree: what bends three times is still seen.
_DEGREE = 4
_MOST_SCORES = 1200
# Larger than in each of so many shufflings: by chance in 1 % of tables, for each of the statistics.
# Of many columns, whose shufflings take long, in 2.5 %.
_SHUFFLINGS, _OF_MANY, _MANY = 99, 39, 40
_FEWEST_ROWS = 10
# Keeps columns that are sums of others apart from division by zero.
_RIDGE = 1e-9
# Columns with few values are by chance exactly what shuffled ones are.
_EQUAL = 1e-9


@dataclass(frozen=True)
class Pair:
    """Two features that move together.

    Attributes
    ----------
    pearson, spearman
        Correlation of the values and of the ranks.
    maximal
        The largest correlation of a polynomial of one's ranks with a polynomial of the other's
        (degree 4): Rényi's maximal correlation, among polynomials. For a Gaussian pair it is |r|.
    """

    first: str
    second: str
    pearson: float
    spearman: float
    maximal: float

    @property
    def strength(self) -> float:
        """The largest of the three."""
        return max(abs(self.pearson), abs(self.spearman), self.maximal)


@dataclass(frozen=True)
class OnOthers:
    """A feature that the others together tell, with the multiple correlation R.

    R is adjusted for the number of the others. The variance of its coefficient in a linear model
    is ``1/(1 - R²)`` times as large.
    """

    feature: str
    multiple: float


@dataclass(frozen=True)
class Associations:
    """Features that move together more than chance lets them, the strongest first."""

    pairs: tuple[Pair, ...] = ()
    on_others: tuple[OnOthers, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pairs or self.on_others)


def associations(
    X: Float[np.ndarray, "n d"], features: Sequence[str], rng: np.random.Generator
) -> Associations:
    """Return which features move together in these rows; ``features``: that of each column.

    Told is what is at least :data:`STRONG` and larger than in each of 99 tables (39, of more than
    40 columns) whose features were shuffled on their own. A feature with others together only
    where they say more than the best single one does.
    """
    vary = np.flatnonzero(differ(X)) if len(X) >= _FEWEST_ROWS else np.array([], dtype=int)
    names = [features[i] for i in vary]
    if len(set(names)) < 2:
        return Associations()
    columns = _Columns(X[:, vary], names)
    seen = columns.statistics()
    if max(map(np.max, seen)) < STRONG:
        return Associations()
    bars = np.full(len(seen), STRONG)
    for _ in range(_SHUFFLINGS if len(vary) <= _MANY else _OF_MANY):
        bars = np.maximum(bars, [part.max() for part in columns.shuffled(rng).statistics()])
    *_, maximal, multiple = seen
    bars = np.where(bars > STRONG, bars + _EQUAL, bars)
    strong = np.any([part > bar for part, bar in zip(seen[:3], bars, strict=False)], axis=0)
    pairs = _strongest(columns, strong, maximal)
    best = {name: 0.0 for name in names}
    for pair in pairs:
        for name in (pair.first, pair.second):
            best[name] = max(best[name], pair.strength)
    told: dict[str, float] = {}
    for name, value in zip(names, multiple.tolist(), strict=True):
        # at least twice the inflation of variance that the best single one makes
        if value > bars[3] and 2 * (1 - value**2) < 1 - best[name] ** 2:
            told[name] = max(value, told.get(name, 0.0))
    by_size = sorted(told.items(), key=lambda item: -item[1])
    return Associations(pairs, tuple(OnOthers(name, value) for name, value in by_size))


class _Columns:
    """Columns, with all that the statistics are products of."""

    def __init__(self, X: Float[np.ndarray, "n d"], features: Sequence[str]):
        self.features = features
        self.apart = np.not_equal.outer(np.array(features), np.array(features))
        ranks = scipy.stats.rankdata(X, axis=0)
        self._values, self._ranks = _unit(X), _unit(ranks)
        degree = int(np.clip(_MOST_SCORES // X.shape[1], 1, _DEGREE))
        self._scores = _scores(ranks, degree)
        self._n_others = self.apart.sum(axis=1)
        names = np.array(features)
        self._own = [np.flatnonzero(names == name) for name in dict.fromkeys(features)]

    def shuffled(self, rng: np.random.Generator) -> "_Columns":
        """Return them with the rows of each feature in an order of its own."""
        other = object.__new__(_Columns)
        other.__dict__.update(self.__dict__)
        n, d = self._values.shape
        index = np.empty((n, d), dtype=int)
        for own in self._own:
            index[:, own] = rng.permutation(n)[:, None]
        other._values, other._ranks = (
            np.take_along_axis(part, index, axis=0) for part in (self._values, self._ranks)
        )
        other._scores = np.take_along_axis(self._scores, index[:, :, None], axis=0)
        return other

    def statistics(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return |Pearson|, |Spearman| and maximal correlation of all pairs, and R of each."""
        self.signed = self._values.T @ self._values, self._ranks.T @ self._ranks
        multiple = np.maximum(*(self._multiple(r) for r in self.signed))
        pearson, spearman = (np.where(self.apart, np.abs(r), 0.0) for r in self.signed)
        n, d, k = self._scores.shape
        flat = self._scores.reshape(n, d * k)
        blocks = (flat.T @ flat).reshape(d, k, d, k).transpose(0, 2, 1, 3)
        i, j = np.triu_indices(d, 1)
        maximal = np.zeros((d, d))
        # the largest singular value is at most the root of the sum of squares, often far less work
        bounds = np.sqrt((blocks[i, j] ** 2).sum(axis=(-2, -1)))
        large = bounds > STRONG
        maximal[i[large], j[large]] = np.linalg.norm(blocks[i[large], j[large]], 2, axis=(-2, -1))
        return pearson, spearman, np.where(self.apart, maximal + maximal.T, 0.0), multiple

    def _multiple(self, r: Float[np.ndarray, "d d"]) -> Float[np.ndarray, " d"]:
        """Return the adjusted multiple correlation of each column with those of other features."""
        n, d = len(self._values), len(r)
        freedom = n - 1 - self._n_others
        if freedom.min() < 5:
            return np.zeros(d)
        precision = np.linalg.inv(r + _RIDGE * np.eye(d))
        left = np.empty(d)
        for own in self._own:
            # what is left of a feature's columns, all other features known
            left[own] = np.diag(np.linalg.inv(precision[np.ix_(own, own)]))
        explained = 1 - left * (n - 1) / freedom
        return np.sqrt(np.clip(explained, 0.0, 1.0))


def _unit(X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    """Return the columns centred, each of length 1."""
    centred = X / np.abs(X).max(axis=0)
    centred = centred - centred.mean(axis=0)
    return centred / np.linalg.norm(centred, axis=0)


def _scores(ranks: Float[np.ndarray, "n d"], degree: int) -> Float[np.ndarray, "n d k"]:
    """Return an orthonormal basis of the polynomials of each column's ranks, centred.

    Of a column with few values there are fewer of these than the degree; the rest are 0.
    """
    n = len(ranks)
    basis = legendre.legvander((2 * ranks - 1 - n) / n, degree)[:, :, 1:]
    basis = basis - basis.mean(axis=0)
    left, size, _ = np.linalg.svd(basis.transpose(1, 0, 2), full_matrices=False)
    kept = size > 1e-8 * size[:, :1]
    return np.ascontiguousarray((left * kept[:, None, :]).transpose(1, 0, 2))


def _strongest(columns: _Columns, strong: np.ndarray, maximal: np.ndarray) -> tuple[Pair, ...]:
    """Return the strongest pair of columns of every two features, the strongest first."""
    found: dict[tuple[str, str], Pair] = {}
    pearson, spearman = columns.signed
    for i, j in combinations(range(len(columns.features)), 2):
        if not strong[i, j]:
            continue
        both = columns.features[i], columns.features[j]
        pair = Pair(
            *both, float(pearson[i, j]), float(spearman[i, j]), float(min(maximal[i, j], 1.0))
        )
        if both not in found or pair.strength > found[both].strength:
            found[both] = pair
    return tuple(sorted(found.values(), key=lambda pair: -pair.strength))
