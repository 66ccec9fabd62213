"""First- and total-order indices from a sample that grows until it sees 5 % of them."""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from scipy.stats import qmc

from sensbench.problem.problem import Problem
from sensbench.testing._tolerances import SAMPLE_ERROR, SMALLEST_SHARE
from sensbench.testing._truth import REPLICATES, Sampled

# Of base points, and of evaluations, d + 2 to a base point.
_MOST_POINTS, _MOST_ROWS = 2**17, 2**20
# The error of shifted Sobol' points falls at least like n^-0.5, for smooth functions like n^-0.75.
_RATE = 0.75

SHARES = ("first_order", "total_order")


def sampled_shares(
    problem: Problem, sampled: Mapping[str, Sampled], n: int, seed: int
) -> Mapping[str, Sampled]:
    """Return the indices that the truth has, replaced where a sample of ``n`` says too little.

    Formulas: Sobol' 2001 with Saltelli's difference; Jansen 1999.
    """
    names = [name for name in SHARES if name in problem.truth]
    most = max(n, min(_MOST_POINTS, _MOST_ROWS // (problem.d + 2)))
    estimates = {name: sampled[name] for name in names}
    while names and n < most:
        short = max(
            float((estimates[name].error / _wanted(problem.truth[name].value)).max())
            for name in names
        )
        if short <= 1.0:
            break
        doublings = 30.0 if not np.isfinite(short) else math.log2(short) / _RATE
        n = min(most, n << max(1, min(30, math.ceil(doublings))))
        everything = _sample(problem, n, seed)
        estimates = {name: everything[name] for name in names}
    return estimates


def _wanted(share: Float[np.ndarray, "o d"]) -> Float[np.ndarray, "o d"]:
    """Return the standard error that 5 % of each index can be told by; of small ones, less."""
    return SAMPLE_ERROR * np.maximum(np.abs(share), SMALLEST_SHARE)


def _sample(problem: Problem, n: int, seed: int) -> Mapping[str, Sampled]:
    """Return the indices from n(d + 2) evaluations, a random shift at a time: none is held."""
    space, model = problem.space, problem.explained.metered()
    rng = np.random.default_rng([seed, 1])
    m = 1 << max(1, n // REPLICATES).bit_length() - 1
    points = qmc.Sobol(2 * space.d, scramble=False).random(m)
    shape = (REPLICATES, problem.o, problem.d)
    removed, squares = np.empty(shape), np.empty(shape)
    mean, square = np.empty(shape[:2]), np.empty(shape[:2])
    centre = 0.0
    for k in range(REPLICATES):
        u = (points + rng.random(2 * space.d)) % 1.0
        A, B = space.from_unit(u[:, : space.d]), space.from_unit(u[:, space.d :])
        YA, YB = model(A), model(B)
        if k == 0:
            centre = YA.mean(axis=0)
        YA, YB = YA - centre, YB - centre
        mean[k] = (YA.mean(axis=0) + YB.mean(axis=0)) / 2
        square[k] = ((YA**2).mean(axis=0) + (YB**2).mean(axis=0)) / 2
        for i, block in enumerate(space.blocks):
            swapped = A.copy()
            swapped[:, block] = B[:, block]
            change = model(swapped) - centre - YA
            removed[k, :, i] = (YB * change).mean(axis=0)
            squares[k, :, i] = (change**2).mean(axis=0) / 2
    variance = (square - mean**2)[..., None]
    whole = (square.mean(axis=0) - mean.mean(axis=0) ** 2)[:, None]
    return {
        name: Sampled(sums.mean(axis=0) / whole, (sums / variance).std(axis=0) / REPLICATES**0.5)
        for name, sums in zip(SHARES, (removed, squares), strict=True)
    }
