"""Copies of base rows with other values in some columns, and what can be done without the rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

# A layer's result is rounded to the model's precision a piece at a time, in cache.
_PIECE = 2**18
# What float64 may lose of an affine layer where a base row is much larger than the others, in
# units of a typical row's: far below what the model's own precision loses.
_LOSSES = {torch.float32: 1e-8, torch.float64: 1e-10}
_LARGEST = 1e30
_MOST_EXCHANGES = 8


@dataclass(frozen=True)
class Exchange:
    """One column of every copy, and its values.

    Attributes
    ----------
    column
        -1 in a copy that keeps all of its own.
    """

    column: Int[Tensor, " copies"]
    values: Float[Tensor, "copies n"]

    def moved(self, to: Int[Tensor, " d"]) -> "Exchange":
        """Return the exchange where column j is at ``to[j]``; -1 where it is no more."""
        return replace(self, column=torch.where(self.column < 0, -1, to[self.at]))

    @property
    def at(self) -> Int[Tensor, " copies"]:
        """A column to read constants from; of no matter where none is exchanged."""
        return self.column.clamp(min=0)


@dataclass(frozen=True)
class ChangedRows:
    """``copies`` times the base rows, one below the other, with exchanges in each copy."""

    base: Float[Tensor, "n d"]
    copies: int
    exchanges: tuple[Exchange, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows in all, and columns."""
        n, d = self.base.shape
        return self.copies * n, d

    def full(self) -> Float[Tensor, "rows d"]:
        """Return the rows."""
        rows = self.base.expand(self.copies, *self.base.shape).clone()
        for exchange in self.exchanges:
            (copy,) = torch.nonzero(exchange.column >= 0, as_tuple=True)
            rows[copy, :, exchange.column[copy]] = exchange.values[copy]
        return rows.reshape(self.shape)

    def mapped(
        self, function: Callable[..., Tensor], constants: Sequence[Tensor] = ()
    ) -> "ChangedRows":
        """Return what a function makes of every number, and of its column's constants."""
        base = function(self.base, *constants)
        exchanges = tuple(
            replace(e, values=function(e.values.T, *(c[..., e.at] for c in constants)).T)
            for e in self.exchanges
        )
        return replace(self, base=base, exchanges=exchanges)

    def columns(self, places: Int[Tensor, " k"]) -> "ChangedRows | None":
        """Return these columns; None where one is taken twice."""
        d = self.base.shape[1]
        to = torch.full((d,), -1)
        to[places] = torch.arange(len(places))
        if not len(places) or int((to >= 0).sum()) < len(places):
            return None
        base = self.base[:, places]
        return replace(self, base=base, exchanges=tuple(e.moved(to) for e in self.exchanges))

    def affine(
        self, weight: Float[Tensor, "d width"], bias: Tensor | None
    ) -> Float[Tensor, "rows width"] | None:
        """Return the rows times a matrix, plus a bias: once for the base, then an update each.

        The base's product is held in float64: what a huge value adds to it is then taken out again
        without a trace. None where that does not hold.
        """
        dtype, W = self.base.dtype, weight.double()
        base = self.base.double()
        h = base @ W if bias is None else torch.addmm(bias.double(), base, W)
        if not self._exact(base, W, h):
            return None
        out = torch.empty((self.copies, *h.shape), dtype=dtype)
        changes = []
        for e in self.exchanges:
            change = e.values.double() - base[:, e.at].T
            change[e.column < 0] = 0
            changes.append((change[:, :, None], W[e.at][:, None]))
        step = max(1, _PIECE // h.numel())
        for first in range(0, self.copies, step):
            some = slice(first, first + step)
            piece = h[None]
            for change, weights in changes:
                piece = torch.addcmul(piece, change[some], weights[some])
            out[some] = piece
        return out.reshape(-1, h.shape[1])

    def _exact(
        self, base: Float[Tensor, "n d"], W: Float[Tensor, "d k"], h: Float[Tensor, "n k"]
    ) -> bool:
        """Whether no row's terms are so large that float64 loses what is left without one."""
        terms = (base.abs() * W.abs().amax(dim=1)).amax(dim=1)
        largest = float(torch.maximum(terms, h.abs().amax(dim=1)).max())
        if not largest < _LARGEST:  # NaN too
            return False
        typical = float(h.abs().amax(dim=1).median())
        return torch.finfo(torch.float64).eps * largest <= _LOSSES[self.base.dtype] * typical


def joined(parts: Sequence[ChangedRows]) -> ChangedRows | None:
    """Return rows side by side; None where they are not of the same base, or many are exchanged."""
    first, at, exchanges = parts[0], 0, []
    for part in parts:
        alike = part.copies == first.copies and len(part.base) == len(first.base)
        if not alike or part.base.dtype != first.base.dtype:
            return None
        d = part.base.shape[1]
        exchanges += [e.moved(torch.arange(at, at + d)) for e in part.exchanges]
        at += d
    exchanges = [e for e in exchanges if bool((e.column >= 0).any())]
    if len(exchanges) > _MOST_EXCHANGES:
        return None
    return ChangedRows(
        torch.cat([part.base for part in parts], dim=1), first.copies, tuple(exchanges)
    )
