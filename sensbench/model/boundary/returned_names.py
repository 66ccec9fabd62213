"""The names of the variables in a model's ``return a, (b, c)``, which its outputs are told by."""

import dis
import inspect
from functools import lru_cache
from types import CodeType
from typing import Any

# None where the code does not end in variables; a tuple in a tuple for an inner one
NameTree = str | tuple["NameTree", ...] | None


def returned_names(source: Any, returned: Any) -> NameTree:
    """Return the names of the elements of a tuple or list, where the code shows them.

    Read from the bytecode, which is there also where the source is not (notebooks, exec).
    """
    if not isinstance(returned, tuple | list) or hasattr(returned, "_fields"):
        return None
    code = getattr(inspect.unwrap(source), "__code__", None) if callable(source) else None
    if not isinstance(code, CodeType):
        return None
    fitting = [names for names in _tuples(code) if _fits(names, returned)]
    return fitting[-1] if fitting else None


@lru_cache(maxsize=64)
def _tuples(code: CodeType) -> tuple[tuple[NameTree, ...], ...]:
    """Return the names in every ``return`` of a tuple of distinct variables."""
    steps: list[tuple[str, Any]] = []
    for instruction in dis.get_instructions(code):
        name, argument = instruction.opname, instruction.argval
        if name.startswith("LOAD_FAST"):
            # newer Pythons load two variables at once
            pair = argument if isinstance(argument, tuple) else (argument,)
            steps += [("LOAD", one) for one in pair]
        else:
            steps.append((name, instruction.arg))
    tuples = []
    for last in range(1, len(steps)):
        if steps[last][0] == "RETURN_VALUE" and _builds(steps[last - 1]):
            names, _ = _expression(steps, last - 1)
            flat = _flat(names)
            if isinstance(names, tuple) and len(set(flat)) == len(flat):
                tuples.append(names)
    return tuple(tuples)


def _builds(step: tuple[str, Any]) -> bool:
    return step[0] in ("BUILD_TUPLE", "BUILD_LIST")


def _expression(steps: list[tuple[str, Any]], at: int) -> tuple[NameTree, int]:
    """Return the names in the expression that ends here, and where the one before it ends."""
    if at < 0:
        return None, at
    kind, argument = steps[at]
    if kind == "LOAD":
        return argument, at - 1
    if not _builds(steps[at]):
        return None, -1
    names: list[NameTree] = []
    at -= 1
    for _ in range(argument):
        name, at = _expression(steps, at)
        if name is None:
            return None, -1
        names.append(name)
    return tuple(reversed(names)), at


def _flat(names: NameTree) -> list[str]:
    if isinstance(names, tuple):
        return [name for one in names for name in _flat(one)]
    return [] if names is None else [names]


def _fits(names: tuple[NameTree, ...], returned: Any) -> bool:
    """Whether the tuple returned has the form of the one in the code."""
    return len(names) == len(returned) and all(
        isinstance(name, str) or (isinstance(item, tuple | list) and _fits(name or (), item))
        for name, item in zip(names, returned, strict=True)
    )
