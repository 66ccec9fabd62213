"""Proportional marginal effects, from the variance that every subset of the inputs leaves."""

import numpy as np
from jaxtyping import Float

# What is left is a mean of squares: up to this part of the whole it is rounding.
_ROUNDING = 1e-12


def proportional_effects(
    left: Float[np.ndarray, "... subsets"],
) -> Float[np.ndarray, "... d"]:
    """Return the effects that add up to the variance of all inputs.

    With w(u) = E[Var(f|x_~u)] and Q(u) = Σ_{j in u} Q(u without j)/w(u), Q of nothing 1, the effect
    of i is Q(all without i)/Q(all). Where w(u) is 0 it is taken to be a small ε, the same for all
    such u, and the effect is the limit: an input that adds nothing to any subset has none.

    Parameters
    ----------
    left
        w by subset; bit i of a subset's place says whether input i is in it.

    Source: Herin, Il Idrissi, Chabridon & Iooss 2024, doi:10.1137/22M153032X.
    """
    d = left.shape[-1].bit_length() - 1
    zero = left <= _ROUNDING * left[..., -1:]
    # Q is coefficient · ε^-order: of a sum, only the terms of the highest order remain
    coefficient, order = np.ones(left.shape), np.zeros(left.shape, dtype=int)
    for u in range(1, 2**d):
        smaller = [u - (1 << j) for j in range(d) if u >> j & 1]
        highest = order[..., smaller].max(axis=-1)
        leads = order[..., smaller] == highest[..., None]
        total = np.where(leads, coefficient[..., smaller], 0.0).sum(axis=-1)
        divisor = np.where(zero[..., u], 1.0, left[..., u])
        coefficient[..., u], order[..., u] = total / divisor, highest + zero[..., u]
    without = [2**d - 1 - (1 << i) for i in range(d)]
    same = order[..., without] == order[..., -1:]
    return np.where(same, coefficient[..., without] / coefficient[..., -1:], 0.0)
