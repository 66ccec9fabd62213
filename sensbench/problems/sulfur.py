import math

from jaxtyping import Float
from scipy import stats
from torch import Tensor

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.truths.separable import separable

# Geometric mean and geometric standard deviation.
_SPREADS = {
    "Q": (71.0, 1.15),
    "Y": (0.5, 1.5),
    "L": (5.5, 1.5),
    "Psi_e": (5.0, 1.4),
    "beta": (0.3, 1.3),
    "f_Psi_e": (1.7, 1.2),
    "T2": (0.58, 1.4),
    "1-Ac": (0.39, 1.1),
    "(1-Rs)2": (0.72, 1.2),
}
_UNITS = {"Q": "TgS/yr", "L": "d", "Psi_e": "m²/g"}
_SOLAR_CONSTANT = 1361.0
_EARTH_AREA = 5.1e14


def sulfur() -> Problem:
    """Direct radiative forcing by sulfate aerosols, in W/m²: a product of 9 lognormal inputs.

    f = -S₀/2 (1-Ac) T² (1-Rs)² β Ψe fΨe · 3·10¹² Q Y L/(365 A), with the solar constant
    S₀ = 1361 W/m² and the area of the Earth A = 5.1·10¹⁴ m². Lognormal inputs, given by
    their geometric mean and geometric standard deviation: source strength of sulfur Q (71,
    1.15), fraction oxidised Y (0.5, 1.5), lifetime of sulfate L (5.5, 1.5), scattering
    efficiency Ψe (5, 1.4), fraction scattered upward β (0.3, 1.3), growth with humidity fΨe
    (1.7, 1.2), squared transmittance above the aerosol T² (0.58, 1.4), fraction without cloud
    1-Ac (0.39, 1.1), squared surface coalbedo (1-Rs)² (0.72, 1.2).

    Charlson et al. 1992, doi:10.1126/science.255.5043.423; inputs of Penner et al. 1994,
    doi:10.1175/1520-0477(1994)075<0375:QAMUOC>2.0.CO;2. S₀ is not squared and the units of Q
    and L are converted, other than in equation 12 of Tatang et al. 1997, doi:10.1029/97JD01654.
    The lognormals reach beyond 1 where a fraction cannot; nothing is truncated.
    """

    def function(x: Float[Tensor, "n 9"]) -> Float[Tensor, " n"]:
        return scale * x.prod(dim=1)

    scale = -0.5 * _SOLAR_CONSTANT * 3.0 * 1e12 / (365.0 * _EARTH_AREA)
    space = InputSpace.of(
        {name: stats.lognorm(math.log(s), scale=m) for name, (m, s) in _SPREADS.items()},
        units=_UNITS,
    )
    return Problem.of(
        function,
        space,
        name="sulfur",
        outputs=["forcing"],
        output_units=["W/m²"],
        truth=separable(space, [(scale, {i: _itself for i in range(9)})]),
        source="Charlson et al. 1992, doi:10.1126/science.255.5043.423",
    )


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
