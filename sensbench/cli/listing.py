"""What ``sensbench list`` lists."""

import importlib

from sensbench.registry import Registry


def listing(what: str) -> list[tuple[str, ...]]:
    """Return name and lines of everything that is there of a kind."""
    if what == "measures":
        from sensbench.measure import MEASURES

        return [(m.name, f"{m.definition} [{m.source}]") for m in MEASURES.values()]
    room = f"sensbench.report.{what}" if what in ("figures", "tables") else f"sensbench.{what}"
    registry = importlib.import_module(room).registry
    listed: list[tuple[str, ...]] = [(name, registry.summary(name)) for name in registry.names()]
    if what == "estimators":
        return [(*line, *_capabilities(registry, line[0])) for line in listed]
    if what != "problems":
        return listed
    from sensbench.truths.catalogue import describe, read

    catalogue = read()
    return [
        (name, summary, *(describe(catalogue[name]) if name in catalogue else ()))
        for name, summary, *_ in listed
    ]


def _capabilities(registry: Registry, name: str) -> list[str]:
    """Return what a method measures, needs and costs; of another package's by loading it."""
    from sensbench.estimator.capabilities import describe, entry, read

    stored = read()
    if name in stored:
        return describe(stored[name])
    try:
        return describe(entry(registry.load(name)))
    except Exception as error:  # somebody's plug-in must not end a listing
        return [f"cannot be loaded with its defaults: {error}"]
