"""A callable on numpy arrays or data frames, or a fitted scikit-learn regressor, as columns."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float

from sensbench.errors import InputError, ModelError
from sensbench.model.boundary.arguments import Split
from sensbench.model.boundary.borrowed import borrowed, modules_within, outliving
from sensbench.model.boundary.columns import Column, Selector, choose, parts_of, read

Takes = Literal["array", "frame"]


class ArrayFunction:
    """Evaluates a function of a numpy array or a data frame; it has no derivative of its own.

    Parameters
    ----------
    takes
        ``"array"``, or ``"frame"`` with the columns ``names``.
    order
        Positions of the features in the order in which the function wants them.
    """

    method = ""

    def __init__(
        self,
        function: Callable[..., Any],
        who: str,
        output: Selector,
        split: Split,
        takes: Takes = "array",
        names: Sequence[str] = (),
        order: Sequence[int] | None = None,
    ):
        self.who, self.output = who, output
        self._function, self._split = function, split
        self._takes, self._names = takes, list(names)
        self._order = None if order is None else list(order)
        self._held = modules_within(function)
        # until it has run once, modules may be met that it holds in ways that cannot be seen
        self._trial = True
        self._columns: list[Column] = []
        # columns of codes, which the function is given as what they stand for
        self._coded: frozenset[int] = getattr(
            getattr(function, "__self__", None), "coded", frozenset()
        )
        self._graph = False
        self.eps = float(np.finfo(np.float64).eps)
        self.width, self.precision = 1, np.float64

    def columns(self, X: Float[np.ndarray, "n d"]) -> tuple[str, ...]:
        """Return the names of the outputs, from a trial; it raises what the function raises.

        It is run without autograd, unless it gives numbers only with it, as one that calls
        ``backward`` inside.
        """
        try:
            return self._tried(X)
        except (ModelError, InputError):
            raise
        except Exception as error:
            self._graph = True
            with contextlib.suppress(Exception):
                return self._tried(X)
            self._graph = False
            raise error
        finally:
            self._held = outliving(self._held)

    def _tried(self, X: Float[np.ndarray, "n d"]) -> tuple[str, ...]:
        for n in (3, 2):
            parts = parts_of(self._call(X[np.arange(n) % len(X)]), self.who, self._function)
            columns = choose(parts, n, self.output, self.who)
            if n == 2 and [c.name for c in columns] != [c.name for c in self._columns]:
                raise ModelError(
                    f"{self.who}: expected as many outputs for 2 rows as for 3; got {len(columns)} "
                    f"and {len(self._columns)}; make the function work on a batch of any size"
                )
            self._columns = columns
        for column in self._columns:
            dtype = parts[column.part].tensor.dtype
            if dtype.is_floating_point:
                # a step must be large enough for the coarsest of the outputs
                self.eps = max(self.eps, float(torch.finfo(dtype).eps))
        self._trial = False
        return tuple(column.name for column in self._columns)

    def values(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        """Return all outputs."""
        try:
            parts = parts_of(self._call(X), self.who, self._function)
            outputs = read(parts, self._columns, len(X), self.who)
        except (ModelError, InputError):
            raise
        except Exception as error:
            raise ModelError(
                f"{self.who}: expected outputs for {len(X)} rows given as {self.given}; calling it "
                f"raised {type(error).__name__}: {error}"
            ) from error
        return np.stack([y.detach().double().numpy() for y in outputs], axis=1)

    @property
    def whole_outputs(self) -> tuple[bool, ...]:
        """Which outputs are of an integer type, or true and false."""
        return tuple(column.whole for column in self._columns)

    def cast(self, d: int) -> frozenset[int]:
        """Return which of the ``d`` columns the function is given as integers, or decoded."""
        return self._split.cast(d) | self._coded

    def rounded(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Return rows as the function sees them: as they are."""
        return X

    @property
    def given(self) -> str:
        """What the function is called with."""
        if self._takes == "frame":
            return f"a data frame with columns {', '.join(self._names[:8])}"
        return f"a numpy array, {self._split}"

    def _call(self, X: Float[np.ndarray, "n d"]) -> Any:
        # a copy: a function that works in place may not change the caller's rows
        rows = X.copy() if self._order is None else X[:, self._order]
        with borrowed(self._held, meet=self._trial), torch.set_grad_enabled(self._graph):
            if self._takes == "frame":
                import pandas as pd  # half a second, for models of data frames alone

                return self._function(pd.DataFrame(rows, columns=self._names))
            return self._split.call(self._function, rows)


def regressor(
    estimator: Any,
    who: str,
    output: Selector,
    d: int,
    features: Sequence[str] | None,
    call: Callable[..., Any],
) -> ArrayFunction:
    """Return a method of a fitted scikit-learn regressor or pipeline as a function.

    It gets a data frame with its own column names where it was fitted with names; rows named in
    another order are put into its order.

    Raises
    ------
    InputError
        Not fitted on as many features, or on other names.
    """
    count = getattr(estimator, "n_features_in_", d)
    fitted = getattr(estimator, "feature_names_in_", None)
    if count != d:
        raise InputError(
            f"{who}: expected rows of the {count} features it was fitted on; got {d}; "
            f"pass these columns, in its order"
        )
    if fitted is None:
        return ArrayFunction(call, who, output, Split())
    names = [str(name) for name in fitted]
    order = None
    if features is not None and list(features) != names:
        if sorted(features) != sorted(names):
            raise InputError(
                f"{who}: expected the columns it was fitted with ({', '.join(names)}); got "
                f"{list(features)}; rename the columns, or pass an array in its order"
            )
        order = [list(features).index(name) for name in names]
    return ArrayFunction(call, who, output, Split(), "frame", list(fitted), order)


def takes(estimator: Any, d: int, features: Sequence[str] | None) -> bool:
    """Whether it was fitted on so many features, and on these where it knows names."""
    fitted = getattr(estimator, "feature_names_in_", None)
    names = None if fitted is None or features is None else sorted(str(name) for name in fitted)
    return estimator.n_features_in_ == d and (names is None or names == sorted(features or ()))
