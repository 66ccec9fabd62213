"""Whether anything of a module that a copy of it holds has changed since.

Contents are compared, not only identities and version counters: ``.data``, arrays that share memory
with a tensor, lists and objects change without a word. What cannot be looked into (locks, closures,
generators, objects of other languages) or is too large has no fingerprint.
"""

import types
import weakref
from collections import OrderedDict
from operator import is_
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sensbench.model.boundary.private_copy import OWN_OF_MODULE

# of buffers and plain attributes all contents are compared, or there is no fingerprint
_MOST_BYTES, _MOST_THINGS = 2**20, 20_000
# of parameters, whose memory a private copy shares, those of small ones
_PARAMETER_BYTES = 2**18
_ATOMS = frozenset({int, bool, str, bytes, type(None), torch.dtype, torch.device, torch.Size})
_DICTS = frozenset({dict, OrderedDict})
_HALF = frozenset({torch.bfloat16})


class _Plain:
    """An object without anything beside its ``__dict__``."""


class _NoFingerprint(Exception):
    """Something that cannot be compared."""


def fingerprint(module: nn.Module) -> "Fingerprint | None":
    """Return how a module is now; nothing where it cannot be told whether it has changed."""
    try:
        return Fingerprint(module)
    except Exception:
        return None


class Fingerprint:
    """How a module was.

    It holds what hangs below the module, but not the module; one that hangs below itself has none.
    """

    def __init__(self, module: nn.Module):
        self._root = id(module)
        self._states: list[tuple[Any, type, Any, dict[str, Any], list[str], list[Any]]] = []
        self._empty: list[dict[Any, Any]] = []
        self._full: list[tuple[dict[str, Any], list[str], list[Any]]] = []
        self._tensors: list[Tensor] = []
        self._others: list[Any] = []
        self._module(module, set())
        self._was = self._contents()

    def holds(self) -> bool:
        """Whether the module is still so."""
        if any(self._empty):
            return False
        for reference, kind, forward, state, names, values in self._states:
            if type(reference()) is not kind or kind.forward is not forward:
                return False
            # the same objects: True and 1 are equal, and so are 0.0 and -0.0
            if list(state) != names or not all(map(is_, state.values(), values)):
                return False
        for entries, names, values in self._full:
            if list(entries) != names or not all(map(is_, entries.values(), values)):
                return False
        try:
            return self._contents() == self._was
        except Exception:
            return False

    def _module(self, module: nn.Module, seen: set[int]) -> None:
        if id(module) in seen:
            if id(module) == self._root:
                raise _NoFingerprint
            return
        seen.add(id(module))
        kind, state = type(module), vars(module)
        if kind.__basicsize__ != _Plain.__basicsize__:
            raise _NoFingerprint
        values = list(state.values())
        self._states.append((weakref.ref(module), kind, kind.forward, state, list(state), values))
        for name, value in state.items():
            held = type(value)
            if held in _ATOMS or held is float or held is complex:
                continue
            if held in _DICTS and not value:
                self._empty.append(value)
            elif name in OWN_OF_MODULE and held in _DICTS:
                self._full.append((value, list(value), list(value.values())))
                for one in value.values():
                    if isinstance(one, nn.Module):
                        self._module(one, seen)
                    elif one is not None:
                        self._tensors.append(one)
            else:
                self._others.append(value)

    def _contents(self) -> list[Any]:
        reader = _Reader(self._root)
        for tensor in self._tensors:
            reader.tensor(tensor)
        for value in self._others:
            reader.value(value)
        return reader.found


class _Reader:
    """Writes down what values hold, without holding them."""

    def __init__(self, root: int) -> None:
        self._root = root
        self.found: list[Any] = []
        self._seen: dict[int, int] = {}
        self._left, self._of_parameters = _MOST_BYTES, _PARAMETER_BYTES

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
            self.tensor(value)
        elif kind is np.ndarray or isinstance(value, np.generic):
            self._array(value)
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

    def tensor(self, t: Tensor) -> None:
        kind, size = type(t), t.numel() * t.element_size()
        is_parameter = kind is nn.Parameter
        plain = (is_parameter or kind is Tensor) and t.layout is torch.strided
        if not plain or t.is_inference():
            raise _NoFingerprint
        self.found += (
            kind, t.data_ptr(), t._version, t.shape, t.stride(), t.dtype, t.device, t.requires_grad,
        )  # fmt: skip
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
        foreign = kind.__basicsize__ != _Plain.__basicsize__ or hasattr(kind, "__deepcopy__")
        if foreign or id(value) == self._root:
            raise _NoFingerprint
        if not self._again(value):
            self.found += (kind, getattr(kind, "forward", None))
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
