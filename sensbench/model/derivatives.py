"""jacobian() and hessian(): the derivatives of a model at rows, in one call."""

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
from jaxtyping import Float

from sensbench.calls import explained
from sensbench.errors import InputError
from sensbench.inputs.rows import as_rows, discrete_columns
from sensbench.model.boundary.arguments import Arguments
from sensbench.model.boundary.coded import coding_for
from sensbench.model.boundary.columns import Selector
from sensbench.model.boundary.mistaken import require_model_and_rows
from sensbench.model.model import Derivatives, Model

_EXAMPLE = 64


@overload
def jacobian(
    model: Any,
    X: Any,
    output: Selector = None,
    *,
    arguments: Arguments = None,
    discrete: Sequence[int | str] | None = None,
    derivatives: Derivatives = "auto",
    as_frame: Literal[False] = False,
) -> Float[np.ndarray, "n o d"]: ...


@overload
def jacobian(
    model: Any,
    X: Any,
    output: Selector = None,
    *,
    arguments: Arguments = None,
    discrete: Sequence[int | str] | None = None,
    derivatives: Derivatives = "auto",
    as_frame: Literal[True],
) -> Any: ...


@explained
def jacobian(
    model: Any,
    X: Any,
    output: Selector = None,
    *,
    arguments: Arguments = None,
    discrete: Sequence[int | str] | None = None,
    derivatives: Derivatives = "auto",
    as_frame: bool = False,
) -> Any:
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
    discrete
        Columns of whole numbers; see :class:`Model`. By default a frame's integer, bool and
        categorical ones.
    derivatives
        ``"auto"``, ``"autograd"`` or ``"finite-difference"``; see :class:`Model`.
    as_frame
        Return a data frame with names: a row per row of X (with its index), a column per output
        and feature, so that ``frame[output]`` is one output's table.

    Returns
    -------
    array ``(n, outputs, features)``, float64, in output units per input unit. NaN by columns that
    the model is given as integers, and by text, dates and columns with missing values, which have
    no derivative.

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
    lets it be seen; one that is wrong on 5 % of the rows with probability 0.9995. A module whose
    forward pass is seen to call torch's own smooth functions alone, none of which looks at the
    values, needs hardly any: its derivative is torch's.

    A module that was seen before is not checked again as long as nothing of it has changed
    (parameters, buffers, hooks, attributes, also in place), but for 150 rows of an ``X`` other than
    the last; and anew where ``X`` goes beyond the range of what was seen. Functions, and modules
    with closures or large arrays among their attributes, are checked at every call.
    """
    rows, model = _model(model, X, output, arguments, discrete, derivatives, "jacobian")
    J = model.jacobian(rows)
    return _named(J, model, X) if as_frame else J


@explained
def hessian(
    model: Any,
    X: Any,
    output: Selector = None,
    *,
    arguments: Arguments = None,
    discrete: Sequence[int | str] | None = None,
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
    rows, model = _model(model, X, output, arguments, discrete, "auto", "hessian")
    return model.hessian(rows)


def _model(
    model: Any, X: Any, output: Selector, arguments: Arguments,
    discrete: Sequence[int | str] | None, derivatives: Derivatives, who: str,
) -> tuple[Float[np.ndarray, "n d"], Model]:  # fmt: skip
    require_model_and_rows(model, X, who)
    if not isinstance(model, Model) and arguments is None:
        coding = coding_for(model, X, f"{who}: X", None, discrete)
        if coding is not None:
            return coding.rows, Model(
                coding.function, coding.rows, output=output, features=coding.names,
                derivatives=derivatives,
            )  # fmt: skip
    rows, names = as_rows(X, f"{who}: X")
    if isinstance(model, Model):
        if (output, arguments, discrete, derivatives) != (None, None, None, "auto"):
            raise InputError(
                f"{who}: expected output=None, arguments=None, discrete=None and "
                f"derivatives='auto' for a Model; it has them"
            )
        return rows, model.metered()
    features: Sequence[str] | None = names
    discrete = discrete_columns(X) if discrete is None else discrete
    # a few are enough to call it on: all of them are copied
    example = rows if np.size(discrete) else rows[:_EXAMPLE]
    return rows, Model(
        model, example, output=output, arguments=arguments, features=features,
        discrete=discrete, derivatives=derivatives,
    )  # fmt: skip


def _named(J: Float[np.ndarray, "n o d"], model: Model, X: Any) -> Any:
    """Return the derivatives as a frame, with the names of X where the model has none."""
    import pandas as pd  # half a second, for those who ask

    names = getattr(X, "columns", model.features)
    features = [str(name) for name in names]
    columns = pd.MultiIndex.from_product([model.outputs, features], names=["output", "feature"])
    index = X.index if isinstance(X, pd.DataFrame) else None
    return pd.DataFrame(J.reshape(len(J), -1), index=index, columns=columns)
