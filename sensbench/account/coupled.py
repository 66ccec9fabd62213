"""Base rows, and the change of one input at a time that all estimands are taken from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from sensbench.inputs.space import InputSpace


@dataclass(frozen=True, eq=False)
class Coupled:
    """Rows with another value for every input, and rows of independent inputs to change it in.

    The values of feature ``i`` in row ``r`` change from ``X[r, i]`` to ``others[r, i]``, also where
    the other inputs are independent: that context is row ``context[i][r]`` of ``product``, which
    holds the very values ``X[r, i]``.

    Attributes
    ----------
    X
        The base rows.
    others
        Each input's other values: those of another row, or other draws.
    product, again
        Rows of independent inputs, twice, independently of each other.
    context, context_again
        Per feature: which row of them holds the values of a base row. Of draws, ``again`` holds
        other values, and the context is the row of the same number.
    donor
        Whose values ``others`` are; ``None``: draws of their own, used once.
    """

    blocks: tuple[Int[np.ndarray, " _"], ...]
    X: Float[np.ndarray, "n columns"]
    others: Float[np.ndarray, "n columns"]
    product: Float[np.ndarray, "n columns"]
    again: Float[np.ndarray, "n columns"]
    context: Int[np.ndarray, "d n"]
    context_again: Int[np.ndarray, "d n"]
    donor: Int[np.ndarray, " n"] | None = None

    @cached_property
    def _receiver(self) -> Int[np.ndarray, " n"] | None:
        return None if self.donor is None else np.argsort(self.donor)

    def by_row(self, column: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "n ..."]:
        """Return what every row contributes to the mean of a function of a row and its donor.

        A row counts as the row that is changed and as the donor of values to another; what both
        make of it varies together (the linearised U-statistic: van der Vaart 1998,
        doi:10.1017/CBO9780511802256, chapter 12). The mean is that of ``column``.
        """
        if self._receiver is None:
            return column
        return column + column[self._receiver] - column.mean(axis=0)


def coupled_rows(
    rows: Float[np.ndarray, "n columns"], space: InputSpace, rng: np.random.Generator
) -> Coupled:
    """Return real rows, or draws of inputs that depend on each other, with what is coupled.

    Independent inputs are made of the rows themselves: every feature's values in another order.
    """
    n, d = len(rows), len(space.blocks)
    order = rng.permutation(n)
    donor = np.empty(n, dtype=np.int64)
    donor[order] = np.roll(order, 1)  # one cycle: nobody is their own donor
    drawn = []
    for _ in range(2):
        product, context = np.empty_like(rows), np.empty((d, n), dtype=np.int64)
        for i, block in enumerate(space.blocks):
            shuffled = rng.permutation(n)
            product[:, block] = rows[shuffled][:, block]
            context[i] = np.argsort(shuffled)
        drawn.append((product, context))
    (product, context), (again, context_again) = drawn
    blocks = space.blocks
    return Coupled(blocks, rows, rows[donor], product, again, context, context_again, donor)


def coupled_draws(space: InputSpace, n: int, rng: np.random.Generator) -> Coupled:
    """Return draws of independent inputs, each used once: all rows are independent of each other.

    The base rows are their own product.
    """
    X, others, again = (space.sample(n, rng) for _ in range(3))
    same = np.tile(np.arange(n), (len(space.blocks), 1))
    return Coupled(space.blocks, X, others, X, again, same, same)


def length(
    coupled: Coupled, feature: int, std: Float[np.ndarray, " columns"]
) -> Float[np.ndarray, " n"]:
    """Return the signed change of a feature; of several columns, its root mean square in std."""
    block = coupled.blocks[feature]
    change = coupled.others[:, block] - coupled.X[:, block]
    return change[:, 0] if len(block) == 1 else in_std(change, std[block])


def in_std(
    change: Float[np.ndarray, "n m"], std: Float[np.ndarray, " m"]
) -> Float[np.ndarray, " n"]:
    """Return the root mean square over columns that vary, each in its standard deviations."""
    varies = std > 0
    return np.sqrt(((change[:, varies] / std[varies]) ** 2).mean(axis=1))


def exchanged_rows(
    rows: Float[np.ndarray, "n columns"],
    block: Int[np.ndarray, " m"],
    values: Float[np.ndarray, "n m"],
) -> Float[np.ndarray, "n columns"]:
    """Return a copy of the rows with other values in one feature."""
    changed = rows.copy()
    changed[:, block] = values
    return changed


def chosen(features: Sequence[str], among: Sequence[str]) -> list[int]:
    """Return the positions of some features."""
    return [list(among).index(name) for name in features]
