"""Functions of the literature and data sets, one per file; ``load(name, ...)`` makes one."""

from sensbench.registry import Registry

registry = Registry(
    "problem", "sensbench.problems", "sensbench.problems", attribute=lambda name: name
)

names, load = registry.names, registry.load
