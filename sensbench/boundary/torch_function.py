"""A torch module or function as batches in, columns out, and its exact derivative.

The caller's module is never run: we run a private copy in eval mode. A plain function is run as it
is; the modules it holds are borrowed in eval mode and put back.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sensbench.boundary.arguments import Split
from sensbench.boundary.borrowed import borrowed, modules_within
from sensbench.boundary.casting import STAGES, cast_attributes
from sensbench.boundary.columns import Column, Part, Selector, choose, joined, parts_of, read, table
from sensbench.boundary.private_copy import private_copy, uncompiled
from sensbench.errors import DerivativeError, InputError, ModelError

T = TypeVar("T", list[Tensor], Tensor)

_CUTS = "detach, no_grad, inference_mode, an integer cast or a numpy call inside forward"


class TorchFunction:
    """Evaluates and differentiates one torch module or function on float64 numpy rows.

    Rows are cast to the dtype and device of the module's parameters (float64 on the CPU for
    functions and modules without any).
    """

    method = "automatic differentiation"

    def __init__(
        self,
        function: Callable[..., Any],
        who: str,
        output: Selector,
        splits: Sequence[Split],
    ):
        self.who, self.output = who, output
        self._original = uncompiled(function)
        self._is_module = isinstance(self._original, nn.Module)
        self._held = [] if self._is_module else modules_within(self._original)
        self._call = self._original
        self._splits = list(splits)
        self._split = self._splits[0]
        # whole numbers for some arguments only where no way without them works
        self._ways = [w for w in ([s for s in splits if bool(s.whole) == b] for b in (0, 1)) if w]
        script = isinstance(self._original, torch.jit.ScriptModule)
        self._source = self._original
        if self._is_module:
            self._source = None if script else type(self._original).forward
        self._batch = fixed_batch(self._original)
        self.dtype, self.device = _placement([self._original] if self._is_module else self._held)
        self.eps = float(torch.finfo(self.dtype).eps)
        self.precision = np.float32 if self.dtype == torch.float32 else np.float64
        self.width = _widest([self._original] if self._is_module else self._held)
        self._columns: list[Column] = []
        self._no_graph: Exception | None = None
        self._in_place = False

    def columns(self, X: Float[np.ndarray, "n d"], *, graph: bool = True) -> tuple[str, ...]:
        """Return the names of the outputs, from a trial of the first rows of ``X``.

        Scaling constants kept as numpy arrays or in another float type break autograd or dtypes
        in many people's modules; where the trial fails and it is our copy that runs, these
        attributes are cast in the copy and the trial is repeated. With ``graph=False`` a model
        that runs only without autograd will do: it has values but no derivatives.
        """
        errors: list[Exception] = []
        if graph:
            for ways in self._ways:
                self._splits = ways
                for cast in STAGES if self._is_module else STAGES[:1]:
                    self._prepare(cast)
                    if self._try(X, errors, graph=True):
                        return tuple(column.name for column in self._columns)
        if self._is_module or not graph:
            tried = list(errors)
            self._splits = [split for way in self._ways for split in way]
            self._prepare("")
            if self._try(X, errors, graph=False):
                self._no_graph = tried[0] if tried else None
                return tuple(column.name for column in self._columns)
        ours = [e for e in errors if isinstance(e, ModelError | InputError)]
        if ours:
            raise ours[0]
        raise self._failed(errors[0]) from errors[0]

    def gives_tensors(self, X: Float[np.ndarray, "n d"]) -> bool:
        """Return whether tensors come back for a tensor, rather than arrays or nothing."""
        x = self._tensor(X[np.arange(3) % len(X)])
        with torch.enable_grad(), borrowed(self._held):
            returned = self._split.call(self._call, x.requires_grad_(True).clone())
        return not isinstance(returned, np.ndarray | np.generic | float | int | str | None)

    def values(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        """Return all outputs, without building a graph."""
        with torch.no_grad(), borrowed(self._held):
            # a copy: a model may write its next outputs where these are
            outputs = self._read(self._tensor(X), table)
            return outputs.to("cpu", torch.float64, copy=True).numpy()

    def values_and_jacobian(
        self, X: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o d"]]:
        """Return the outputs and their derivatives: one forward, one backward per output."""
        Y, slopes = self.values_and_slopes(X)
        J = np.empty((len(X), len(slopes), X.shape[1]))
        for k, slope in enumerate(slopes):
            J[:, k] = slope
        return Y, J

    def values_and_slopes(
        self, X: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, "n o"], list[Float[np.ndarray, "n d"]]]:
        """Return the outputs and each one's derivatives, these in the model's own precision."""
        slopes = []
        with self._graph(X) as (x, outputs):
            for k, (y, column) in enumerate(zip(outputs, self._columns, strict=True)):
                # Rows are independent in eval mode, so the gradient of the sum over rows holds
                # every row's own derivative.
                more = k + 1 < len(outputs)
                gradient = self._gradient(y, x, column.name, retain_graph=more)
                gradient = torch.zeros_like(x) if gradient is None else gradient.detach()
                half = gradient.dtype in (torch.float16, torch.bfloat16)
                slopes.append((gradient.float() if half else gradient).cpu().numpy())
            Y = torch.stack([y.detach().double() for y in outputs], dim=1).cpu().numpy()
        return Y, slopes

    def hessian(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o d d"]:
        """Return the second derivatives: one more backward per output and feature."""
        d = X.shape[1]
        with self._graph(X) as (x, outputs):
            H = np.zeros((len(X), len(outputs), d, d))
            for k, y in enumerate(outputs):
                name = self._columns[k].name
                gradient = self._gradient(y, x, name, create_graph=True)
                # a gradient that does not depend on x has no graph: its derivative is 0
                if gradient is None or not gradient.requires_grad:
                    continue
                for i in range(d):
                    row = self._gradient(gradient[:, i], x, f"∂{name}/∂x{i + 1}")
                    if row is not None:
                        H[:, k, i] = row.double().cpu().numpy()
        return H

    @property
    def whole_outputs(self) -> tuple[bool, ...]:
        """Which outputs are of an integer type, or true and false."""
        return tuple(column.whole for column in self._columns)

    def cast(self, d: int) -> frozenset[int]:
        """Return which of the ``d`` columns the model is given as integers."""
        return self._split.cast(d)

    def rounded(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Return rows as the model sees them, in its own precision."""
        return torch.tensor(X, dtype=self.dtype).double().numpy()

    def _graph(self, X: Float[np.ndarray, "n d"]) -> "_Graph":
        if self._no_graph is not None:
            raise DerivativeError(
                f"{self.who}: expected a model that runs with autograd; it gives values but "
                f"raises {type(self._no_graph).__name__}: {self._no_graph} ({_CUTS}); remove the "
                f"cut, or ask for derivatives='finite-difference', or leave the gradient out"
            )
        return _Graph(self, X)

    def _gradient(
        self,
        y: Tensor,
        x: Tensor,
        name: str,
        *,
        create_graph: bool = False,
        retain_graph: bool = True,
    ) -> Tensor | None:
        if not y.requires_grad:
            raise DerivativeError(
                f"{self.who}: expected output {name!r} to be differentiable with respect to the "
                f"inputs; it is cut off from them ({_CUTS}); remove the cut, or ask for "
                f"derivatives='finite-difference', or leave the gradient estimator out"
            )
        try:
            return torch.autograd.grad(
                y.sum(),
                x,
                retain_graph=retain_graph,
                create_graph=create_graph,
                allow_unused=True,
            )[0]
        except RuntimeError as error:
            raise DerivativeError(
                f"{self.who}: expected a derivative of output {name!r}; backward raised "
                f"{type(error).__name__}: {error}; mend the custom backward or in-place "
                f"operation, or ask for derivatives='finite-difference'"
            ) from error

    def _prepare(self, cast: str) -> None:
        """Take a fresh private copy, with its plain attributes cast as the stage says."""
        if self._is_module:
            self._call = private_copy(self._original)
            cast_attributes(self._call, cast, self.dtype, self.device)

    def _try(self, X: Float[np.ndarray, "n d"], errors: list[Exception], *, graph: bool) -> bool:
        """Whether some way of calling works; batches of 3 and 2 rows tell rows from features."""
        for split in self._splits:
            self._split = split
            try:
                for n in (3, 2):
                    x = self._tensor(X[np.arange(n) % len(X)])
                    with torch.set_grad_enabled(graph), borrowed(self._held):
                        parts = self._run(x.requires_grad_(graph).clone())
                    found = choose(parts, n, self.output, self.who)
                    if n == 3:
                        self._columns = found
                    elif [c.name for c in found] != [c.name for c in self._columns]:
                        raise ModelError(
                            f"{self.who}: expected as many outputs for 2 rows as for 3; got "
                            f"{len(found)} and {len(self._columns)}; make forward work on a batch "
                            f"of any size"
                        )
                return True
            except Exception as error:
                errors.append(error)
        return False

    def _run(self, x: Tensor) -> list[Part]:
        """Call the model; in batches of its own size, the last one padded, if it has one."""
        if self._batch is None:
            return parts_of(self._split.call(self._call, x), self.who, self._source)
        size, n = self._batch, len(x)
        rows = torch.arange(-(-n // size) * size, device=x.device).clamp(max=n - 1)
        runs = [
            parts_of(self._split.call(self._call, x[piece]), self.who, self._source)
            for piece in rows.split(size)
        ]
        return joined(runs, size, n)

    def _outputs(self, x: Tensor) -> list[Tensor]:
        return self._read(x, read)

    def _read(self, x: Tensor, how: Callable[[list[Part], list[Column], int, str], T]) -> T:
        """Run the model and read what it returns."""
        n = len(x)
        try:
            return how(self._run(x), self._columns, n, self.who)
        except Exception as error:
            if n > 1:
                raise self._failed(error) from error
        # one row: squeeze() in forward also drops the axis of the batch; two rows keep it
        try:
            found = how(self._run(torch.cat([x, x])), self._columns, 2, self.who)
            return [y[:1] for y in found] if isinstance(found, list) else found[:1]
        except Exception as error:
            raise self._failed(error) from error

    def _leaf_and_outputs(self, X: Float[np.ndarray, "n d"]) -> tuple[Tensor, list[Tensor]]:
        """Return rows that want a gradient, and the outputs.

        An operation in place may not touch a leaf: then it is a copy that the model is given. Only
        then, since the copy costs as much as a small layer.
        """
        x = self._tensor(X).requires_grad_(True)
        if not self._in_place:
            try:
                return x, self._outputs(x)
            except ModelError as error:
                if "in-place operation" not in str(error):
                    raise
            self._in_place = True
            x = self._tensor(X).requires_grad_(True)
        return x, self._outputs(x.clone())

    def _tensor(self, X: Float[np.ndarray, "n d"]) -> Tensor:
        return torch.tensor(X, dtype=self.dtype, device=self.device)

    def _failed(self, error: Exception) -> Exception:
        if isinstance(error, ModelError | InputError):
            return error
        text, hint = str(error), ""
        if "scalar types: Long" in text or "must be Long, Int" in text or "indices" in text:
            hint = (
                "; the model takes whole numbers (an embedding or an index): name the columns that "
                "hold them in discrete=[…], and an argument of such columns alone is given as "
                "whole numbers; or cast in a function, lambda x: model(x.long())"
            )
        return ModelError(
            f"{self.who}: expected a model that takes a batch as {self._split} of "
            f"{self.dtype} on {self.device}; calling it raised {type(error).__name__}: {text}{hint}"
        )


class _Graph:
    """One forward pass with gradients on, inside which backward passes are taken."""

    def __init__(self, function: TorchFunction, X: Float[np.ndarray, "n d"]):
        self._function, self._X = function, X
        self._grad, self._borrowed = torch.enable_grad(), borrowed(function._held)

    def __enter__(self) -> tuple[Tensor, list[Tensor]]:
        self._grad.__enter__()
        self._borrowed.__enter__()
        try:
            return self._function._leaf_and_outputs(self._X)
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(self, *error: Any) -> None:
        self._borrowed.__exit__(*error)
        self._grad.__exit__(*error)


def fixed_batch(function: Any) -> int | None:
    """Return the only batch size that a program of ``torch.export`` takes, if it has one."""
    if not isinstance(function, torch.fx.GraphModule):
        return None
    for node in function.graph.nodes:
        shape: Any = getattr(node.meta.get("val"), "shape", ())
        if node.op == "placeholder" and len(shape):
            return shape[0] if isinstance(shape[0], int) else None
    return None


def _widest(modules: Sequence[Any]) -> int:
    """Return the most numbers that a layer makes of a row, as far as its weights tell."""
    made = [
        # an embedding has a row of weights for each of its words
        weights.shape[_embeds(layer)]
        for module in modules
        for layer in module.modules()
        for weights in layer.parameters(recurse=False)
        if weights.ndim == 2
    ]
    return max(made, default=1)


def _embeds(layer: nn.Module) -> bool:
    kinds = nn.Embedding, nn.EmbeddingBag
    # TorchScript's modules tell only by name what they were
    scripted = getattr(layer, "original_name", "") in [kind.__name__ for kind in kinds]
    return isinstance(layer, kinds) or scripted


def _placement(modules: Sequence[Any]) -> tuple[torch.dtype, torch.device]:
    for module in modules:
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point():
                return tensor.dtype, tensor.device
    return torch.float64, torch.device("cpu")
