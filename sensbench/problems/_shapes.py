"""Functions of one input on (0, 1), by name: what random and additive problems are made of."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import UnknownNameError, require
from sensbench.truths.line import Factor


@dataclass(frozen=True)
class Shape:
    """A function of one input, and where it has kinks or jumps."""

    function: Factor
    kinks: tuple[float, ...] = ()
    jumps: tuple[float, ...] = ()


def _discontinuous(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    return (x > 0.5).to(x.dtype)


# Becker 2020, doi:10.1016/j.ress.2020.107189, in the order of Puy et al. 2022,
# doi:10.1615/Int.J.UncertaintyQuantification.2021038133.
BECKER = {
    "cubic": Shape(lambda x: x**3),
    "discontinuous": Shape(_discontinuous, jumps=(0.5,)),
    "exponential": Shape(lambda x: torch.exp(x) / (math.e - 1.0)),
    "inverse": Shape(lambda x: 1.0 / ((10.0 - 1.0 / 1.1) * (x + 0.1))),
    "linear": Shape(lambda x: x),
    "no_effect": Shape(lambda x: torch.zeros_like(x)),
    "non_monotonic": Shape(lambda x: 4.0 * (x - 0.5) ** 2),
    "periodic": Shape(lambda x: torch.sin(2.0 * math.pi * x) / 2.0),
    "quadratic": Shape(lambda x: x**2),
    "trigonometric": Shape(lambda x: torch.cos(x)),
}
SHAPES = {
    **BECKER,
    "kinked": Shape(lambda x: torch.abs(2.0 * x - 1.0), kinks=(0.5,)),
    "saturating": Shape(lambda x: torch.tanh(10.0 * (x - 0.5)) / 2.0),
}


def shapes_of(who: str, names: str | Sequence[str], d: int) -> list[Shape]:
    """Return one shape per input, from a name for all or a name for each.

    Raises
    ------
    UnknownNameError
        No such shape; the message names the nearest.
    InputError
        Not one name per input.
    """
    given = [names] * d if isinstance(names, str) else list(names)
    for name in given:
        if name not in SHAPES:
            raise UnknownNameError.of(who, "shape", name, SHAPES)
    require(len(given) == d, who, f"one shape, or one for each of {d} inputs", names)
    return [SHAPES[name] for name in given]


def evaluated(x: Float[Tensor, "n d"], shapes: Sequence[Shape]) -> Float[Tensor, "d n"]:
    """Return each input's function of it, one row per input.

    Inputs of one shape are evaluated together. Rows, and ``index_select``, because gathering
    columns by a list has a backward pass that is a hundred times slower.
    """
    columns: dict[int, list[int]] = {}
    for i, shape in enumerate(shapes):
        columns.setdefault(id(shape), []).append(i)
    order = [i for group in columns.values() for i in group]
    parts = [
        shapes[group[0]].function(x.T.index_select(0, torch.tensor(group, device=x.device)))
        for group in columns.values()
    ]
    back = sorted(range(len(order)), key=order.__getitem__)
    return torch.cat(parts).index_select(0, torch.tensor(back, device=x.device))
