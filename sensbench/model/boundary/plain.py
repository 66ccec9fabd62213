"""Whether a forward pass is made of torch's own smooth functions alone, seen while it runs.

Of such a pass the derivative by autograd is right, and nothing is left to find by differences:
every tensor that depends on the rows came from one of these functions, whose derivatives are
torch's, none is cut off, and nothing has looked at the values, to branch on them or to carry them
past autograd. What is not known for certain (another function, a tensor from elsewhere, a custom
backward, a hook, a scripted part, a change of mode) is not plain, and is checked by differences.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
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
    add sub subtract mul multiply neg negative matmul mm mv bmm addmm dot einsum
    square sqrt exp expm1 log log1p log2 log10 sin cos sinh cosh sinc atan arctan asinh erf
    abs absolute maximum minimum clamp logsumexp sum mean cumsum
    cat concat concatenate stack hstack column_stack reshape view flatten unflatten unsqueeze
    squeeze transpose swapaxes permute t expand expand_as repeat clone contiguous narrow select
    split chunk unbind tensor_split index_select
    __getitem__ __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __neg__ __matmul__
    __rmatmul__ __abs__ rsub
""".split()
# |x|/x, and 0 to the power of relu(x), are steps: these take rows as the first argument alone.
_DIVIDE = "div divide true_divide __truediv__".split()
_POWER = "pow __pow__".split()
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

# a tensor, how often it has been written into, and whether it wanted a gradient
_State = tuple[Tensor, int, bool]


def _functions(names: Iterable[str]) -> frozenset[Any]:
    places = (torch, Tensor, F, torch._C._nn)
    found = (getattr(place, name, None) for place in places for name in names)
    return frozenset(one for one in found if one is not None)


_SMOOTH_FUNCTIONS, _SHAPE_FUNCTIONS = _functions(_SMOOTH), _functions(_OF_SHAPE)
_DIVIDE_FUNCTIONS, _POWER_FUNCTIONS = _functions(_DIVIDE), _functions(_POWER)
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
        # another mode may change what functions do; so may hooks on what is kept for the way back
        self.is_plain = torch._C._len_torch_function_stack() == 0
        self._dtype, self._n = x.dtype, len(x)
        # held, so that no other tensor takes their place in memory; by what shows a write into them
        self._of_rows: dict[int, _State] = {}
        self._constants: dict[int, _State] = {}
        self._add(self._of_rows, [x])
        self._add(self._constants, _tensors_of(module))

    def depend_on_rows(self, outputs: Iterable[Tensor]) -> bool:
        """Whether these came from the rows by the functions that were seen, as they are now."""
        known = (*self._of_rows.values(), *self._constants.values())
        return all(id(y) in self._of_rows for y in outputs) and all(map(_is_as_it_was, known))

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.compiler.is_compiling():  # a part of forward that is compiled is not followed
            self.is_plain = False
        result = func(*args, **kwargs)
        if self.is_plain:
            self.is_plain = self._accepts(func, args, kwargs, result)
        return result

    def _accepts(self, func: Any, args: Any, kwargs: Mapping[str, Any], result: Any) -> bool:
        getter = getattr(func, "__self__", None) if _name(func) == "__get__" else None
        if func in _SHAPE_FUNCTIONS or _name(getter) in _SHAPES:
            return True
        if torch._C._autograd._top_saved_tensors_default_hooks(True) is not None:
            return False
        given = (*args, *kwargs.values())
        tensors = list(_tensors_in(given))
        of_rows = [t for t in tensors if id(t) in self._of_rows]
        known = [self._of_rows.get(id(t)) or self._constants.get(id(t)) for t in tensors]
        if not all(state is not None and _is_as_it_was(state) for state in known):
            return False
        made = list(_tensors_in((result,)))
        if not of_rows:
            self._add(self._constants, made)
            return bool(tensors) or (func in _MAKE_FUNCTIONS and all(map(self._is_number, given)))
        if not (_name(getter) in _VIEWS or self._is_smooth(func, args, kwargs)):
            return False
        if func in _STEEP_FUNCTIONS and any(_is_far_out(t) for t in of_rows):
            return False
        self._add(self._of_rows, made)
        own = (type(t) is Tensor and t.requires_grad and t.dtype == self._dtype for t in made)
        return bool(made) and all(own)

    def _is_smooth(self, func: Any, args: Any, kwargs: Mapping[str, Any]) -> bool:
        if func in _SMOOTH_FUNCTIONS:
            return True
        if kwargs or len(args) != 2:  # a rounding mode, an exponent by name
            return False
        if func in _POWER_FUNCTIONS:
            return isinstance(args[1], int | float) and args[1] > 0
        return func in _DIVIDE_FUNCTIONS and id(args[1]) not in self._of_rows

    def _is_number(self, given: Any) -> bool:
        """Whether an argument holds no tensors, nor as many numbers as there are rows."""
        if isinstance(given, tuple | list):
            return len(given) < self._n and all(map(self._is_number, given))
        if type(given) is np.ndarray:
            return 0 < given.ndim and len(given) < self._n
        return isinstance(given, int | float | str | None | torch.dtype | torch.device)

    @staticmethod
    def _add(known: "dict[int, _State]", tensors: Iterable[Tensor]) -> None:
        known.update((id(t), (t, t._version, t.requires_grad)) for t in tensors)


def _is_as_it_was(state: "_State") -> bool:
    t, version, wants_gradient = state
    return t._version == version and t.requires_grad == wants_gradient


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
            plain = type(t) in (Tensor, nn.Parameter)
            if plain and not t.requires_grad and not t.is_inference():
                yield t
