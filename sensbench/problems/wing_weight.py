import math

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.truths.line import Factor
from sensbench.truths.separable import separable

_BOUNDS = {
    "Sw": (150.0, 200.0),
    "Wfw": (220.0, 300.0),
    "A": (6.0, 10.0),
    "Lambda": (-10.0, 10.0),
    "q": (16.0, 45.0),
    "lambda": (0.5, 1.0),
    "tc": (0.08, 0.18),
    "Nz": (2.5, 6.0),
    "Wdg": (1700.0, 2500.0),
    "Wp": (0.025, 0.08),
}
_UNITS = dict(Sw="ft²", Wfw="lb", Lambda="°", q="lb/ft²", Wdg="lb", Wp="lb/ft²")
_DEGREE = math.pi / 180.0


def wing_weight() -> Problem:
    """Weight of a light aircraft's wing, in lb; 10 inputs.

    f = 0.036 Sw^0.758 Wfw^0.0035 (A/cos²Λ)^0.6 q^0.006 λ^0.04 (100 tc/cosΛ)^-0.3 (Nz Wdg)^0.49
    + Sw Wp. Uniform inputs: wing area Sw (150, 200), weight of fuel in the wing Wfw (220, 300),
    aspect ratio A (6, 10), quarter-chord sweep Λ (-10, 10), dynamic pressure at cruise q (16,
    45), taper ratio λ (0.5, 1), thickness to chord ratio tc (0.08, 0.18), ultimate load factor
    Nz (2.5, 6), design gross weight Wdg (1700, 2500), paint weight Wp (0.025, 0.08).
    Forrester, Sóbester & Keane 2008, doi:10.1002/9780470770801.
    """

    def function(x: Float[Tensor, "n 10"]) -> Float[Tensor, " n"]:
        sw, wfw, a, sweep, q, taper, tc, nz, wdg, wp = x.unbind(1)
        cos = torch.cos(sweep * _DEGREE)
        frame = sw**0.758 * wfw**0.0035 * (a / cos**2) ** 0.6 * q**0.006 * taper**0.04
        return 0.036 * frame * (100.0 * tc / cos) ** -0.3 * (nz * wdg) ** 0.49 + sw * wp

    space = InputSpace.of(_BOUNDS, units=_UNITS)
    exponents = {0: 0.758, 1: 0.0035, 2: 0.6, 4: 0.006, 5: 0.04, 6: -0.3, 7: 0.49, 8: 0.49}
    frame: dict[int, Factor] = {i: _power(exponent) for i, exponent in exponents.items()}
    frame[3] = lambda x: torch.cos(x * _DEGREE) ** -0.9  # -2 · 0.6 + 0.3
    paint: dict[int, Factor] = {0: _power(1.0), 9: _power(1.0)}
    return Problem.of(
        function,
        space,
        name="wing_weight",
        outputs=["weight"],
        output_units=["lb"],
        truth=separable(space, [(0.036 * 100.0**-0.3, frame), (1.0, paint)]),
        source="Forrester et al. 2008, doi:10.1002/9780470770801",
    )


def _power(exponent: float) -> Factor:
    return lambda x: x**exponent
