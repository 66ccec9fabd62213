"""Whether a forward pass is made of torch's own smooth functions alone, seen while it runs.

Of such a pass the derivative by autograd is right, and nothing is left to find by differences:
every tensor that depends on the rows came from one of these functions, whose derivatives are
torch's, none is cut off, and nothing has looked at the values, to branch on them or to carry them
past autograd. What is not known for certain (another function, a tensor from elsewhere, a custom
backward, a hook, a scripted part, a change of mode) is not plain, and is checked by differences.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

# Continuous, with torch's own derivative wherever there is one; kinks are no jumps.
_SMOOTH = """
    linear bilinear tanh sigmoid relu relu6 leaky_relu elu selu celu gelu silu mish softplus
    softsign logsigmoid tanhshrink hardtanh hardsigmoid hardswish prelu layer_norm batch_norm
    dropout alpha_dropout softmax log_softmax
    add sub subtract mul multiply div divide true_divide neg negative matmul mm mv bmm addmm dot
    einsum pow square sqrt rsqrt reciprocal exp expm1 log log1p log2 log10 sin cos sinh cosh sinc
    atan arctan asinh erf abs absolute maximum minimum clamp logsumexp sum mean cumsum
    cat concat concatenate stack hstack column_stack reshape view flatten unflatten unsqueeze
    squeeze transpose swapaxes permute t expand expand_as repeat clone contiguous narrow select
    split chunk unbind tensor_split index_select
    __getitem__ __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__
    __rdiv__ __neg__ __pow__ __rpow__ __matmul__ __rmatmul__ __abs__ rsub
""".split()
# These say nothing of the values.
_OF_SHAPE = """
    size dim ndimension numel nelement __len__ is_floating_point is_complex is_contiguous stride
""".split()
_SHAPES = frozenset({"shape", "ndim", "dtype", "device", "is_cuda", "requires_grad", "layout"})
_VIEWS = frozenset({"T", "mT"})
# These make tensors of numbers.
_MAKE = "tensor as_tensor ones zeros full eye arange linspace empty"
# Between two levels: where what they are given is far out, a step of one number may be a jump.
_STEEP = (
    "tanh sigmoid softmax log_softmax softsign hardtanh hardsigmoid relu6 clamp atan arctan erf"
)
_FAR_OUT = 1e3


def _functions(names: Iterable[str]) -> frozenset[Any]:
    places = (torch, Tensor, F, torch._C._nn)
    found = (getattr(place, name, None) for place in places for name in names)
    return frozenset(one for one in found if one is not None)


_SMOOTH_FUNCTIONS, _SHAPE_FUNCTIONS = _functions(_SMOOTH), _functions(_OF_SHAPE)
_MAKE_FUNCTIONS, _STEEP_FUNCTIONS = _functions(_MAKE.split()), _functions(_STEEP.split())


class PlainPass(TorchFunctionMode):
    """Looks at every function that a forward pass calls.

    Parameters
    ----------
    module
        Whose parameters, buffers and plain attributes were there before the rows.
    x
        The rows, which want a gradient.

    Attributes
    ----------
    is_plain
        Whether all that was called so far is smooth and torch's own.
    """

    def __init__(self, module: nn.Module, x: Float[Tensor, "n d"]):
        super().__init__()
        self.is_plain = True
        self._dtype = x.dtype
        # held, so that no other tensor takes their place in memory
        self._of_rows: dict[int, Tensor] = {id(x): x}
        self._constants = {id(t): t for t in _tensors_of(module)}

    def depend_on_rows(self, outputs: Iterable[Tensor]) -> bool:
        """Whether these came from the rows by the functions that were seen."""
        return all(id(y) in self._of_rows for y in outputs)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if self.is_plain:
            self.is_plain = self._accepts(func, (*args, *(kwargs or {}).values()), result)
        return result

    def _accepts(self, func: Any, given: tuple[Any, ...], result: Any) -> bool:
        getter = getattr(func, "__self__", None) if _name(func) == "__get__" else None
        if func in _SHAPE_FUNCTIONS or _name(getter) in _SHAPES:
            return True
        tensors = list(_tensors_in(given))
        of_rows = [t for t in tensors if id(t) in self._of_rows]
        if len(of_rows) + sum(id(t) in self._constants for t in tensors) < len(tensors):
            return False
        made = list(_tensors_in((result,)))
        if not of_rows:
            self._constants.update((id(t), t) for t in made)
            return bool(tensors) or func in _MAKE_FUNCTIONS
        if func not in _SMOOTH_FUNCTIONS and _name(getter) not in _VIEWS:
            return False
        if func in _STEEP_FUNCTIONS and any(_is_far_out(t) for t in of_rows):
            return False
        self._of_rows.update((id(t), t) for t in made)
        own = (type(t) is Tensor and t.requires_grad and t.dtype == self._dtype for t in made)
        return bool(made) and all(own)


def _name(of: Any) -> str:
    return getattr(of, "__name__", "")


def _is_far_out(t: Tensor) -> bool:
    # written so that what is not finite is far out
    return not bool(t.detach().abs().amax() <= _FAR_OUT)


def _tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors_in(value)


def _tensors_of(module: nn.Module) -> Iterator[Tensor]:
    """Yield what a module holds and no gradient comes from: plain tensors of its own."""
    for part in module.modules():
        held = (*part._parameters.values(), *part._buffers.values(), *vars(part).values())
        for t in held:
            if type(t) in (Tensor, nn.Parameter) and not t.requires_grad:
                yield t
