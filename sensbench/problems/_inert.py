"""Inputs that a function does not look at, as screening studies add them."""

from sensbench.errors import require

Bounds = dict[str, tuple[float, float]]


def inert_inputs(who: str, inert: int) -> Bounds:
    """Return as many uniform inputs on (100, 200), as in Moon 2010; the function ignores them."""
    whole = isinstance(inert, int) and not isinstance(inert, bool) and inert >= 0
    require(whole, who, "a whole number of at least 0 as inert", inert)
    return {f"inert{i + 1}": (100.0, 200.0) for i in range(inert)}
