"""Figures of a page, one per file; ``names()`` lists them, ``load(name)`` makes one."""

from sensbench.registry import Registry, camel_case

registry = Registry("figure", "sensbench.report.figures", "sensbench.figures", attribute=camel_case)

names, load = registry.names, registry.load
