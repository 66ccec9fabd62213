"""Derivatives by central finite differences, with steps from the inputs' scale and precision."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int

Values = Callable[[Float[np.ndarray, "n d"]], Float[np.ndarray, "n o"]]

# of the spread, 2 % are uncertain in so many rows
_SAMPLED = 2**10


def scale_of(X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " d"]:
    """Return what counts as a large step: each column's spread.

    A column without spread has its size, or 1 where that is 0.
    """
    size = np.abs(X).max(axis=0)
    spread = X.std(axis=0)
    varies = spread > 1e-12 * size
    return np.where(varies, spread, np.where(size > 0, size, 1.0))


def scale_of_some(X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " d"]:
    """Return what counts as a large step, of a random sample where there are many rows.

    For checks, whose steps need not be those of another call.
    """
    if len(X) > _SAMPLED:
        X = X[np.random.default_rng(5).integers(len(X), size=_SAMPLED)]
    return scale_of(X)


def central_differences(
    values: Values,
    X: Float[np.ndarray, "n d"],
    scale: Float[np.ndarray, " d"],
    eps: float,
    rounded: Callable[[Float[np.ndarray, "n d"]], Float[np.ndarray, "n d"]] = np.asarray,
    features: Sequence[int] | None = None,
) -> Float[np.ndarray, "n o d"]:
    """Return (f(x + h) - f(x - h)) / 2h for every input, in 2d evaluations per row.

    With ``features`` only these are moved, and the others' derivatives are 0.

    The step h = ε^(1/3)·scale balances the rounding error ε·|f|/h against the truncation error
    h²·|f'''|/6. Nocedal & Wright 2006, doi:10.1007/978-0-387-40065-5, section 8.1. It is at least
    ε^(1/2)·|x|, so that a large offset of x does not swallow it.
    """
    chosen = range(X.shape[1]) if features is None else features
    by_input = {i: central_difference(values, X, i, scale, eps, rounded) for i in chosen}
    still = np.zeros_like(next(iter(by_input.values())))
    return np.stack([by_input.get(i, still) for i in range(X.shape[1])], axis=2)


def central_difference(
    values: Values,
    X: Float[np.ndarray, "n d"],
    i: int | Int[np.ndarray, " n"],
    scale: Float[np.ndarray, " d"],
    eps: float,
    rounded: Callable[[Float[np.ndarray, "n d"]], Float[np.ndarray, "n d"]] = np.asarray,
) -> Float[np.ndarray, "n o"]:
    """Return the central difference in one input, or in each row's own: 2 evaluations each."""
    each = np.arange(len(X))
    step = np.maximum(eps ** (1 / 3) * scale[i], eps**0.5 * np.abs(X[each, i]))
    high, low = X.copy(), X.copy()
    high[each, i] += step
    low[each, i] -= step
    high, low = rounded(high), rounded(low)
    return (values(high) - values(low)) / (high[each, i] - low[each, i])[:, None]
