import math
from collections.abc import Iterator

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from sensbench.errors import InputError, require
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.problem.truth import Truths
from sensbench.truths.exponentials import power_of_sum
from sensbench.truths.line import Factor
from sensbench.truths.separable import Terms, separable

_LENGTH = 100.0


def cantilever_beam(w: float = 4.0, t: float = 2.0) -> Problem:
    """Displacement (in) and stress (psi) of a cantilever beam loaded at its tip; 3 inputs.

    D = 4 L³/(E w t) √((Y/t²)² + (X/w²)²) and S = 6 L/(w t) (X/w + Y/t), with the length
    L = 100 in, the loads X ~ N(500, 100) and Y ~ N(1000, 100), in lb, and Young's modulus
    E ~ N(2.9·10⁷, 1.45·10⁶), in psi. Wu, Shin, Sues & Cesare 2001, doi:10.2514/6.2001-1522,
    whose yield strength is compared with S and occurs in neither.

    Nothing is truncated. The normal E strictly has no E[1/E], but E ≤ 0 lies 20 standard
    deviations away (a probability of 3·10⁻⁸⁹): truths are those within 12, where all but
    4·10⁻³³ of the probability is.

    Parameters
    ----------
    w, t
        Width and thickness of the cross-section, in inches. So flat a beam that X bends it
        a hundred times as much as Y, or the reverse, may have no truths.

    Raises
    ------
    InputError
        A width or thickness that is not a positive number.
    """
    for size in (w, t):
        positive = not isinstance(size, bool) and 0 < size < math.inf
        require(positive, "cantilever_beam", "a positive w and t", size)

    def function(x: Float[Tensor, "n 3"]) -> Float[Tensor, "n 2"]:
        across, down, modulus = x.unbind(1)
        bending = torch.hypot(down / t**2, across / w**2)
        displacement = 4.0 * _LENGTH**3 / (w * t) * bending / modulus
        stress = 6.0 * _LENGTH / (w * t) * (across / w + down / t)
        return torch.stack([displacement, stress], dim=1)

    space = InputSpace.of(
        {
            "X": stats.norm(500.0, 100.0),
            "Y": stats.norm(1000.0, 100.0),
            "E": stats.norm(2.9e7, 1.45e6),
        },
        units={"X": "lb", "Y": "lb", "E": "psi"},
    )
    return Problem.of(
        function,
        space,
        name="cantilever_beam",
        outputs=["displacement", "stress"],
        output_units=["in", "psi"],
        truth=_truth(space, w, t),
        source="Wu et al. 2001, doi:10.2514/6.2001-1522",
    )


def _truth(space: InputSpace, w: float, t: float) -> Truths:
    stress: Terms = [
        (6 * _LENGTH / (w * w * t), {0: _itself}),
        (6 * _LENGTH / (w * t * t), {1: _itself}),
    ]
    try:
        displacement = list(_displacement(w, t))
    except InputError:
        return Truths.of({})
    # X and Y pull either way: D is least where they are 0
    return separable(space, displacement, stress, monotone={0: [0.0], 1: [0.0], 2: []})


def _displacement(w: float, t: float) -> Iterator[tuple[float, dict[int, Factor]]]:
    """Yield D as a sum of products: √z = z/√z, z = (Y/t²)² + (X/w²)², 1/√z by exponentials.

    They are exact from 7 standard deviations of Y below its mean on, and good beyond.
    """
    low = (300.0 / t**2) ** 2
    high = (2200.0 / t**2) ** 2 + (1700.0 / w**2) ** 2
    c = 4.0 * _LENGTH**3 / (w * t)
    for weight, rate in power_of_sum(0.5, low, high):
        x, y = _decay(rate / w**4), _decay(rate / t**4)
        yield c * weight / t**4, {0: x, 1: _squared_decay(rate / t**4), 2: _inverse}
        yield c * weight / w**4, {0: _squared_decay(rate / w**4), 1: y, 2: _inverse}


def _decay(rate: float) -> Factor:
    return lambda x: torch.exp(-rate * x**2)


def _squared_decay(rate: float) -> Factor:
    return lambda x: x**2 * torch.exp(-rate * x**2)


def _inverse(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return 1.0 / x


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
