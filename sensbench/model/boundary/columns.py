"""Whatever a model returns, as named columns: one column is one output to be explained."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sensbench.errors import InputError, ModelError, UnknownNameError
from sensbench.model.boundary.returned_names import NameTree, returned_names

Selector = int | str | Sequence[int | str] | None


class NotABatch(ModelError):
    """Something asked for has no row of output per row of input; the message names it."""


@dataclass(frozen=True)
class Part:
    """One tensor of what a model returned; ``top`` is its place in the outermost container.

    ``among`` says what that container holds, by name and kind; it is empty where there is none.
    """

    name: str
    top: int
    tensor: Tensor
    among: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Column:
    """One output: its name, its part of what ``forward`` returns, its place in a row of it."""

    name: str
    part: int
    flat: int
    top: int = 0
    part_name: str = ""
    whole: bool = False  # of an integer type: counts, or labels


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
    named = _children(returned, returned_names(source, returned))
    pairs = [("y", returned, None)] if named is None else named
    among = () if named is None else tuple((name, _kind(value)) for name, value, _ in named)
    parts = [
        Part(path, top, tensor, among)
        for top, (name, value, inner) in enumerate(pairs)
        for path, tensor in _tensors(name, value, inner)
    ]
    if not parts:
        kinds = ", ".join(f"{name}: {_kind(value)}" for name, value, _ in pairs) or "nothing"
        labels = "; labels are not numbers: return their probabilities, or a code per label"
        raise ModelError(
            f"{who}: expected a tensor of real numbers, or a tuple, list, dict or dataclass that "
            f"holds one; got {kinds}{labels if _texts(returned) else ''}"
        )
    return parts


def joined(runs: list[list[Part]], size: int, n: int) -> list[Part]:
    """Return the parts of batches of ``size`` rows as those of one batch of ``n``.

    What is not a row per row of a batch is left as the first batch gave it, to be told apart.
    """
    return [
        replace(first, tensor=torch.cat([run[k].tensor for run in runs])[:n])
        if _is_batch(first, size)
        else first
        for k, first in enumerate(runs[0])
    ]


def choose(parts: list[Part], n: int, output: Selector, who: str) -> list[Column]:
    """Return the columns that ``output`` asks for, of what came back from a batch of ``n`` rows.

    Raises
    ------
    NotABatch
        A part that is asked for and whose first axis is not the batch.
    InputError
        A name or position that is not there.
    """
    columns, odd = [], []
    for number, part in enumerate(parts):
        if not _is_batch(part, n):
            odd.append(part)
            continue
        width = part.tensor[0].numel()
        whole = not part.tensor.dtype.is_floating_point
        for flat, index in enumerate(np.ndindex(*part.tensor.shape[1:])):
            label = part.name if width == 1 else f"{part.name}[{','.join(map(str, index))}]"
            columns.append(Column(label, number, flat, part.top, part.name, whole))
    if odd and not columns:
        raise _not_a_batch(odd[0], n, who, False)
    if not columns:
        raise ModelError(f"{who}: expected at least one number per row; got none")
    return _select(_Returned(columns, odd, parts[0].among, n, who), output)


def read(parts: list[Part], columns: list[Column], n: int, who: str) -> list[Tensor]:
    """Return the chosen columns of a batch of ``n`` rows, each ``(n,)``.

    Raises
    ------
    ModelError
        The model did not return what it returned at the trial.
    """
    values = []
    for column in columns:
        if column.part >= len(parts):
            raise ModelError(
                f"{who}: expected {column.name!r} among the outputs in every call; got "
                f"{[part.name for part in parts]}; make forward return the same kind every time"
            )
        part = parts[column.part]
        if not _is_batch(part, n):
            raise _not_a_batch(part, n, who, False)
        rows = part.tensor.reshape(n, -1)
        if column.flat >= rows.shape[1]:
            raise ModelError(
                f"{who}: expected as many outputs as at the trial; got shape "
                f"{tuple(part.tensor.shape)} for {part.name!r}; the number of outputs may not "
                f"depend on the batch"
            )
        values.append(rows[:, column.flat])
    return values


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
    values = read(parts, columns, n, who)
    if len({y.dtype for y in values}) > 1:
        values = [y.double() for y in values]
    return torch.stack(values, dim=1)


def whole(parts: list[Part], columns: list[Column], n: int, who: str) -> list[Tensor] | Tensor:
    """Return the one tensor that all chosen columns are in; else the columns.

    Raises
    ------
    ModelError
        As for :func:`read`.
    """
    first = columns[0].part
    if first < len(parts) and all(column.part == first for column in columns):
        tensor = parts[first].tensor
        if _is_batch(parts[first], n) and tensor.requires_grad:
            if max(column.flat for column in columns) < tensor.numel() // n:
                return tensor
    return read(parts, columns, n, who)


@dataclass(frozen=True)
class _Returned:
    """What came back for a batch of ``n`` rows: columns, and parts that are no batch."""

    columns: list[Column]
    odd: list[Part]
    among: tuple[tuple[str, str], ...]
    n: int
    who: str

    def chosen(self, columns: list[Column], odd: list[Part]) -> list[Column]:
        """Return these columns, if none of the parts asked for with them is odd."""
        if odd:
            raise _not_a_batch(odd[0], self.n, self.who, True)
        return columns

    def at(self, position: int) -> list[Column]:
        """Return an element of the outermost container; without one, a column."""
        count = len(self.among) or len(self.columns)
        if not -count <= position < count:
            names = [name for name, _ in self.among] or [column.name for column in self.columns]
            raise InputError(
                f"{self.who}: expected output= between 0 and {count - 1}; got {position} "
                f"(outputs: {', '.join(names)})"
            )
        place = position % count
        if not self.among:
            return [self.columns[place]]
        columns = [column for column in self.columns if column.top == place]
        odd = [part for part in self.odd if part.top == place]
        if not columns and not odd:
            raise _no_numbers(*self.among[place], self.who)
        return self.chosen(columns, odd)

    def named(self, name: str) -> list[Column]:
        """Return the column or the part of this name, or all parts inside it."""
        columns = [column for column in self.columns if column.name == name]
        if columns:
            return columns
        inside = f"{name}."
        columns = [c for c in self.columns if c.part_name == name]
        odd = [part for part in self.odd if part.name == name]
        if not columns and not odd:
            columns = [c for c in self.columns if c.part_name.startswith(inside)]
            odd = [part for part in self.odd if part.name.startswith(inside)]
        if columns or odd:
            return self.chosen(columns, odd)
        for element, kind in self.among:
            if element == name:
                raise _no_numbers(element, kind, self.who)
        names = {*(c.part_name for c in self.columns), *(c.name for c in self.columns)}
        raise UnknownNameError.of(self.who, "output", name, names)


def _select(returned: _Returned, output: Selector) -> list[Column]:
    """Return the columns that ``output`` asks for.

    ``None`` is all. A string is a column's name or a part's (all its columns). An integer is the
    position in the outermost container where the model returned one, else that of a column. A
    sequence of these is their union, in that order.
    """
    who = returned.who
    if output is None:
        return returned.chosen(returned.columns, returned.odd)
    if isinstance(output, str):
        return returned.named(output)
    if isinstance(output, int | np.integer) and not isinstance(output, bool):
        return returned.at(int(output))
    if isinstance(output, bool) or not isinstance(output, Sequence):
        raise InputError(
            f"{who}: expected output= as a position, a name or a list of them; got {output!r}"
        )
    chosen = [column for one in output for column in _select(returned, one)]
    if not chosen:
        raise InputError(f"{who}: expected at least one output; got output={output!r}")
    return list(dict.fromkeys(chosen))


def _is_batch(part: Part, n: int) -> bool:
    return part.tensor.ndim > 0 and part.tensor.shape[0] == n


def _not_a_batch(part: Part, n: int, who: str, others: bool) -> NotABatch:
    return NotABatch(
        f"{who}: expected one row of output per row of input ({n}); got shape "
        f"{tuple(part.tensor.shape)} for {part.name!r}, which is not a batch; forward must keep "
        f"the first axis as the batch"
        + ("; or choose the other outputs with output=" if others else "")
    )


def _no_numbers(name: str, kind: str, who: str) -> ModelError:
    return NotABatch(
        f"{who}: expected one row of numbers per row of input; got {kind} for {name!r}, which is "
        f"not a batch; choose the other outputs with output="
    )


def _children(value: Any, names: NameTree = None) -> list[tuple[str, Any, NameTree]] | None:
    """Return a container's elements, each with its name and those inside it; None for others."""
    if isinstance(value, Mapping):
        return [(str(key), item, None) for key, item in value.items()]
    if is_dataclass(value) and not isinstance(value, type):
        return [(f.name, getattr(value, f.name), None) for f in fields(value)]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [(name, item, None) for name, item in zip(value._fields, value, strict=True)]
    if isinstance(value, tuple | list):
        numbers = value and all(isinstance(v, int | float | np.number) for v in value)
        if numbers:
            return None
        element_names = names if isinstance(names, tuple) else (None,) * len(value)
        return [
            (name, item, None) if isinstance(name, str) else (f"out{i}", item, name)
            for i, (name, item) in enumerate(zip(element_names, value, strict=True))
        ]
    if hasattr(value, "to_numpy") and hasattr(value, "columns"):
        return [(str(name), value[name], None) for name in value.columns]
    return None


def _tensors(name: str, value: Any, names: NameTree = None) -> Iterator[tuple[str, Tensor]]:
    children = _children(value, names)
    if children is None:
        tensor = _numeric(value)
        if tensor is not None:
            yield name, tensor
        return
    plain = isinstance(value, tuple | list) and not hasattr(value, "_fields")
    for position, (inner, item, deeper) in enumerate(children):
        # variables of a tuple in a tuple have names of their own: return y, (h, c)
        own = isinstance(names, tuple) and isinstance(names[position], str)
        path = inner if own else f"{name}.{position if plain else inner}"
        yield from _tensors(path, item, deeper)


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


def _texts(value: Any) -> bool:
    """Whether a model returned texts: the labels of a classifier."""
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "US" or (value.size > 0 and isinstance(value.flat[0], str))
    return isinstance(value, str) or (
        isinstance(value, list | tuple) and len(value) > 0 and isinstance(value[0], str)
    )
