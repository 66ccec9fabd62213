"""From inputs to the unit cube: the way back from a marginal's quantiles."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.errors import InputError
from sensbench.inputs.marginal import Empirical, Marginal, Weighted, describe


def probabilities(
    name: str, marginal: Marginal, x: Float[np.ndarray, " n"], who: str
) -> Float[np.ndarray, " n"]:
    """Return the middle of the stretch of probability that each value holds: P(X < x) + P(X = x)/2.

    Raises
    ------
    InputError
        A value outside the marginal's support, or a marginal without distribution function.
    """
    low, high = (float(end) for end in marginal.support())
    outside = (x < low) | (x > high)
    if outside.any():
        raise InputError(
            f"{who}: expected values of {name!r} that occur ({describe(marginal)}); got "
            f"{x[outside][0]:g} in {int(outside.sum())} of {len(x)} rows"
        )
    if isinstance(marginal, Empirical):
        return mid_ranks(marginal.values, x)
    if isinstance(marginal, Weighted):
        ends = np.concatenate([[0.0], np.cumsum(marginal.probabilities)])
        below = np.searchsorted(marginal.values, x, side="left")
        upto = np.searchsorted(marginal.values, x, side="right")
        return (ends[below] + ends[upto]) / 2
    written: Any = marginal
    if not callable(getattr(written, "cdf", None)):
        raise InputError(
            f"{who}: expected a distribution with a cdf for {name!r}; got {marginal!r}; give it "
            f"one, or a scipy.stats distribution"
        )
    upto = np.asarray(written.cdf(x), dtype=np.float64)
    if callable(getattr(written, "pmf", None)):
        return upto - np.asarray(written.pmf(x), dtype=np.float64) / 2
    return upto


def mid_ranks(
    values: Float[np.ndarray, " m"], x: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Return the middle rank of each x among values, from 0 to 1."""
    ordered = np.sort(values)
    below, upto = (np.searchsorted(ordered, x, side=side) for side in ("left", "right"))
    return (below + upto) / (2 * len(values))


def to_unit(
    names: Sequence[str], marginals: Sequence[Marginal], X: Float[np.ndarray, "n d"], who: str
) -> Float[np.ndarray, "n d"]:
    """Return rows as points of the unit cube, column by column."""
    u = np.empty(X.shape)
    for i, (name, marginal) in enumerate(zip(names, marginals, strict=True)):
        u[:, i] = probabilities(name, marginal, X[:, i], who)
    return u
