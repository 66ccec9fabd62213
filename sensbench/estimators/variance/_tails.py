"""How heavy the tails are of what Sobol' indices are means of."""

import numpy as np
from jaxtyping import Float

from sensbench.estimator.tails import HEAVY, LargestOf, SquaredTail, largest_kept, tail_shape


class Tails:
    """The tails of y's squares and of the changes' squares, over base rows that come in blocks."""

    def __init__(self, o: int, d: int, N: int):
        self._largest = LargestOf((o, d), largest_kept(N))
        self._tail = SquaredTail(o, N, HEAVY)

    def add_outputs(self, Y: Float[np.ndarray, "o n"]) -> None:
        """Look at outputs that are centred already."""
        self._tail.add(Y.T)

    def add_changes(self, outputs: slice, squares: Float[np.ndarray, "o d n"]) -> None:
        """Look at some outputs' squared changes, a row for each feature."""
        self._largest.add(outputs, squares.reshape(-1, squares.shape[-1]).T)

    def shapes(self) -> dict[str, Float[np.ndarray, "o d"]]:
        """Return the tails' shapes of y's squares and, for totals, of the changes' squares.

        Means of products with two signs, which first-order indices are, have no tail to speak of
        beside that of the variance they are divided by.
        """
        outputs = self._tail.shape[:, None]
        changes = tail_shape(self._largest.kept, HEAVY)
        return {
            "first_order": np.broadcast_to(outputs, changes.shape),
            "total_order": np.fmax(outputs, changes),
        }
