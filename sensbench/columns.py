"""Whatever a model returns, as named columns: one column is one output to be explained."""

import dis
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from torch import Tensor

from sensbench.errors import InputError, ModelError, UnknownNameError

Selector = int | str | Sequence[int | str] | None


@dataclass(frozen=True)
class Column:
    """One output: its name, its part of what ``forward`` returns, its place in a row of it."""

    name: str
    part: int
    flat: int


def parts_of(returned: Any, who: str, source: Any = None) -> list[tuple[str, Tensor]]:
    """Return the tensors a model returned, under their own names.

    A tensor is one part, ``y``. The parts of a tuple or list are named after the variables in
    the model's ``return a, b`` where ``source`` shows them, else ``out0``, ``out1`` …; those of
    a dict, named tuple or dataclass by key or field. What is not a tensor of numbers is left
    out.

    Raises
    ------
    ModelError
        Nothing numeric is in what the model returned.
    """
    if isinstance(returned, Mapping):
        named = [(str(key), value) for key, value in returned.items()]
    elif is_dataclass(returned) and not isinstance(returned, type):
        named = [(f.name, getattr(returned, f.name)) for f in fields(returned)]
    elif isinstance(returned, tuple) and hasattr(returned, "_fields"):
        named = list(zip(returned._fields, returned, strict=True))
    elif isinstance(returned, tuple | list):
        names = _returned_names(source, len(returned))
        named = list(zip(names, returned, strict=True))
    else:
        named = [("y", returned)]
    parts = [(name, value) for name, value in named if _is_numeric(value)]
    if not parts:
        kinds = ", ".join(f"{name}: {_kind(value)}" for name, value in named) or "nothing"
        raise ModelError(
            f"{who}: expected a tensor of real numbers, or a tuple, list, dict or dataclass that "
            f"holds one; got {kinds}"
        )
    return parts


def layout(parts: list[tuple[str, Tensor]], n: int, who: str) -> list[Column]:
    """Return one column per output, for a batch of ``n`` rows.

    Raises
    ------
    ModelError
        A part whose first axis is not the batch.
    """
    columns = []
    for number, (name, part) in enumerate(parts):
        if part.ndim == 0 or part.shape[0] != n:
            raise ModelError(
                f"{who}: expected one row of output per row of input ({n}); got shape "
                f"{tuple(part.shape)} for {name!r}; forward must keep the first axis as the batch"
            )
        if part[0].numel() == 1:
            columns.append(Column(name, number, 0))
            continue
        for flat, index in enumerate(np.ndindex(*part.shape[1:])):
            columns.append(Column(f"{name}[{','.join(map(str, index))}]", number, flat))
    return columns


def select(columns: list[Column], names: Sequence[str], output: Selector, who: str) -> list[Column]:
    """Return the columns that ``output`` asks for.

    ``None`` is all. A string is a column's name or a part's (all its columns). An integer is the
    position of a part where the model returned several, else of a column. A sequence of these
    is their union, in that order.

    Raises
    ------
    InputError
        A name or position that is not there.
    """
    if output is None:
        return columns
    if isinstance(output, bool) or not isinstance(output, int | str | Sequence):
        raise InputError(
            f"{who}: expected output= as a position, a name or a list of them; got {output!r}"
        )
    if not isinstance(output, int | str):
        selectors = list(output)
        chosen = [c for one in selectors for c in select(columns, names, one, who)]
        if not chosen:
            raise InputError(f"{who}: expected at least one output; got output={output!r}")
        return list(dict.fromkeys(chosen))
    if isinstance(output, int):
        several = len(names) > 1
        count = len(names) if several else len(columns)
        if not -count <= output < count:
            raise InputError(
                f"{who}: expected output= between 0 and {count - 1}; got {output} "
                f"(outputs: {', '.join(c.name for c in columns)})"
            )
        position = output % count
        return [c for c in columns if c.part == position] if several else [columns[position]]
    chosen = [c for c in columns if c.name == output]
    chosen = chosen or [c for c in columns if names[c.part] == output]
    if not chosen:
        raise UnknownNameError.of(who, "output", output, {*names, *(c.name for c in columns)})
    return chosen


def _is_numeric(value: Any) -> bool:
    return isinstance(value, Tensor) and not value.is_complex()


def _kind(value: Any) -> str:
    return f"tensor of {value.dtype}" if isinstance(value, Tensor) else type(value).__name__


def _returned_names(source: Any, count: int) -> list[str]:
    """Names of the variables in ``return a, b``, where the code ends in one.

    Read from the bytecode, which is there also where the source is not (notebooks, exec).
    """
    names = [f"out{i}" for i in range(count)]
    code = getattr(inspect.unwrap(source), "__code__", None) if callable(source) else None
    loaded: list[str] = []
    for instruction, following in pairwise(dis.get_instructions(code) if code else ()):
        if instruction.opname.startswith("LOAD_FAST"):
            # newer Pythons load two variables at once
            argument = instruction.argval
            loaded += argument if isinstance(argument, tuple) else [argument]
            continue
        builds = instruction.opname in ("BUILD_TUPLE", "BUILD_LIST") and instruction.arg == count
        if builds and following.opname == "RETURN_VALUE" and len(set(loaded)) == count:
            names = loaded
        loaded = []
    return names
