"""First-order effects from the rows in the order of an input: neighbours, and first harmonics."""

import numpy as np
from jaxtyping import Float, Int

Along = Float[np.ndarray, " n"]


def neighbours(
    x: Along, f: Float[np.ndarray, "n o"], rng: np.random.Generator
) -> Float[np.ndarray, "n o"]:
    """Return what every row contributes to Var E[f|x], by its neighbours in the order of x.

    Rows next to each other share x but for a 1/n-th of its range, and nothing else: the covariance
    of their outputs is that of two independent rows with the same x.
    """
    order = _in_order(x, rng)
    y = f[order] - f.mean(axis=0)
    below, above = np.roll(y, 1, axis=0), np.roll(y, -1, axis=0)
    below[0], above[-1] = above[0], below[-1]
    contribution = y * (below + above)
    return _by_row(contribution - contribution.mean(axis=0) / 2, order)


def spectrum(
    x: Along, f: Float[np.ndarray, "n o"], harmonics: int, rng: np.random.Generator
) -> Float[np.ndarray, "n o"]:
    """Return what every row contributes to the variance in the first harmonics along x.

    As in RBD-FAST: up over every other row and back over the others, with what noise puts into the
    harmonics taken out; Tissot & Prieur 2012, doi:10.1016/j.ress.2012.06.010.
    """
    order = _in_order(x, rng)
    order = np.concatenate([order[::2], order[1::2][::-1]])
    y = f[order] - f.mean(axis=0)
    kept = np.fft.rfft(y, axis=0)
    kept[harmonics + 1 :] = 0.0
    smooth = np.fft.irfft(kept, n=len(y), axis=0)
    by_chance = 2 * harmonics / len(y)
    bias = by_chance / (1 - by_chance)
    # 2ym - m² has the mean of m², and is what one row makes of it
    explained = 2 * y * smooth - smooth**2
    return _by_row(explained - bias * (y**2 - explained), order)


def _in_order(x: Along, rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Return the order of x, equal values in random order."""
    shuffled = rng.permutation(len(x))
    return shuffled[np.argsort(x[shuffled], kind="stable")]


def _by_row(
    ordered: Float[np.ndarray, "n o"], order: Int[np.ndarray, " n"]
) -> Float[np.ndarray, "n o"]:
    rows = np.empty_like(ordered)
    rows[order] = ordered
    return rows
