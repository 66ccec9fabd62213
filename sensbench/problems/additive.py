from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import numbers
from sensbench.problems._shapes import evaluated, shapes_of
from sensbench.truths.separable import separable


def additive(
    coefficients: Sequence[float] = (4.0, 2.0, 1.0, 0.5, 0.0),
    shapes: str | Sequence[str] = ("linear", "quadratic", "periodic", "exponential", "linear"),
) -> Problem:
    """Sum of cᵢ gᵢ(xᵢ) on U(0, 1)ᵈ: no interactions, so first and total orders are equal.

    Parameters
    ----------
    coefficients
        One cᵢ per input; 0 makes an input inert.
    shapes
        The gᵢ: one name for all inputs, or one for each. The ten of Becker 2020,
        doi:10.1016/j.ress.2020.107189: cubic x³, discontinuous 1 where x > 1/2 and else 0,
        exponential eˣ/(e - 1), inverse 1/((10 - 1/1.1)(x + 0.1)), linear x, no_effect 0,
        non_monotonic 4(x - 1/2)², periodic sin(2πx)/2, quadratic x², trigonometric cos x. Also
        kinked |2x - 1| and saturating tanh(10(x - 1/2))/2. A discontinuous input has no
        derivative that means anything: gradient methods refuse, and truths of derivatives are
        left out.

    Raises
    ------
    InputError
        Coefficients that are not finite numbers; not one shape per input.
    UnknownNameError
        No such shape.
    """
    c = numbers("additive", "coefficients", coefficients, (None,)).tolist()
    chosen = shapes_of("additive", shapes, len(c))

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        return torch.tensor(c, dtype=x.dtype, device=x.device) @ evaluated(x, chosen)

    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(len(c))})
    truth = separable(
        space,
        [(ci, {i: shape.function}) for i, (ci, shape) in enumerate(zip(c, chosen, strict=True))],
        kinks={i: shape.kinks for i, shape in enumerate(chosen)},
        jumps={i: shape.jumps for i, shape in enumerate(chosen) if shape.jumps},
    )
    return Problem.of(
        function,
        space,
        name="additive",
        outputs=["y"],
        truth=truth,
        source="Becker 2020, doi:10.1016/j.ress.2020.107189 (the functions of one input)",
    )
