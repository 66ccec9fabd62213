import math

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import require
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.truths.separable import separable


def gamboa(a: float = 2.0, b: float = 3.0, inputs: str = "normal") -> Problem:
    """(x1 + x1 x2 + x2, a x1 + b x1 x2 + x2): two outputs that share their inputs.

    Gamboa, Janon, Klein & Lagnoux 2014, doi:10.1214/14-EJS895. For standard normal inputs their
    index of both outputs together, Σ V_i/Σ V over the outputs, is (1 + a²)/(4 + a² + b²) for x1
    and 2/(4 + a² + b²) for x2.

    Parameters
    ----------
    a, b
        Real.
    inputs
        "normal": N(0, 1)²; "uniform": U(0, 1)².

    Raises
    ------
    InputError
        a or b is not finite; other inputs.
    """
    require(math.isfinite(a) and math.isfinite(b), "gamboa", "finite a and b", (a, b))
    require(inputs in ("normal", "uniform"), "gamboa", "inputs 'normal' or 'uniform'", inputs)

    def function(x: Float[Tensor, "n 2"]) -> Float[Tensor, "n 2"]:
        x1, x2 = x.unbind(1)
        return torch.stack([x1 + x1 * x2 + x2, a * x1 + b * x1 * x2 + x2], dim=1)

    standard = (0.0, 1.0)
    make = InputSpace.normal if inputs == "normal" else InputSpace.uniform
    space = make({"x1": standard, "x2": standard})
    truth = separable(
        space,
        *(
            [(p, {0: _itself}), (q, {0: _itself, 1: _itself}), (1.0, {1: _itself})]
            for p, q in ((1.0, 1.0), (a, b))
        ),
    )
    return Problem.of(
        function,
        space,
        name="gamboa",
        outputs=["y1", "y2"],
        truth=truth,
        source="Gamboa et al. 2014, doi:10.1214/14-EJS895",
    )


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
