"""Torch regressors and how they are trained, one per file; ``load("mlp", hidden=(32,))``."""

import lazy_loader

from sensbench.registry import Registry

# Below this R² on held-out rows, more than half of what moves the target is not in the network,
# and a ranking of its inputs says little of the phenomenon.
POOR_R2 = 0.5

# Above this relative error of the gradient, what derivatives say is as much about how the network
# errs as about the function.
POOR_GRADIENT = 0.3

registry = Registry(
    "network",
    "sensbench.networks",
    "sensbench.networks",
    attribute=lambda name: "".join(word.capitalize() for word in name.split("_")),
)

names, load = registry.names, registry.load

# They need torch, which a listing of names does not wait for.
__getattr__, _, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_cache": ["NetworkCache"],
        "_network": ["Network"],
        "_trained": ["Trained"],
    },
)
