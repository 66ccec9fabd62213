"""Shapley effects from rows and outputs alone, by nearest neighbours."""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from sensbench.inputs.from_rows import ranks

# All subsets of so many features: 254 searches for neighbours.
_ALL_UP_TO = 8
_ORDERS = 64


def shapley_of_rows(
    X: Float[np.ndarray, "n columns"],
    Y: Float[np.ndarray, "n o"],
    blocks: Sequence[Int[np.ndarray, " _"]],
    neighbours: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, "o d"]:
    """Return the effects of E[Var(y|x_~u)], over all subsets or along random orders."""
    # by ranks: whatever the units, and the same for a monotone function of an input
    u, d = ranks(X), len(blocks)
    left: dict[frozenset[int], Float[np.ndarray, " o"]] = {}

    def of(subset: frozenset[int]) -> Float[np.ndarray, " o"]:
        if subset not in left:
            known = [int(c) for i in range(d) if i not in subset for c in blocks[i]]
            left[subset] = _left(u[:, known], Y, neighbours, rng) if subset else 0 * Y[0]
        return left[subset]

    effects = np.zeros((Y.shape[1], d))
    if d <= _ALL_UP_TO:
        for size in range(1, d + 1):
            share = 1.0 / (d * math.comb(d - 1, size - 1))
            for subset in combinations(range(d), size):
                for i in subset:
                    gain = of(frozenset(subset)) - of(frozenset(subset) - {i})
                    effects[:, i] += share * gain
    else:
        for _ in range(_ORDERS):
            before = frozenset[int]()
            for i in rng.permutation(d).tolist():
                effects[:, i] += (of(before | {i}) - of(before)) / _ORDERS
                before = before | {i}
    return effects / of(frozenset(range(d)))[:, None]


def _left(
    known: Float[np.ndarray, "n m"],
    Y: Float[np.ndarray, "n o"],
    neighbours: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, " o"]:
    """Return the mean variance of y among the rows nearest to each row in what is known."""
    n, m = known.shape
    if m == 0:
        return Y.var(axis=0)
    # among equal rows none is nearer: an order of the rows by chance decides
    order = rng.permutation(n)
    near = np.asarray(cKDTree(known[order]).query(known[order], k=min(neighbours, n))[1])
    return Y[order][near].var(axis=1, ddof=1).mean(axis=0)
