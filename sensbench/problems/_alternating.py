"""The alternating sum of products x1, x1 x2, x1 x2 x3 …, which goes by two names."""

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import whole
from sensbench.truths.separable import separable


def alternating(name: str, d: int, source: str) -> Problem:
    """Return Σᵢ (-1)ⁱ Π_{j≤i} xⱼ on U(0, 1)ᵈ under a name."""
    whole(name, "d", d, 1)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        # -x1 (1 - x2 (1 - x3 (…))), from the inside
        y = torch.zeros_like(x[:, 0])
        for xi in reversed(x.unbind(1)):
            y = xi * (1.0 - y)
        return -y

    space = InputSpace.uniform({column: (0.0, 1.0) for column in default_names(d)})
    terms = [((-1.0) ** i, dict.fromkeys(range(i), _itself)) for i in range(1, d + 1)]
    # ∂f/∂x_i is (-1)ⁱ times x_1 … x_{i-1} times 1 - x_{i+1} + x_{i+1} x_{i+2} - …, all in (0, 1)
    truth = separable(space, terms, monotone={i: [] for i in range(d)})
    return Problem.of(function, space, name=name, outputs=["y"], truth=truth, source=source)


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
