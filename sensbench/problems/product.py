from collections.abc import Sequence

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from sensbench.errors import require
from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import numbers
from sensbench.problems._shapes import evaluated, shapes_of
from sensbench.truths.line import Factor
from sensbench.truths.separable import separable


def product(
    centres: Sequence[float] = (1.0, 1.0, 1.0, 0.0),
    scales: Sequence[float] = (0.25, 0.5, 1.0, 2.0),
    shapes: str | Sequence[str] = "normal",
) -> Problem:
    """Product of mᵢ + sᵢ gᵢ(xᵢ): interactions of every order, set by the ratios sᵢ/mᵢ.

    With the default shape xᵢ ~ N(0, 1) and gᵢ(xᵢ) = xᵢ: the product of normal variables of means
    mᵢ and standard deviations sᵢ. A centre of 0 takes every effect that its input does not share:
    with centres (0, 0) there is nothing but interaction, first orders are 0 and total orders 1.
    Multiplicative functions: Sobol' 2003, doi:10.1016/S0951-8320(02)00229-6.

    Parameters
    ----------
    centres, scales
        The mᵢ and sᵢ, one per input; a scale of 0 makes an input inert.
    shapes
        "normal", or names of functions on U(0, 1), one for all or one for each; see ``additive``.

    Raises
    ------
    InputError
        Numbers that are not finite, of different lengths, or with which nothing varies.
    UnknownNameError
        No such shape.
    """
    m = numbers("product", "centres", centres, (None,)).tolist()
    s = numbers("product", "scales", scales, (len(m),)).tolist()
    nonzero = all(a or b for a, b in zip(m, s, strict=True))
    require(any(s) and nonzero, "product", "a scale that is not 0, and no factor of 0", (m, s))
    chosen = None if shapes == "normal" else shapes_of("product", shapes, len(m))

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        centre, scale = torch.tensor([m, s], dtype=x.dtype, device=x.device)
        values = x if chosen is None else evaluated(x, chosen).T
        return (centre + scale * values).prod(dim=1)

    names = default_names(len(m))
    space = InputSpace.of({n: stats.norm() if chosen is None else (0.0, 1.0) for n in names})
    inner = [shape.function for shape in chosen] if chosen else [_itself] * len(m)
    factors = {i: _factor(m[i], s[i], inner[i]) for i in range(len(m))}
    truth = separable(
        space,
        [(1.0, factors)],
        kinks={i: shape.kinks for i, shape in enumerate(chosen or [])},
        jumps={i: shape.jumps for i, shape in enumerate(chosen or []) if shape.jumps},
    )
    return Problem.of(
        function,
        space,
        name="product",
        outputs=["y"],
        truth=truth,
        source="Sobol' 2003, doi:10.1016/S0951-8320(02)00229-6",
    )


def _factor(centre: float, scale: float, shape: Factor) -> Factor:
    return lambda x: centre + scale * shape(x)


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
