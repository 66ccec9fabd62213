"""Outputs of the same rows again and again, each time with other values in a few columns."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from jaxtyping import Float, Int

from sensbench.model import Model

Exchange = tuple[Int[np.ndarray, " _"], Float[np.ndarray, "_ _"]]


def exchanged(
    model: Model, rows: Float[np.ndarray, "n d"], exchanges: Iterable[Exchange]
) -> Iterator[Float[np.ndarray, "n o"]]:
    """Yield the outputs of ``rows`` with these values in these columns, one exchange at a time.

    The rows are held once, or a few times one below the other where they are fewer than the model
    takes at its best. Columns are put in and back, so that no row is copied per exchange.
    """
    n, d = rows.shape
    copies = max(1, model.chunk_rows // n)
    remaining = iter(exchanges)
    stack: Float[np.ndarray, "copies n d"] | None = None
    while batch := list(islice(remaining, copies)):
        if stack is None:
            stack = np.repeat(rows[None], len(batch), axis=0)
        for copy, (columns, values) in zip(stack, batch, strict=False):
            copy[:, columns] = values
        outputs = model(stack[: len(batch)].reshape(-1, d))
        for copy, (columns, _) in zip(stack, batch, strict=False):
            copy[:, columns] = rows[:, columns]
        yield from outputs.reshape(len(batch), n, -1)
