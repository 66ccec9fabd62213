import math

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import require
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.truths.separable import separable


def two_outputs(scale: float = 1e-3) -> Problem:
    """An additive output and a small interacting one, with different important inputs.

    On U(-1, 1)⁴: "additive" = 4 x1 + 2 x2 + x3³ and "interacting" = s (3 x3 x4 (1 + x2²) + x1/10).
    x1 dominates the first output and hardly matters to the second; x4 is inert in the first and
    decides the second, together with x3, though neither has a first-order effect there. Whatever
    averages over outputs without dividing by their variance ranks by the first alone.

    Parameters
    ----------
    scale
        The s: positive. No index depends on it; raw derivatives do.

    Raises
    ------
    InputError
        A scale that is not a finite positive number.
    """
    require(0 < scale < math.inf, "two_outputs", "a finite scale above 0", scale)

    def function(x: Float[Tensor, "n 4"]) -> Float[Tensor, "n 2"]:
        x1, x2, x3, x4 = x.unbind(1)
        interacting = 3.0 * x3 * x4 * (1.0 + x2**2) + 0.1 * x1
        return torch.stack([4.0 * x1 + 2.0 * x2 + x3**3, scale * interacting], dim=1)

    space = InputSpace.uniform({f"x{i}": (-1.0, 1.0) for i in (1, 2, 3, 4)})
    truth = separable(
        space,
        [(4.0, {0: _itself}), (2.0, {1: _itself}), (1.0, {2: _cube})],
        [
            (3.0 * scale, {2: _itself, 3: _itself}),
            (3.0 * scale, {1: _square, 2: _itself, 3: _itself}),
            (0.1 * scale, {0: _itself}),
        ],
    )
    return Problem.of(
        function, space, name="two_outputs", outputs=["additive", "interacting"], truth=truth
    )


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x


def _square(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x**2


def _cube(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x**3
