"""Model: any torch module or function as one counted function and its exact derivative."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.columns import Selector
from sensbench.errors import BudgetExceeded, InputError, ModelError
from sensbench.rows import as_rows
from sensbench.torch_function import TorchFunction

# Large enough that Python's overhead per call is lost in it, small enough to stay in cache.
_CHUNK_ROWS = 8192


class Model:
    """A torch module or function of rows, with its outputs named and its rows counted.

    Parameters
    ----------
    function
        An ``nn.Module``, or a function of one tensor ``(rows, features)``. It is never changed:
        modules are run as a private copy in eval mode.
    example
        A few rows the model can be called on; they fix the number of inputs and outputs.
    output
        Which outputs to explain: a position, a name, or a list; all by default.
    outputs
        Names for the outputs; by default those the model gives them.
    name
        For reports; by default the class's or function's name.

    Attributes
    ----------
    n_forward, n_backward
        Rows evaluated and rows differentiated (one per row and output) so far.

    Raises
    ------
    InputError
        ``function`` is not callable; a number of names that does not match the outputs.
    ModelError
        The model cannot be called on rows, or does not return one row per row.
    """

    def __init__(
        self,
        function: Any,
        example: Float[np.ndarray, "n d"],
        *,
        output: Selector = None,
        outputs: Sequence[str] | None = None,
        name: str | None = None,
    ):
        if not callable(function) or isinstance(function, type):
            raise InputError(
                f"Model: expected a torch module or a function of one tensor; "
                f"got {function!r}; pass an instance"
            )
        self.name: str = name or str(getattr(function, "__name__", type(function).__name__))
        self.d = example.shape[1]
        self._function = TorchFunction(function, f"model {self.name!r}", output)
        names = self._function.columns(example)
        if outputs is not None and len(outputs) != len(names):
            raise InputError(
                f"model {self.name!r}: expected {len(names)} output names "
                f"({', '.join(names)}); got {list(outputs)}"
            )
        self.outputs: tuple[str, ...] = tuple(outputs) if outputs is not None else names
        self.n_forward = 0
        self.n_backward = 0
        self._budget: int | None = None

    @property
    def o(self) -> int:
        """Number of outputs."""
        return len(self.outputs)

    @property
    def rows_per_gradient(self) -> int:
        """Cost of one row's Jacobian: one forward row and one backward row per output."""
        return 1 + self.o

    def metered(self, budget: int | None = None) -> "Model":
        """Return the same model with counters at zero and, if given, a limit on their sum."""
        view = copy.copy(self)
        view.n_forward = view.n_backward = 0
        view._budget = budget
        return view

    def __call__(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        """Return the outputs at every row.

        Raises
        ------
        BudgetExceeded
            The metered budget does not pay for these rows.
        ModelError
            NaN or infinity in an output; not one row per row.
        """
        self._charge(X, backward=False)
        chunks = [self._function.values(chunk) for chunk in _chunks(X)]
        return self._checked(np.concatenate(chunks), X, "outputs")

    def jacobian(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o d"]:
        """Return the derivative of every output with respect to every input at every row."""
        return self.values_and_jacobian(X)[1]

    def values_and_jacobian(
        self, X: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o d"]]:
        """Return outputs and derivatives from the same forward pass.

        The derivative is exact (automatic differentiation), in output units per input unit.

        Raises
        ------
        DerivativeError
            An output is cut off from the inputs.
        """
        self._charge(X, backward=True)
        pairs = [self._function.values_and_jacobian(chunk) for chunk in _chunks(X)]
        Y = self._checked(np.concatenate([pair[0] for pair in pairs]), X, "outputs")
        J = self._checked(np.concatenate([pair[1] for pair in pairs]), X, "derivatives")
        return Y, J

    def _charge(self, X: Float[np.ndarray, "n d"], *, backward: bool) -> None:
        if X.ndim != 2 or X.shape[1] != self.d:
            raise InputError(
                f"model {self.name!r}: expected rows of {self.d} features; got shape {X.shape}"
            )
        if len(X) == 0:
            raise InputError(f"model {self.name!r}: expected at least one row; got none")
        more = len(X) * (self.rows_per_gradient if backward else 1)
        spent = self.n_forward + self.n_backward
        if self._budget is not None and spent + more > self._budget:
            raise BudgetExceeded(
                f"model {self.name!r}: expected at most {self._budget} rows; {spent} are spent "
                f"and {more} more were asked for"
            )
        self.n_forward += len(X)
        self.n_backward += len(X) * self.o if backward else 0

    def _checked(
        self, values: Float[np.ndarray, "n ..."], X: Float[np.ndarray, "n d"], what: str
    ) -> Float[np.ndarray, "n ..."]:
        bad = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if bad.any():
            row = int(np.argmax(bad))
            first = ", ".join(f"{x:.6g}" for x in X[row][:8])
            more = ", …" if self.d > 8 else ""
            raise ModelError(
                f"model {self.name!r}: expected finite {what}; got NaN or infinity in "
                f"{int(bad.sum())} of {len(X)} rows (first: row {row}, x = [{first}{more}]); "
                f"narrow the inputs' distribution to where the model is defined, or mend the model"
            )
        return values


def jacobian(model: Any, X: Any, output: Selector = None) -> Float[np.ndarray, "n o d"]:
    """Return the exact derivative ∂y/∂x of every output by every input at every row.

    Parameters
    ----------
    model
        A torch module, a function of one tensor, or a :class:`Model`. It is left as it was.
    X
        Rows: array, tensor or data frame ``(n, features)``.
    output
        Which outputs: a position, a name or a list of them; all by default. For a module that
        returns a tuple, ``output=0`` is its first element.

    Returns
    -------
    array ``(n, outputs, features)``, float64, in output units per input unit.

    Raises
    ------
    InputError
        X is not a table of finite numbers; no such output.
    ModelError
        The model cannot be called on X, or an output is cut off from the inputs.

    Notes
    -----
    Costs one forward pass and one backward pass per output.
    """
    rows, _ = as_rows(X, "jacobian: X")
    if isinstance(model, Model):
        if output is not None:
            raise InputError("jacobian: expected output=None for a Model; it has its outputs")
        return model.metered().jacobian(rows)
    return Model(model, rows, output=output).jacobian(rows)


def _chunks(X: Float[np.ndarray, "n d"]) -> list[Float[np.ndarray, "m d"]]:
    return [X[start : start + _CHUNK_ROWS] for start in range(0, len(X), _CHUNK_ROWS)]
