"""A tensor that stands for rows with exchanged columns, and holds none of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sensbench.model.exchange import functions as of
from sensbench.model.exchange.changed_rows import ChangedRows, joined


@dataclass
class Seen:
    """What happened to the rows of one call of a model.

    Attributes
    ----------
    written
        Whether they had to be written out: the call was no cheaper, and is not to be relied on.
    eps
        The coarsest precision that they were multiplied in.
    """

    written: bool = False
    eps: float = 0.0


class ExchangedTensor(Tensor):
    """Rows with exchanged columns, as a model sees them: a tensor of their shape.

    Functions that treat every number of a column alike give another of these; products with a
    constant matrix give an ordinary tensor. Before any other function, and before anything that
    writes, the rows are written out, once, and from then on the tensor is those.
    """

    _rows: ChangedRows
    _seen: Seen
    _full: Tensor | None

    @staticmethod
    def __new__(cls, rows: ChangedRows, seen: Seen) -> "ExchangedTensor":
        """Make a tensor without memory."""
        self = Tensor._make_wrapper_subclass(cls, rows.shape, dtype=rows.base.dtype)
        self._rows, self._seen, self._full = rows, seen, None
        return self

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Iterable[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Do without the rows what can be done so, else write them out."""
        kwargs = kwargs or {}
        with torch._C.DisableTorchFunctionSubclass():
            if func in of.METADATA:
                return func(*args, **kwargs)
            result = _without_rows(func, args, kwargs)
            if result is not NotImplemented:
                return result
            return func(*_written(args), **_written(kwargs))

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls,
        func: Callable[..., Any],
        types: Iterable[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Write the rows out for what comes from below Python."""
        return func(*_written(args), **_written(kwargs or {}))

    def _other(self, rows: ChangedRows | None) -> Any:
        if rows is None or rows.base.dtype not in (torch.float32, torch.float64):
            return NotImplemented
        return self if rows is self._rows else ExchangedTensor(rows, self._seen)


def _written(value: Any) -> Any:
    """Return arguments with ordinary tensors in the place of these."""
    if isinstance(value, ExchangedTensor):
        value._seen.written = True
        if value._full is None:
            value._full = value._rows.full()
        return value._full
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)(_written(one) for one in value)
    if isinstance(value, dict):
        return {key: _written(one) for key, one in value.items()}
    return value


def _without_rows(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return the function's result, or ``NotImplemented`` where it takes the rows."""
    if not args or torch.is_autocast_enabled("cpu") or "out" in kwargs or kwargs.get("inplace"):
        return NotImplemented
    if func in of.JOINS:
        return _joined(*args, **kwargs)
    if func in of.AFFINE:
        return _affine(func, args, kwargs)
    x = next((one for one in args if isinstance(one, ExchangedTensor)), None)
    if x is None or x._full is not None or _holds_these([*args, *kwargs.values()], but=x):
        return NotImplemented
    if func in of.ELEMENTWISE:
        return _elementwise(x, func, args, kwargs)
    if args[0] is not x:
        return NotImplemented
    if func in of.SAME:
        return _same(x, func, args[1:], kwargs)
    if func in of.COLUMNS:
        return _columns(x, func, args[1:], kwargs)
    if func in of.LIKE:
        return func(x._rows.base, *args[1:], **kwargs)
    if func in of.CASTS:
        return x._other(x._rows.mapped(lambda part: func(part, *args[1:], **kwargs)))
    if func in of.DROPOUT:
        training = kwargs.get("training", kwargs.get("train", args[2] if len(args) > 2 else True))
        return NotImplemented if training or any(args[3:]) else x
    if func is nn.functional.batch_norm:
        return _batch_norm(x, *args[1:], **kwargs)
    return NotImplemented


def _holds_these(values: Sequence[Any], but: ExchangedTensor) -> bool:
    """Whether there is another of these tensors, or the same once more, also inside lists."""
    times = 0
    for value in values:
        if isinstance(value, list | tuple):
            times += 2 * any(isinstance(one, ExchangedTensor) for one in value)
        elif isinstance(value, ExchangedTensor):
            times += 1 if value is but else 2
    return times > 1


def _plain(*tensors: Any) -> bool:
    """Whether these are ordinary tensors, whose type does nothing of its own."""
    kinds = (Tensor, nn.Parameter)
    return all(type(t) in kinds and t.layout is torch.strided and t.is_cpu for t in tensors)


def _elementwise(
    x: ExchangedTensor, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    d = x._rows.shape[1]
    options = list(kwargs.values())
    if any(not isinstance(one, int | float | str | None) for one in options):
        return NotImplemented
    constants, places = [], []
    for i, one in enumerate(args):
        if one is x or (isinstance(one, int | float) and not isinstance(one, bool)):
            continue
        if not _plain(one) or one.ndim > 2 or one.shape not in ((), (1,), (d,), (1, 1), (1, d)):
            return NotImplemented
        if one.numel() == d > 1:
            constants.append(one)
            places.append(i)

    def of_part(part: Tensor, *of_column: Tensor) -> Tensor:
        given = [part if one is x else one for one in args]
        for i, constant in zip(places, of_column, strict=True):
            given[i] = constant
        return func(*given, **kwargs)

    return x._other(x._rows.mapped(of_part, constants))


def _same(
    x: ExchangedTensor, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Return the rows as they are, where another shape is asked for that is their own."""
    dtype = x._rows.base.dtype
    alike = func(torch.empty(x._rows.shape, dtype=dtype, device="meta"), *args, **kwargs)
    return x if alike.shape == x._rows.shape and alike.dtype == dtype else NotImplemented


def _columns(
    x: ExchangedTensor, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Return columns, as the function takes them from a row of their places."""
    if func is Tensor.__getitem__:
        index = args[0]
        if not isinstance(index, tuple) or len(index) != 2 or isinstance(index[1], tuple):
            return NotImplemented
        if index[0] is not Ellipsis and not (
            isinstance(index[0], slice) and index[0] == slice(None)
        ):
            return NotImplemented
    else:
        dim = kwargs.get("dim", args[of.COLUMNS[func]] if len(args) > of.COLUMNS[func] else 0)
        if dim not in (1, -1):
            return NotImplemented
    places = func(torch.arange(x._rows.shape[1])[None], *args, **kwargs)
    parts = [places] if isinstance(places, Tensor) else list(places)
    if any(part.ndim != 2 or part.shape[0] != 1 for part in parts):
        return NotImplemented
    taken = [x._other(x._rows.columns(part[0])) for part in parts]
    if any(one is NotImplemented for one in taken):
        return NotImplemented
    return taken[0] if isinstance(places, Tensor) else type(places)(taken)


def _joined(tensors: Any, dim: int = 0, **others: Any) -> Any:
    parts = list(tensors) if isinstance(tensors, list | tuple) else []
    if not parts or dim not in (1, -1) or others:
        return NotImplemented
    if not all(isinstance(part, ExchangedTensor) and part._full is None for part in parts):
        return NotImplemented
    return parts[0]._other(joined([part._rows for part in parts]))


def _affine(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return the product with an ordinary matrix or vector, an ordinary tensor."""
    x, weight, bias = of.AFFINE[func](*args, **kwargs)
    if not isinstance(x, ExchangedTensor) or x._full is not None or not _plain(weight):
        return NotImplemented
    d, dtype = x._rows.shape[1], x._rows.base.dtype
    if weight.ndim not in (1, 2) or weight.shape[0] != d or weight.dtype != dtype:
        return NotImplemented
    matrix = weight if weight.ndim == 2 else weight[:, None]
    if bias is not None:
        shapes = ((matrix.shape[1],), (1, matrix.shape[1]))
        if not _plain(bias) or bias.dtype != dtype or bias.shape not in shapes:
            return NotImplemented
        bias = bias.reshape(-1)
    h = x._rows.affine(matrix, bias)
    if h is None:
        return NotImplemented
    x._seen.eps = max(x._seen.eps, torch.finfo(dtype).eps)
    return h if weight.ndim == 2 else h[:, 0]


def _batch_norm(
    x: ExchangedTensor,
    mean: Tensor | None,
    variance: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    given = [one for one in (mean, variance, weight, bias) if one is not None]
    if training or mean is None or variance is None or not _plain(*given):
        return NotImplemented
    if any(one.shape != (x._rows.shape[1],) for one in given):
        return NotImplemented

    def of_part(part: Tensor, *of_column: Tensor) -> Tensor:
        left = iter(of_column)
        four = [None if one is None else next(left) for one in (mean, variance, weight, bias)]
        return nn.functional.batch_norm(part, four[0], four[1], four[2], four[3], eps=eps)

    return x._other(x._rows.mapped(of_part, given))
