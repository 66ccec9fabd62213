"""Slopes: the derivative by each input at single rows, not summarised."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sensbench.errors import NotApplicable
from sensbench.problem.problem import Problem

# Marks that a reader tells apart in one row of a figure.
MOST_ROWS = 1000
_FEWEST_ROWS = 30
# Of many outputs and inputs, as many derivatives as memory bears easily (80 MB).
_MOST_NUMBERS = 10**7


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives of every output at some rows.

    Attributes
    ----------
    features
        The inputs that have a derivative: single columns of continuous values.
    X
        The values of these inputs.
    slope
        ∂y/∂x, in units of the output per unit of the input.
    sigma_x, sigma_y
        Standard deviation of each input, of the problem's rows or marginals, and of each output at
        these rows.
    without
        The other features, and why they have no derivative.
    of_rows
        How many rows these were taken from at random; 0: they are draws.
    n_forward, n_backward
        What they cost, in rows through the model.
    """

    features: tuple[str, ...]
    outputs: tuple[str, ...]
    X: Float[np.ndarray, "n m"]
    slope: Float[np.ndarray, "n o m"]
    sigma_x: Float[np.ndarray, " m"]
    sigma_y: Float[np.ndarray, " o"]
    without: Mapping[str, str]
    of_rows: int
    n_forward: int
    n_backward: int

    @property
    def standardised(self) -> Float[np.ndarray, "n o m"]:
        """∂y/∂x · σ_x/σ_y, which has no unit; NaN for an output that does not vary."""
        sigma_y = np.where(self.sigma_y > 0, self.sigma_y, np.nan)
        return self.slope * self.sigma_x / sigma_y[:, None]


def slopes_of(problem: Problem, X: Float[np.ndarray, "n d"], of_rows: int, budget: int) -> Slopes:
    """Return the derivatives at the first rows of ``X``: at most 1,000, and what a budget pays for.

    Spends one forward row and a backward row per output for each; by finite differences two
    forward rows per input and one.

    Raises
    ------
    NotApplicable
        No input has a derivative; the budget pays for fewer than 30 rows.
    DerivativeError
        The model has none, or a wrong one.
    """
    space, model = problem.space, problem.explained.metered(budget)
    without = dict(space.without_derivative)
    single = {
        name: int(block[0])
        for name, block in zip(space.names, space.blocks, strict=True)
        if name not in without
    }
    if not single:
        raise NotApplicable("slopes: expected an input of continuous values; none has a derivative")
    n = min(len(X), MOST_ROWS, max(1, _MOST_NUMBERS // (problem.o * space.d)))
    fewest = min(n, _FEWEST_ROWS)
    n = min(n, budget // model.rows_per_gradient)
    if n < fewest:
        least = fewest * model.rows_per_gradient
        raise NotApplicable(
            f"slopes: expected a budget of {least:,} rows or more, for {fewest} rows with their "
            f"derivatives; got {budget:,}"
        )
    columns = list(single.values())
    Y, J = model.values_and_jacobian(X[:n], columns)
    return Slopes(
        features=tuple(single), outputs=problem.outputs, X=X[:n, columns],
        slope=J[:, :, columns], sigma_x=problem.sigma()[columns], sigma_y=Y.std(axis=0),
        without=without, of_rows=of_rows, n_forward=model.n_forward, n_backward=model.n_backward,
    )  # fmt: skip
