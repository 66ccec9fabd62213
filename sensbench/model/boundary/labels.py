"""Classifiers: a label is no number, whatever it is written as."""

import sys
import types
from typing import Any

import numpy as np

from sensbench.errors import InputError

_METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def fitted_method(function: Any) -> tuple[Any, str]:
    """Return a fitted estimator and the name of its method that this is; else None and nothing.

    An object with ``predict`` stands for that method.
    """
    if isinstance(function, types.MethodType):
        owner, name = function.__self__, function.__name__
        named = name in _METHODS and getattr(owner, "n_features_in_", None) is not None
        return (owner, name) if named else (None, "")
    return (function, "predict") if callable(getattr(function, "predict", None)) else (None, "")


def refuse_labels(estimator: Any, method: str, who: str) -> None:
    """Refuse a classifier's labels.

    Raises
    ------
    InputError
        With what to pass instead.
    """
    if method != "predict" or not _classifies(estimator):
        return
    numbers = [name for name in _METHODS[1::2] if callable(getattr(estimator, name, None))]
    instead = " or ".join(f"model.{name}" for name in numbers) or "a function of its scores"
    classes = getattr(estimator, "classes_", None)
    # of several targets, classes and probabilities are lists
    labels = classes.tolist() if isinstance(classes, np.ndarray) else []
    more = " …" if len(labels) > 4 else ""
    listed = f" ({', '.join(map(repr, labels[:4]))}{more})" if labels else ""
    one = ""
    if labels and "predict_proba" in numbers:
        one = ", or one class of it: lambda X: model.predict_proba(X)[:, 1]"
    raise InputError(
        f"{who}: expected a model of numbers; got a classifier, whose predict gives labels"
        f"{listed}; pass {instead}{one}"
    )


def _classifies(estimator: Any) -> bool:
    if getattr(estimator, "_estimator_type", None) == "classifier":
        return True
    if "sklearn" not in sys.modules:
        return False
    from sklearn.base import is_classifier

    try:
        return bool(is_classifier(estimator))
    except Exception:  # it has predict, and is not of scikit-learn
        return False
