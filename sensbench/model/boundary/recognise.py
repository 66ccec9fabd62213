"""What kind of model somebody passed: torch, numpy, data frame or scikit-learn, found by trial."""

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from sensbench.errors import InputError, ModelError, UnknownNameError
from sensbench.model.boundary.arguments import Arguments, Split, splits
from sensbench.model.boundary.array_function import ArrayFunction, regressor, takes
from sensbench.model.boundary.columns import NotABatch, Selector
from sensbench.model.boundary.labels import fitted_method, refuse_labels
from sensbench.model.boundary.mistaken import kind_of, model_instead
from sensbench.model.boundary.private_copy import MODULES_OF_CALLERS, uncompiled
from sensbench.model.boundary.torch_function import TorchFunction
from sensbench.model.boundary.widths import require_width


def recognise(
    model: Any,
    example: Float[np.ndarray, "n d"],
    who: str,
    *,
    output: Selector = None,
    arguments: Arguments = None,
    features: Sequence[str] | None = None,
    whole: frozenset[int] = frozenset(),
) -> tuple[TorchFunction | ArrayFunction, tuple[str, ...]]:
    """Return the model as a function of rows, and the names of its outputs.

    An argument of ``whole`` columns alone is given as integers where the model takes no others.

    Modules are torch; objects with ``predict`` are regressors. Any other callable is called with
    a tensor, then with an array, then with a data frame, until it gives numbers.

    Raises
    ------
    InputError
        Neither callable nor a regressor; wrong names, positions or number of features.
    ModelError
        It cannot be called on the rows.
    """
    if isinstance(model, torch.export.ExportedProgram):
        model = model.module()
    d = example.shape[1]
    names = tuple(features) if features is not None else tuple(f"x{i + 1}" for i in range(d))
    if len(names) != d:
        raise InputError(f"{who}: expected {d} feature names; got {list(names)}")

    try:
        return _recognised(
            model, example, who, output=output, arguments=arguments, features=features, whole=whole
        )
    except NotABatch:
        raise
    except ModelError as error:
        if arguments is None:
            of_another_width = partial(
                _recognised, model, who=who, output=output, arguments=None, features=None
            )
            require_width(model, example, names, who, of_another_width, error)
        raise


def _recognised(
    model: Any, example: Float[np.ndarray, "n d"], who: str, *, output: Selector,
    arguments: Arguments, features: Sequence[str] | None, whole: frozenset[int] = frozenset(),
) -> tuple[TorchFunction | ArrayFunction, tuple[str, ...]]:  # fmt: skip
    d = example.shape[1]
    estimator, method = (None, "") if isinstance(model, nn.Module) else fitted_method(model)
    predicts = estimator is not None
    if isinstance(model, type) or not (callable(model) or predicts):
        raise InputError(
            f"{who}: expected a torch module or a function, or a fitted regressor with predict; "
            f"got {kind_of(model)}; {model_instead(model)}"
        )
    names = tuple(features) if features is not None else tuple(f"x{i + 1}" for i in range(d))
    function: TorchFunction | ArrayFunction
    if predicts:
        refuse_labels(estimator, method, who)
    if predicts and (estimator is model or takes(estimator, d, features)):
        call = getattr(estimator, method)
        function = regressor(estimator, who, output, d, features, call)
        try:
            return function, function.columns(example)
        except (ModelError, InputError):
            raise
        except Exception as error:
            raise ModelError(
                f"{who}: expected {method} to take rows as {function.given}; it raised "
                f"{type(error).__name__}: {error}; fit it first, on numeric columns"
            ) from error
    ways = splits(model, arguments, names, who, whole)
    if isinstance(uncompiled(model), nn.Module):
        function = TorchFunction(model, who, output, ways)
        return function, function.columns(example)
    return _by_trial(model, example, who, output, ways, names)


def _by_trial(
    model: Any, example: Float[np.ndarray, "n d"], who: str, output: Selector,
    ways: list[Split], names: tuple[str, ...],
) -> tuple[TorchFunction | ArrayFunction, tuple[str, ...]]:  # fmt: skip
    """Try a tensor, an array and a data frame, in this order."""
    tensor = TorchFunction(model, who, output, ways)
    # what is ignored is the process's: two threads would put back each other's
    with MODULES_OF_CALLERS, warnings.catch_warnings():
        # numpy and torch warn of each other's types, and it is we who pass them
        warnings.simplefilter("ignore")
        return _first_that_works(tensor, model, example, ways, names)


def _first_that_works(
    tensor: TorchFunction, model: Any, example: Float[np.ndarray, "n d"],
    ways: list[Split], names: tuple[str, ...],
) -> tuple[TorchFunction | ArrayFunction, tuple[str, ...]]:  # fmt: skip
    who, output = tensor.who, tensor.output
    refusals: list[str] = []
    errors: list[Exception] = []
    if _gives_tensors(model, example, tensor):
        try:
            return tensor, tensor.columns(example)
        except UnknownNameError:
            raise
        except Exception as error:
            refusals.append(f"as a tensor: {_words(error)}")
            errors.append(error)
    else:
        refusals.append("as a tensor: it gave no tensor back")
    arrays = [ArrayFunction(model, who, output, way) for way in ways]
    if not ways[0].positional and not ways[0].keyword:
        arrays.append(ArrayFunction(model, who, output, ways[0], "frame", names))
    for function in arrays:
        try:
            return function, function.columns(example)
        except UnknownNameError:
            raise
        except Exception as error:
            refusals.append(f"as {function.given}: {_words(error)}")
            errors.append(error)
    # a torch function that runs only without a graph: it has values, if no derivatives
    try:
        return tensor, tensor.columns(example, graph=False)
    except Exception as error:
        wrong = next((e for e in errors if isinstance(e, InputError | NotABatch)), None)
        if wrong is not None:
            raise wrong from error
        raise ModelError(
            f"{who}: expected a function of a batch of rows, as a torch tensor, a numpy array or a "
            f"data frame; it took none of them: " + "; ".join(refusals)
        ) from error


def _gives_tensors(model: Any, example: Any, tensor: TorchFunction) -> bool:
    """Whether a tensor comes back for a tensor; an error says yes, for it is told later."""
    try:
        return tensor.gives_tensors(example)
    except Exception:
        return True


def _words(error: Exception) -> str:
    if isinstance(error, ModelError | InputError):
        return str(error).split(": ", 1)[-1]
    return f"{type(error).__name__}: {error}"
