"""Whatever a model returns, as named columns: one column is one output to be explained."""

import dis
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sensbench.errors import InputError, ModelError, UnknownNameError

Selector = int | str | Sequence[int | str] | None


@dataclass(frozen=True)
class Part:
    """One tensor of what a model returned; ``top`` is its place in the outermost container."""

    name: str
    top: int
    tensor: Tensor


@dataclass(frozen=True)
class Column:
    """One output: its name, its part of what ``forward`` returns, its place in a row of it."""

    name: str
    part: int
    flat: int
    top: int = 0
    part_name: str = ""


def parts_of(returned: Any, who: str, source: Any = None) -> list[Part]:
    """Return the tensors a model returned, under their own names.

    A tensor is one part, ``y``. The parts of a tuple or list are named after the variables in
    the model's ``return a, b`` where ``source`` shows them, else ``out0``, ``out1`` …; those of
    a dict, named tuple, dataclass or data frame by key, field or column. What is inside an inner
    container is named ``outer.inner``. What is not numbers is left out.

    Raises
    ------
    ModelError
        Nothing numeric is in what the model returned.
    """
    if type(returned) is Tensor and not returned.is_complex():
        return [Part("y", 0, returned)]  # what most models return, without the search
    named = _children(returned, source)
    found: list[Part] = []
    for name, value in [("y", returned)] if named is None else named:
        top = len({part.top for part in found})
        found += [Part(path, top, tensor) for path, tensor in _tensors(name, value)]
    if not found:
        pairs = [("y", returned)] if named is None else named
        kinds = ", ".join(f"{name}: {_kind(value)}" for name, value in pairs) or "nothing"
        raise ModelError(
            f"{who}: expected a tensor of real numbers, or a tuple, list, dict or dataclass that "
            f"holds one; got {kinds}"
        )
    return found


def choose(parts: list[Part], n: int, output: Selector, who: str) -> list[Column]:
    """Return the columns that ``output`` asks for, of what came back from a batch of ``n`` rows.

    Raises
    ------
    ModelError
        A part that is asked for and whose first axis is not the batch.
    InputError
        A name or position that is not there.
    """
    columns, odd = [], []
    for number, part in enumerate(parts):
        if part.tensor.ndim == 0 or part.tensor.shape[0] != n:
            odd.append(part)
            continue
        width = part.tensor[0].numel()
        for flat, index in enumerate(np.ndindex(*part.tensor.shape[1:])):
            label = part.name if width == 1 else f"{part.name}[{','.join(map(str, index))}]"
            columns.append(Column(label, number, flat, part.top, part.name))
    if odd and (output is None or not columns):
        raise _not_a_batch(odd[0], n, who, bool(columns))
    return select(columns, output, who)


def read(parts: list[Part], columns: list[Column], n: int, who: str) -> list[Tensor]:
    """Return the chosen columns of a batch of ``n`` rows, each ``(n,)``.

    Raises
    ------
    ModelError
        The model did not return what it returned at the trial.
    """
    found = []
    for column in columns:
        if column.part >= len(parts):
            raise ModelError(
                f"{who}: expected {column.name!r} among the outputs in every call; got "
                f"{[part.name for part in parts]}; make forward return the same kind every time"
            )
        part = parts[column.part]
        if part.tensor.ndim == 0 or part.tensor.shape[0] != n:
            raise _not_a_batch(part, n, who, False)
        rows = part.tensor.reshape(n, -1)
        if column.flat >= rows.shape[1]:
            raise ModelError(
                f"{who}: expected as many outputs as at the trial; got shape "
                f"{tuple(part.tensor.shape)} for {part.name!r}; the number of outputs may not "
                f"depend on the batch"
            )
        found.append(rows[:, column.flat])
    return found


def table(parts: list[Part], columns: list[Column], n: int, who: str) -> Tensor:
    """Return the chosen columns of a batch of ``n`` rows as one table, ``(n, o)``.

    Without a copy where they stand side by side, as they mostly do.

    Raises
    ------
    ModelError
        As for :func:`read`.
    """
    first, o = columns[0], len(columns)
    side_by_side = [(first.part, first.flat + k) for k in range(o)]
    if [(column.part, column.flat) for column in columns] == side_by_side:
        tensor = parts[first.part].tensor if first.part < len(parts) else None
        if tensor is not None and tensor.ndim and tensor.shape[0] == n:
            rows = tensor.reshape(n, -1)
            if first.flat + o <= rows.shape[1]:
                return rows[:, first.flat : first.flat + o]
    found = read(parts, columns, n, who)
    if len({y.dtype for y in found}) > 1:
        found = [y.double() for y in found]
    return torch.stack(found, dim=1)


def select(columns: list[Column], output: Selector, who: str) -> list[Column]:
    """Return the columns that ``output`` asks for.

    ``None`` is all. A string is a column's name or a part's (all its columns). An integer is the
    position of a part where the model returned several, else of a column. A sequence of these
    is their union, in that order.
    """
    if output is None:
        return columns
    if isinstance(output, bool) or not isinstance(output, int | str | Sequence):
        raise InputError(
            f"{who}: expected output= as a position, a name or a list of them; got {output!r}"
        )
    if not isinstance(output, int | str):
        chosen = [column for one in output for column in select(columns, one, who)]
        if not chosen:
            raise InputError(f"{who}: expected at least one output; got output={output!r}")
        return list(dict.fromkeys(chosen))
    if isinstance(output, int):
        tops = sorted({column.top for column in columns})
        # A part that is no batch of rows keeps its place: output=1 is the second of the tuple.
        several = len(tops) > 1 or tops != [0]
        count = tops[-1] + 1 if several else len(columns)
        chosen = []
        if -count <= output < count:
            place = output % count
            chosen = [c for c in columns if c.top == place] if several else [columns[place]]
        if not chosen:
            raise InputError(
                f"{who}: expected output= between 0 and {count - 1}; got {output} "
                f"(outputs: {', '.join(c.name for c in columns)})"
            )
        return chosen
    chosen = [c for c in columns if c.name == output]
    chosen = chosen or [c for c in columns if c.part_name == output]
    chosen = chosen or [c for c in columns if c.part_name.startswith(f"{output}.")]
    if not chosen:
        known = {*(c.part_name for c in columns), *(c.name for c in columns)}
        raise UnknownNameError.of(who, "output", output, known)
    return chosen


def _not_a_batch(part: Part, n: int, who: str, others: bool) -> ModelError:
    return ModelError(
        f"{who}: expected one row of output per row of input ({n}); got shape "
        f"{tuple(part.tensor.shape)} for {part.name!r}; forward must keep the first axis as the "
        f"batch" + ("; or choose the other outputs with output=" if others else "")
    )


def _children(value: Any, source: Any = None) -> list[tuple[str, Any]] | None:
    """Return a container's elements by name; None for what is not a container."""
    if isinstance(value, Mapping):
        return [(str(key), item) for key, item in value.items()]
    if is_dataclass(value) and not isinstance(value, type):
        return [(f.name, getattr(value, f.name)) for f in fields(value)]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return list(zip(value._fields, value, strict=True))
    if isinstance(value, tuple | list):
        numbers = value and all(isinstance(v, int | float | np.number) for v in value)
        if numbers:
            return None
        return list(zip(_returned_names(source, len(value)), value, strict=True))
    if hasattr(value, "to_numpy") and hasattr(value, "columns"):
        return [(str(name), value[name]) for name in value.columns]
    return None


def _tensors(name: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    children = _children(value)
    if children is None:
        tensor = _numeric(value)
        if tensor is not None:
            yield name, tensor
        return
    plain = isinstance(value, tuple | list) and not hasattr(value, "_fields")
    for position, (inner, item) in enumerate(children):
        yield from _tensors(f"{name}.{position if plain else inner}", item)


def _numeric(value: Any) -> Tensor | None:
    if isinstance(value, Tensor):
        return None if value.is_complex() else value
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, list | tuple):
        value = np.asarray(value)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biuf":
        return torch.as_tensor(np.array(value))
    return None


def _kind(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"tensor of {value.dtype}"
    if isinstance(value, np.ndarray):
        return f"array of {value.dtype}"
    return type(value).__name__


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
