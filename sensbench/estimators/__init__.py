"""Sensitivity methods, one per file; ``names()`` lists them, ``load(name, ...)`` makes one."""

from sensbench.registry import Registry

registry = Registry(
    "estimator",
    "sensbench.estimators",
    "sensbench.estimators",
    attribute=lambda name: "".join(word.capitalize() for word in name.split("_")),
)

names, load = registry.names, registry.load
