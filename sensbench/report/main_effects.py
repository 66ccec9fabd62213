"""Main effects: how the mean of the output moves with one input, all others averaged out."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import qmc

from sensbench.problem.problem import Problem

_POINTS = 2**14


@dataclass(frozen=True, eq=False)
class MainEffects:
    """E[y | x_i] - E[y] in bins of equal probability of each input.

    Attributes
    ----------
    x
        Mean of the input in each bin.
    effect
        Mean of the output in each bin, less its mean over all.
    """

    x: Float[np.ndarray, "bins columns"]
    effect: Float[np.ndarray, "bins o columns"]


def main_effects(problem: Problem, bins: int = 32, seed: int = 0) -> MainEffects:
    """Return the main effects of every column, from scrambled Sobol' points.

    The bins are those the points are balanced in, so that the mean over the other inputs is
    taken over a whole design of its own.
    """
    space = problem.space
    u = qmc.Sobol(space.d, scramble=True, rng=np.random.default_rng(seed)).random(_POINTS)
    X = space.from_unit(u)
    Y = problem.explained.metered()(X)
    Y = Y - Y.mean(axis=0)
    at = np.minimum((u * bins).astype(int), bins - 1)
    x, effect = np.empty((bins, space.d)), np.empty((bins, problem.o, space.d))
    for i in range(space.d):
        count = np.bincount(at[:, i], minlength=bins)
        x[:, i] = np.bincount(at[:, i], X[:, i], bins) / count
        for k in range(problem.o):
            effect[:, k, i] = np.bincount(at[:, i], Y[:, k], bins) / count
    return MainEffects(x, effect)
