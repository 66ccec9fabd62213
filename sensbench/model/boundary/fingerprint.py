"""A module as one value to compare: whether anything that a copy of it holds has changed since.

Contents are compared, not only identities and version counters: ``.data``, arrays that share memory
with a tensor, lists and objects change without a word. What cannot be looked into (locks, closures,
generators, objects of other languages) or is too large has no fingerprint.
"""

import types
from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

# of buffers and plain attributes all contents are compared, or there is no fingerprint
_MOST_BYTES, _MOST_THINGS = 2**20, 20_000
# of parameters, whose memory a private copy shares, those of small ones
_PARAMETER_BYTES = 2**18
_ATOMS = frozenset({int, bool, str, bytes, type(None), torch.dtype, torch.device, torch.Size})
_DICTS = frozenset({dict, OrderedDict})
_HALF = frozenset({torch.bfloat16})


class _Plain:
    """An object without anything beside its ``__dict__``."""


class _NoFingerprint(Exception):  # noqa: N818
    """Something that cannot be compared."""


def fingerprint(module: nn.Module) -> list[Any] | None:
    """Return what is equal as long as the module is as it is; nothing where that cannot be told.

    It holds no reference to the module, its parts or its tensors.
    """
    reader = _Reader()
    try:
        reader.module(module)
    except Exception:
        return None
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found: list[Any] = []
        self._seen: dict[int, int] = {}
        self._left, self._of_parameters = _MOST_BYTES, _PARAMETER_BYTES

    def module(self, module: nn.Module) -> None:
        kind, found = type(module), self.found
        if self._again(module):
            return
        if kind.__basicsize__ != _Plain.__basicsize__:
            raise _NoFingerprint
        found.append(kind)
        found.append(kind.forward)
        for name, value in vars(module).items():
            found.append(name)
            held = type(value)
            if held in _ATOMS or (held in _DICTS and not value):
                found.append(held)
                found.append(value if held in _ATOMS else 0)
            else:
                self.value(value)

    def value(self, value: Any) -> None:
        kind, found = type(value), self.found
        if len(found) > _MOST_THINGS:
            raise _NoFingerprint
        if kind in _ATOMS:
            found += (kind, value)
        elif kind is float or kind is complex:
            found += (kind, value or repr(value))  # 0.0 equals -0.0
        elif kind in _DICTS:
            found += (kind, len(value))
            for key, one in value.items():
                self.value(key)
                self.value(one)
        elif kind is list or kind is tuple:
            found += (kind, len(value))
            for one in value:
                self.value(one)
        elif kind is set or kind is frozenset:
            if not all(type(one) in _ATOMS for one in value):
                raise _NoFingerprint
            found += (kind, frozenset((type(one), one) for one in value))
        elif isinstance(value, Tensor):
            self._tensor(value)
        elif kind is np.ndarray or isinstance(value, np.generic):
            self._array(value)
        elif isinstance(value, nn.Module):
            self.module(value)
        elif isinstance(value, type | types.ModuleType | np.dtype | np.ufunc):
            found.append(value)
        elif isinstance(value, types.FunctionType | types.BuiltinFunctionType):
            found.append(_function(value))
        else:
            self._object(value)

    def _again(self, thing: Any) -> bool:
        """Whether it was met before; then it stands there by its number."""
        number = self._seen.setdefault(id(thing), len(self._seen))
        self.found.append(number)
        return number < len(self._seen) - 1

    def _tensor(self, t: Tensor) -> None:
        kind, size = type(t), t.numel() * t.element_size()
        is_parameter = kind is nn.Parameter
        plain = (is_parameter or kind is Tensor) and t.layout is torch.strided
        if not plain or t.is_inference():
            raise _NoFingerprint
        self.found += (kind, t.data_ptr(), t._version, t.shape, t.stride(), t.dtype, t.device)
        self.found.append(t.requires_grad)
        if not is_parameter and t.__dict__:
            self.value(t.__dict__)
        left = self._of_parameters if is_parameter else self._left
        if size > left or t.device.type != "cpu":
            if is_parameter:
                return
            raise _NoFingerprint
        values = t.detach()
        values = values.contiguous().view(torch.int16) if t.dtype in _HALF else values
        self.found.append(values.numpy().tobytes())
        if is_parameter:
            self._of_parameters -= size
        else:
            self._left -= size

    def _array(self, value: Any) -> None:
        self._left -= value.nbytes
        if value.dtype.hasobject or self._left < 0:
            raise _NoFingerprint
        self.found += (type(value), value.dtype, value.shape, value.tobytes())

    def _object(self, value: Any) -> None:
        """Look into an object of a class in Python that holds nothing but attributes."""
        kind = type(value)
        if kind.__basicsize__ != _Plain.__basicsize__ or hasattr(kind, "__deepcopy__"):
            raise _NoFingerprint
        if not self._again(value):
            self.found.append(kind)
            self.value(vars(value))


def _function(function: Any) -> Any:
    """Return a function that holds nothing, so that another copy of it would do the same."""
    if isinstance(function, types.BuiltinFunctionType):
        holds = function.__self__
        if holds is None or isinstance(holds, type | types.ModuleType):
            return function
    elif str(function.__module__).partition(".")[0] == "torch":
        return function
    elif not (function.__closure__ or function.__dict__ or function.__kwdefaults__):
        if all(type(one) in _ATOMS or type(one) is float for one in function.__defaults__ or ()):
            return function
    raise _NoFingerprint
