"""Model: any torch module, function or regressor as one counted function and its derivative."""

import copy
import functools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Literal, TypeVar

import numpy as np
from jaxtyping import Float
from torch import nn

from sensbench.calls import explained
from sensbench.errors import BudgetExceeded, DerivativeError, InputError, ModelError, require
from sensbench.inputs.names import Names, ordered
from sensbench.inputs.rows import as_rows, discrete_columns
from sensbench.model.boundary.arguments import Arguments, whole_columns
from sensbench.model.boundary.array_function import ArrayFunction
from sensbench.model.boundary.borrowed import contained, undisturbed
from sensbench.model.boundary.checks import Checks
from sensbench.model.boundary.columns import Selector
from sensbench.model.boundary.finite_differences import central_differences, scale_of
from sensbench.model.boundary.memory import recalled, remember, settle, state_of
from sensbench.model.boundary.mistaken import require_model_and_rows
from sensbench.model.boundary.placement import free_bytes
from sensbench.model.boundary.random_state import Draws
from sensbench.model.boundary.recognise import recognise
from sensbench.model.boundary.torch_function import TorchFunction
from sensbench.model.chunks import (
    Written,
    in_chunks,
    joined,
    keep_freed_memory,
    rows_at_once,
    rows_differentiated,
)
from sensbench.model.counted_module import CountedModule
from sensbench.model.exchange.updates import Change, Updates
from sensbench.model.output_scale import OutputScale
from sensbench.threads import for_torch

Derivatives = Literal["auto", "autograd", "finite-difference"]

T = TypeVar("T")


class Model:
    """A model of rows, with its outputs named and its rows counted.

    Parameters
    ----------
    function
        An ``nn.Module``, a function of tensors, arrays or a data frame, or a fitted regressor with
        ``predict``. It is never changed: modules are run as a private copy in eval mode.
    example
        A few rows the model can be called on (array, tensor, list of rows or data frame); they
        fix the number of inputs and outputs.
    output
        Which outputs to explain: a position, a name, or a list; all by default.
    outputs
        Names for the outputs; by default those the model gives them.
    name
        For reports; by default the class's or function's name.
    arguments
        Which features go into which argument, for a model of several: ``{"x1": 0, "x2": [1, 2]}``
        by keyword, ``[0, [1, 2]]`` by position. A single name or position gives an argument
        ``(n,)``, a list ``(n, k)``. By default one table; where the model asks for exactly as many
        arguments as there are features, one feature each.
    features
        Names of the features; by default the columns of an ``example`` that is a data frame.
    discrete
        Columns that hold whole numbers (codes, counts), by name or position; by default a frame's
        integer, bool and categorical ones. Where the model does not take them as real numbers, an
        argument of such columns alone is given as integers. Derivatives by these are then NaN.
    derivatives
        ``"auto"``: automatic differentiation for torch, central finite differences for others.
        ``"autograd"`` insists on the former; ``"finite-difference"`` asks for the latter.

    Attributes
    ----------
    features
        Names of the features; ``x1 … xd`` where nobody named them.
    n_forward, n_backward
        Rows evaluated and rows differentiated (one per row and output) so far.
    n_updated
        Of the rows evaluated, those that :meth:`exchanged` had by updating the first layer.

    Raises
    ------
    InputError
        ``function`` is not callable; a number of names that does not match the outputs.
    ModelError
        The model cannot be called on rows, or does not return one row per row.
    """

    @explained
    def __init__(
        self,
        function: Any,
        example: Any,
        *,
        output: Selector = None,
        outputs: Names | None = None,
        name: str | None = None,
        arguments: Arguments = None,
        features: Names | None = None,
        discrete: Sequence[int | str] | None = None,
        derivatives: Derivatives = "auto",
    ):
        keep_freed_memory()
        known = derivatives in ("auto", "autograd", "finite-difference")
        require(known, "Model: derivatives=", "auto, autograd or finite-difference", derivatives)
        self.name: str = name or str(getattr(function, "__name__", type(function).__name__))
        require_model_and_rows(function, example, "Model", "example")
        who = f"model {self.name!r}"
        features = None if features is None else ordered(features, who, "features")
        whole = discrete_columns(example)
        example, features = as_rows(example, "Model: example", features)
        discrete = (
            [one for one in whole if one in (features or ())] if discrete is None else discrete
        )
        self.d = example.shape[1]
        self.features: tuple[str, ...] = tuple(features or (f"x{i + 1}" for i in range(self.d)))
        outputs = None if outputs is None else ordered(outputs, who, "outputs")
        whole_numbers = whole_columns(example, discrete, features, who)
        way = (who, self.d, repr(output), repr(arguments), features, whole_numbers, derivatives)
        seen = recalled(function, way)
        self._function: TorchFunction | ArrayFunction
        if seen is not None:
            self._function, names, self._draws = seen.function, seen.names, seen.draws
            self._known = seen.known
        else:
            self._draws, was = Draws(), state_of(function)
            with contained(who), undisturbed(self._draws) as trial:
                read = functools.partial(
                    recognise, function, example, who, output=output, arguments=arguments,
                    features=features, whole=whole_numbers,
                )  # fmt: skip
                try:
                    self._function, names = read()
                except (Exception, SystemExit, GeneratorExit):
                    if trial is not None:
                        trial.watch(read)
                    raise
                if trial is not None:
                    trial.watch(lambda: self._function.values(example[:2]))
            self._known = remember(function, was, way, self._function, names, self._draws)
        if derivatives == "autograd" and not isinstance(self._function, TorchFunction):
            raise DerivativeError(
                f"{who}: expected a torch model for derivatives='autograd'; this one takes "
                f"{self._function.given}; leave derivatives= out for finite differences"
            )
        self.outputs: tuple[str, ...] = _output_names(outputs, names, who)
        torch_too = isinstance(self._function, TorchFunction)
        self._differences = derivatives == "finite-difference" or not torch_too
        self._cast = sorted(self._function.cast(self.d))
        self._checks = Checks(
            self._function, self.outputs, features, self.d, self._differences,
            self._known, recalled=seen is not None,
        )  # fmt: skip
        self._derivatives_given = False
        self._updates = self._updated_from_now()
        self.n_forward = 0
        self.n_backward = 0
        self.n_updated = 0
        self._budget: int | None = None
        self._scale: OutputScale | None = None

    def __repr__(self) -> str:
        return (
            f"<Model {self.name!r}: {self.d} inputs ({_few(self.features)}), {self.o} outputs "
            f"({_few(self.outputs)}); derivatives by {self.derivative_method}; {self.n_forward} "
            f"forward and {self.n_backward} backward rows>"
        )

    @property
    def o(self) -> int:
        """Number of outputs."""
        return len(self.outputs)

    @property
    def rows_per_gradient(self) -> int:
        """Cost of one row's Jacobian.

        One forward row and one backward row per output; for finite differences one forward row
        and two more per input.
        """
        return 1 + 2 * self.d if self._differences else 1 + self.o

    @property
    def derivative_method(self) -> str:
        """How derivatives are taken."""
        return "central finite differences" if self._differences else "automatic differentiation"

    @property
    def chunk_rows(self) -> int:
        """Rows that are best evaluated in one call: fast, and within bounds of memory."""
        return self._rows_at_once(1)

    @property
    def precision(self) -> type[np.floating]:
        """In which rows are best given: wider ones are rounded to it, narrower ones are copied."""
        return self._function.precision

    @property
    def n_check(self) -> int:
        """Rows that the checks of the model took, outside every budget."""
        return self._checks.n_rows + (0 if self._updates is None else self._updates.n_rows)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of results of this (metered) model should know of them."""
        notes = []
        if self._differences and self._derivatives_given:
            notes.append(
                f"derivatives by {self.derivative_method}: {2 * self.d} evaluations per row, "
                f"counted as forward rows"
            )
        if self.n_updated:
            notes.append(
                "rows that differ in one feature were had by updating the first layer's result; "
                "exchange='full' multiplies every row, and differs by rounding only"
            )
        whole = zip(self.outputs, self._function.whole_outputs, strict=True)
        named = ", ".join(repr(name) for name, is_whole in whole if is_whole)
        if named:
            notes.append(
                f"whole numbers come out of the model, for {named}: right for counts; labels of "
                f"classes are no numbers, explain their probabilities or logits instead"
            )
        return tuple(notes)

    def metered(self, budget: int | None = None) -> "Model":
        """Return the same model with counters at zero and, if given, a limit on their sum."""
        view = copy.copy(self)
        view.n_forward = view.n_backward = view.n_updated = 0
        view._budget = budget
        view._derivatives_given = False
        # what it learns of the model is not to depend on who asked before
        view._updates = view._updated_from_now()
        return view

    def scaled(self, scale: OutputScale) -> "Model":
        """Return the same model whose outputs and slopes are divided by powers of two."""
        view = copy.copy(self)
        view._scale = scale
        return view

    def named(self, outputs: Sequence[str]) -> "Model":
        """Return the same model with other names for its outputs."""
        view = copy.copy(self)
        view.outputs = _output_names(outputs, self.outputs, f"model {self.name!r}")
        view._checks = self._checks.named(view.outputs)
        return view

    @contextmanager
    def many_calls(self) -> Iterator[None]:
        """Put the caller's global state back once, after all calls inside, not after each."""
        alone = for_torch() if isinstance(self._function, TorchFunction) else nullcontext()
        with undisturbed(self._draws), alone:
            yield

    def __call__(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        """Return the outputs at every row.

        Raises
        ------
        BudgetExceeded
            The metered budget does not pay for these rows.
        ModelError
            NaN or infinity in an output; not one row per row; outputs that are not repeatable or
            depend on the other rows.
        """
        if not isinstance(X, np.ndarray) or X.ndim != 2:
            came = f"an array of shape {X.shape}" if isinstance(X, np.ndarray) else type(X).__name__
            raise InputError(
                f"model {self.name!r}: expected a numpy array of rows (rows, {self.d}); got "
                f"{came}; pass np.asarray(rows, float), in the features' order"
            )
        self._charge(X, backward=False)
        with contained(f"model {self.name!r}"), undisturbed(self._draws):
            self._checks.rows(X)
            Y = self._values(X)
            self._checked([Y], X, "outputs")
        if not self._known.settled:
            settle(self._known)
        return Y if self._scale is None else self._scale.outputs(Y)

    def exchanges_at_once(self, X: Float[np.ndarray, "n d"]) -> int:
        """Return how many changes to give :meth:`exchanged`; 0 where full rows are faster."""
        if self._updates is None or not self._updates.pay(X):
            return 0
        return self._updates.at_once(X, self.o)

    def exchanged(
        self, X: Float[np.ndarray, "n d"], changes: Sequence[Change]
    ) -> Float[np.ndarray, "changes n o"] | None:
        """Return the outputs of ``X`` with other values in a few columns, for each change.

        They are those of full rows but for rounding, and count as such. ``None``, without cost,
        where the model turns out not to begin with an affine layer, and ever after.
        """
        if self._updates is None:
            return None
        rows = len(changes) * len(X)
        self._spend(rows, 0)
        with contained(f"model {self.name!r}"), undisturbed(self._draws):
            self._checks.rows(X)
            Y = self._updates.outputs(X, changes)
        if not self._known.settled:
            settle(self._known)
        if Y is None:
            self.n_forward -= rows
            return None
        self.n_updated += rows
        if self._scale is None:
            return Y
        return self._scale.outputs(Y.reshape(rows, -1)).reshape(Y.shape)

    def _updated_from_now(self) -> Updates | None:
        f = self._function
        return Updates(f) if isinstance(f, TorchFunction) else None

    def jacobian(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o d"]:
        """Return the derivative of every output with respect to every input at every row."""
        return self.values_and_jacobian(X)[1]

    def values_and_jacobian(
        self, X: Float[np.ndarray, "n d"], features: Sequence[int] | None = None
    ) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o d"]]:
        """Return outputs and derivatives, in output units per input unit.

        The derivative is exact (automatic differentiation) for torch; see ``derivative_method``.
        At the first call it is checked on a few rows; ``features`` are those it must be right
        for, all by default. It is NaN by columns that the model is given as integers.

        Raises
        ------
        DerivativeError
            An output is cut off from the inputs, or the derivative is not how the model changes.
        """
        J = np.empty((len(X), self.o, self.d))
        (parts,) = self._parts([X], features, J)
        at = 0
        for Y, slopes in parts:
            for k, slope in enumerate(slopes):
                if slope.base is not J:
                    J[at : at + len(Y), k] = slope
            at += len(Y)
        J[:, :, self._cast] = np.nan
        return joined([Y for Y, _ in parts]), J

    def values_and_slopes(
        self, chunks: Iterable[Float[np.ndarray, "_ d"]], features: Sequence[int] | None = None
    ) -> Iterator[tuple[Float[np.ndarray, "_ o"], list[Float[np.ndarray, "_ d"]]]]:
        """Yield the outputs and each output's derivatives for a chunk of rows after the other.

        The same as :meth:`values_and_jacobian` for rows that are never all held: the derivatives
        are in the model's own precision, and only the first chunk is looked at for checks and
        for the steps of finite differences.
        """
        for parts in self._parts(chunks, features):
            slopes = [joined([part[k] for _, part in parts]) for k in range(self.o)]
            yield joined([Y for Y, _ in parts]), slopes

    def _parts(
        self,
        chunks: Iterable[Float[np.ndarray, "_ d"]],
        features: Sequence[int] | None,
        into: Float[np.ndarray, "n o d"] | None = None,
    ) -> Iterator[list[tuple[Float[np.ndarray, "_ o"], list[Float[np.ndarray, "_ d"]]]]]:
        """Yield for each chunk what came of its parts, which were run one after the other.

        With ``into``, the one chunk's slopes by automatic differentiation are written there.
        """
        scale: Float[np.ndarray, " d"] | None = None
        features = self._with_derivative() if features is None else features
        for X in chunks:
            written: Written | None = None
            self._charge(X, backward=True)
            self._derivatives_given = True
            with contained(f"model {self.name!r}"), undisturbed(self._draws):
                self._checks.rows(X)
                self._checks.derivatives(X, features)
                f = self._function
                if self._differences or not isinstance(f, TorchFunction):
                    scale = scale_of(X) if scale is None else scale
                    Y = self._values(X)
                    J = central_differences(self._values, X, scale, f.eps, f.rounded, features)
                    parts = [(Y, [J[:, k] for k in range(self.o)])]
                else:
                    if into is None:
                        parts = self._in_chunks(f.values_and_slopes, X)
                    else:
                        written = Written(f.values_and_slopes, into)
                        most = rows_differentiated(self._rows_at_once(1), f.device)
                        parts = in_chunks(written, X, most)
            if not self._known.settled:
                settle(self._known)
            self._checked([Y for Y, _ in parts], X, "outputs")
            if written is None or not math.isfinite(written.squares):
                for k in range(self.o):
                    self._checked([slopes[k] for _, slopes in parts], X, "derivatives")
            yield parts if self._scale is None else [self._scale.part(*part) for part in parts]

    def hessian(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o d d"]:
        """Return the exact second derivatives; see :func:`sensbench.hessian`."""
        features = self._with_derivative()
        (*_, some) = self.values_and_curvatures(X, features)
        H = np.full((len(X), self.o, self.d, self.d), np.nan)
        H[:, :, np.array(features)[:, None], features] = some
        return H

    def values_and_curvatures(
        self, X: Float[np.ndarray, "n d"], features: Sequence[int]
    ) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o m"], Float[np.ndarray, "n o m m"]]:
        """Return outputs, and their exact first and second derivatives by some of the features.

        Counts one forward row, one backward row per output, and one per output and feature.

        Raises
        ------
        DerivativeError
            As :func:`sensbench.hessian`.
        """
        f, m = self._function, len(features)
        if not isinstance(f, TorchFunction) or self._differences:
            raise DerivativeError(
                f"model {self.name!r}: expected a torch model for exact second derivatives; this "
                f"one's derivatives are {self.derivative_method}; pairwise Sobol' indices measure "
                f"interactions without derivatives"
            )
        self._charge(X, backward=True)
        self._spend(0, len(X) * self.o * m)
        with contained(f"model {self.name!r}"), undisturbed(self._draws):
            self._checks.rows(X)
            self._checks.derivatives(X, features)
            self._checks.second_derivatives(X, features)
            # Each row keeps a backward pass of the gradient's graph for each feature.
            parts = self._in_chunks(lambda some: f.values_and_curvatures(some, features), X, self.d)
            Y, J, H = (joined(list(one)) for one in zip(*parts, strict=True))
            J, H = J[:, :, features], H[:, :, :, features]
            for what, of in (("outputs", Y), ("derivatives", J), ("second derivatives", H)):
                self._checked([of], X, what)
        if self._scale is None:
            return Y, J, H
        Y = self._scale.outputs(Y)
        exponents = -self._scale.exponents
        return Y, np.ldexp(J, exponents[:, None]), np.ldexp(H, exponents[:, None, None])

    def _with_derivative(self) -> Sequence[int]:
        if len(self._cast) == self.d:
            raise DerivativeError(
                f"model {self.name!r}: expected a feature with a derivative; all are given to the "
                f"model as whole numbers; leave the gradient estimator out"
            )
        return [i for i in range(self.d) if i not in self._cast]

    def _values(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        return joined(self._in_chunks(self._function.values, X))

    def _in_chunks(
        self, call: Callable[[Any], T], X: Float[np.ndarray, "n d"], copies: int = 1
    ) -> list[T]:
        return in_chunks(call, X, self._rows_at_once(copies))

    def _rows_at_once(self, copies: int) -> int:
        f = self._function
        free = free_bytes(f.device) if isinstance(f, TorchFunction) else None
        return rows_at_once(copies * (self.d + self.o), f.width, free)

    def count(self, rows: int, *, backward: bool = False) -> None:
        """Count rows that were, or are about to be, run forward or backward elsewhere.

        Raises
        ------
        BudgetExceeded
            The metered budget does not pay for them.
        """
        self._spend(*((0, rows) if backward else (rows, 0)))

    def as_torch(self) -> nn.Module:
        """Return the model as a torch module whose rows this one counts, for other libraries.

        It runs on a private copy of its own; see :class:`CountedModule`.

        Raises
        ------
        DerivativeError
            Not a torch model.
        """
        if not isinstance(self._function, TorchFunction):
            raise DerivativeError(
                f"model {self.name!r}: expected a torch model; this one takes "
                f"{self._function.given}; methods that call it on rows work"
            )
        return CountedModule(self._function, self.count, self._scale)

    def _charge(self, X: Float[np.ndarray, "n d"], *, backward: bool) -> None:
        if X.ndim != 2 or X.shape[1] != self.d:
            raise InputError(
                f"model {self.name!r}: expected rows of {self.d} features; got shape {X.shape}"
            )
        if len(X) == 0:
            raise InputError(f"model {self.name!r}: expected at least one row; got none")
        if not backward:
            self._spend(len(X), 0)
        elif self._differences:
            self._spend(len(X) * self.rows_per_gradient, 0)
        else:
            self._spend(len(X), len(X) * self.o)

    def _spend(self, forward: int, backward: int) -> None:
        spent = self.n_forward + self.n_backward
        if self._budget is not None and spent + forward + backward > self._budget:
            raise BudgetExceeded(
                f"model {self.name!r}: expected at most {self._budget} rows; {spent} are spent "
                f"and {forward + backward} more were asked for"
            )
        self.n_forward += forward
        self.n_backward += backward

    def _checked(
        self, parts: Sequence[Float[np.ndarray, "_ ..."]], X: Float[np.ndarray, "n d"], what: str
    ) -> None:
        # one NaN or infinity leaves no sum of squares finite, and that is one pass
        with np.errstate(over="ignore", invalid="ignore"):
            if math.isfinite(sum(np.vdot(part, part) for part in parts)):
                return
        values = joined(list(parts))
        if not np.isfinite(values).all():
            bad = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
            row = int(np.argmax(bad))
            first = ", ".join(f"{x:.6g}" for x in X[row][:8])
            more = ", …" if self.d > 8 else ""
            raise ModelError(
                f"model {self.name!r}: expected finite {what}; got NaN or infinity in "
                f"{int(bad.sum())} of {len(X)} rows (first: row {row}, x = [{first}{more}]); "
                f"narrow the inputs' distribution to where the model is defined, or mend the model"
            )


def _output_names(given: Sequence[str] | None, own: tuple[str, ...], who: str) -> tuple[str, ...]:
    if isinstance(given, str) or (given is not None and len(given) != len(own)):
        raise InputError(
            f"{who}: expected {len(own)} output names ({', '.join(own)}); got {given!r}"
        )
    names = own if given is None else tuple(given)
    if len(set(names)) != len(names):
        raise InputError(f"{who}: expected distinct output names; got {list(names)}")
    return names


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
