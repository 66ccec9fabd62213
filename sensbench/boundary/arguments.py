"""How rows of features become the arguments of a call: one table, or several tensors."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from sensbench.errors import InputError, UnknownNameError

Block = int | str | Sequence[int | str]
Arguments = Mapping[str, Block] | Sequence[Block] | None
_Place = int | list[int]


@dataclass(frozen=True)
class Split:
    """Which columns go into which argument; without any, the whole table is the one argument.

    A single position gives an argument of shape ``(n,)``, a list ``(n, k)``.
    """

    positional: tuple[_Place, ...] = ()
    keyword: Mapping[str, _Place] = field(default_factory=dict)

    @property
    def several(self) -> bool:
        """Whether features go into several arguments."""
        return bool(self.positional or self.keyword)

    def call(self, function: Callable[..., Any], x: Any, *, leaves: bool = False) -> Any:
        """Return what the function returns for the rows ``x``, a tensor or an array.

        Arguments are tensors of their own, as other callers pass them: views of one table would
        share its version, so that an operation in place on one spoils what autograd has kept of
        the others. With ``leaves``, each wants a gradient of its own.
        """
        if not self.several:
            return function(x)

        def taken(place: _Place) -> Any:
            one = x[:, place]
            if leaves:
                return one.detach().clone().requires_grad_(True)
            own = not torch.is_tensor(x) or not x.requires_grad or isinstance(place, list)
            return one if own else one.clone()

        return function(
            *(taken(place) for place in self.positional),
            **{name: taken(place) for name, place in self.keyword.items()},
        )

    def __str__(self) -> str:
        if not self.positional and not self.keyword:
            return "one table (rows, features)"
        places = [str(place) for place in self.positional]
        places += [f"{name}={place}" for name, place in self.keyword.items()]
        return f"columns {', '.join(places)} as arguments"


def splits(function: Any, arguments: Arguments, features: Sequence[str], who: str) -> list[Split]:
    """Return the ways to call the function on rows, to be tried in this order.

    Without ``arguments`` it is one table, except where the signature asks for exactly as many
    arguments as there are features: then each feature is its own, as ``(n,)`` or ``(n, 1)``.

    Raises
    ------
    InputError
        Features that do not exist, are named twice or not at all.
    """
    d = len(features)
    if arguments is None:
        positional, keyword = _required(function)
        if keyword and len(positional) + len(keyword) == d:
            named = set(keyword) <= set(features) and not positional
            at = [list(features).index(k) if named else len(positional) + j
                  for j, k in enumerate(keyword)]  # fmt: skip
            return [
                Split(tuple(range(len(positional))), dict(zip(keyword, at, strict=True))),
                Split(
                    tuple([i] for i in range(len(positional))),
                    {k: [i] for k, i in zip(keyword, at, strict=True)},
                ),
            ]
        if len(positional) == d > 1:
            return [Split(tuple(range(d))), Split(tuple([i] for i in range(d)))]
        if len(positional) > 1:
            raise InputError(
                f"{who}: expected a model of one table, or of one argument per feature ({d}); got "
                f"one that needs {len(positional)} arguments ({', '.join(positional)}); say which "
                f"features go into each with arguments=, for example "
                f"arguments={{{positional[0]!r}: [0, 1], …}}"
            )
        return [Split()]
    if isinstance(arguments, str) or not isinstance(arguments, Mapping | Sequence):
        raise InputError(
            f"{who}: expected arguments= as {{argument: features}} or a list with the features of "
            f"each argument; got {arguments!r}"
        )
    blocks = list(arguments.values()) if isinstance(arguments, Mapping) else list(arguments)
    places = [_places(block, features, who) for block in blocks]
    used = [i for place in places for i in (place if isinstance(place, list) else [place])]
    if sorted(used) != list(range(d)):
        twice = sorted({features[i] for i in used if used.count(i) > 1})
        missing = [features[i] for i in range(d) if i not in used]
        raise InputError(
            f"{who}: expected every feature in arguments= once; got {arguments!r}, with "
            f"{missing or 'none'} left out and {twice or 'none'} more than once"
        )
    if isinstance(arguments, Mapping):
        return [Split((), dict(zip(arguments, places, strict=True)))]
    return [Split(tuple(places))]


def _places(block: Block, features: Sequence[str], who: str) -> _Place:
    if isinstance(block, int | str):
        return _place(block, features, who)
    return [_place(one, features, who) for one in block]


def _place(one: int | str, features: Sequence[str], who: str) -> int:
    if isinstance(one, str):
        if one not in features:
            raise UnknownNameError.of(f"{who}: arguments=", "feature", one, features)
        return list(features).index(one)
    if isinstance(one, bool) or not -len(features) <= one < len(features):
        raise InputError(
            f"{who}: expected positions between 0 and {len(features) - 1} in arguments=; got {one}"
        )
    return one % len(features)


def _required(function: Any) -> tuple[list[str], list[str]]:
    """Return the names of the positional and of the keyword-only arguments without defaults."""
    try:
        if isinstance(function, torch.jit.ScriptModule):
            schema = getattr(function.forward, "schema", None)
            return ([] if schema is None else [a.name for a in schema.arguments[1:]]), []
        target = function.forward if isinstance(function, nn.Module) else function
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError, AttributeError):  # built in, or TorchScript
        return [], []
    needed = [p for p in parameters if p.default is p.empty]
    positional = [p.name for p in needed if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return positional, [p.name for p in needed if p.kind is p.KEYWORD_ONLY]
