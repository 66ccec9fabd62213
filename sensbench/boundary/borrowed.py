"""Running what is the caller's: modules and global state are put back afterwards, come what may."""

import functools
import random
import threading
import types
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sensbench.boundary.private_copy import OWN_OF_MODULE
from sensbench.errors import ModelError

_inside = threading.local()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep random generators, default dtype and modes of torch as the caller has them.

    Inside, no inference mode and no autocast of the caller's is in force. Inside another of these
    it does nothing: around many calls, one does for all.
    """
    if getattr(_inside, "entered", False):
        yield
        return
    legacy, plain = np.random.get_state(legacy=False), random.getstate()
    dtype, grad = torch.get_default_dtype(), torch.is_grad_enabled()
    _inside.entered = True
    try:
        with ExitStack() as stack:
            stack.enter_context(torch.random.fork_rng())
            stack.enter_context(torch.inference_mode(False))
            stack.enter_context(torch.autocast("cpu", enabled=False))
            yield
    finally:
        _inside.entered = False
        # to put a state back takes far longer than to see that it is as it was
        if not _same(np.random.get_state(legacy=False), legacy):
            np.random.set_state(legacy)
        if random.getstate() != plain:
            random.setstate(plain)
        torch.set_default_dtype(dtype)
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


def _same(a: Any, b: Any) -> bool:
    """Whether two states of a generator, dicts of arrays and numbers, are equal."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(value, b[key]) for key, value in a.items())
    return np.array_equal(a, b)


@contextmanager
def borrowed(modules: Sequence[nn.Module]) -> Iterator[None]:
    """Run the caller's own modules in eval mode and put everything of theirs back."""
    if not modules:
        yield
        return
    parts = list({id(part): part for module in modules for part in module.modules()}.values())
    # TorchScript keeps its attributes out of Python's sight: modes and buffers are put back
    scripted = [part for part in parts if isinstance(part, torch.jit.ScriptModule)]
    modes = [(part, part.training) for part in scripted]
    plain = [part for part in parts if not isinstance(part, torch.jit.ScriptModule)]
    attributes = [(part, dict(vars(part))) for part in plain]
    tables = [(part, name, dict(vars(part)[name])) for part in plain for name in OWN_OF_MODULE]
    buffers = [(b, b.detach().clone()) for part in parts for b in part.buffers(recurse=False)]
    buffers += [
        (value, value.detach().clone())
        for part in plain
        for value in vars(part).values()
        if isinstance(value, Tensor)
    ]
    contents = [kept for part in plain for kept in _contents(dict(vars(part)), 0)]
    flags = [(p, p.requires_grad) for part in parts for p in part.parameters(recurse=False)]
    try:
        for part in parts:
            part.training = False
        yield
    finally:
        for part, before in attributes:
            vars(part).clear()
            vars(part).update(before)
        for container, content in contents:
            _put_back(container, content)
        for part, name, table in tables:
            vars(part)[name].clear()
            vars(part)[name].update(table)
        with torch.no_grad():
            for tensor, before_run in buffers:
                if not torch.equal(tensor, before_run):
                    tensor.copy_(before_run)
        for part, mode in modes:
            part.training = mode
        for parameter, flag in flags:
            parameter.requires_grad_(flag)


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
    else:
        container.clear()
        container.update(content)


def modules_within(function: Any) -> list[nn.Module]:
    """Return the modules a plain callable holds: in its closure, globals, arguments or fields."""
    found: dict[int, nn.Module] = {}
    seen: set[int] = set()

    def look(value: Any, depth: int) -> None:
        if id(value) in seen or depth > 4:
            return
        seen.add(id(value))
        if isinstance(value, nn.Module):
            found[id(value)] = value
            return
        for one in _held(value):
            look(one, depth + 1)

    look(function, 0)
    return list(found.values())


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
