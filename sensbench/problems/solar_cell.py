import math

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.truths.shipped import shipped

SHIPPED: list[dict[str, float]] = [{}]

_BOUNDS = {
    "Isc": (0.05989, 0.23958),
    "log_Is": (math.log(2.2e-11), math.log(2.2e-7)),
    "n": (1.0, 2.0),
    "Rs": (0.16625, 0.66500),
    "Rp": (93.75, 375.00),
}
_THERMAL_VOLTAGE = 0.02585
# Newton's steps from the open circuit; from there on they cannot overshoot.
_STEPS = 7


def solar_cell() -> Problem:
    """Greatest power of a solar cell with a single diode, in W; 5 inputs.

    f = max over V of V·I, where the current I at the voltage V solves
    I = IL - Is (exp(u/(n Vt)) - 1) - u/Rp with u = V + I Rs,
    IL = Isc + Is (exp(Isc Rs/(n Vt)) - 1) + Isc Rs/Rp and Vt = 0.02585 V. Uniform inputs:
    short-circuit current Isc (0.05989, 0.23958), logarithm of the saturation current Is (ln
    2.2·10⁻¹¹, ln 2.2·10⁻⁷), both in A, ideality n (1, 2), resistances in series Rs (0.16625,
    0.665) and in parallel Rp (93.75, 375), in Ω. Constantine, Zaharatos & Campanelli 2015,
    doi:10.1002/sam.11281. Truths are sampled.

    I is explicit in u, so that f = max over u of I (u - I Rs): no nested equation is left.
    """

    def function(x: Float[Tensor, "n 5"]) -> Float[Tensor, " n"]:
        # the maximum is searched without its history; one more step then carries all derivatives
        fixed = x.detach()
        short, log_is, n, _, _ = fixed.unbind(1)
        scale = n * _THERMAL_VOLTAGE
        u = scale * torch.log1p(short * torch.exp(-log_is))
        for _ in range(_STEPS):
            u = u - _step(fixed, u)
        u = u - _step(x, u)
        current = _current(x, u)[0]
        return current * (u - current * x[:, 3])

    return Problem.of(
        function,
        InputSpace.of(_BOUNDS, units={"Isc": "A", "Rs": "Ω", "Rp": "Ω"}),
        name="solar_cell",
        outputs=["power"],
        output_units=["W"],
        truth=shipped("solar_cell"),
        source="Constantine et al. 2015, doi:10.1002/sam.11281",
    )


def _current(
    x: Float[Tensor, "n 5"], u: Float[Tensor, " n"]
) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"], Float[Tensor, " n"]]:
    """Return I and its first two derivatives by u."""
    short, log_is, n, series, parallel = x.unbind(1)
    scale = n * _THERMAL_VOLTAGE
    light, diode = torch.exp(log_is + short * series / scale), torch.exp(log_is + u / scale)
    current = short + light - diode + (short * series - u) / parallel
    return current, -diode / scale - 1.0 / parallel, -diode / scale**2


def _step(x: Float[Tensor, "n 5"], u: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Return Newton's step P'/P'' towards the greatest P = I (u - I Rs)."""
    current, slope, bend = _current(x, u)
    series = x[:, 3]
    first = slope * u + current - 2.0 * series * current * slope
    second = bend * u + 2.0 * slope - 2.0 * series * (slope**2 + current * bend)
    return first / second
