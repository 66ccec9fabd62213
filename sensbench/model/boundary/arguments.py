"""How rows of features become the arguments of a call: one table, or several tensors."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from sensbench.errors import InputError, UnknownNameError
from sensbench.inputs.names import require_order

Block = int | str | Collection[int | str]
Arguments = Mapping[str, Block] | Sequence[Block] | None
_Place = int | list[int]


@dataclass(frozen=True)
class Split:
    """Which columns go into which argument; without any, the whole table is the one argument.

    A single position gives an argument of shape ``(n,)``, a list ``(n, k)``. An argument of
    ``whole`` columns alone is given as integers: an index, or the codes of an embedding.
    """

    positional: tuple[_Place, ...] = ()
    keyword: Mapping[str, _Place] = field(default_factory=dict)
    whole: frozenset[int] = frozenset()

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
            return function(self._argument(x, list(range(x.shape[1]))))

        def taken(place: _Place) -> Any:
            one = self._argument(x[:, place], place)
            if not torch.is_tensor(one) or not one.is_floating_point():
                return one
            if leaves:
                return one.detach().clone().requires_grad_(True)
            return one if not x.requires_grad or isinstance(place, list) else one.clone()

        return function(
            *(taken(place) for place in self.positional),
            **{name: taken(place) for name, place in self.keyword.items()},
        )

    def cast(self, d: int) -> frozenset[int]:
        """Return the columns that are given as integers, of ``d``."""
        places = [*self.positional, *self.keyword.values()] or [list(range(d))]
        blocks = [_columns(place) for place in places]
        return frozenset(i for block in blocks if self.whole.issuperset(block) for i in block)

    def _argument(self, part: Any, place: _Place) -> Any:
        if not self.whole or not self.whole.issuperset(_columns(place)):
            return part
        if isinstance(part, torch.Tensor):
            return part.round().long()
        return np.rint(part).astype(np.int64)

    def __str__(self) -> str:
        if not self.positional and not self.keyword:
            return "one table (rows, features)"
        places = [str(place) for place in self.positional]
        places += [f"{name}={place}" for name, place in self.keyword.items()]
        return f"columns {', '.join(places)} as arguments"


def splits(
    function: Any,
    arguments: Arguments,
    features: Sequence[str],
    who: str,
    whole: frozenset[int] = frozenset(),
) -> list[Split]:
    """Return the ways to call the function on rows, to be tried in this order.

    Where some arguments are of ``whole`` columns alone, the same ways come once more with these
    as integers. Without ``arguments`` it is one table, except where the signature asks for exactly
    as many arguments as there are features: then each feature is its own, as ``(n,)`` or
    ``(n, 1)``.

    Raises
    ------
    InputError
        Features that do not exist, are named twice or not at all.
    """
    ways = _splits(function, arguments, features, who, whole)
    with_whole = [replace(way, whole=whole) for way in ways]
    return ways + [way for way in with_whole if way.cast(len(features))]


def whole_columns(
    rows: Float[np.ndarray, "n d"],
    discrete: Sequence[int | str],
    features: Sequence[str] | None,
    who: str,
) -> frozenset[int]:
    """Return the positions of the columns called discrete, where the rows hold whole numbers.

    Raises
    ------
    InputError
        A name or position that is not there.
    """
    d = rows.shape[1]
    names = features or [f"x{i + 1}" for i in range(d)]
    places = [discrete] if isinstance(discrete, int | str) else discrete
    at = [_place(one, names, who, "discrete=") for one in places]
    return frozenset(i for i in at if (rows[:, i] == np.rint(rows[:, i])).all())


def _splits(
    function: Any, arguments: Arguments, features: Sequence[str], who: str, whole: frozenset[int]
) -> list[Split]:
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
                f"features go into each with arguments="
                f"{_example(positional, features, whole)}"
            )
        return [Split()]
    if isinstance(arguments, str) or not isinstance(arguments, Mapping | Sequence):
        raise InputError(
            f"{who}: expected arguments= as {{argument: features}} or a list with the features of "
            f"each argument; got {arguments!r}"
        )
    blocks = list(arguments.values()) if isinstance(arguments, Mapping) else list(arguments)
    places = [_places(block, features, who) for block in blocks]
    used = [i for place in places for i in _columns(place)]
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


def _example(names: list[str], features: Sequence[str], whole: frozenset[int]) -> str:
    """Return arguments= that could be meant: codes into one, the others into the other."""
    d = len(features)
    if len(names) > d:
        return "{name: features}"
    blocks = [part.tolist() for part in np.array_split(np.arange(d), len(names))]
    if len(names) == 2 and 0 < len(whole) < d:
        blocks = [sorted(whole), sorted(set(range(d)) - whole)]
        if any(word in names[1].lower() for word in ("cat", "emb", "code", "disc", "ind", "id")):
            blocks.reverse()
    listed = dict(zip(names, ([features[i] for i in block] for block in blocks), strict=True))
    return f", for example arguments={listed}" if d <= 12 else "{name: features}"


def _columns(place: _Place) -> list[int]:
    return place if isinstance(place, list) else [place]


def _places(block: Block, features: Sequence[str], who: str) -> _Place:
    if isinstance(block, int | str):
        return _place(block, features, who)
    require_order(block, who, "the features of an argument")
    return [_place(one, features, who) for one in block]


def _place(one: int | str, features: Sequence[str], who: str, what: str = "arguments=") -> int:
    if isinstance(one, str):
        if one not in features:
            raise UnknownNameError.of(f"{who}: {what}", "feature", one, features)
        return list(features).index(one)
    if isinstance(one, bool) or not -len(features) <= one < len(features):
        raise InputError(
            f"{who}: expected positions between 0 and {len(features) - 1} in {what}; got {one}"
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
