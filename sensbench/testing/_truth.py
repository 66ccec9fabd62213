"""Monte-Carlo estimates of every measure with a known truth, by formulas of their own.

They share no code with the estimators: a truth is only as good as the independence of what it is
compared with.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import qmc

from sensbench.inputs.marginal import Marginal, family_of
from sensbench.inputs.poincare import NoConstant, poincare_constant
from sensbench.problem.problem import Problem

REPLICATES = 32
_MOST_IN_PAIRS = 20


@dataclass(frozen=True)
class Sampled:
    """A sampled value and its standard error."""

    value: Float[np.ndarray, "..."]
    error: Float[np.ndarray, "..."]


def sampled_measures(
    problem: Problem, n: int, seed: int, derivatives: bool = True
) -> Mapping[str, Sampled]:
    """Return estimates from n(d + 2) evaluations and n derivatives, with standard errors.

    Randomised quasi-Monte Carlo: a Sobol' sequence under independent random shifts, and the
    standard error is the one between these. Cranley & Patterson 1976, doi:10.1137/0713071.
    """
    space, rng = problem.space, np.random.default_rng(seed)
    m = 1 << max(1, n // REPLICATES).bit_length() - 1
    points = qmc.Sobol(2 * space.d, scramble=False).random(m)
    shifts = rng.random((REPLICATES, 1, 2 * space.d))
    u = ((points + shifts) % 1.0).reshape(-1, 2 * space.d)
    model = problem.explained.metered()
    A = space.from_unit(u[:, : space.d])
    B = space.from_unit(u[:, space.d :])
    if derivatives:
        YA, slopes = model.values_and_jacobian(A)
    else:
        YA, slopes = model(A), np.full((len(A), problem.o, space.d), np.nan)
    YB = model(B)
    centre = YA.mean(axis=0)
    # NaN where there is no derivative: it agrees with no truth.
    J, swapped, walked = np.full((3, len(A), problem.o, problem.d), np.nan)
    along = np.full((len(A), problem.d), np.nan)
    constants, sigma, ranges = np.full((3, problem.d), np.nan)
    skipped = space.without_derivative
    for i, block in enumerate(space.blocks):
        AB = A.copy()
        AB[:, block] = B[:, block]
        swapped[:, :, i] = model(AB) - centre
        if problem.features[i] not in skipped:
            constant = poincare_constant(space.marginals[block[0]])
            constants[i] = np.nan if isinstance(constant, NoConstant) else constant
            sigma[i] = space.std()[block[0]]
            ranges[i] = _length(space.marginals[block[0]])
            J[:, :, i] = slopes[:, :, block[0]]
            along[:, i] = (A[:, block[0]] - space.marginals[block[0]].mean()) / sigma[i]
    # One order per row, in which the features of B enter A.
    X, before, ways = A.copy(), YA, np.argsort(rng.random((len(A), problem.d)), axis=1)
    for moved in ways.T:
        for i, block in enumerate(space.blocks):
            moving = np.flatnonzero(moved == i)
            X[np.ix_(moving, block)] = B[np.ix_(moving, block)]
        after = model(X)
        walked[np.arange(len(A)), :, moved] = after - before
        before = after
    pairs = (_pairs(problem, A, B),) if problem.d <= _MOST_IN_PAIRS else ()
    rows = (YA - centre, YB - centre, swapped, J, walked, along, *pairs)

    def of(some: tuple[Float[np.ndarray, "..."], ...]) -> dict[str, Float[np.ndarray, "..."]]:
        measures = _statistics(some, sigma, constants, ranges)
        return measures | {"mean": measures["mean"] + centre}

    whole = of(rows)
    parts = [
        of(tuple(column[start : start + m] for column in rows)) for start in range(0, len(u), m)
    ]
    return {
        name: Sampled(value, np.std([part[name] for part in parts], axis=0) / np.sqrt(REPLICATES))
        for name, value in whole.items()
    }


def _statistics(
    rows: tuple[Float[np.ndarray, "..."], ...],
    sigma: Float[np.ndarray, " d"],
    constants: Float[np.ndarray, " d"],
    ranges: Float[np.ndarray, " d"],
) -> dict[str, Float[np.ndarray, "..."]]:
    """Return the measures from centred values, in the order they were sampled in.

    First order: Sobol' 2001 with Saltelli's difference, also for pairs and, along random orders,
    for the Shapley effects; total order: Jansen 1999.
    """
    YA, YB, swapped, J, walked, along = rows[:6]
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
    first = removed / variance
    statistics = {
        "mean": np.concatenate([YA, YB]).mean(axis=0),
        "variance": variance[:, 0],
        "shapley": (YB[:, :, None] * walked).mean(axis=0) / variance,
    }
    if np.isfinite(ranges).all():
        statistics["mu_star_limit"] = raw["derivative_abs"] * ranges
    if len(rows) > 6:
        both = (YB[:, :, None, None] * rows[6]).mean(axis=0) / variance[..., None]
        second = both - first[:, :, None] - first[:, None, :]
        off_diagonal = 1.0 - np.eye(len(ranges))
        statistics["second_order"] = second * off_diagonal
        changes = swapped - YA[:, :, None]
        # Liu & Owen 2006: what the two change together, less what each changes alone
        contrast = rows[6] - changes[:, :, :, None] - changes[:, :, None, :]
        acting = (contrast**2).mean(axis=0) / 4 / variance[..., None]
        statistics["total_interaction"] = acting * off_diagonal
    return {
        **statistics,
        **raw,
        **{f"{name}_standardised": value * scale for name, value in raw.items()},
        "dgsm": (J**2).mean(axis=0),
        "total_order_bound": constants * (J**2).mean(axis=0) / variance,
        "total_order_lower_bound": (YA.T @ along / len(YA)) ** 2 / variance,
        "first_order": first,
        "total_order": squares / (2 * variance),
        "permutation_mse": squares,
        "permutation_r2": squares / variance,
        "permutation_total_order": squares / (2 * variance),
    }


def _pairs(
    problem: Problem,
    A: Float[np.ndarray, "n d"],
    B: Float[np.ndarray, "n d"],
) -> Float[np.ndarray, "n o k k"]:
    """Return how y changes when two features are those of B."""
    space, model, d = problem.space, problem.explained.metered(), problem.d
    effects = np.zeros((len(A), problem.o, d, d))
    YA = model(A)
    for i, j in zip(*np.triu_indices(d, 1), strict=True):
        block = np.concatenate([space.blocks[i], space.blocks[j]])
        AB = A.copy()
        AB[:, block] = B[:, block]
        effects[:, :, i, j] = effects[:, :, j, i] = model(AB) - YA
    return effects


def _length(marginal: Marginal) -> float:
    """Return the length of a uniform marginal's range; NaN for all else."""
    if family_of(marginal) != "uniform":
        return np.nan
    low, high = marginal.support()
    return float(high - low)
