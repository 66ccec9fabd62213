"""Run the caller's modules in eval mode; restore their state on exit, also after errors."""

import functools
import threading
import types
import weakref
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook

from sensbench.errors import ModelError
from sensbench.model.boundary.private_copy import MODULES_OF_CALLERS, OWN_OF_MODULE, own_modules
from sensbench.model.boundary.random_state import Draws, Trial

_inside = threading.local()


@contextmanager
def undisturbed(draws: Draws | None = None) -> Iterator[Trial | None]:
    """Keep random generators, default dtype and modes of torch as the caller has them.

    Inside, no inference mode and no autocast of the caller's is in force. Inside another of these
    it does nothing: around many calls, one does for all. ``draws`` is what is known of the model
    that runs inside: where other Python threads may draw meanwhile, only what the model draws from
    is put back.
    """
    if getattr(_inside, "entered", False):
        yield None
        return
    grad = torch.is_grad_enabled()
    _inside.entered = True
    try:
        with ExitStack() as stack:
            trial = stack.enter_context((draws or Draws()).kept())
            if torch.is_inference_mode_enabled():
                stack.enter_context(torch.inference_mode(False))
            if torch.is_autocast_enabled("cpu"):
                stack.enter_context(torch.autocast("cpu", enabled=False))
            yield trial
    finally:
        _inside.entered = False
        torch.set_grad_enabled(grad)


@contextmanager
def contained(who: str) -> Iterator[None]:
    """Let nothing that is the caller's end the program from inside: ``sys.exit`` is an error.

    The caller's own interruption, Ctrl-C, passes.

    Raises
    ------
    ModelError
        Something left that is no ordinary error, such as ``SystemExit`` or ``GeneratorExit``.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ModelError(
            f"{who}: expected a model that returns or raises an ordinary error; it raised "
            f"{type(error).__name__}: {error}; take out what ends the program"
        ) from error


@contextmanager
def borrowed(
    modules: list[nn.Module], *, meet: bool = False, own: nn.Module | None = None
) -> Iterator[None]:
    """Run the caller's own modules in eval mode and put everything of theirs back.

    One Python thread at a time does so: of two, the second would take the first one's eval mode
    for the caller's.

    Parameters
    ----------
    modules
        What is known to be run. With ``meet``, every other module that is called inside is
        borrowed too, from before it runs, and added here: a model may reach one in ways that
        cannot be read from it (properties, weak references, imports inside).
    own
        A private copy of ours, whose parts need not be borrowed.
    """
    if not modules and not meet:
        yield
        return
    with MODULES_OF_CALLERS, ExitStack() as stack:
        stack.callback(_lent(modules).put_back)
        if meet:
            ours = [] if own is None else own_modules(own)
            known = {id(part) for module in (*ours, *modules) for part in module.modules()}
            thread = threading.get_ident()

            def lend(module: nn.Module, _: Any) -> None:
                if id(module) in known or threading.get_ident() != thread:
                    return
                known.update(id(part) for part in module.modules())
                modules.append(module)
                stack.callback(_lent([module]).put_back)

            stack.callback(register_module_forward_pre_hook(lend).remove)
        yield


def _lent(modules: Sequence[nn.Module]) -> "_Kept":
    """Set modules to eval mode, and return what they were before."""
    parts = list({id(part): part for module in modules for part in module.modules()}.values())
    kept = _Kept(parts)
    for part in parts:
        part.training = False
    return kept


class _Kept:
    """What modules are and hold, to be put back; nothing is taken away in between.

    What is as it was is not written again: another thread may be reading it.
    """

    def __init__(self, parts: Sequence[nn.Module]):
        # TorchScript keeps its attributes out of Python's sight: modes and buffers are put back
        scripted = [part for part in parts if isinstance(part, torch.jit.ScriptModule)]
        self._modes = [(part, part.training) for part in scripted]
        plain = [part for part in parts if not isinstance(part, torch.jit.ScriptModule)]
        self._attributes = [(vars(part), dict(vars(part))) for part in plain]
        self._attributes += [
            (vars(part)[name], dict(vars(part)[name])) for part in plain for name in OWN_OF_MODULE
        ]
        self._contents = [kept for part in plain for kept in _contents(dict(vars(part)), 0)]
        parameters = [p for part in parts for p in part.parameters(recurse=False)]
        self._flags = [(p, p.requires_grad) for p in parameters]
        # a backward pass of the model's own adds to these
        gradients = [(p, p.grad) for p in parameters if p.is_leaf]
        self._gradients = [(p, g, None if g is None else g.detach().clone()) for p, g in gradients]
        tensors = [b for part in parts for b in part.buffers(recurse=False)]
        tensors += [v for part in plain for v in vars(part).values() if isinstance(v, Tensor)]
        self._tensors = [(tensor, tensor.detach().clone()) for tensor in tensors]

    def put_back(self) -> None:
        for now, before in self._attributes:
            _put_back_entries(now, before)
        for container, content in self._contents:
            _put_back(container, content)
        with torch.no_grad():
            for tensor, before_run in self._tensors:
                if not torch.equal(tensor, before_run):
                    tensor.copy_(before_run)
            for parameter, gradient, values in self._gradients:
                if (
                    gradient is not None
                    and values is not None
                    and not torch.equal(gradient, values)
                ):
                    gradient.copy_(values)
                if parameter.grad is not gradient:
                    parameter.grad = gradient
        for part, mode in self._modes:
            part.training = mode
        for parameter, flag in self._flags:
            if parameter.requires_grad != flag:
                parameter.requires_grad_(flag)


def _put_back_entries(now: dict[Any, Any], before: dict[Any, Any]) -> None:
    for key in [key for key in now if key not in before]:
        del now[key]
    for key, value in before.items():
        if key not in now or now[key] is not value:
            now[key] = value
    if list(now) != list(before):  # an entry that was taken out has come back at the end
        now.clear()
        now.update(before)


def _contents(attributes: dict[Any, Any], depth: int) -> Iterator[tuple[Any, Any]]:
    """Yield lists, dicts, sets and arrays among plain attributes, each with a copy of it."""
    for key, value in attributes.items():
        if key in OWN_OF_MODULE:
            continue
        if isinstance(value, list | dict | set | np.ndarray):
            yield value, value.copy()
        if isinstance(value, list | dict) and depth < 3:
            inner = value if isinstance(value, dict) else dict(enumerate(value))
            yield from _contents(inner, depth + 1)


def _put_back(container: Any, content: Any) -> None:
    if isinstance(container, np.ndarray):
        if not np.array_equal(container, content, equal_nan=container.dtype.kind == "f"):
            container[...] = content
    elif isinstance(container, list):
        container[:] = content
    elif isinstance(container, dict):
        _put_back_entries(container, content)
    elif container != content:
        container.clear()
        container.update(content)


def outliving(modules: list[nn.Module]) -> list[nn.Module]:
    """Return those that somebody else holds: what a function makes inside is gone by now.

    The list is emptied.
    """
    references = [weakref.ref(module) for module in modules]
    modules.clear()
    return [module for reference in references if (module := reference()) is not None]


def modules_within(function: Any) -> list[nn.Module]:
    """Return the modules a plain callable holds: in its closure, globals, arguments or fields."""
    modules: dict[int, nn.Module] = {}
    seen: set[int] = set()

    def look(value: Any, depth: int) -> None:
        if id(value) in seen or depth > 4:
            return
        seen.add(id(value))
        if isinstance(value, nn.Module):
            modules[id(value)] = value
            return
        for one in _held(value):
            look(one, depth + 1)

    look(function, 0)
    return list(modules.values())


def _held(value: Any) -> list[Any]:
    if isinstance(value, types.FunctionType):
        cells = []
        for cell in value.__closure__ or ():
            try:
                cells.append(cell.cell_contents)
            except ValueError:  # a name that has no value yet
                continue
        names = [value.__globals__[n] for n in value.__code__.co_names if n in value.__globals__]
        held = [*cells, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
        return held + [n for n in names if not isinstance(n, types.ModuleType | type)]
    if isinstance(value, types.MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, type | types.ModuleType | Tensor | np.ndarray):
        return []
    return list(getattr(value, "__dict__", {}).values())
