"""Active subspaces: the directions a model varies along, and each input's part in them.

C = E[∇f ∇fᵀ], with every input in its standard deviations and f in its own, has eigenvalues
λ₁ ≥ λ₂ ≥ …: the mean squared slopes along its eigenvectors. Where a few are much larger than the
rest, f varies along these directions and hardly along others.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from sensbench.estimators._slopes import SlopeSums
from sensbench.linearised import deviations, quantile, times_over
from sensbench.result import Estimate


def activity_scores(
    seen: SlopeSums,
    sigma_x: Float[np.ndarray, " m"],
    variance_y: Float[np.ndarray, " o"],
    outputs: tuple[str, ...],
    dimension: int | None,
    confidence: float,
) -> Estimate:
    """Return α_i = Σ_j λ_j w_ij², summed over the active directions j, with Student's intervals.

    Without a ``dimension`` it is where the eigenvalues' largest gap on a logarithmic scale is. The
    standard error is the delta method's, for that dimension: perturbation of first order of the
    eigenvectors (Stewart & Sun 1990, ISBN 978-0-12-670230-9, chapter V), batch by batch.
    """
    shape = seen.centre.shape
    value, error = np.full(shape, np.nan), np.full(shape, np.nan)
    told, sizes = [], seen.batch_sizes
    for k in np.flatnonzero(np.isfinite(variance_y)):
        # batch by batch, Σ ∇f ∇fᵀ and Σ (y - mean)², both in standard units
        C = seen.products[:, k] * (np.outer(sigma_x, sigma_x) / variance_y[k])
        squares = seen.batch_squares[:, k] / variance_y[k]
        eigenvalues, W = np.linalg.eigh(C.sum(axis=0) / sizes.sum())
        eigenvalues, W = np.maximum(eigenvalues[::-1], 0.0), W[:, ::-1]
        active = dimension or _before_the_gap(eigenvalues)
        value[k] = (W[:, :active] ** 2) @ eigenvalues[:active]
        influence = _influence(C, W, eigenvalues, active)
        influence -= value[k] * squares[:, None]  # C is divided by the variance of y
        error[k] = np.sqrt((deviations(influence, sizes) ** 2).sum(axis=0))
        whole = eigenvalues.sum()
        held = eigenvalues[:active].sum() / whole if whole > 0 else 1.0
        directions = (
            "1 direction, which holds" if active == 1 else f"{active} directions, which hold"
        )
        told.append(
            f"{outputs[k]!r} varies along {directions} {held:.3g} of its mean squared slope"
        )
    half = quantile(len(sizes), confidence) * error
    return replace(times_over(value, half), note="; ".join(told))


def _influence(
    C: Float[np.ndarray, "batches m m"],
    W: Float[np.ndarray, "m m"],
    eigenvalues: Float[np.ndarray, " m"],
    active: int,
) -> Float[np.ndarray, "batches m"]:
    """Return what each batch's sum adds to the scores, to first order.

    With M = Wᵀ C W, that is Σ_jk c_jk w_ij M_jk w_ik: c is 1 for two active directions, and for an
    active j and another k λ_j / (λ_j - λ_k), twice, as M is symmetric.
    """
    gap = eigenvalues[:active, None] - eigenvalues[None, active:]
    mixed = eigenvalues[:active, None] / np.where(gap > 0, gap, np.inf)
    factors = np.hstack([np.ones((active, active)), 2 * mixed])
    influence = np.empty(C.shape[:2])
    for part, batch in zip(influence, C, strict=True):
        turned = factors * ((batch @ W[:, :active]).T @ W)
        part[:] = ((W @ turned.T) * W[:, :active]).sum(axis=1)
    return influence


def _before_the_gap(eigenvalues: Float[np.ndarray, " m"]) -> int:
    """Return how many come before the largest gap; what rounding leaves of 0 opens none."""
    if len(eigenvalues) == 1:
        return 1
    floor = max(eigenvalues[0], np.finfo(np.float64).tiny) * np.finfo(np.float32).eps
    logs = np.log(np.maximum(eigenvalues, floor))
    return int(np.argmax(logs[:-1] - logs[1:])) + 1
