import math

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.problems._truncated import truncated_gumbel
from sensbench.truths.exponentials import power_of_sum
from sensbench.truths.line import Factor
from sensbench.truths.parts import by_output
from sensbench.truths.separable import separable
from sensbench.truths.shipped import shipped

SHIPPED: list[dict[str, float]] = [{}]

_UNITS = dict(Q="m³/s", Ks="m^(1/3)/s", Zv="m", Zm="m", Hd="m", Cb="m", L="m", B="m")


def flood() -> Problem:
    """Overflow of a river over its dyke, in m, and what it costs in a year, in M€; 8 inputs.

    S = Zv + H - Hd - Cb, with the river's height H = (Q/(B Ks √((Zm - Zv)/L)))^0.6, and
    C = 1 if S > 0, else 0.2 + 0.8 (1 - exp(-1000/S⁴)), plus max(Hd, 8)/20 for the dyke.

    Flow rate Q ~ Gumbel(1013, 558) within (500, 3000), Strickler coefficient Ks ~ N(30, 8)
    above 15, triangular levels downstream Zv (49, 50, 51) and upstream Zm (54, 55, 56), dyke's
    height Hd ~ U(7, 9), triangular bank level Cb (55, 55.5, 56), length L (4990, 5000, 5010) and
    width B (295, 300, 305) of the river. Iooss & Lemaître 2015, doi:10.1007/978-1-4899-7547-8_5.

    C is smooth where S changes its sign (all derivatives vanish there). It has a kink at
    Hd = 8, where the derivative jumps from 0 to 1/20 beside that through S; derivatives are
    those on either side. Truths of S are exact, those of C are sampled.
    """

    def function(x: Float[Tensor, "n 8"]) -> Float[Tensor, "n 2"]:
        q, ks, zv, zm, hd, cb, length, b = x.unbind(1)
        height = (q / (b * ks * torch.sqrt((zm - zv) / length))) ** 0.6
        overflow = zv + height - hd - cb
        # from S = -0.5 on exp(-1000/S⁴) is 0 to rounding, and S⁻⁴ must not become infinite
        below = overflow.clamp(max=-0.5)
        damage = 0.2 - 0.8 * torch.expm1(-1000.0 / below**4)
        cost = damage + hd.clamp(min=8.0) / 20.0
        return torch.stack([overflow, cost], dim=1)

    space = InputSpace.of(
        {
            "Q": truncated_gumbel(1013.0, 558.0, 500.0, 3000.0),
            "Ks": stats.truncnorm((15.0 - 30.0) / 8.0, math.inf, loc=30.0, scale=8.0),
            "Zv": stats.triang(0.5, 49.0, 2.0),
            "Zm": stats.triang(0.5, 54.0, 2.0),
            "Hd": (7.0, 9.0),
            "Cb": stats.triang(0.5, 55.0, 1.0),
            "L": stats.triang(0.5, 4990.0, 20.0),
            "B": stats.triang(0.5, 295.0, 10.0),
        },
        units=_UNITS,
    )
    # the triangles' tops
    kinks = {2: [50.0], 3: [55.0], 5: [55.5], 6: [5000.0], 7: [300.0]}
    overflow = separable(space, _overflow(), kinks=kinks, monotone={i: [] for i in range(8)})
    return Problem.of(
        function,
        space,
        name="flood",
        outputs=["overflow", "cost"],
        output_units=["m", "M€"],
        truth=by_output(shipped("flood"), {0: overflow}),
        source="Iooss & Lemaître 2015, doi:10.1007/978-1-4899-7547-8_5",
    )


def _overflow() -> list[tuple[float, dict[int, Factor]]]:
    """Return S as a sum of products, with (Zm - Zv)^-0.3 as a mixture of exponentials."""
    height: dict[int, Factor] = {0: _power(0.6), 1: _power(-0.6), 6: _power(0.3), 7: _power(-0.6)}
    terms: list[tuple[float, dict[int, Factor]]] = [
        (weight * math.exp(-5.0 * rate), height | {2: _growth(rate, 50.0), 3: _growth(-rate, 55.0)})
        for weight, rate in power_of_sum(0.3, 3.0, 7.0)
    ]
    itself = _power(1.0)
    return [*terms, (1.0, {2: itself}), (-1.0, {4: itself}), (-1.0, {5: itself})]


def _power(exponent: float) -> Factor:
    return lambda x: x**exponent


def _growth(rate: float, at: float) -> Factor:
    return lambda x: torch.exp(rate * (x - at))
