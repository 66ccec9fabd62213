import math

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import require
from sensbench.problem import Problem
from sensbench.space import InputSpace
from sensbench.truth import exact_truth

_PI = math.pi


def ishigami(a: float = 7.0, b: float = 0.1) -> Problem:
    """f(x) = sin x1 + a sin² x2 + b x3⁴ sin x1 on U(-π, π)³: x3 acts only through x1.

    Parameters
    ----------
    a, b
        Real; b at least 0, else 1 + b x3⁴ changes its sign and E|∂f/∂x1| its form. a=7, b=0.1:
        Ishigami & Homma 1990, doi:10.1109/ISUMA.1990.151285; b=0.05: Sobol' & Levitan 1999,
        doi:10.1016/S0010-4655(98)00156-8.

    Raises
    ------
    InputError
        a or b is not finite, or b is negative.
    """
    require(math.isfinite(a), "ishigami", "a finite a", a)
    require(math.isfinite(b) and b >= 0, "ishigami", "a finite b of at least 0", b)

    def function(x: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
        x1, x2, x3 = x.unbind(1)
        return torch.sin(x1) * (1.0 + b * x3**4) + a * torch.sin(x2) ** 2

    # f = g(x3) sin x1 + a sin² x2 with g = 1 + b x3⁴. E sin = 0 and E sin² = 1/2, so only g's
    # first two moments are needed; E x^2k = π^2k/(2k + 1).
    g = 1.0 + b * _PI**4 / 5
    g_square = 1.0 + 2 * b * _PI**4 / 5 + b**2 * _PI**8 / 9
    v1, v2, v13 = g**2 / 2, a**2 / 8, (g_square - g**2) / 2
    variance = v1 + v2 + v13

    space = InputSpace.uniform({name: (-_PI, _PI) for name in ("x1", "x2", "x3")})
    truth = exact_truth(
        space,
        variance=[variance],
        first_order=[[v1 / variance, v2 / variance, 0.0]],
        total_order=[[(v1 + v13) / variance, v2 / variance, v13 / variance]],
        # ∂f/∂x = (g cos x1, a sin 2x2, 4b x3³ sin x1), and E|sin| = E|cos| = 2/π
        dgsm=[[g_square / 2, a**2 / 2, 8 * b**2 * _PI**6 / 7]],
        derivative_mean=[[0.0, 0.0, 0.0]],
        derivative_abs=[[2 * g / _PI, 2 * abs(a) / _PI, 2 * b * _PI**2]],
    )
    return Problem.of(function, space, name="ishigami", outputs=["y"], truth=truth)
