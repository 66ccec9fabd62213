"""Monte-Carlo estimates of every measure with a known truth, by formulas of their own.

They share no code with the estimators: a truth is only as good as the independence of what it is
compared with.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import qmc

from sensbench.poincare import NoConstant, poincare_constant
from sensbench.problem import Problem

_REPLICATES = 32


@dataclass(frozen=True)
class Sampled:
    """A sampled value and its standard error, each ``(o, d)``."""

    value: Float[np.ndarray, "o d"]
    error: Float[np.ndarray, "o d"]


def sampled_measures(problem: Problem, n: int, seed: int) -> Mapping[str, Sampled]:
    """Return estimates from n(d + 2) evaluations and n derivatives, with standard errors.

    Randomised quasi-Monte Carlo: a Sobol' sequence under independent random shifts, and the
    standard error is the one between these. Cranley & Patterson 1976, doi:10.1137/0713071.
    """
    space, rng = problem.space, np.random.default_rng(seed)
    m = 1 << max(1, n // _REPLICATES).bit_length() - 1
    points = qmc.Sobol(2 * space.d, scramble=False).random(m)
    shifts = rng.random((_REPLICATES, 1, 2 * space.d))
    u = ((points + shifts) % 1.0).reshape(-1, 2 * space.d)
    model = problem.explained.metered()
    A = space.from_unit(u[:, : space.d])
    B = space.from_unit(u[:, space.d :])
    YA, slopes = model.values_and_jacobian(A)
    YB = model(B)
    centre = YA.mean(axis=0)
    # NaN where there is no derivative: it agrees with no truth.
    J, swapped = np.full((2, len(A), problem.o, problem.d), np.nan)
    known, sigma = np.full((2, problem.d), np.nan)
    skipped = space.without_derivative()
    for i, block in enumerate(space.blocks):
        AB = A.copy()
        AB[:, block] = B[:, block]
        swapped[:, :, i] = model(AB) - centre
        if problem.features[i] not in skipped:
            constant = poincare_constant(space.marginals[block[0]])
            known[i] = np.nan if isinstance(constant, NoConstant) else constant
            sigma[i] = space.std()[block[0]]
            J[:, :, i] = slopes[:, :, block[0]]
    rows = (YA - centre, YB - centre, swapped, J)

    whole = _statistics(rows, sigma, known)
    parts = [
        _statistics(tuple(column[start : start + m] for column in rows), sigma, known)
        for start in range(0, len(u), m)
    ]
    return {
        name: Sampled(value, np.std([part[name] for part in parts], axis=0) / np.sqrt(_REPLICATES))
        for name, value in whole.items()
    }


def _statistics(
    rows: tuple[Float[np.ndarray, "..."], ...],
    sigma: Float[np.ndarray, " d"],
    constants: Float[np.ndarray, " d"],
) -> dict[str, Float[np.ndarray, "o d"]]:
    """First order: Sobol' 2001 with Saltelli's difference; total order: Jansen 1999."""
    YA, YB, swapped, J = rows
    variance = np.concatenate([YA, YB]).var(axis=0)[:, None]
    removed = (YB[:, :, None] * (swapped - YA[:, :, None])).mean(axis=0)
    squares = ((swapped - YA[:, :, None]) ** 2).mean(axis=0)
    scale = sigma / np.sqrt(variance)
    raw = {
        "derivative_mean": J.mean(axis=0),
        "derivative_abs": np.abs(J).mean(axis=0),
        "derivative_rms": np.sqrt((J**2).mean(axis=0)),
        "derivative_std": J.std(axis=0),
    }
    return {
        **raw,
        **{f"{name}_standardised": value * scale for name, value in raw.items()},
        "dgsm": (J**2).mean(axis=0),
        "total_order_bound": constants * (J**2).mean(axis=0) / variance,
        "first_order": removed / variance,
        "total_order": squares / (2 * variance),
        "permutation_mse": squares,
        "permutation_r2": squares / variance,
        "permutation_total_order": squares / (2 * variance),
    }
