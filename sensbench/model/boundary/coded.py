"""Frames of text, dates and missing values, as rows of codes that the model is given back decoded.

A code stands for one of a column's own values, so that methods which exchange or draw values can
sample them; nothing lies between two codes.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from torch import nn

from sensbench.errors import InputError
from sensbench.inputs.rows import as_rows, discrete_columns
from sensbench.model.boundary.borrowed import undisturbed
from sensbench.model.boundary.labels import fitted_method, refuse_labels


@dataclass(frozen=True, eq=False)
class _Coded:
    """One column of values that are no numbers: the row where each code first stands."""

    column: Any
    first: Int[np.ndarray, " codes"]
    ordered: bool
    number: bool  # but for missing values

    def decoded(self, codes: Float[np.ndarray, " n"]) -> Any:
        """Return the column's own values, in its own type."""
        at = self.first[np.clip(np.rint(codes), 0, len(self.first) - 1).astype(int)]
        if hasattr(self.column, "gather"):  # Polars
            return self.column.gather(at)
        return self.column.take(at).reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Coding:
    """Rows of numbers and codes, and the model that takes them.

    Attributes
    ----------
    rows, names
        The rows, and the names of their columns.
    coded, unordered
        Names of the columns of codes; of those whose codes have no order of their own.
    discrete
        Names of the columns that take separate values only, coded ones among them.
    function
        The model, as an object whose ``predict`` takes such rows.
    """

    rows: Float[np.ndarray, "n d"]
    names: tuple[str, ...]
    coded: tuple[str, ...]
    unordered: tuple[str, ...]
    discrete: tuple[str, ...]
    function: "Decoding"

    @property
    def note(self) -> str:
        """What a reader of results should know."""
        return (
            f"text, dates, categories and missing values are sampled from the rows, as they are: "
            f"{', '.join(self.coded)}"
        )


class Decoding:
    """A model of a frame as a model of rows of codes: ``predict`` decodes them first."""

    def __init__(
        self,
        call: Callable[[Any], Any],
        name: str,
        frame: Callable[[Float[np.ndarray, "n d"]], Any],
        coded: frozenset[int],
    ):
        self._call, self._frame = call, frame
        self.__name__ = name
        self.coded = coded

    def predict(self, rows: Float[np.ndarray, "n d"]) -> Any:
        """Return what the model returns for the rows decoded."""
        return self._call(self._frame(rows))


def coding_for(
    model: Any, X: Any, who: str, features: Sequence[str] | None = None,
    discrete: Sequence[int | str] | None = None,
) -> Coding | None:  # fmt: skip
    """Return the rows as codes, where they are no numbers and the model takes them as they are.

    ``None`` where they are numbers, or not a table, or for a torch module, which takes no others.

    Raises
    ------
    InputError
        The model does not take them either, with what it said.
    """
    if isinstance(model, nn.Module) or not _may_hold_others(X):
        return None
    try:
        as_rows(X, who, features)
        return None
    except InputError as error:
        refused = error
    table = X if hasattr(X, "columns") else _frame_of(X)
    labels = list(table.columns)
    if features is not None and hasattr(X, "columns"):
        at = {str(label): label for label in labels}
        if any(name not in at for name in features):
            return None
        labels = [at[name] for name in features]
    names = tuple(features) if features is not None else tuple(str(one) for one in labels)
    if len(set(names)) != len(names) or len(names) != len(labels) or len(table) < 1:
        return None
    everywhere = [str(one) for one in table.columns]
    if any(everywhere.count(str(label)) > 1 for label in labels):
        raise refused
    columns = [table[label] for label in labels]
    rows, coded = np.empty((len(table), len(labels))), {}
    for i, column in enumerate(columns):
        codes = _coded(column, who)
        if codes is None:
            rows[:, i] = as_rows(column.to_numpy().reshape(-1, 1), f"{who}, {names[i]!r}")[0][:, 0]
        else:
            rows[:, i], coded[i] = codes
    estimator, method = fitted_method(model)
    if estimator is None and all(one.number for one in coded.values()):
        return None  # a plain function of numbers need not know what a frame does with NaN
    refuse_labels(estimator, method, f"model {type(model).__name__!r}")
    order = _order(estimator, names, len(labels), who)
    call = model if estimator is None else getattr(estimator, method)
    of_frame = hasattr(estimator, "feature_names_in_") or not hasattr(estimator, "n_features_in_")

    def frame(rows: Float[np.ndarray, "n d"]) -> Any:
        coded_columns = {labels[i]: _column(columns[i], rows[:, i], coded.get(i)) for i in order}
        decoded = type(table)(coded_columns)
        return decoded if of_frame else decoded.to_numpy()

    with undisturbed(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call(frame(rows[:2]))
        except Exception as error:
            raise InputError(
                f"{refused} (given the rows as they are, the model raised "
                f"{type(error).__name__}: {str(error)[:200]})"
            ) from error
    separate = discrete_columns(X) if discrete is None else discrete
    own = tuple(names[i] for i in coded)
    name = str(getattr(model, "__name__", type(model).__name__))
    return Coding(
        rows=rows,
        names=names,
        coded=own,
        unordered=tuple(names[i] for i, one in coded.items() if not one.ordered),
        discrete=tuple(dict.fromkeys([*(str(n) for n in separate if n in names), *own])),
        function=Decoding(call, name, frame, frozenset(coded)),
    )


def _may_hold_others(X: Any) -> bool:
    if hasattr(X, "columns") and (hasattr(X, "iloc") or hasattr(X, "get_columns")):
        return True
    return isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "fOUS"


def _frame_of(X: np.ndarray) -> Any:
    import pandas as pd

    return pd.DataFrame(X, columns=[f"x{i + 1}" for i in range(X.shape[1])])


def _coded(column: Any, who: str) -> tuple[Float[np.ndarray, " n"], _Coded] | None:
    """Return a column as codes, in its values' order; None for one of numbers."""
    import pandas as pd

    values = pd.Series(column.to_list()) if hasattr(column, "gather") else column
    category = hasattr(column.dtype, "categories") and not hasattr(column, "gather")
    kind = getattr(values.dtype, "kind", "O")
    if kind == "f" and np.isinf(values.to_numpy(dtype=float, na_value=np.nan)).any():
        return None
    try:
        if not category:
            as_rows(column.to_numpy().reshape(-1, 1), who)
            return None
    except InputError:
        pass
    try:
        codes, _ = pd.factorize(values, sort=True, use_na_sentinel=False)
    except TypeError:  # values of several types have no order
        codes, _ = pd.factorize(values, use_na_sentinel=False)
    if values.dtype == object:
        # None and NaN are told apart: not every imputer takes the one for the other
        none = np.array([value is None for value in values])
        if none.any() and values.isna().to_numpy()[~none].any():
            codes = np.where(none, codes.max() + 1, codes)
    ordered = kind in "fiumM" or bool(getattr(getattr(values, "cat", None), "ordered", False))
    _, first, codes = np.unique(codes, return_index=True, return_inverse=True)
    numbers = ("floating", "integer", "integer-na", "mixed-integer-float", "decimal", "empty")
    number = not category and pd.api.types.infer_dtype(values, skipna=True) in numbers
    return codes.astype(float), _Coded(column, first, ordered, number)


def _column(original: Any, values: Float[np.ndarray, " n"], coded: _Coded | None) -> Any:
    """Return values as the column had them, its type too where they are whole enough for it."""
    if coded is not None:
        return coded.decoded(values)
    polars = hasattr(original, "gather")
    column = type(original)(values=values) if polars else type(original)(values)
    probe = str(original.dtype).lower()
    if "float" not in probe and not (values == np.rint(values)).all():
        return column
    return column.cast(original.dtype) if polars else column.astype(original.dtype)


def _order(estimator: Any, names: tuple[str, ...], d: int, who: str) -> list[int]:
    """Return the features in the order in which it was fitted."""
    fitted = getattr(estimator, "feature_names_in_", None)
    count = getattr(estimator, "n_features_in_", d)
    wanted = [str(name) for name in fitted] if fitted is not None else list(names)
    if count != d or sorted(wanted) != sorted(names):
        named = "" if fitted is None else f" ({', '.join(wanted)})"
        raise InputError(
            f"{who}: expected the {count} columns the model was fitted with{named}; got {d} "
            f"({', '.join(names)}); rename them, or choose them with features="
        )
    return [names.index(name) for name in wanted]
