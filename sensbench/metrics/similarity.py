"""How alike two orders are: rank correlations, and measures that look at the first places.

Each takes ranks (1 is the first; equal ranks are ties) of the same ``n`` items, many pairs of
orders at once, and gives 1 for the same order.
"""

from collections.abc import Callable, Mapping

import numpy as np
import scipy
from jaxtyping import Float

Ranks = Float[np.ndarray, "k n"]
Alike = Float[np.ndarray, " k"]


def spearman(a: Ranks, b: Ranks) -> Alike:
    """Return Spearman's ρ: Pearson's correlation of mean ranks; NaN where one is all ties."""
    x, y = (_mean_ranks(r) - (r.shape[1] + 1) / 2 for r in (a, b))
    norms = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return _ratio((x * y).sum(axis=1), norms)


def kendall(a: Ranks, b: Ranks) -> Alike:
    """Return Kendall's τ-b; NaN where one is all ties."""
    return _tau(a, b, np.ones((*a.shape, a.shape[1])))


def weighted_tau(a: Ranks, b: Ranks) -> Alike:
    """Return the additive hyperbolic τ: a pair counts 1/r + 1/s, its places in one of the orders.

    The mean of that by the places of the one and of the other; ties are broken by the other order.
    Vigna 2015, doi:10.1145/2736277.2741088.
    """
    taus = []
    for one, other in ((a, b), (b, a)):
        place = np.empty(a.shape)
        for k, order in enumerate(np.lexsort((other, one), axis=1)):
            place[k, order] = np.arange(1, a.shape[1] + 1)
        taus.append(_tau(a, b, 1 / place[:, :, None] + 1 / place[:, None, :]))
    return (taus[0] + taus[1]) / 2


def top_overlap(a: Ranks, b: Ranks) -> Alike:
    """Return the part of the first three (half, of less than six) that both have, less chance.

    A tie at the border counts in part. (overlap - k/n)/(1 - k/n): 0 for orders that know nothing of
    each other. The overlap itself is "feature agreement" in Krishna et al. 2022, arXiv:2202.01602.
    """
    n = a.shape[1]
    k = depth(n)
    of_a, of_b = (_within(r)[:, :, k - 1] for r in (a, b))
    return ((of_a * of_b).sum(axis=1) / k - k / n) / (1 - k / n)


def rank_biased_overlap(a: Ranks, b: Ranks) -> Alike:
    """Return RBO with ties as what is not known (the variant b), less what chance gives.

    Agreement at depths 1, 2, … with weights pᵈ⁻¹, p = 1 - 2/(n + 1), so that the mean depth is half
    of the ``n`` items. Of random orders of items, with the same ties, it is 0 on average. Webber et
    al. 2010, doi:10.1145/1852102.1852106; ties: Corsi & Urbano 2024, doi:10.1145/3626772.3657700.
    """
    n = a.shape[1]
    p = persistence(n)
    weights = p ** np.arange(n)
    in_a, in_b = _within(a), _within(b)
    norms = np.sqrt((in_a**2).sum(axis=1) * (in_b**2).sum(axis=1))
    agreement = (in_a * in_b).sum(axis=1) / norms
    by_chance = np.arange(1, n + 1) ** 2 / n / norms
    over, under = (((x - by_chance) * weights).sum(axis=1) for x in (agreement, 1.0))
    return _ratio(over, under)


MEASURES: Mapping[str, Callable[[Ranks, Ranks], Alike]] = {
    "spearman": spearman,
    "kendall": kendall,
    "weighted_tau": weighted_tau,
    "top_overlap": top_overlap,
    "rbo": rank_biased_overlap,
}


def depth(n: int) -> int:
    """Return how many first places :func:`top_overlap` looks at."""
    return max(1, min(3, n // 2))


def persistence(n: int) -> float:
    """Return p of :func:`rank_biased_overlap`."""
    return 1 - 2 / (n + 1)


def _mean_ranks(ranks: Ranks) -> Ranks:
    return np.asarray(scipy.stats.rankdata(ranks, axis=1))


def _tau(a: Ranks, b: Ranks, weights: Float[np.ndarray, "k n n"]) -> Alike:
    x, y = (np.sign(r[:, :, None] - r[:, None, :]) for r in (a, b))
    over, xx, yy = ((u * v * weights).sum(axis=(1, 2)) for u, v in ((x, y), (x, x), (y, y)))
    return _ratio(over, np.sqrt(xx * yy))


def _within(ranks: Ranks) -> Float[np.ndarray, "k n n"]:
    """Return how much of each item is within each depth: of ties, an even part of what is left."""
    first = np.asarray(scipy.stats.rankdata(ranks, method="min", axis=1))
    last = np.asarray(scipy.stats.rankdata(ranks, method="max", axis=1))
    deep = np.arange(1, ranks.shape[1] + 1)
    part = (deep - first[:, :, None] + 1) / (last - first + 1)[:, :, None]
    return np.clip(part, 0.0, 1.0)


def _ratio(over: Alike, under: Alike) -> Alike:
    alike = np.full(len(over), np.nan)
    np.divide(over, under, out=alike, where=under > 0)
    return np.clip(alike, -1.0, 1.0)
