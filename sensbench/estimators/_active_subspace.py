"""Active subspaces: the directions a model varies along, and each input's part in them.

C = E[∇f ∇fᵀ], with every input in its standard deviations and f in its own, has eigenvalues
λ₁ ≥ λ₂ ≥ …: the mean squared slopes along its eigenvectors. Where a few are much larger than the
rest, f varies along these directions and hardly along others.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from scipy import special

from sensbench.bootstrap import Groups
from sensbench.estimators._slopes import Slopes
from sensbench.linearised import times_over
from sensbench.result import Estimate

# Batches of rows, for the standard error; each costs a product of matrices.
_BATCHES = 32


def activity_scores(
    seen: Slopes,
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
    told = []
    batches = Groups(len(seen.kept), _BATCHES)
    for k in np.flatnonzero(np.isfinite(variance_y)):
        scale = np.outer(sigma_x, sigma_x) / variance_y[k]
        eigenvalues, W = np.linalg.eigh(seen.products[k] / seen.n * scale)
        eigenvalues, W = np.maximum(eigenvalues[::-1], 0.0), W[:, ::-1]
        active = dimension or _before_the_gap(eigenvalues)
        value[k] = (W[:, :active] ** 2) @ eigenvalues[:active]
        G = seen.kept[:, k] * (sigma_x / np.sqrt(variance_y[k]))
        error[k] = _standard_error(
            G, (seen.kept_y[:, k] - seen.kept_y[:, k].mean()) ** 2 / variance_y[k],
            eigenvalues, W, active, batches,
        ) * np.sqrt(len(G) / seen.n)  # fmt: skip
        whole = eigenvalues.sum()
        held = eigenvalues[:active].sum() / whole if whole > 0 else 1.0
        directions = (
            "1 direction, which holds" if active == 1 else f"{active} directions, which hold"
        )
        told.append(
            f"{outputs[k]!r} varies along {directions} {held:.3g} of its mean squared slope"
        )
    freedom = max(len(batches) - 1, 1)
    half = special.stdtrit(freedom, 0.5 + confidence / 2) * error
    return replace(times_over(value, half), note="; ".join(told))


def _standard_error(
    G: Float[np.ndarray, "n m"],
    squares_y: Float[np.ndarray, " n"],
    eigenvalues: Float[np.ndarray, " m"],
    W: Float[np.ndarray, "m m"],
    active: int,
    batches: Groups,
) -> Float[np.ndarray, " m"]:
    """Return the scores' standard errors over these rows' standardised slopes ``G``."""
    H, weights = G @ W, _weights(eigenvalues, active)
    ends = np.append(0, batches.sizes.cumsum())
    influence, more = np.empty((len(batches), G.shape[1])), np.empty(len(batches))
    for b, (start, end) in enumerate(pairwise(ends)):
        turned = weights * (H[start:end].T @ H[start:end])
        influence[b] = ((W @ turned) * W).sum(axis=1)
        more[b] = squares_y[start:end].sum()
    n = len(G)
    score = influence.sum(axis=0) / n
    influence -= score * more[:, None]  # C is divided by the variance of y
    influence -= batches.sizes[:, None] * (influence.sum(axis=0) / n)
    count = len(batches)
    return np.sqrt((influence**2).sum(axis=0) * count / max(count - 1, 1)) / n


def _before_the_gap(eigenvalues: Float[np.ndarray, " m"]) -> int:
    """Return how many come before the largest gap; what rounding leaves of 0 opens none."""
    if len(eigenvalues) == 1:
        return 1
    floor = max(eigenvalues[0], np.finfo(np.float64).tiny) * np.finfo(np.float32).eps
    logs = np.log(np.maximum(eigenvalues, floor))
    return int(np.argmax(logs[:-1] - logs[1:])) + 1


def _weights(eigenvalues: Float[np.ndarray, " m"], active: int) -> Float[np.ndarray, "m m"]:
    """Return what a perturbation's parts, in eigenvectors, add to C's active part."""
    weights = np.zeros((len(eigenvalues),) * 2)
    weights[:active, :active] = 1.0
    gap = eigenvalues[:active, None] - eigenvalues[None, active:]
    mixed = eigenvalues[:active, None] / np.where(gap > 0, gap, np.inf)
    weights[:active, active:], weights[active:, :active] = mixed, mixed.T
    return weights
