"""Names that people pass: of columns, features and outputs, by text or by any other label."""

from collections.abc import Iterable, KeysView, Mapping
from collections.abc import Set as AnySet
from typing import Any

import numpy as np

from sensbench.errors import InputError

# Texts or other labels, in an order; what else comes is refused in words.
Names = Iterable[Any]


def ordered(given: Any, who: str, what: str) -> tuple[str, ...]:
    """Return names in the order given, as texts; labels may be numbers.

    Raises
    ------
    InputError
        One text, a set or another thing without an order, or not names.
    """
    require_order(given, who, what)
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise InputError(
            f"{who}: expected {what} as a list of names; got {given!r}; write [name, …]"
        )
    names = tuple(given)
    if any(isinstance(name, bool | np.bool_) for name in names):
        raise InputError(
            f"{who}: expected {what} as a list of names; got {list(names)}; write the names "
            f"themselves, not which of them"
        )
    return tuple(str(name) for name in names)


def require_order(given: Any, who: str, what: str) -> None:
    """Raise an ``InputError`` for a set, which is in another order in every run of Python."""
    if isinstance(given, AnySet) and not isinstance(given, KeysView):  # a dict keeps its order
        raise InputError(
            f"{who}: expected {what} in an order; got a {type(given).__name__}, which has none; "
            f"write a list, in the order of the columns"
        )


def unordered(given: Any) -> tuple[str, ...]:
    """Return one name, or several whose order does not matter, as texts."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        return (str(given),)
    return tuple(str(name) for name in given)


def default_names(d: int) -> tuple[str, ...]:
    """Return ``x1 … xd``, for inputs nobody named."""
    return tuple(f"x{i + 1}" for i in range(d))
