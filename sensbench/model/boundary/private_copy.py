"""Private copies of the caller's modules, so that no run of ours can change theirs."""

import copy
import threading
import types
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sensbench.errors import ModelError

OWN_OF_MODULE = frozenset({"_parameters", "_buffers", "_modules"})
# Held while the caller's own modules are changed, or read as a whole: a thread that waits for
# others inside its own model's forward holds it, so it is one that may be taken again.
MODULES_OF_CALLERS = threading.RLock()
_ATOMS = (
    str, bytes, int, float, complex, bool, type(None), np.ndarray, np.generic, torch.dtype,
    # deepcopy takes these as they are; what hangs below them is the whole interpreter
    type, types.FunctionType, types.BuiltinFunctionType,
)  # fmt: skip
# Every one of them may be tried on its own: beyond this, the module is rebuilt part by part.
_MOST_OBJECTS = 2000
# Longer lists and dicts are data, such as a vocabulary, and hold no modules.
_MOST_HELD = 1000
_CONTAINERS = (nn.Module, dict, list, tuple)


class Turns:
    """A lock that one Python thread may take again, and that is new in a copy of its holder."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: Any) -> None:
        self._lock.release()

    def __reduce__(self) -> Any:
        return Turns, ()


def private_copy(module: nn.Module, *, learns: bool = False) -> nn.Module:
    """Return a copy in eval mode that shares the parameters' memory and nothing else.

    One that ``learns``, since it differentiates by its parameters inside, has parameters of its
    own that require a gradient where the caller's do.

    The memo makes ``deepcopy`` take a gradient-free alias for every parameter. Everything else
    (buffers, modes, plain attributes) is the copy's own. What cannot be copied (locks, open files,
    generators) is shared; tensors that carry a graph are detached.

    Raises
    ------
    ModelError
        The module has parameters without values yet (lazy layers).
    """
    module = uncompiled(module)
    with MODULES_OF_CALLERS, warnings.catch_warnings():
        # copying a ScriptModule warns of TorchScript's own future, which is not the caller's doing
        warnings.simplefilter("ignore")
        clone = _copied(module, learns)
    for part in list(clone.modules()):
        if isinstance(part, torch.jit.ScriptModule):
            part.eval()
            continue
        vars(part)["_compiled_call_impl"] = None
        for name, child in list(part.named_children()):
            part._modules[name] = uncompiled(child)
    for module in own_modules(clone):
        for part in module.modules():
            if not isinstance(part, torch.jit.ScriptModule):
                # not .eval(): the modules that torch.export gives refuse it
                vars(part)["training"] = False
            elif module is not clone:
                part.eval()
    return clone


def own_modules(clone: nn.Module) -> list[nn.Module]:
    """Return a private copy and what it keeps out of torch's sight, in lists, tuples and dicts."""
    modules, at = [clone], 0
    seen = {id(part) for part in clone.modules()}
    while at < len(modules):
        for part in modules[at].modules():
            # a module has ten dicts for hooks, mostly empty
            plain = [
                value
                for name, value in vars(part).items()
                if name not in OWN_OF_MODULE
                and isinstance(value, _CONTAINERS)
                and (isinstance(value, nn.Module) or value)
            ]
            for module in _modules_in(plain, 0) if plain else ():
                if id(module) not in seen:
                    seen.update(id(inner) for inner in module.modules())
                    modules.append(module)
        at += 1
    return modules


def _modules_in(value: Any, depth: int) -> Iterator[nn.Module]:
    if isinstance(value, nn.Module):
        yield value
    elif isinstance(value, dict | list | tuple) and depth < 4 and len(value) <= _MOST_HELD:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _modules_in(one, depth + 1)


def uncompiled(function: Any) -> Any:
    """Return what ``torch.compile`` was given: the same function, without a compiler."""
    if isinstance(function, torch.jit.ScriptModule):
        return function
    for name in ("_orig_mod", "_torchdynamo_orig_callable"):
        original = getattr(function, "__dict__", {}).get(name)
        original = original or getattr(function, "__dict__", {}).get("_modules", {}).get(name)
        if original is not None:
            return uncompiled(original)
    return function


def _copied(module: nn.Module, learns: bool) -> nn.Module:
    try:
        return copy.deepcopy(module, _aliases(module, learns))
    except ModelError:
        raise
    except Exception:
        memo = _aliases(module, learns)
    try:
        _keep_uncopyable(module, memo, set())
        return copy.deepcopy(module, memo)
    except Exception:
        return _rebuilt(module, _aliases(module, learns))


def _aliases(module: nn.Module, learns: bool) -> dict[int, Any]:
    memo: dict[int, Any] = {}
    for part in module.modules():
        # a module has ten dicts for hooks, mostly empty, which deepcopy takes its time over
        memo.update(
            {
                id(held): OrderedDict()
                for held in vars(part).values()
                if type(held) is OrderedDict and not held and not vars(held)
            }
        )
    for name, p in module.named_parameters():
        if torch.nn.parameter.is_lazy(p):
            raise ModelError(
                f"{type(module).__name__}: expected parameters with values; {name!r} of a lazy "
                f"layer has none yet; call the module once on a batch first"
            )
        # parameters made under inference_mode cannot take part in a graph
        values = p.detach().clone() if p.is_inference() or learns else p.detach()
        memo[id(p)] = nn.Parameter(values, requires_grad=learns and p.requires_grad)
    return memo


def _keep_uncopyable(value: Any, memo: dict[int, Any], seen: set[int]) -> None:
    """Put into the memo what deepcopy fails on, wherever it hangs below ``value``."""
    if isinstance(value, _ATOMS) or id(value) in seen or id(value) in memo:
        return
    seen.add(id(value))
    if len(seen) > _MOST_OBJECTS:
        raise ModelError("too many objects hang below the module to look into each")
    if isinstance(value, types.ModuleType):
        memo[id(value)] = value
        return
    if isinstance(value, Tensor):
        if value.requires_grad and not value.is_leaf:
            memo[id(value)] = value.detach().clone()
        return
    if isinstance(value, torch.Generator):
        memo[id(value)] = value.clone_state()
        return
    inside = _inside(value)
    for one in inside:
        _keep_uncopyable(one, memo, seen)
    if isinstance(value, nn.Module):
        return
    try:
        copy.deepcopy(value, dict(memo))
    except Exception:
        memo[id(value)] = value


def _inside(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    return list(vars(value).values()) if hasattr(value, "__dict__") else []


def _rebuilt(module: nn.Module, memo: dict[int, Any]) -> nn.Module:
    """Copy a module part by part, past a ``__deepcopy__`` or ``__reduce__`` that fails."""
    if id(module) in memo:
        return memo[id(module)]
    clone = module.__class__.__new__(module.__class__)
    memo[id(module)] = clone
    state: dict[str, Any] = {}
    for key, value in vars(module).items():
        if key == "_parameters":
            state[key] = {k: None if p is None else memo[id(p)] for k, p in value.items()}
        elif key == "_modules":
            state[key] = {k: None if m is None else _rebuilt(m, memo) for k, m in value.items()}
        elif isinstance(value, Tensor):
            state[key] = value.detach().clone()
        else:
            try:
                state[key] = copy.deepcopy(value, dict(memo))
            except Exception:
                # a dict of our own at least: hooks and lists of the caller's are not to grow
                state[key] = copy.copy(value) if isinstance(value, dict | list | set) else value
    clone.__dict__.update(state)
    return clone
