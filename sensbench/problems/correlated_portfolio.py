from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import real
from sensbench.truths.gaussian_polynomial import gaussian_polynomial


def correlated_portfolio(rho_12: float = 0.3, rho_34: float = -0.3) -> Problem:
    """Y = x1 x3 + x2 x4, normal; x1 with x2 and x3 with x4 correlated: prices, quantities.

    x1 ~ N(0, 4), x2 ~ N(0, 2), x3 ~ N(250, 200), x4 ~ N(400, 300) (standard deviations). x3 and x4
    have no first-order index, and matter.

    Parameters
    ----------
    rho_12, rho_34
        Correlations; those of Kucherenko et al. by default.

    Raises
    ------
    InputError
        Correlations that are not between -1 and 1.
    """
    first, second = (
        real("correlated_portfolio", n, r) for n, r in (("rho_12", rho_12), ("rho_34", rho_34))
    )
    space = InputSpace.normal(
        {"x1": (0, 4), "x2": (0, 2), "x3": (250, 200), "x4": (400, 300)},
        correlation={("x1", "x2"): first, ("x3", "x4"): second},
    )

    def function(x: Float[Tensor, "n 4"]) -> Float[Tensor, " n"]:
        return x[:, 0] * x[:, 2] + x[:, 1] * x[:, 3]

    return Problem.of(
        function,
        space,
        name="correlated_portfolio",
        outputs=["y"],
        truth=gaussian_polynomial(space, [(1.0, {0: 1, 2: 1}), (1.0, {1: 1, 3: 1})]),
        source="Kucherenko, Tarantola & Annoni 2012, doi:10.1016/j.cpc.2011.12.020",
    )
