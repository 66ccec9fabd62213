import math

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.problems._inert import inert_inputs
from sensbench.truths.parts import with_inert
from sensbench.truths.shipped import shipped

SHIPPED = [{"inert": 0}]

_BOUNDS = {
    "M": (30.0, 60.0),
    "S": (0.005, 0.020),
    "V0": (0.002, 0.010),
    "k": (1000.0, 5000.0),
    "P0": (90_000.0, 110_000.0),
    "Ta": (290.0, 296.0),
    "T0": (340.0, 360.0),
}
_UNITS = dict(M="kg", S="m²", V0="m³", k="N/m", P0="N/m²", Ta="K", T0="K")


def piston(inert: int = 0) -> Problem:
    """Time that a piston takes for one cycle inside its cylinder, in s; 7 inputs.

    f = 2π √(M/(k + S² P0 V0 Ta/(T0 V²))), with V = S/(2k) (√(A² + 4 k P0 V0 Ta/T0) - A) and
    A = P0 S + 19.62 M - k V0/S. Uniform inputs: weight M (30, 60), surface S (0.005, 0.020),
    initial gas volume V0 (0.002, 0.010), spring coefficient k (1000, 5000), atmospheric pressure
    P0 (90000, 110000), temperatures of the surroundings Ta (290, 296) and the gas T0 (340, 360).
    Ben-Ari & Steinberg 2007, doi:10.1080/08982110701580930. Truths are sampled.

    Parameters
    ----------
    inert
        So many more inputs, U(100, 200), that do nothing; 13 make the function of Moon 2010 (PhD
        thesis, Ohio State University), of 20 inputs.

    Raises
    ------
    InputError
        ``inert`` is not a whole number of at least 0.
    """
    extra = inert_inputs("piston", inert)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        mass, surface, volume, spring, pressure, outside, inside = x[:, :7].unbind(1)
        force = pressure * surface + 19.62 * mass - spring * volume / surface
        gas = pressure * volume * outside / inside
        v = surface / (2.0 * spring) * (torch.sqrt(force**2 + 4.0 * spring * gas) - force)
        return 2.0 * math.pi * torch.sqrt(mass / (spring + surface**2 * gas / v**2))

    return Problem.of(
        function,
        InputSpace.of(_BOUNDS | extra, units=_UNITS),
        name="piston",
        outputs=["cycle"],
        output_units=["s"],
        truth=with_inert(shipped("piston", inert=0), inert),
        source="Ben-Ari & Steinberg 2007, doi:10.1080/08982110701580930",
    )
