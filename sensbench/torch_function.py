"""A torch module or function as batches in, columns out, and its exact derivative.

The caller's module is never run: we run a private copy in eval mode, whose parameters are views
of the caller's (no memory is doubled) and whose buffers and attributes are its own.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sensbench.columns import Column, Selector, layout, parts_of, select
from sensbench.errors import DerivativeError, ModelError, SensbenchError

_OWN_OF_MODULE = {"_parameters", "_buffers", "_modules"}


class TorchFunction:
    """Evaluates and differentiates one torch module or function on float64 numpy rows.

    Rows are cast to the dtype and device of the module's parameters (float64 on the CPU for
    functions and modules without any).
    """

    def __init__(self, function: Callable[..., Any], who: str, output: Selector = None):
        self.who = who
        self.output = output
        self._call, self._source = function, function
        if isinstance(function, nn.Module):
            self._call, self._source = private_copy(function), type(function).forward
        self.dtype, self.device = _placement(function)
        self._columns: list[Column] = []

    def columns(self, X: Float[np.ndarray, "n d"]) -> tuple[str, ...]:
        """Return the names of the outputs, from a trial of the first rows of ``X``.

        Scaling constants kept as numpy arrays or in another float type break autograd or dtypes
        in many people's modules; where the trial fails and it is our copy that runs, these
        attributes are cast in the copy and the trial is repeated.
        """
        rows = X[:2]
        try:
            self._trial(rows)
        except SensbenchError:
            raise
        except Exception as error:
            if not self._cast_attributes():
                raise self._failed(error) from error
            try:
                self._trial(rows)
            except Exception as second:
                raise self._failed(second) from second
        return tuple(column.name for column in self._columns)

    def values(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        """Return all outputs, without building a graph."""
        with torch.no_grad():
            outputs = self._outputs(self._tensor(X))
            return torch.stack([y.double() for y in outputs], dim=1).cpu().numpy()

    def values_and_jacobian(
        self, X: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o d"]]:
        """Return the outputs and their derivatives: one forward, one backward per output."""
        with torch.enable_grad():
            x = self._tensor(X).requires_grad_(True)
            # clone: an in-place operation in forward may not touch a leaf
            outputs = self._outputs(x.clone())
            J = np.empty((len(X), len(outputs), X.shape[1]))
            for k, y in enumerate(outputs):
                if not y.requires_grad:
                    raise DerivativeError(
                        f"{self.who}: expected output {self._columns[k].name!r} to be "
                        f"differentiable with respect to the inputs; it is cut off from them "
                        f"(detach, no_grad, an integer cast or a numpy call inside forward); "
                        f"remove the cut, or leave the gradient estimator out"
                    )
                # Rows are independent in eval mode, so the gradient of the sum over rows holds
                # every row's own derivative.
                (gradient,) = torch.autograd.grad(
                    y.sum(), x, retain_graph=k + 1 < len(outputs), allow_unused=True
                )
                J[:, k] = 0.0 if gradient is None else gradient.double().cpu().numpy()
            Y = torch.stack([y.detach().double() for y in outputs], dim=1).cpu().numpy()
        return Y, J

    def _trial(self, rows: Float[np.ndarray, "n d"]) -> None:
        x = self._tensor(rows)
        with torch.enable_grad():
            returned = self._call(x.clone().requires_grad_(True).clone())
        parts = parts_of(returned, self.who, self._source)
        columns = layout(parts, len(rows), self.who)
        self._columns = select(columns, [name for name, _ in parts], self.output, self.who)

    def _outputs(self, x: Tensor) -> list[Tensor]:
        parts = parts_of(self._call(x), self.who, self._source)
        layout(parts, len(x), self.who)
        return [parts[c.part][1].reshape(len(x), -1)[:, c.flat] for c in self._columns]

    def _tensor(self, X: Float[np.ndarray, "n d"]) -> Tensor:
        return torch.tensor(X, dtype=self.dtype, device=self.device)

    def _cast_attributes(self) -> bool:
        """Cast the copy's plain float arrays and tensors; whether there were any."""
        if not isinstance(self._call, nn.Module):
            return False
        found = False
        for module in self._call.modules():
            for key, value in vars(module).items():
                if key in _OWN_OF_MODULE:
                    continue
                is_array = isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fiu"
                if is_array or (isinstance(value, Tensor) and value.is_floating_point()):
                    tensor = torch.as_tensor(value)
                    setattr(module, key, tensor.to(dtype=self.dtype, device=self.device))
                    found = True
        return found

    def _failed(self, error: Exception) -> ModelError:
        return ModelError(
            f"{self.who}: expected a model that takes a batch of shape (rows, features) as one "
            f"{self.dtype} tensor on {self.device}; calling it raised "
            f"{type(error).__name__}: {error}"
        )


def private_copy(module: nn.Module) -> nn.Module:
    """Return a copy in eval mode that shares the parameters' memory and nothing else.

    The memo makes ``deepcopy`` take a gradient-free alias for every parameter. Everything else
    (buffers, modes, plain attributes) is the copy's own, so no run of it can change the caller's.

    Raises
    ------
    ModelError
        The module holds something that cannot be copied.
    """
    memo: dict[int, Any] = {
        id(p): nn.Parameter(p.detach(), requires_grad=False) for p in module.parameters()
    }
    try:
        clone = copy.deepcopy(module, memo)
    except Exception as error:
        raise ModelError(
            f"{type(module).__name__}: expected a module that copy.deepcopy can copy (sensbench "
            f"never runs the caller's own); it raised {type(error).__name__}: {error}; keep "
            f"tensors that carry a graph, locks and open files out of the module's attributes, "
            f"or pass a function"
        ) from error
    return clone.eval()


def _placement(function: Any) -> tuple[torch.dtype, torch.device]:
    if isinstance(function, nn.Module):
        for tensor in (*function.parameters(), *function.buffers()):
            if tensor.is_floating_point():
                return tensor.dtype, tensor.device
    return torch.float64, torch.device("cpu")
