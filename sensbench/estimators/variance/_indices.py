"""Sobol' indices as ratios of means over base rows, and what each row adds to them."""

import numpy as np
from jaxtyping import Float

from sensbench.estimators.variance._saltelli import Moments

Parts = tuple[
    Float[np.ndarray, "... d"], Float[np.ndarray, "... d"], Float[np.ndarray, "... pairs"] | None
]


def indices(
    means: Float[np.ndarray, "... o k"], outputs: Moments, d: int
) -> dict[str, Float[np.ndarray, "..."]]:
    """Return the indices that follow from means, of all rows or of each resample.

    An index is 0, as in SALib, where the variance of A and B is nothing but rounding.
    """
    first, total, joint = _numerators(means, outputs, d)
    variance = means[..., 2 * d + 1, None] - means[..., 2 * d, None] ** 2
    real = variance > np.finfo(np.float64).eps * outputs.spread[:, None] ** 2
    inverse = np.divide(1.0, variance, out=np.zeros_like(variance), where=real)
    first = first * inverse
    measures = {"first_order": first, "total_order": total * inverse}
    if joint is not None:
        j, k = np.triu_indices(d, 1)
        measures["second_order"] = _square(joint * inverse - first[..., j] - first[..., k], d)
    return measures


def influences(
    blocks: Float[np.ndarray, "nets blocks o k"], outputs: Moments, d: int
) -> dict[str, Float[np.ndarray, "nets blocks o _"]]:
    """Return what each block of base rows adds to each index, flat: means of 0 over all rows.

    An index is a ratio, so a row adds (its part of the numerator - index · its part of the
    variance) / variance.
    """
    first, total, joint = _numerators(blocks, outputs, d)
    parts = {"first_order": first, "total_order": total}
    if joint is not None:
        j, k = np.triu_indices(d, 1)
        parts["second_order"] = joint - first[..., j] - first[..., k]
    mean = blocks[..., 2 * d, None]
    middle = mean.mean(axis=(0, 1))
    spread = blocks[..., 2 * d + 1, None] - 2 * middle * mean + middle**2
    variance = spread.mean(axis=(0, 1))
    inverse = np.divide(1.0, variance, out=np.zeros_like(variance), where=variance > 0)
    return {
        name: (part - part.mean(axis=(0, 1)) * inverse * spread) * inverse
        for name, part in parts.items()
    }


_OF_PAIRS = ("second_order", "total_interaction")


def in_shape(name: str, flat: Float[np.ndarray, "... _"], d: int) -> Float[np.ndarray, "..."]:
    """Return values of features as they are, and those of pairs above a diagonal."""
    return _square(flat, d) if name in _OF_PAIRS else flat


def _numerators(means: Float[np.ndarray, "... o k"], outputs: Moments, d: int) -> Parts:
    shift = outputs.shift[:, None]
    product, square = means[..., :d], means[..., d : 2 * d]
    at, joint = 2 * d + 2, None
    if means.shape[-1] > 3 * d + 2:
        j, k = np.triu_indices(d, 1)
        pairs = means[..., at : at + len(j)]
        at += len(j)
        change, back = means[..., at : at + d], means[..., at + d :]
        joint = pairs - shift * (back[..., j] + change[..., k])
    else:
        change = means[..., at:]
    return product - shift * change, 0.5 * square, joint


def _square(flat: Float[np.ndarray, "... pairs"], d: int) -> Float[np.ndarray, "... d d"]:
    pairs = np.full((*flat.shape[:-1], d, d), np.nan)
    pairs[..., *np.triu_indices(d, 1)] = flat
    return pairs
