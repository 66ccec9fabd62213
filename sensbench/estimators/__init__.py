"""Sensitivity methods, one per file; ``names()`` lists them, ``load(name, ...)`` makes one."""

from sensbench.registry import Registry, camel_case

registry = Registry(
    "estimator",
    "sensbench.estimators",
    "sensbench.estimators",
    attribute=camel_case,
)

names, load = registry.names, registry.load
