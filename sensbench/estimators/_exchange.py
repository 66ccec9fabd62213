"""Outputs of the same rows again and again, each time with other values in a few columns."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from jaxtyping import Float, Int

from sensbench.model.model import Model

Columns = Int[np.ndarray, " _"]
Exchange = tuple[Columns, Float[np.ndarray, "_ _"]]


def exchanged(
    model: Model, rows: Float[np.ndarray, "n d"], exchanges: Iterable[Exchange]
) -> Iterator[Float[np.ndarray, "n o"]]:
    """Yield the outputs of ``rows`` with these values in these columns, one exchange at a time.

    The rows are held once, or a few times one below the other where they are fewer than the model
    takes at its best. Columns are put in, and put back before other ones are, so that no row is
    copied per exchange.
    """
    n, d = rows.shape
    copies = max(1, model.chunk_rows // n)
    remaining = iter(exchanges)
    stack: Float[np.ndarray, "copies n d"] | None = None
    changed: list[Columns | None] = [None] * copies
    while batch := list(islice(remaining, copies)):
        if stack is None:
            # rounded once, not again at every call
            rows = rows.astype(model.precision, copy=False)
            stack = np.repeat(rows[None], len(batch), axis=0)
        for i, (columns, values) in enumerate(batch):
            copy, before = stack[i], changed[i]
            if before is not None and before is not columns:
                _put(copy, before, rows[:, before])
            _put(copy, columns, values)
            changed[i] = columns
        outputs = model(stack[: len(batch)].reshape(-1, d))
        yield from outputs.reshape(len(batch), n, -1)


def _put(
    rows: Float[np.ndarray, "n d"], columns: Columns, values: Float[np.ndarray, "n _"]
) -> None:
    if len(columns) == 1:  # numpy is several times as fast where the column is a number
        rows[:, columns[0]] = values[:, 0]
    else:
        rows[:, columns] = values
