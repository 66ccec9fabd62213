"""Interactions of two inputs and of three, of sums of products of functions of one input each."""

from collections.abc import Iterable
from itertools import combinations

import numpy as np
from jaxtyping import Float

from sensbench.truths.pairs_of_terms import PairsOfTerms

# More inputs have more threes than anybody reads.
_MOST = 20


def of_interactions(pairs: Iterable[PairsOfTerms], d: int) -> dict[str, Float[np.ndarray, "..."]]:
    """Return what pairs add to the variance together, with any others too, and what threes add.

    Of two terms that share the inputs S, u adds Π_u cov Π_{S-u} p: so i and j with all that may
    come with them add cov_i cov_j Π_{others of S} a, a being p + cov.

    Returns
    -------
    ``total_interaction``, ``(d, d)``, and up to 20 inputs ``third_order``, a value per three of
    them in the order of ``itertools.combinations``.
    """
    total = np.zeros((d, d))
    third = dict.fromkeys(combinations(range(d), 3) if 3 <= d <= _MOST else (), 0.0)
    for of in pairs:
        total += _of_two(of)
        for i, j, k in third:
            rows = of.shared[:, i] & of.shared[:, j] & of.shared[:, k]
            if rows.any():
                added = of.weight[rows] * of.cov[rows][:, [i, j, k]].prod(axis=1)
                third[i, j, k] += float(added @ _without(of.p[rows], i, j, k).prod(axis=1))
    np.fill_diagonal(total, 0.0)
    found = {"total_interaction": (total + total.T) / 2}
    return found | ({"third_order": np.array(list(third.values()))} if third else {})


def _of_two(of: PairsOfTerms) -> Float[np.ndarray, "d d"]:
    """Return the sum over pairs of terms of cov_i cov_j times what the others hold.

    What the others hold is the product of all divided by two factors. Where one of all is 0 it is
    left only to pairs with that one, and where two are, to these two.
    """
    nothing = of.a == 0
    factors = np.where(nothing, 1.0, of.a)
    weight, zeros = of.weight * factors.prod(axis=1), nothing.sum(axis=1)
    added = np.where(of.shared, of.cov, 0.0)
    parts = np.where(nothing, 0.0, added) / factors
    all_held = np.where(zeros == 0, weight, 0.0)
    total = parts.T @ (all_held[:, None] * parts)
    for row in np.flatnonzero(zeros == 1):
        (k,) = np.flatnonzero(nothing[row])
        with_it = weight[row] * added[row, k] * parts[row]
        total[k] += with_it
        total[:, k] += with_it
    for row in np.flatnonzero(zeros == 2):
        k, m = np.flatnonzero(nothing[row])
        total[[k, m], [m, k]] += weight[row] * added[row, k] * added[row, m]
    return np.asarray(total)


def _without(factors: Float[np.ndarray, "p d"], *inputs: int) -> Float[np.ndarray, "p d"]:
    """Return the factors with 1 for these inputs."""
    rest = factors.copy()
    rest[:, inputs] = 1.0
    return rest
