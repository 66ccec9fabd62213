"""Outputs of rows with other values in a few columns, as long as they prove to be right."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int

from sensbench.inputs.rows import even
from sensbench.model.boundary.torch_function import TorchFunction
from sensbench.model.chunks import rows_at_once
from sensbench.model.exchange.changed_rows import ChangedRows, Exchange
from sensbench.model.exchange.exchanged_tensor import ExchangedTensor, Seen

Columns = Int[np.ndarray, " _"]
Change = tuple[Columns, Float[np.ndarray, "n _"]]

# From so many inputs on, and so many numbers in all, it pays.
FROM_INPUTS, _FROM_NUMBERS = 100, 2**14
# Columns of one exchange; more of them are products again.
MOST_COLUMNS = 4
# Rows at a time: what a layer makes of them in float64 stays in cache.
_ROWS = 2**13
# Exchanges of one call: a base row's own product, in float64, is one of so many.
_MOST, _FEWEST, _BYTES = 128, 8, 2**25
_CHECKED = 8
# How far outputs may be from those of full rows: shares of their spread, and roundings of their
# size. Measured are 1e-6 to 2e-6 in float32.
_SHARES = {torch.float32: 2e-5, torch.float64: 1e-9}
_ROUNDINGS = 64


class Updates:
    """Evaluates rows with exchanged columns by what changes in a model's first layer.

    Some rows of several exchanges at first, and of one in every block, are compared with full rows.
    At the first that differs, or whenever the model asks for the rows themselves, it is over for
    good, without a word: ``trusted`` is false. Nothing of the model is kept from call to call.

    Attributes
    ----------
    n_rows
        Full rows evaluated for comparison.
    """

    def __init__(self, function: TorchFunction):
        self.trusted = function.dtype in _SHARES
        self.n_rows = 0
        self._function = function
        self._checked = False
        self._rng = np.random.default_rng(5)

    def pay(self, rows: Float[np.ndarray, "n d"]) -> bool:
        """Whether exchanges of all columns of so many rows are faster so, as far as is known."""
        return self.trusted and rows.shape[1] >= FROM_INPUTS and rows.size >= _FROM_NUMBERS

    def at_once(self, rows: Float[np.ndarray, "n d"], o: int) -> int:
        """Return how many exchanges to give to a call: as many as the rows' memory allows."""
        n, d = rows.shape
        most = max(_BYTES // (8 * n * (1 + o)), d // (4 * (1 + o)))
        return min(max(most, _FEWEST), max(_MOST, _ROWS // n))

    def outputs(
        self, rows: Float[np.ndarray, "n d"], changes: Sequence[Change]
    ) -> Float[np.ndarray, "changes n o"] | None:
        """Return the outputs of the rows with each change; None where they cannot be had so."""
        if not self.trusted:
            return None
        try:
            Y = self._outputs(rows, changes)
        except Exception:  # the model's or ours: full rows will show whose
            Y = None
        self.trusted = Y is not None
        return Y

    def _outputs(
        self, rows: Float[np.ndarray, "n d"], changes: Sequence[Change]
    ) -> Float[np.ndarray, "changes n o"] | None:
        if not self._checked:
            some = self._rng.choice(len(changes), min(len(changes), _CHECKED), replace=False)
            # full rows first: of a model that has not run yet, they tell how it wants to
            few = [(columns, values[:2]) for columns, values in changes[:2]]
            self._in_full(rows[:2], few[0])
            if not self._function.takes_one_table or self._updated(rows[:2], few)[0] is None:
                return None
        else:
            some = self._rng.integers(len(changes), size=1)
        Y, eps = self._updated(rows, changes)
        if Y is None or not all(self._agrees(rows, changes[k], Y[k], eps) for k in some):
            return None
        self._checked |= any(len(columns) for columns, _ in changes)
        return Y

    def _updated(
        self, rows: Float[np.ndarray, "n d"], changes: Sequence[Change]
    ) -> tuple[Float[np.ndarray, "changes n o"] | None, float]:
        """Return what the model makes of rows that it is not given, and its precision."""
        dtype = self._function.dtype
        n, k = len(rows), len(changes)
        exchanges = _as_exchanges(changes, n, dtype)
        size = even(n, max(1, min(_ROWS, rows_at_once(1, self._function.width)) // k))
        Y: Float[np.ndarray, "changes n o"] | None = None
        seen = Seen()
        for first in range(0, n, size):
            some = slice(first, first + size)
            there = tuple(replace(e, values=e.values[:, some]) for e in exchanges)
            base = torch.tensor(rows[some], dtype=dtype)
            x = ExchangedTensor(ChangedRows(base, k, there), seen)
            with torch.no_grad():
                y = self._function.outputs(x)
            if seen.written or not seen.eps or isinstance(y, ExchangedTensor):
                return None, seen.eps
            if Y is None:
                Y = np.empty((k, n, y.shape[1]))
            Y[:, some] = y.detach().cpu().reshape(k, -1, y.shape[1]).numpy()
        if Y is None:
            return None, seen.eps
        with np.errstate(over="ignore", invalid="ignore"):
            finite = math.isfinite(np.vdot(Y, Y))
        if not finite:
            return None, seen.eps
        return Y, seen.eps

    def _agrees(
        self,
        rows: Float[np.ndarray, "n d"],
        change: Change,
        Y: Float[np.ndarray, "n o"],
        eps: float,
    ) -> bool:
        """Whether some rows' outputs are those of full rows, as far as the spread of all allows.

        Random rows, and that which changes most.
        """
        columns, values = change
        at = self._rng.choice(len(rows), min(len(rows), _CHECKED), replace=False)
        if len(columns):
            at[0] = np.abs(values - rows[:, columns]).max(axis=1).argmax()
        full = self._in_full(rows[at], (columns, values[at]))
        eps = max(eps, self._function.eps)
        share = _SHARES[torch.float32 if eps > 1e-10 else torch.float64]
        allowed = share * Y.std(axis=0) + _ROUNDINGS * eps * np.abs(Y).max(axis=0)
        return bool((np.abs(Y[at] - full) <= allowed).all())

    def _in_full(self, rows: Float[np.ndarray, "n d"], change: Change) -> Float[np.ndarray, "n o"]:
        columns, values = change
        changed = rows.copy()
        changed[:, columns] = values
        self.n_rows += len(rows)
        return self._function.values(changed)


def _as_exchanges(changes: Sequence[Change], n: int, dtype: torch.dtype) -> tuple[Exchange, ...]:
    """Return the changes' first columns, their second ones … as exchanges of a batch of copies."""
    exchanges = []
    for i in range(max(len(columns) for columns, _ in changes)):
        column = [int(columns[i]) if i < len(columns) else -1 for columns, _ in changes]
        values = np.zeros((len(changes), n))
        for of_copy, (columns, v) in zip(values, changes, strict=True):
            if i < len(columns):
                of_copy[:] = v[:, i]
        exchanges.append(Exchange(torch.tensor(column), torch.tensor(values, dtype=dtype)))
    return tuple(exchanges)
