"""A torch module or function as batches in, columns out, and its exact derivative.

The caller's module is never run: we run a private copy in eval mode. A plain function is run as it
is; the modules it holds are borrowed in eval mode and put back.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sensbench.errors import DerivativeError, InputError, ModelError
from sensbench.model.boundary.arguments import Split
from sensbench.model.boundary.borrowed import borrowed, modules_within, outliving
from sensbench.model.boundary.casting import STAGES, cast_attributes
from sensbench.model.boundary.columns import (
    Column,
    Part,
    Selector,
    choose,
    joined,
    parts_of,
    read,
    table,
    whole,
)
from sensbench.model.boundary.fingerprint import Fingerprint, fingerprint
from sensbench.model.boundary.placement import fixed_batch, placement, widest
from sensbench.model.boundary.plain import PlainPass
from sensbench.model.boundary.private_copy import Turns, private_copy, uncompiled

T = TypeVar("T", list[Tensor], Tensor, list[Tensor] | Tensor)
# With autograd; with autograd and arguments that are leaves, for a model that calls backward() and
# reads their .grad; without autograd.
_Way = Literal["graph", "leaves", "values"]

# a trial is run again where it met modules: the first says the type, with which another is met
_AGAIN = 3

_CUTS = (
    "detach, no_grad, inference_mode, an integer cast, a numpy call, or backward() or "
    "autograd.grad without create_graph=True inside forward"
)


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
        self._original: Any = uncompiled(function)
        self._is_module = isinstance(self._original, nn.Module)
        self._held = [] if self._is_module else modules_within(self._original)
        # until it has run once, modules may be met that it holds in ways that cannot be seen
        self._trial = True
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
        self._place()
        self._columns: list[Column] = []
        self._no_graph: Exception | None = None
        # the private copy as it was before it ran
        self._copy_was: Fingerprint | None = None
        self._in_place = self._leaves = False
        # whether values need autograd, as of a model that differentiates inside; not known yet
        self._values_need_graph: bool | None = None
        # what a private copy writes into itself is for one call at a time
        self._turns = Turns() if self._is_module else nullcontext()

    def _place(self) -> None:
        modules = [self._original] if self._is_module else self._held
        self.dtype, self.device = placement(modules)
        self.eps = float(torch.finfo(self.dtype).eps)
        self.precision = np.float32 if self.dtype == torch.float32 else np.float64
        self.width = widest(modules)

    def columns(self, X: Float[np.ndarray, "n d"], *, graph: bool = True) -> tuple[str, ...]:
        """Return the names of the outputs, from a trial of the first rows of ``X``.

        Scaling constants kept as numpy arrays or in another float type break autograd or dtypes
        in many people's modules; where the trial fails and it is our copy that runs, these
        attributes are cast in the copy and the trial is repeated. With ``graph=False`` a model
        that runs only without autograd will do: it has values but no derivatives.
        """
        try:
            return self._tried(X, graph)
        finally:
            self._held = outliving(self._held)

    def _tried(self, X: Float[np.ndarray, "n d"], graph: bool) -> tuple[str, ...]:
        errors: list[Exception] = []
        if graph:
            for ways in self._ways:
                self._splits = ways
                for cast in STAGES if self._is_module else STAGES[:1]:
                    self._prepare(cast)
                    if self._try(X, errors, "graph"):
                        return self._names()
        self._splits = [split for way in self._ways for split in way]
        if graph and self._is_module and any("grad" in str(error) for error in errors):
            # it may differentiate by its own parameters
            self._prepare("", learns=True)
            if self._try(X, errors, "graph"):
                return self._names()
        first = errors[0] if errors else None
        if self._is_module or not graph:
            self._prepare("")
        if self._try(X, errors, "leaves"):
            if self._split.several:
                self._no_graph = RuntimeError("what it reads from .grad has no graph")
            return self._names()
        if (self._is_module or not graph) and self._try(X, errors, "values"):
            self._no_graph = first
            return self._names()
        ours = [e for e in errors if isinstance(e, ModelError | InputError)]
        if ours:
            raise ours[0]
        raise self._failed(errors[0]) from errors[0]

    def _names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self._columns)

    def plain_pass(self, X: Float[np.ndarray, "n d"], weights: Float[np.ndarray, " o"]) -> Any:
        """Return weights, the sum of the outputs by them and its slopes, where the pass is plain.

        That is, where the rows go through torch's own smooth functions alone, see
        :class:`PlainPass`; else nothing. Of modules that do not change as they run; half precision
        rounds too much to be smooth.

        Parameters
        ----------
        X
            Rows.
        weights
            Of the outputs, each in units of its spread, or a large one would hide a small one.

        Returns
        -------
        The weights of the outputs as they are, ``(o,)``, sums ``(n, 1)`` and slopes ``(n, 1, d)``.
        """
        single = self.dtype in (torch.float32, torch.float64)
        if not (self._is_module and single and self._copy_was) or self._batch or self._leaves:
            return None
        if self._in_place or self._no_graph is not None:
            return None
        x = self._tensor(X).requires_grad_(True)
        try:
            with self._running(graph=True):
                with PlainPass(self._call, x) as seen:
                    parts = self._run(x)
                used = {column.part for column in self._columns}
                outputs = [part.tensor for k, part in enumerate(parts) if k in used]
                if not seen.is_plain or not seen.depend_on_rows(outputs):
                    return None
                Y = table(parts, self._columns, len(x), self.who)
                spread = Y.detach().double().std(0, correction=0).cpu().numpy()
                weights = weights / np.where(spread > 0, spread, 1.0)
                y = Y @ x.new_tensor(weights)
                slopes = torch.autograd.grad(y.sum(), x)[0]
        except Exception:  # an operation in place on the rows, or one that needs them without grad
            return None
        if not self._copy_was.holds():
            return None
        values = Y.detach().double().cpu().numpy() @ weights
        return weights, values[:, None], slopes.cpu().double().numpy()[:, None]

    def gives_tensors(self, X: Float[np.ndarray, "n d"]) -> bool:
        """Return whether tensors come back for a tensor, rather than arrays or nothing."""
        x = self._tensor(X[np.arange(3) % len(X)])
        with self._running(graph=True):
            returned = self._split.call(self._call, x.requires_grad_(True).clone())
        return not isinstance(returned, np.ndarray | np.generic | float | int | str | None)

    def values(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        """Return all outputs; without building a graph, unless the model itself needs one."""
        if self._values_need_graph:
            return self._values_by_graph(X)
        try:
            with self._running(graph=False):
                Y = _copied(self._read(lambda: self._tensor(X), table))
            self._values_need_graph = False
            return Y
        except ModelError:
            if self._values_need_graph is not None:
                raise
            try:
                Y = self._values_by_graph(X)
            except Exception:
                Y = None
            if Y is None:
                raise
            self._values_need_graph = True
            return Y

    def _values_by_graph(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        with self._running(graph=True):
            return _copied(self._leaf_and_outputs(X, table)[1])

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
        with self._graph(X, whole) as (x, outputs):
            # Rows are independent in eval mode, so the gradient of the sum over rows holds every
            # row's own derivative.
            sums = outputs if isinstance(outputs, list) else outputs.reshape(len(x), -1).sum(0)
            for k, column in enumerate(self._columns):
                y = sums[k] if isinstance(sums, list) else sums[column.flat]
                more = k + 1 < len(self._columns)
                gradient = self._gradient(y, x, column.name, retain_graph=more)
                gradient = torch.zeros_like(x) if gradient is None else gradient.detach()
                half = gradient.dtype in (torch.float16, torch.bfloat16)
                slopes.append((gradient.float() if half else gradient).cpu().numpy())
            if isinstance(outputs, list):
                Y = torch.stack([y.detach().double() for y in outputs], dim=1)
            else:
                flat = [column.flat for column in self._columns]
                Y = outputs.detach().reshape(len(x), -1)[:, flat].double()
        return Y.cpu().numpy(), slopes

    def hessian(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o d d"]:
        """Return the second derivatives: one more backward per output and feature."""
        return self.values_and_curvatures(X, range(X.shape[1]))[2]

    def values_and_curvatures(
        self, X: Float[np.ndarray, "n d"], features: Sequence[int]
    ) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o d"], Float[np.ndarray, "n o m d"]]:
        """Return the outputs, their slopes, and the slopes of some of these slopes.

        One forward pass, one backward per output and one more per output and chosen feature.
        """
        n, d = X.shape
        with self._graph(X) as (x, outputs):
            Y = torch.stack([y.detach().double() for y in outputs], dim=1).cpu().numpy()
            J, H = np.zeros((n, len(outputs), d)), np.zeros((n, len(outputs), len(features), d))
            for k, y in enumerate(outputs):
                name = self._columns[k].name
                gradient = self._gradient(y, x, name, create_graph=True)
                if gradient is None:
                    continue
                J[:, k] = gradient.detach().double().cpu().numpy()
                # a gradient that does not depend on x has no graph: its derivative is 0
                if not gradient.requires_grad:
                    continue
                for at, i in enumerate(features):
                    row = self._gradient(gradient[:, i], x, f"∂{name}/∂x{i + 1}")
                    if row is not None:
                        H[:, k, at] = row.double().cpu().numpy()
        return Y, J, H

    @property
    def whole_outputs(self) -> tuple[bool, ...]:
        """Which outputs are of an integer type, or true and false."""
        return tuple(column.whole for column in self._columns)

    def cast(self, d: int) -> frozenset[int]:
        """Return which of the ``d`` columns the model is given as integers."""
        return self._split.cast(d)

    @property
    def module(self) -> nn.Module | None:
        """The private copy that is run, where the model is a module."""
        return self._call if self._is_module else None

    @property
    def takes_one_table(self) -> bool:
        """Whether it runs on one table of real numbers, on the CPU and without autograd.

        Of a model that has not run yet this is not known, and false.
        """
        one_table = not self._split.several and not self._split.whole and self._batch is None
        return one_table and self._values_need_graph is False and self.device.type == "cpu"

    def kept(self) -> tuple["TorchFunction | None", Fingerprint | None]:
        """Return what can be kept without the caller's module, and the copy's state before it ran.

        Nothing where it has parameters of its own, or none that runs with autograd.
        """
        if not self._is_module or self._no_graph is not None:
            return None, None
        self._original = None
        return self, self._copy_was

    def fresh(self) -> "TorchFunction":
        """Return the same with a private copy of its own, for others to hook into."""
        view = copy.copy(self)
        if self._is_module:
            view._call, view._turns = private_copy(self._call), Turns()
        return view

    def outputs(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n o"]:
        """Return all outputs of a tensor of rows, with a graph where it wants one."""
        rows = x.to(self.device, self.dtype)
        with self._running(graph=torch.is_grad_enabled()):
            return self._read(lambda: rows, table)

    def rounded(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Return rows as the model sees them, in its own precision."""
        return torch.tensor(X, dtype=self.dtype).double().numpy()

    def _graph(self, X: Float[np.ndarray, "n d"], how: Any = read) -> "_Graph":
        if self._no_graph is not None:
            raise DerivativeError(
                f"{self.who}: expected a model that runs with autograd; it gives values but "
                f"raises {type(self._no_graph).__name__}: {self._no_graph} ({_CUTS}); remove the "
                f"cut, or ask for derivatives='finite-difference', or leave the gradient out"
            )
        return _Graph(self, X, how)

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
                y.sum() if y.ndim else y,
                x,
                retain_graph=retain_graph,
                create_graph=create_graph,
                allow_unused=True,
            )[0]
        except RuntimeError as error:
            raise DerivativeError(
                f"{self.who}: expected a derivative of output {name!r}; backward raised "
                f"{type(error).__name__}: {error}; mend the custom backward or in-place "
                f"operation (autograd.grad inside forward needs create_graph=True), or ask for "
                f"derivatives='finite-difference'"
            ) from error

    def _prepare(self, cast: str, *, learns: bool = False) -> None:
        """Take a fresh private copy, with its plain attributes cast as the stage says."""
        if self._is_module:
            self._call = private_copy(self._original, learns=learns)
            cast_attributes(self._call, cast, self.dtype, self.device)
            self._copy_was = None if learns else fingerprint(self._call)

    def _try(self, X: Float[np.ndarray, "n d"], errors: list[Exception], way: _Way) -> bool:
        """Whether some way of calling works; once more where that made modules known."""
        for _ in range(_AGAIN):
            met = len(self._held)
            if not self._is_module:
                # what was met so far says in which type and where the rows are wanted
                self._place()
            if self._try_splits(X, errors, way):
                return True
            if self._is_module or len(self._held) == met:
                break
        self._leaves = False
        return False

    def _try_splits(self, X: Float[np.ndarray, "n d"], errors: list[Exception], way: _Way) -> bool:
        """Whether some way of calling works; batches of 3 and 2 rows tell rows from features."""
        self._leaves, graph = way == "leaves", way != "values"
        self._trial = True
        for split in self._splits:
            self._split = split
            try:
                for n in (3, 2):
                    x = self._tensor(X[np.arange(n) % len(X)]).requires_grad_(graph)
                    with self._running(graph):
                        parts = self._run(x if self._leaves else x.clone())
                    columns = choose(parts, n, self.output, self.who)
                    if n == 3:
                        self._columns = columns
                    elif [c.name for c in columns] != [c.name for c in self._columns]:
                        raise ModelError(
                            f"{self.who}: expected as many outputs for 2 rows as for 3; got "
                            f"{len(columns)} and {len(self._columns)}; make forward work on a "
                            f"batch of any size"
                        )
                self._trial = False
                return True
            except Exception as error:
                errors.append(error)
        return False

    @contextmanager
    def _running(self, graph: bool) -> Iterator[None]:
        own = self._call if self._trial and self._is_module else None
        lent = borrowed(self._held, meet=self._trial, own=own)
        with torch.set_grad_enabled(graph), self._turns, lent:
            yield

    def _run(self, x: Tensor) -> list[Part]:
        """Call the model; in batches of its own size, the last one padded, if it has one."""
        if self._batch is None:
            return parts_of(self._called(x), self.who, self._source)
        size, n = self._batch, len(x)
        rows = torch.arange(-(-n // size) * size, device=x.device).clamp(max=n - 1)
        runs = [
            parts_of(self._called(x[piece]), self.who, self._source) for piece in rows.split(size)
        ]
        return joined(runs, size, n)

    def _called(self, x: Tensor) -> Any:
        return self._split.call(self._call, x, leaves=self._leaves)

    def _read(
        self, given: Callable[[], Tensor], how: Callable[[list[Part], list[Column], int, str], T]
    ) -> T:
        """Run the model on what is ``given``, and read what it returns."""
        x = given()
        n = len(x)
        try:
            return how(self._run(x), self._columns, n, self.who)
        except Exception as error:
            if n > 1:
                raise self._failed(error) from error
        # one row: squeeze() in forward also drops the axis of the batch; two rows keep it
        try:
            x = given()  # once more: it may have been written into
            values = how(self._run(torch.cat([x, x])), self._columns, 2, self.who)
            return [y[:1] for y in values] if isinstance(values, list) else values[:1]
        except Exception as error:
            raise self._failed(error) from error

    def _leaf_and_outputs(
        self,
        X: Float[np.ndarray, "n d"],
        how: Callable[[list[Part], list[Column], int, str], T],
    ) -> tuple[Tensor, T]:
        """Return rows that want a gradient, and the outputs.

        An operation in place may not touch a leaf: then it is a copy that the model is given. Only
        then, since the copy costs as much as a small layer.
        """
        x = self._tensor(X).requires_grad_(True)
        if not self._in_place:
            try:
                return x, self._read(lambda: x, how)
            except ModelError as error:
                if "in-place operation" not in str(error):
                    raise
            self._in_place = True
            x = self._tensor(X).requires_grad_(True)
        return x, self._read(x.clone, how)

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

    def __init__(self, function: TorchFunction, X: Float[np.ndarray, "n d"], how: Any):
        self._function, self._X, self._how = function, X, how
        self._context = function._running(graph=True)

    def __enter__(self) -> tuple[Tensor, Any]:
        self._context.__enter__()
        try:
            return self._function._leaf_and_outputs(self._X, self._how)
        except BaseException:
            self._context.__exit__(None, None, None)
            raise

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(None, None, None)


def _copied(outputs: Tensor) -> Float[np.ndarray, "n o"]:
    # a copy: a model may write its next outputs where these are
    return outputs.detach().to("cpu", torch.float64, copy=True).numpy()
