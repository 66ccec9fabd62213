"""Tables of a page, one kind per file; ``names()`` lists them, ``load(name)`` makes one."""

from sensbench.registry import Registry, camel_case

registry = Registry("table", "sensbench.report.tables", "sensbench.tables", attribute=camel_case)

names, load = registry.names, registry.load
