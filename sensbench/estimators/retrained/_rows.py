"""The rows that models are judged on when they were trained again."""

import numpy as np
from jaxtyping import Float

from sensbench.errors import NotApplicable
from sensbench.estimator.interval import SAMPLING, Covers
from sensbench.problem.problem import Problem
from sensbench.problem.refit import Refit

TARGETS: frozenset[Covers] = frozenset({"targets"})


def recipe_of(problem: Problem, who: str) -> Refit:
    """Return how the problem's model is trained again."""
    if problem.refit is None:
        raise NotApplicable(f"{who}: expected a model that can be trained again; got none")
    return problem.refit


def judged_rows(
    problem: Problem, n: int, rng: np.random.Generator, who: str
) -> tuple[
    Float[np.ndarray, "n d"], Float[np.ndarray, "n o"], Float[np.ndarray, "n o"], frozenset[Covers]
]:
    """Return rows, the model's outputs, what they are to be, and what varies with other rows.

    Measured targets; else the function that was learned; else the model's own outputs.
    """
    rows = problem.rows(n, rng)
    F = problem.explained(rows.X)
    if rows.y is not None:
        return rows.X, F, rows.y, SAMPLING | TARGETS
    learned = recipe_of(problem, who).truth(rows.X)
    return rows.X, F, F if learned is None else learned, SAMPLING
