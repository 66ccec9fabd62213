"""What people pass by mistake for a model or for rows, each with what to do instead."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from sensbench.errors import InputError


def require_model_and_rows(model: Any, X: Any, who: str, name: str = "X") -> None:
    """Refuse a model and rows that are swapped, and rows that are none.

    Raises
    ------
    InputError
        With what to do.
    """
    if _table(model) and _model(X):
        raise InputError(
            f"{who}: expected the model first and its rows second; got {kind_of(model)} and "
            f"{kind_of(X)}; call {who}(model, {name})"
        )
    require_rows(X, f"{who}: {name}")


def require_rows(X: Any, who: str) -> None:
    """Refuse what holds rows, or makes them, but is no table of them.

    Raises
    ------
    InputError
        With what to do.
    """
    hint = _rows_instead(X)
    if hint:
        raise InputError(
            f"{who}: expected rows as an array, a tensor, a list of rows or a data frame; got "
            f"{kind_of(X)}; {hint}"
        )


def model_instead(model: Any) -> str:
    """Return what to pass instead of what is not a model."""
    if isinstance(model, type):
        return f"pass an instance, {model.__name__}(…)"
    if isinstance(model, Mapping):
        return "weights alone are no model: make the module, load_state_dict() them, and pass it"
    if isinstance(model, str | Path):
        return "load the model first, and pass what was loaded"
    if _table(model):
        return "the model comes first, then its rows: (model, X)"
    return "pass an instance"


def kind_of(value: Any) -> str:
    """Return what something is in a word or two, never its contents."""
    if isinstance(value, np.ndarray | Tensor):
        what = "array" if isinstance(value, np.ndarray) else "tensor"
        return f"a{'n' if what == 'array' else ''} {what} of shape {tuple(value.shape)}"
    if value is None or isinstance(value, bool | int | float | complex):
        return repr(value)
    if isinstance(value, str):
        return f"the text {value[:60]!r}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"


def _model(value: Any) -> bool:
    if isinstance(value, type) or _table(value):
        return False
    return callable(value) or callable(getattr(value, "predict", None))


def _table(value: Any) -> bool:
    if isinstance(value, nn.Module | type):
        return False
    kinds = np.ndarray | Tensor | list | tuple | DataLoader | Dataset
    frame = hasattr(value, "columns") and (hasattr(value, "iloc") or hasattr(value, "get_columns"))
    return isinstance(value, kinds) or frame or hasattr(value, "iloc")


def _rows_instead(X: Any) -> str:
    """Return what to pass instead of X; nothing where it may be a table."""
    if X is None:
        return "pass the data the model is used on"
    if isinstance(X, DataLoader):
        return "collect its inputs: torch.cat([x for x, *_ in loader])"
    if isinstance(X, torch.utils.data.TensorDataset):
        return "take its inputs: dataset.tensors[0]"
    if isinstance(X, Dataset):
        return "collect its inputs: torch.stack([x for x, *_ in dataset])"
    if isinstance(X, str | Path):
        return "read the file first, for example with pandas.read_csv"
    if isinstance(X, Mapping):
        return "make a table of it: pandas.DataFrame(X)"
    if isinstance(X, list | tuple) and X and isinstance(X[0], Mapping):
        return "make a table of them: pandas.DataFrame(X)"
    if isinstance(X, list | tuple) and X and getattr(X[0], "ndim", 0) == 2 and _uneven(X):
        return (
            "pass one table: the first of a batch of inputs and targets; for a model of several "
            "arguments all columns side by side (torch.cat([a, b], dim=1)), with arguments="
        )
    if hasattr(X, "from_unit") and hasattr(X, "sample"):
        return "draw rows from the space, X.sample(1000, 0); compare takes space="
    if _model(X):
        return "pass the data that the model is used on"
    if hasattr(X, "__next__"):
        return "collect its rows first: numpy.array(list(X))"
    if isinstance(X, bool | int | float | complex | set | frozenset | bytes):
        return "pass a table with one row per line, X[rows, features]"
    return ""


def _uneven(parts: Any) -> bool:
    """Whether these are several tables, rather than one in three dimensions."""
    return len({tuple(getattr(part, "shape", ())) for part in parts}) > 1 or len(parts) <= 2
