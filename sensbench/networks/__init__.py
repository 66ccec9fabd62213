"""Torch regressors and how they are trained, one per file; ``load("mlp", hidden=(32,))``."""

import lazy_loader

from sensbench.registry import Registry

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
