"""Truths from many points of inputs that move together, with standard errors."""

import math
from itertools import combinations

import numpy as np
from jaxtyping import Float
from scipy.stats import qmc

from sensbench.errors import DerivativeError, require
from sensbench.inputs.conditional import conditional_law, mask_of
from sensbench.inputs.space import InputSpace
from sensbench.model.model import Model
from sensbench.problem.truth import Truth, Truths

# Shapley effects take a conditional draw per subset of features.
MOST_FOR_SHAPLEY = 6
Values = dict[str, Float[np.ndarray, "..."]]


def sampled_law(
    model: Model, space: InputSpace, *, points: int = 2**14, scrambles: int = 8, seed: int = 0
) -> Truths:
    """Return measures of a model over inputs of any law with conditional draws.

    With x' like x in the inputs u and drawn anew given them elsewhere, Var(E[f|x_u]) =
    Cov(f(x), f(x')) and E[Var(f|x_u)] = E[(f(x) - f(x'))²]/2: first and total order, Shapley
    effects of up to 6 features, conditional permutation, leaving one out; permutation by draws
    from the marginals; moments of the derivative. Values are means over scramblings of a Sobol'
    sequence (Owen 1998, doi:10.1145/272991.273010), standard errors those between them.

    Parameters
    ----------
    points
        Per scrambling, a power of two.
    scrambles
        At least two.

    Raises
    ------
    NotApplicable
        A law without conditional draws.
    """
    require(points >= 2 and points & (points - 1) == 0, "sampled_law", "a power of two", points)
    require(scrambles >= 2, "sampled_law", "at least two scrambles", scrambles)
    conditional_law(space, "sampled_law")
    metered = model.metered()
    power = f"2^{points.bit_length() - 1}"
    how = f"scrambled Sobol' points of the inputs' law, {scrambles} × {power}, seed {seed}"

    def make() -> dict[str, Truth]:
        parts = []
        for stream in np.random.SeedSequence(seed).spawn(scrambles):
            rng = np.random.default_rng(stream)
            net = qmc.Sobol(2 * space.d, scramble=True, rng=rng).random(points)
            parts.append(_values(metered, space, net[:, : space.d], net[:, space.d :]))
        truths = {}
        for name in parts[0]:
            values = np.array([part[name] for part in parts])
            if np.isfinite(values).all():
                error = values.std(axis=0, ddof=1) / math.sqrt(scrambles)
                truths[name] = Truth(values.mean(axis=0), error, how)
        return truths

    return Truths(make)


def _values(
    model: Model, space: InputSpace, a: Float[np.ndarray, "n d"], v: Float[np.ndarray, "n d"]
) -> Values:
    law, k = conditional_law(space, "sampled_law"), len(space.names)
    u = np.asarray(space.dependence.join(a))
    X = space.from_unit(u)
    y = model(X)
    mean = y.mean(axis=0)
    y = y - mean
    variance = (y**2).mean(axis=0)

    def redrawn(features: tuple[int, ...]) -> Float[np.ndarray, "n o"]:
        return model(space.from_unit(law.conditional(u, ~mask_of(space, features), v))) - mean

    left: dict[tuple[int, ...], np.ndarray] = {(): 0 * variance}  # E[Var(f|x_~u)]
    every = tuple(range(k))
    sizes = range(1, k + 1) if k <= MOST_FOR_SHAPLEY else (1,)
    for size in sizes:
        for subset in combinations(every, size):
            left[subset] = ((y - redrawn(subset)) ** 2).mean(axis=0) / 2
    first, shuffled = [], []
    for i in every:
        others = tuple(j for j in every if j != i)
        first.append((y * redrawn(others)).mean(axis=0) / variance)
        alone = u.copy()
        alone[:, space.blocks[i]] = v[:, space.blocks[i]]
        shuffled.append(((model(space.from_unit(alone)) - mean - y) ** 2).mean(axis=0))
    total = np.stack([left[(i,)] for i in every], axis=1) / variance[:, None]
    values = {
        "mean": mean,
        "variance": variance,
        "first_order": np.stack(first, axis=1),
        "total_order": total,
        **_losses(np.stack(shuffled, axis=1), total, variance[:, None]),
    }
    if k <= MOST_FOR_SHAPLEY:
        values["shapley"] = _shapley(left, k) / left[every][:, None]
    return values | _slopes(model, space, X, variance)


def _losses(
    shuffled: Float[np.ndarray, "o d"],
    total: Float[np.ndarray, "o d"],
    variance: Float[np.ndarray, "o 1"],
) -> Values:
    return {
        "permutation_mse": shuffled,
        "permutation_r2": shuffled / variance,
        "permutation_total_order": shuffled / (2 * variance),
        "conditional_permutation_mse": 2 * total * variance,
        "conditional_permutation_r2": 2 * total,
        "conditional_permutation_total_order": total,
        "leave_one_out_mse": total * variance,
        "leave_one_out_r2": total,
    }


def _shapley(left: dict[tuple[int, ...], np.ndarray], k: int) -> Float[np.ndarray, "o k"]:
    """Return the Shapley values of E[Var(f|x_~u)]: Song, Nelson & Staum 2016, theorem 1."""
    effects = np.zeros((len(left[()]), k))
    for subset, value in left.items():
        size = len(subset)
        for i in range(k):
            if i in subset:
                effects[:, i] += value / (k * math.comb(k - 1, size - 1))
            else:
                effects[:, i] -= value / (k * math.comb(k - 1, size))
    return effects


def _slopes(
    model: Model,
    space: InputSpace,
    X: Float[np.ndarray, "n d"],
    variance: Float[np.ndarray, " o"],
) -> Values:
    if space.without_derivative:
        return {}
    try:
        J = model.values_and_jacobian(X)[1]
    except DerivativeError:
        return {}
    raw = {
        "derivative_mean": J.mean(axis=0),
        "derivative_abs": np.abs(J).mean(axis=0),
        "derivative_rms": np.sqrt((J**2).mean(axis=0)),
        "derivative_std": J.std(axis=0),
    }
    scale = space.std() / np.sqrt(variance)[:, None]
    standardised = {f"{name}_standardised": value * scale for name, value in raw.items()}
    return {**raw, **standardised, "dgsm": (J**2).mean(axis=0)}
