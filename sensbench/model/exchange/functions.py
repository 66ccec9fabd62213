"""Which of torch's functions do what to a table of rows. What is not here is not known."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

Function = Callable[..., Any]


def _named(*names: str) -> frozenset[Function]:
    """Return every function of these names: torch's own, of tensors, of layers."""
    places = [(place, name) for name in names for place in (torch, Tensor, F)]
    found = (getattr(place, name, None) for place, name in places)
    # torch.float is a type, torch.cpu a module
    return frozenset(one for one in found if callable(one))


# Asked of a tensor without looking at its numbers.
METADATA: frozenset[Function] = frozenset(
    getattr(Tensor, name).__get__
    for name in (
        "shape", "dtype", "device", "ndim", "layout", "requires_grad", "is_leaf", "grad_fn",
        "is_cpu", "is_cuda", "is_sparse", "is_quantized", "is_meta", "is_nested", "itemsize",
    )
) | _named(
    "size", "dim", "ndimension", "numel", "nelement", "is_floating_point", "is_complex",
    "is_contiguous", "get_device", "element_size", "__len__", "__hash__",
)  # fmt: skip

# Every number by itself, with scalars or constants of its column.
ELEMENTWISE = _named(
    "add", "__add__", "__radd__", "sub", "subtract", "__sub__", "__rsub__", "mul", "multiply",
    "__mul__", "__rmul__", "div", "divide", "true_divide", "__truediv__", "__rtruediv__", "__div__",
    "__rdiv__", "neg", "negative", "__neg__", "reciprocal",
    "abs", "absolute", "square", "sqrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p",
    "pow", "__pow__", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan", "sigmoid",
    "relu", "gelu", "silu", "elu", "softplus", "leaky_relu", "erf", "clamp", "clip", "sign",
)  # fmt: skip

# The same rows, where the shape that comes back is the same.
SAME = _named("view", "reshape", "flatten", "squeeze", "contiguous", "clone", "detach")
CASTS = _named("to", "float", "double", "cpu")
# Other tensors that take after this one in type alone.
LIKE = _named("new_zeros", "new_ones", "new_empty", "new_full", "new_tensor")
DROPOUT = _named("dropout", "alpha_dropout")
JOINS = _named("cat", "concat", "concatenate")
# Columns of a table, with the place of their dim= behind the table.
COLUMNS: dict[Function, int] = {
    function: place
    for name, place in (
        ("__getitem__", 0), ("index_select", 0), ("narrow", 0), ("split", 1), ("chunk", 1),
    )
    for function in _named(name)
}  # fmt: skip


def _linear(x: Any, weight: Any, bias: Any = None) -> tuple[Any, Any, Any]:
    return x, weight.t() if isinstance(weight, Tensor) and weight.ndim == 2 else None, bias


def _product(x: Any, other: Any) -> tuple[Any, Any, Any]:
    return x, other, None


def _addmm(bias: Any, x: Any, weight: Any, **scales: Any) -> tuple[Any, Any, Any]:
    return (None if scales else x), weight, bias


# The rows, a matrix (d, width) or a vector (d,), and a bias.
AFFINE: dict[Function, Callable[..., tuple[Any, Any, Any]]] = {
    F.linear: _linear,
    **dict.fromkeys(_named("matmul", "mm", "mv", "__matmul__"), _product),
    **dict.fromkeys(_named("addmm"), _addmm),
}
