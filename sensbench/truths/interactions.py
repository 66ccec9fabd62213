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
        for i, j in combinations(range(d), 2):
            rows = of.shared[:, i] & of.shared[:, j]
            if not rows.any():
                continue
            both = of.weight[rows] * of.cov[rows, i] * of.cov[rows, j]
            a, p = (_without(part[rows], i, j) for part in (of.a, of.p))
            total[i, j] += float(both @ a.prod(axis=1))
            for k in range(j + 1, d):
                if (i, j, k) in third and of.shared[rows, k].any():
                    rest = _without(p, k).prod(axis=1)
                    third[i, j, k] += float((both * of.cov[rows, k]) @ rest)
    found = {"total_interaction": total + total.T}
    return found | ({"third_order": np.array(list(third.values()))} if third else {})


def _without(factors: Float[np.ndarray, "p d"], *inputs: int) -> Float[np.ndarray, "p d"]:
    """Return the factors with 1 for these inputs."""
    rest = factors.copy()
    rest[:, inputs] = 1.0
    return rest
