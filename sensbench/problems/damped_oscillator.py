import math

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from sensbench.inputs.marginal import Marginal
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.truths.shipped import shipped

SHIPPED: list[dict[str, float]] = [{}]

# Mean and coefficient of variation.
_SPREADS = {
    "Mp": (1.5, 0.1),
    "Ms": (0.01, 0.1),
    "Kp": (1.0, 0.2),
    "Ks": (0.01, 0.2),
    "zeta_p": (0.05, 0.4),
    "zeta_s": (0.02, 0.5),
    "S0": (100.0, 0.1),
}


def damped_oscillator() -> Problem:
    """RMS displacement of a light oscillator on a heavy one under white noise; 7 inputs.

    f² = π S0/(4 ζs ωs³) · ζa ζs/(ζp ζs (4 ζa² + θ²) + γ ζa²) · (ζp ωp³ + ζs ωs³) ωp/(4 ζa ωa⁴),
    with ωp = √(Kp/Mp), ωs = √(Ks/Ms), γ = Ms/Mp, ωa = (ωp + ωs)/2, ζa = (ζp + ζs)/2 and
    θ = (ωp - ωs)/ωa: a resonance where the two are in tune. Igusa & Der Kiureghian 1985,
    doi:10.1061/(ASCE)0733-9399(1985)111:1(1).

    Lognormal inputs, given by mean and coefficient of variation: masses Mp (1.5, 0.1) and Ms
    (0.01, 0.1), stiffnesses Kp (1, 0.2) and Ks (0.01, 0.2), damping ratios ζp (0.05, 0.4) and
    ζs (0.02, 0.5), intensity of the noise S0 (100, 0.1), in consistent units. Der Kiureghian &
    De Stefano 1991, doi:10.1061/(ASCE)0733-9399(1991)117:12(2904). Truths are sampled.
    """

    def function(x: Float[Tensor, "n 7"]) -> Float[Tensor, " n"]:
        mp, ms, kp, ks, zp, zs, noise = x.unbind(1)
        wp, ws = torch.sqrt(kp / mp), torch.sqrt(ks / ms)
        wa, za = 0.5 * (wp + ws), 0.5 * (zp + zs)
        theta = (wp - ws) / wa
        tuned = za * zs / (zp * zs * (4.0 * za**2 + theta**2) + ms / mp * za**2)
        damped = (zp * wp**3 + zs * ws**3) * wp / (4.0 * za * wa**4)
        return torch.sqrt(math.pi * noise / (4.0 * zs * ws**3) * tuned * damped)

    return Problem.of(
        function,
        InputSpace.of({name: _lognormal(*spread) for name, spread in _SPREADS.items()}),
        name="damped_oscillator",
        outputs=["displacement"],
        truth=shipped("damped_oscillator"),
        source="Igusa & Der Kiureghian 1985, doi:10.1061/(ASCE)0733-9399(1985)111:1(1)",
    )


def _lognormal(mean: float, variation: float) -> Marginal:
    sigma = math.sqrt(math.log1p(variation**2))
    return stats.lognorm(sigma, scale=mean * math.exp(-(sigma**2) / 2.0))
