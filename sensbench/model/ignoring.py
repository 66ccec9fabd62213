"""A model of more inputs than it looks at: the last ones are dropped before it is called."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from sensbench.model.exchange.updates import Change
from sensbench.model.model import Model
from sensbench.model.output_scale import OutputScale


class IgnoringModel(Model):
    """A model with further inputs, which it ignores. Rows are counted by the model itself.

    Parameters
    ----------
    model
        What is called, with its own inputs.
    more
        Names of the further inputs, behind its own.
    """

    def __init__(self, model: Model, more: Sequence[str]):
        self._model, self._own = model, model.d
        self.d = model.d + len(more)
        self.features = (*model.features, *more)

    def __getattr__(self, name: str) -> Any:
        # counters, outputs, checks: what is not said here is the model's
        if name.startswith("__") or "_model" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.__dict__["_model"], name)

    @property
    def rows_per_gradient(self) -> int:
        """Cost of one row's Jacobian: the model's own."""
        return self._model.rows_per_gradient

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of results of the model should know of them."""
        return self._model.notes

    def metered(self, budget: int | None = None) -> "Model":
        """Return the same model with counters at zero and, if given, a limit on their sum."""
        return self._of(self._model.metered(budget))

    def scaled(self, scale: OutputScale) -> "Model":
        """Return the same model whose outputs and slopes are divided by powers of two."""
        return self._of(self._model.scaled(scale))

    def named(self, outputs: Sequence[str]) -> "Model":
        """Return the same model with other names for its outputs."""
        return self._of(self._model.named(outputs))

    def __call__(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        """Return the outputs at every row."""
        return self._model(self._looked_at(X))

    def exchanges_at_once(self, X: Float[np.ndarray, "n d"]) -> int:
        """Return how many changes to give :meth:`exchanged`; 0 where full rows are faster."""
        return self._model.exchanges_at_once(self._looked_at(X))

    def exchanged(
        self, X: Float[np.ndarray, "n d"], changes: Sequence[Change]
    ) -> Float[np.ndarray, "changes n o"] | None:
        """Return the outputs of ``X`` with other values in a few columns, for each change."""
        kept = [(columns < self._own, columns, values) for columns, values in changes]
        own = [(columns[mine], values[:, mine]) for mine, columns, values in kept]
        return self._model.exchanged(self._looked_at(X), own)

    def values_and_jacobian(
        self, X: Float[np.ndarray, "n d"], features: Sequence[int] | None = None
    ) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o d"]]:
        """Return outputs and derivatives; 0 by inputs that are ignored."""
        Y, J = self._model.values_and_jacobian(self._looked_at(X), self._mine(features))
        return Y, self._padded(J, 1)

    def values_and_slopes(
        self, chunks: Iterable[Float[np.ndarray, "_ d"]], features: Sequence[int] | None = None
    ) -> Iterator[tuple[Float[np.ndarray, "_ o"], list[Float[np.ndarray, "_ d"]]]]:
        """Yield the outputs and each output's derivatives for a chunk of rows after the other."""
        own = (self._looked_at(X) for X in chunks)
        for Y, slopes in self._model.values_and_slopes(own, self._mine(features)):
            yield Y, [self._padded(slope, 1) for slope in slopes]

    def hessian(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o d d"]:
        """Return the exact second derivatives; 0 by inputs that are ignored."""
        return self._padded(self._model.hessian(self._looked_at(X)), 2)

    def count(self, rows: int, *, backward: bool = False) -> None:
        """Count rows that were, or are about to be, run forward or backward elsewhere."""
        self._model.count(rows, backward=backward)

    def as_torch(self) -> nn.Module:
        """Return the model as a torch module whose rows are counted, for other libraries."""
        return _First(self._model.as_torch(), self._own)

    def _of(self, model: Model) -> "IgnoringModel":
        view = copy.copy(self)
        view._model = model
        return view

    def _looked_at(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n own"]:
        return np.ascontiguousarray(X[:, : self._own])

    def _mine(self, features: Sequence[int] | None) -> Sequence[int] | None:
        return None if features is None else [i for i in features if i < self._own]

    def _padded(self, slopes: Float[np.ndarray, "..."], axes: int) -> Float[np.ndarray, "..."]:
        behind = self.d - self._own
        widths = [(0, 0)] * (slopes.ndim - axes) + [(0, behind)] * axes
        return np.pad(slopes, widths)


class _First(nn.Module):
    def __init__(self, module: nn.Module, own: int):
        super().__init__()
        self.module, self._own = module, own

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n o"]:
        return self.module(x[:, : self._own])
