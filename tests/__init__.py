"""The run-time type checker of the tests: an int is good where a float is asked for."""

from typing import get_args, get_origin

from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray

_check = beartype(conf=BeartypeConf(is_pep484_tower=True))
_checked = {}


def check(stub):
    """Return what checks the arguments of a function, or what it returns.

    jaxtyping asks with an empty function of the same signature, and again whenever a function
    inside another one is made. Making the check takes milliseconds, and equal signatures have
    equal ones.
    """
    if "<locals>" not in stub.__qualname__ or stub.__defaults__ or stub.__kwdefaults__:
        return _check(stub)
    code = stub.__code__
    counts = code.co_posonlyargcount, code.co_argcount, code.co_kwonlyargcount, code.co_flags
    hints = tuple((name, _key(hint)) for name, hint in stub.__annotations__.items())
    key = stub.__module__, stub.__qualname__, code.co_varnames, counts, hints
    try:
        found = _checked.get(key)
    except TypeError:  # a hint that has no hash
        return _check(stub)
    if found is None:
        found = _checked[key] = _check(stub)
    return found


def _key(hint):
    """Return what is equal for equal hints: jaxtyping makes a new class every time."""
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        return hint.dtype, hint.array_type, hint.dim_str
    if isinstance(hint, list):
        return tuple(map(_key, hint))
    arguments = tuple(map(_key, get_args(hint)))
    return (get_origin(hint), arguments) if arguments else hint
