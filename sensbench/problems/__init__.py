"""Functions of the literature and data sets, one per file; ``load(name, ...)`` makes one."""

from typing import Any

from sensbench.registry import Registry

registry = Registry(
    "problem", "sensbench.problems", "sensbench.problems", attribute=lambda name: name
)


def names() -> list[str]:
    """Return the names of all problems, other packages' included."""
    return registry.names()


def load(name: str, **params: Any) -> Any:
    """Return the problem of that name with its parameters set.

    Raises
    ------
    UnknownNameError
        No such problem or parameter; the message names the nearest.
    """
    return registry.load(name, **params)
