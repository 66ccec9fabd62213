import math

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import require
from sensbench.problem import Problem
from sensbench.space import InputSpace
from sensbench.truths.separable import separable

_PI = math.pi


def ishigami(a: float = 7.0, b: float = 0.1) -> Problem:
    """f(x) = sin x1 + a sin² x2 + b x3⁴ sin x1 on U(-π, π)³: x3 acts only through x1.

    Parameters
    ----------
    a, b
        Real. a=7, b=0.1: Ishigami & Homma 1990, doi:10.1109/ISUMA.1990.151285; b=0.05: Sobol' &
        Levitan 1999, doi:10.1016/S0010-4655(98)00156-8.

    Raises
    ------
    InputError
        a or b is not finite.
    """
    require(math.isfinite(a), "ishigami", "a finite a", a)
    require(math.isfinite(b), "ishigami", "a finite b", b)

    def function(x: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
        x1, x2, x3 = x.unbind(1)
        return torch.sin(x1) * (1.0 + b * x3**4) + a * torch.sin(x2) ** 2

    space = InputSpace.uniform({name: (-_PI, _PI) for name in ("x1", "x2", "x3")})
    truth = separable(
        space,
        [
            (1.0, {0: torch.sin}),
            (a, {1: lambda x: torch.sin(x) ** 2}),
            (b, {0: torch.sin, 2: lambda x: x**4}),
        ],
    )
    return Problem.of(
        function,
        space,
        name="ishigami",
        outputs=["y"],
        truth=truth,
        source="Ishigami & Homma 1990, doi:10.1109/ISUMA.1990.151285",
    )
