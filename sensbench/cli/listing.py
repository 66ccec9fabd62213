"""What ``sensbench list`` lists."""

import importlib


def listing(what: str) -> list[tuple[str, ...]]:
    """Return name and lines of everything that is there of a kind."""
    if what == "measures":
        from sensbench.measure import MEASURES

        return [(m.name, f"{m.definition} [{m.source}]") for m in MEASURES.values()]
    room = f"sensbench.report.{what}" if what in ("figures", "tables") else f"sensbench.{what}"
    registry = importlib.import_module(room).registry
    listed: list[tuple[str, ...]] = [(name, registry.summary(name)) for name in registry.names()]
    if what != "problems":
        return listed
    from sensbench.problems._catalogue import describe, read

    catalogue = read()
    return [
        (name, summary, *(describe(catalogue[name]) if name in catalogue else ()))
        for name, summary, *_ in listed
    ]
