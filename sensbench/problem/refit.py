"""Refit: how a model is trained again, for methods that take a column away from its training."""

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import InputError, ModelError
from sensbench.inputs.rows import as_rows, as_targets
from sensbench.model.boundary.borrowed import undisturbed
from sensbench.model.model import Model
from sensbench.model.output_scale import OutputScale

Predicts = Callable[[Float[np.ndarray, "n d"]], Float[np.ndarray, "n o"]]


class Refit:
    """A recipe: how the model was trained, and the rows it was trained on.

    Parameters
    ----------
    train
        A function ``train(X, y, seed)`` that returns a newly trained model of as many columns as X
        has: a module, a function of rows, or a fitted regressor. X is (n, k) and y (n, o). Or a
        scikit-learn regressor, of which a fresh copy is fitted.
    X, y
        The rows that the model learned, and their targets. What a method measures on other rows,
        those of the problem, is then of rows that no model has seen.

    Raises
    ------
    InputError
        Neither a function nor a regressor; rows and targets that do not fit together.
    """

    def __init__(self, train: Any, X: Any, y: Any):
        fits = hasattr(train, "fit") and hasattr(train, "get_params")
        if inspect.isclass(train) or not (callable(train) or fits):
            raise InputError(
                f"Refit: expected train(X, y, seed) as a function that returns a trained model, or "
                f"a scikit-learn regressor; got {train!r}"
            )
        self._train = train
        self._scale: OutputScale | None = None
        if X is not None:
            self._X = as_rows(X, "Refit: X")[0]
            self._y = as_targets(y, len(self._X), "Refit: y")

    def rows(self) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n o"]]:
        """Return the rows that are learned, and their targets."""
        return self._X, self._y

    def function(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"] | None:
        """Return the values at other rows of what is learned, where it is a known function."""
        return None

    def scaled(self, scale: OutputScale) -> "Refit":
        """Return the same recipe for outputs that are divided by powers of two."""
        view = copy.copy(self)
        view._scale = scale
        return view

    def learned(self) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n o"]]:
        """Return the rows that are learned, and their targets at the scale of the outputs."""
        X, y = self.rows()
        return X, y if self._scale is None else self._scale.outputs(y)

    def truth(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"] | None:
        """Return :meth:`function` at the scale of the outputs."""
        y = self.function(X)
        return y if y is None or self._scale is None else self._scale.outputs(y)

    def again(self, seed: int, who: str = "Refit") -> Any:
        """Return a model trained on all rows and columns, as training returns it.

        Raises
        ------
        ModelError
            Training failed.
        """
        X, y = self.rows()
        return self._attempted(np.ascontiguousarray(X), y, seed, who)

    def trained(self, kept: Int[np.ndarray, " k"], seed: int, who: str) -> Predicts:
        """Return a model trained on some of the columns, as a function of rows with all of them.

        Raises
        ------
        ModelError
            Training failed, or what it returned does not fit the rows.
        """
        X, y = self.learned()
        predict = self.fitted(X[:, kept], y, seed, who)
        return lambda rows: predict(np.ascontiguousarray(rows[:, kept]))

    def fitted(
        self, X: Float[np.ndarray, "n k"], y: Float[np.ndarray, "n o"], seed: int, who: str
    ) -> Predicts:
        """Return a model trained on these rows; without columns, the mean of the targets."""
        if not X.shape[1]:
            mean = y.mean(axis=0)
            return lambda rows: np.tile(mean, (len(rows), 1))
        X = np.ascontiguousarray(X)
        trained = self._attempted(X, y, seed, who)
        model = Model(trained, X[:2])
        if model.o != y.shape[1]:
            raise ModelError(
                f"{who}: expected a trained model of {y.shape[1]} outputs, as y has columns; got "
                f"{model.o}"
            )
        return lambda rows: np.asarray(model(rows))

    def _attempted(
        self, X: Float[np.ndarray, "n k"], y: Float[np.ndarray, "n o"], seed: int, who: str
    ) -> Any:
        with undisturbed():
            try:
                return self._learn(X, y, seed)
            except Exception as error:
                raise ModelError(
                    f"{who}: expected the model to be trained again on {len(X)} rows of "
                    f"{X.shape[1]} columns; it raised {type(error).__name__}: {error}; train must "
                    f"take any number of columns"
                ) from error

    def _learn(self, X: Float[np.ndarray, "n k"], y: Float[np.ndarray, "n o"], seed: int) -> Any:
        if callable(self._train):
            return self._train(X, y, seed)
        from sklearn.base import clone  # a second to import

        fresh = clone(self._train)
        seeds = [name for name in fresh.get_params() if name.endswith("random_state")]
        fresh.set_params(**dict.fromkeys(seeds, seed))
        return fresh.fit(X, y[:, 0] if y.shape[1] == 1 else y)
