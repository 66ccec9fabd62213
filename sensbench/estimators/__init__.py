"""Sensitivity methods, one per file; ``names()`` lists them, ``load(name, ...)`` makes one."""

from typing import Any

from sensbench.registry import Registry

registry = Registry(
    "estimator",
    "sensbench.estimators",
    "sensbench.estimators",
    attribute=lambda name: "".join(word.capitalize() for word in name.split("_")),
)


def names() -> list[str]:
    """Return the names of all estimators, other packages' included."""
    return registry.names()


def load(name: str, **params: Any) -> Any:
    """Return the estimator of that name with its hyper-parameters set.

    Raises
    ------
    UnknownNameError
        No such estimator or hyper-parameter; the message names the nearest.
    """
    return registry.load(name, **params)
