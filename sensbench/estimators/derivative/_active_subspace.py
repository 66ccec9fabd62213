"""Active subspaces: the directions a model varies along, and each input's part in them.

C = E[∇f ∇fᵀ], with every input in its standard deviations and f in its own, has eigenvalues
λ₁ ≥ λ₂ ≥ …: the mean squared slopes along its eigenvectors. Where a few are much larger than the
rest, f varies along these directions and hardly along others.
"""

import numpy as np
from jaxtyping import Float, Int

from sensbench.estimator.interval import Interval
from sensbench.estimator.linearised import deviations, quantile
from sensbench.estimator.result import Estimate, Impossible
from sensbench.estimators.derivative._slopes import SlopeSums

_BYTES, _BATCHES = 2**28, 32
# Where matrices are large there are fewer batches; fewer than these say too little of the spread.
_MOST_BYTES, _FEWEST_BATCHES = 2**31, 4
# Up to so many inputs each batch is left out in turn, which takes their number to the third power.
_LEFT_OUT = 256
# The largest gap between eigenvalues is surely so when it leads by so many standard errors.
_SURE = 2.0


def batches_that_fit(o: int, m: int) -> int | Impossible:
    """Return over how many batches products may be held, of so many outputs and inputs."""
    each = 8 * o * m**2
    if each * _FEWEST_BATCHES > _MOST_BYTES:
        return Impossible(
            f"the products of all pairs of {m} slopes of {o} outputs would take "
            f"{each * _FEWEST_BATCHES / 2**30:.3g} GB, more than {_MOST_BYTES // 2**30}; choose "
            f"fewer outputs with output="
        )
    return max(_FEWEST_BATCHES, min(_BATCHES, _BYTES // each))


def activity_scores(
    seen: SlopeSums,
    sigma_x: Float[np.ndarray, " m"],
    variance_y: Float[np.ndarray, " o"],
    outputs: tuple[str, ...],
    dimension: int | None,
    interval: Interval,
) -> Estimate:
    """Return α_i = Σ_j λ_j w_ij², summed over the active directions j, with Student's intervals.

    Without a ``dimension`` it is where the eigenvalues' largest gap on a logarithmic scale is. The
    standard error is the jackknife's, each batch left out in turn: a score of nearly 0 is of second
    order in the directions' noise, and its spread too. Of many inputs it is the delta method's:
    perturbation of first order of the eigenvectors (Stewart & Sun 1990,
    ISBN 978-0-12-670230-9, chapter V), batch by batch. A score of 0 is estimated too high: the
    interval goes down from what the jackknife leaves of it, and may end at 0. Where another sample
    may well have another number of active directions there is none: the scores would be others.
    """
    shape = seen.centre.shape
    value, error, bias = (np.full(shape, np.nan) for _ in range(3))
    few = shape[1] <= _LEFT_OUT
    notes, sizes, of_batches = [], seen.batch_sizes, seen.batch_squares()
    for k in np.flatnonzero(np.isfinite(variance_y)):
        scale = np.outer(sigma_x, sigma_x) / variance_y[k]  # to standard units
        products, squares = seen.products[:, k], of_batches[:, k] / variance_y[k]
        eigenvalues, W = np.linalg.eigh(products.sum(axis=0) * scale / sizes.sum())
        eigenvalues, W = np.maximum(eigenvalues[::-1], 0.0), W[:, ::-1]
        active = dimension or _before_the_gap(eigenvalues)
        value[k] = (W[:, :active] ** 2) @ eigenvalues[:active]
        if few:
            standard = products * np.outer(sigma_x, sigma_x)
            error[k], bias[k] = _jackknife(standard, of_batches[:, k], value[k], active)
        else:
            influence = _influence(products, scale, W, eigenvalues, active)
            influence -= value[k] * squares[:, None]  # C is divided by the variance of y
            error[k], bias[k] = np.sqrt((deviations(influence, sizes) ** 2).sum(axis=0)), 0.0
        unsure = dimension is None and not _leads(products, scale, W, eigenvalues, active, sizes)
        error[k] = np.where(unsure, np.nan, error[k])
        whole = eigenvalues.sum()
        held = eigenvalues[:active].sum() / whole if whole > 0 else 1.0
        directions = (
            "1 direction, which holds" if active == 1 else f"{active} directions, which hold"
        )
        notes.append(
            f"{outputs[k]!r} varies along {directions} {held:.3g} of its mean squared slope"
            + "; other samples may have another number, so there is no interval" * unsure
        )
    half = quantile(len(sizes), interval.level) * error
    of = Interval(interval.level, "jackknife", interval.covers) if few else interval
    low = np.maximum(value - np.maximum(bias, 0.0) - half, 0.0)
    tails, unseen = seen.tails, seen.unseen()
    most = value + unseen["slope²"] * sigma_x**2 / variance_y[:, None]
    least = value / (1 + unseen["y²"] / variance_y[:, None])
    found = Estimate(value, low, value + half, "; ".join(notes), of).with_unseen(least, most)
    return found.with_tail(np.fmax(tails["slope²"], tails["y²"]))


def _jackknife(
    products: Float[np.ndarray, "batches m m"],
    squares: Float[np.ndarray, " batches"],
    value: Float[np.ndarray, " m"],
    active: int,
) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Return standard errors and biases, from the scores without each of the batches."""
    whole, count = products.sum(axis=0), len(products)
    without = np.empty((count, len(value)))
    for scores, batch, square in zip(without, products, squares, strict=True):
        rest = squares.sum() - square
        eigenvalues, W = np.linalg.eigh((whole - batch) / (rest if rest > 0 else np.inf))
        eigenvalues, W = np.maximum(eigenvalues[::-1], 0.0), W[:, ::-1]
        scores[:] = (W[:, :active] ** 2) @ eigenvalues[:active]
    mean = without.mean(axis=0)
    spread = ((without - mean) ** 2).sum(axis=0) * (count - 1) / count
    return np.sqrt(spread), (count - 1) * (mean - value)


def _influence(
    products: Float[np.ndarray, "batches m m"],
    scale: Float[np.ndarray, "m m"],
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
    influence = np.empty(products.shape[:2])
    for part, batch in zip(influence, products, strict=True):
        turned = factors * (((batch * scale) @ W[:, :active]).T @ W)
        part[:] = ((W @ turned.T) * W[:, :active]).sum(axis=1)
    return influence


def _before_the_gap(eigenvalues: Float[np.ndarray, " m"]) -> int:
    """Return how many come before the largest gap."""
    if len(eigenvalues) == 1:
        return 1
    return int(np.argmax(-np.diff(np.log(_above_rounding(eigenvalues))))) + 1


def _leads(
    products: Float[np.ndarray, "batches m m"],
    scale: Float[np.ndarray, "m m"],
    W: Float[np.ndarray, "m m"],
    eigenvalues: Float[np.ndarray, " m"],
    active: int,
    sizes: Int[np.ndarray, " batches"],
) -> bool:
    """Return whether the gap after the active directions is surely larger than any other.

    Their difference is one of logarithms of four eigenvalues, which to first order each batch's
    matrix moves by wᵀCw/λ.
    """
    if len(eigenvalues) < 3 or active == len(eigenvalues):
        return True
    gaps = -np.diff(np.log(_above_rounding(eigenvalues)))
    other = int(np.argmax(np.where(np.arange(len(gaps)) == active - 1, -np.inf, gaps)))
    at = np.array([active - 1, active, other, other + 1])
    signs = np.array([1.0, -1.0, -1.0, 1.0]) / _above_rounding(eigenvalues)[at]
    moved = [((batch * scale) @ W[:, at] * W[:, at]).sum(axis=0) @ signs for batch in products]
    error = np.sqrt((deviations(np.array(moved), sizes) ** 2).sum())
    return bool(gaps[active - 1] - gaps[other] >= _SURE * error)


def _above_rounding(eigenvalues: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
    """Return them no smaller than what rounding leaves of 0, which opens no gap."""
    floor = max(eigenvalues[0], np.finfo(np.float64).tiny) * np.finfo(np.float32).eps
    return np.maximum(eigenvalues, floor)
