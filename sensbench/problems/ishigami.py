import math

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace
from sensbench.model.model import Model
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import published, real
from sensbench.truths.sampled_law import sampled_law
from sensbench.truths.separable import separable

_PI = math.pi
_VARIANTS = {
    "ishigami_1990": (7.0, 0.1),
    "sobol_1999": (7.0, 0.05),
    "puy_2022": (2.0, 1.0),
}


def ishigami(
    a: float | None = None,
    b: float | None = None,
    variant: str = "ishigami_1990",
    rho: float = 0.0,
) -> Problem:
    """f(x) = sin x1 + a sin² x2 + b x3⁴ sin x1 on U(-π, π)³: x3 acts only through x1.

    Every measure has an exact truth, where the inputs are independent.

    Parameters
    ----------
    a, b
        Real; by default those of the variant.
    variant
        ``ishigami_1990``: a=7, b=0.1 (Ishigami & Homma 1990, doi:10.1109/ISUMA.1990.151285);
        ``sobol_1999``: a=7, b=0.05 (Sobol' & Levitan 1999, doi:10.1016/S0010-4655(98)00156-8);
        ``puy_2022``: a=2, b=1 (Puy et al. 2022, doi:10.18637/jss.v102.i05).
    rho
        Correlation of x1 and x3, by a Gaussian copula (Kucherenko et al. 2012,
        doi:10.1016/j.cpc.2011.12.020); truths are then from many points.

    Raises
    ------
    InputError
        a or b is not finite, or there is no such variant.
    """
    a_published, b_published = published("ishigami", _VARIANTS, variant)
    a = real("ishigami", "a", a_published if a is None else a)
    b = real("ishigami", "b", b_published if b is None else b)

    def function(x: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
        x1, x2, x3 = x.unbind(1)
        return torch.sin(x1) * (1.0 + b * x3**4) + a * torch.sin(x2) ** 2

    bounds = {name: (-_PI, _PI) for name in ("x1", "x2", "x3")}
    rho = real("ishigami", "rho", rho)
    space = InputSpace.uniform(bounds, correlation={("x1", "x3"): rho} if rho else None)
    if not space.independent:
        model = Model(function, space.sample(2, 0), outputs=["y"], features=space.columns)
        dependent = sampled_law(model, space, points=2**15, scrambles=8)
        return Problem.of(
            model, space, name="ishigami", truth=dependent,
            source="Kucherenko et al. 2012, doi:10.1016/j.cpc.2011.12.020",
        )  # fmt: skip
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
