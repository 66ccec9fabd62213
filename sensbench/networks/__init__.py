"""Torch regressors and how they are trained, one per file; ``load("mlp", hidden=(32,))``."""

from typing import Any

from sensbench.registry import Registry

# Below this R² on held-out rows, more than half of what moves the target is not in the network,
# and a ranking of its inputs says little of the phenomenon.
POOR_R2 = 0.5

registry = Registry(
    "network",
    "sensbench.networks",
    "sensbench.networks",
    attribute=lambda name: "".join(word.capitalize() for word in name.split("_")),
)


def names() -> list[str]:
    """Return the names of all networks, other packages' included."""
    return registry.names()


def load(name: str, **params: Any) -> Any:
    """Return the untrained network of that name with its hyper-parameters set.

    Raises
    ------
    UnknownNameError
        No such network or hyper-parameter; the message names the nearest.
    """
    return registry.load(name, **params)
