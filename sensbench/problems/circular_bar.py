import math

from jaxtyping import Float
from scipy import stats
from torch import Tensor

from sensbench.errors import require
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.truths.separable import separable


def circular_bar(diameter: float = 25.0) -> Problem:
    """Margin of yield strength over the stress in a pulled circular bar, in Pa; linear.

    f = Y - P/(π d²/4), with the yield strength Y ~ N(250, 25) in MPa and the axial force
    P ~ N(70, 7) in kN; the bar fails where f < 0. Verma, Ajit & Karanki 2016,
    doi:10.1007/978-1-4471-6269-8_8.

    Parameters
    ----------
    diameter
        d, in mm.

    Raises
    ------
    InputError
        A diameter that is not a positive number.
    """
    positive = not isinstance(diameter, bool) and 0 < diameter < math.inf
    require(positive, "circular_bar", "a positive diameter", diameter)
    area = math.pi * (diameter * 1e-3) ** 2 / 4.0

    def function(x: Float[Tensor, "n 2"]) -> Float[Tensor, " n"]:
        strength, force = x.unbind(1)
        return strength * 1e6 - force * 1e3 / area

    space = InputSpace.of(
        {"Y": stats.norm(250.0, 25.0), "P": stats.norm(70.0, 7.0)}, units={"Y": "MPa", "P": "kN"}
    )
    return Problem.of(
        function,
        space,
        name="circular_bar",
        outputs=["margin"],
        output_units=["Pa"],
        truth=separable(space, [(1e6, {0: _itself}), (-1e3 / area, {1: _itself})]),
        source="Verma et al. 2016, doi:10.1007/978-1-4471-6269-8_8",
    )


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
