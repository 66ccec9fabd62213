"""Rows in the order of one input: each one's neighbour has nearly the same value of it."""

import numpy as np
from jaxtyping import Bool, Float, Int


class InOrder:
    """The rows sorted along each input; equal values in random order, the same in every subset."""

    def __init__(self, X: Float[np.ndarray, "n d"], rng: np.random.Generator):
        shuffled = rng.permutation(len(X))
        self._orders: Int[np.ndarray, "d n"] = np.stack(
            [shuffled[np.argsort(column[shuffled], kind="stable")] for column in X.T]
        )

    def of(self, rows: Bool[np.ndarray, " n"]) -> Int[np.ndarray, "d some"]:
        """Return the numbers of those rows along each input."""
        if rows.all():
            return self._orders
        return self._orders[rows[self._orders]].reshape(len(self._orders), -1)
