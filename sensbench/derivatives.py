"""jacobian() and hessian(): the derivatives of a model at rows, in one call."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.boundary.arguments import Arguments
from sensbench.boundary.columns import Selector
from sensbench.errors import InputError
from sensbench.model import Derivatives, Model
from sensbench.rows import as_rows


def jacobian(
    model: Any,
    X: Any,
    output: Selector = None,
    *,
    arguments: Arguments = None,
    derivatives: Derivatives = "auto",
) -> Float[np.ndarray, "n o d"]:
    """Return the derivative ∂y/∂x of every output by every input at every row.

    Parameters
    ----------
    model
        A torch module, a function, a fitted regressor, or a :class:`Model`. It is left as it was.
    X
        Rows: array, tensor or data frame ``(n, features)``.
    output
        Which outputs: a position, a name or a list of them; all by default. For a module that
        returns a tuple, ``output=0`` is its first element.
    arguments
        Which features go into which argument, for a model of several; see :class:`Model`.
    derivatives
        ``"auto"``, ``"autograd"`` or ``"finite-difference"``; see :class:`Model`.

    Returns
    -------
    array ``(n, outputs, features)``, float64, in output units per input unit.

    Raises
    ------
    InputError
        X is not a table of finite numbers; no such output.
    ModelError
        The model cannot be called on X, is noisy, or couples rows.
    DerivativeError
        An output is cut off from the inputs; autograd is not how the model changes; the model is
        piecewise constant.

    Notes
    -----
    Costs one forward pass and one backward pass per output, or 1 + 2d forward passes for finite
    differences; and some rows of checks. These find a derivative wrong by a relative 1e-4 in
    float64, 1e-3 in float32, 0.1 in float16 and 0.3 in bfloat16, as far as the model's own rounding
    lets it be seen; one that is wrong on 5 % of the rows with probability 0.9995.
    """
    rows, model = _model(model, X, output, arguments, derivatives, "jacobian")
    return model.jacobian(rows)


def hessian(
    model: Any, X: Any, output: Selector = None, *, arguments: Arguments = None
) -> Float[np.ndarray, "n o d d"]:
    """Return the exact second derivatives ∂²y/∂xᵢ∂xⱼ of every output at every row.

    Parameters are those of :func:`jacobian`.

    Raises
    ------
    InputError, ModelError
        As :func:`jacobian`.
    DerivativeError
        Not a torch model; or a gradient that changes mostly in jumps (ReLU, sort), whose second
        derivative, 0 almost everywhere, says nothing of interactions. A model is told apart from
        a truly linear one, whose Hessian of 0 is right, by its gradient: along lines through the
        rows and three spreads beyond it is the same everywhere for the linear model only.

    Notes
    -----
    Costs one forward pass and 1 + d backward passes per output.
    """
    rows, model = _model(model, X, output, arguments, "auto", "hessian")
    return model.hessian(rows)


def _model(
    model: Any, X: Any, output: Selector, arguments: Arguments, derivatives: Derivatives, who: str
) -> tuple[Float[np.ndarray, "n d"], Model]:
    rows, names = as_rows(X, f"{who}: X")
    if isinstance(model, Model):
        if (output, arguments, derivatives) != (None, None, "auto"):
            raise InputError(
                f"{who}: expected output=None, arguments=None and derivatives='auto' for a Model; "
                f"it has them"
            )
        return rows, model.metered()
    features: Sequence[str] | None = names
    return rows, Model(
        model, rows, output=output, arguments=arguments, features=features, derivatives=derivatives
    )
