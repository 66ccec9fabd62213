"""How problems check their parameters and choose published ones."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from sensbench.errors import InputError, UnknownNameError, require

T = TypeVar("T")


def published(who: str, variants: Mapping[str, T], name: str) -> T:
    """Return what a variant stands for.

    Raises
    ------
    UnknownNameError
        There is no such variant; the message carries the nearest ones.
    """
    if name not in variants:
        raise UnknownNameError.of(who, "variant", name, variants)
    return variants[name]


def whole(who: str, what: str, value: int, least: int) -> int:
    """Return a whole number of at least ``least``."""
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= least
    require(fits, who, f"{what} as a whole number of at least {least}", value)
    return value


def real(who: str, what: str, value: float) -> float:
    """Return a finite number."""
    fits = not isinstance(value, bool) and math.isfinite(value)
    require(fits, who, f"a finite {what}", value)
    return float(value)


def listed(
    who: str,
    what: str,
    values: Sequence[float],
    *,
    d: int | None = None,
    least: float = -math.inf,
    above: float = -math.inf,
) -> tuple[float, ...]:
    """Return one finite number per input, each at least ``least`` and more than ``above``."""
    try:
        given = tuple(values)
        found = tuple(float(value) for value in given)
    except (TypeError, ValueError):
        given = found = ()
    numbers = all(
        math.isfinite(value) and value >= least and value > above for value in found
    ) and not any(isinstance(value, bool) for value in given)
    if not found or not numbers or d not in (None, len(found)):
        rule = f" of at least {least:g}" if math.isfinite(least) else ""
        rule = f" above {above:g}" if math.isfinite(above) else rule
        raise InputError(
            f"{who}: expected {what} as a list of finite numbers{rule}, one per input"
            f"{f' ({d})' if d else ''}; got {values!r}"
        )
    return found
