"""Outputs of the same rows again and again, each time with other values in a few columns."""

from collections.abc import Iterable, Iterator
from itertools import chain, groupby, islice
from typing import Literal

import numpy as np
from jaxtyping import Float

from sensbench.errors import require
from sensbench.model.exchange.updates import MOST_COLUMNS, Change, Columns
from sensbench.model.model import Model

# By updating a model's first layer where that is known to be right and faster, or by full rows.
WAYS = ("auto", "full")
NOTHING = np.empty(0, dtype=int)


def require_way(who: str, way: str) -> None:
    """Raise an ``InputError`` where it is none."""
    require(way in WAYS, who, "exchange 'auto' or 'full'", way)


def unchanged(model: Model, rows: Float[np.ndarray, "n d"], way: str) -> Float[np.ndarray, "n o"]:
    """Return the outputs of ``rows``, computed as those of :func:`exchanged` are.

    They are then equal, to the last bit, where a column that is exchanged does not matter.
    """
    if way == "auto" and model.exchanges_at_once(rows):
        outputs = model.exchanged(rows, [(NOTHING, rows[:, :0])])
        if outputs is not None:
            return outputs[0]
    return model(rows)


def exchanged(
    model: Model, rows: Float[np.ndarray, "n d"], exchanges: Iterable[Change], way: str = "auto"
) -> Iterator[Float[np.ndarray, "n o"]]:
    """Yield the outputs of ``rows`` with these values in these columns, one exchange at a time."""
    if way == "full" or not model.exchanges_at_once(rows):
        yield from _in_full(model, rows, exchanges)
        return
    d = rows.shape[1]
    runs = groupby(exchanges, lambda exchange: _share(len(exchange[0]), d))
    for share, run in runs:
        if share == "many":
            yield from _in_full(model, rows, run)
        elif share == "all":
            yield from (unchanged(model, values, way) for _, values in run)
        else:
            while batch := list(islice(run, model.exchanges_at_once(rows) or None)):
                outputs = model.exchanged(rows, batch)
                if outputs is None:
                    later = chain.from_iterable(run for _, run in runs)
                    yield from _in_full(model, rows, chain(batch, run, later))
                    return
                yield from outputs


def _share(columns: int, d: int) -> Literal["few", "many", "all"]:
    if columns <= MOST_COLUMNS:
        return "few"
    return "all" if columns == d else "many"


def _in_full(
    model: Model, rows: Float[np.ndarray, "n d"], exchanges: Iterable[Change]
) -> Iterator[Float[np.ndarray, "n o"]]:
    """Yield the outputs by full rows.

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
