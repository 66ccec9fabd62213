"""Powers of a sum as sums of products: x^-p as a mixture of exponentials."""

import math

import numpy as np
from scipy.special import roots_genlaguerre

from sensbench.errors import InputError, require

_MOST, _RELATIVE = 80, 1e-14


def power_of_sum(p: float, low: float, high: float) -> list[tuple[float, float]]:
    """Return (weight, rate) such that x^-p = Σ weight·exp(-rate·x) on [low, high], to rounding.

    x^-p = ∫ t^(p-1) e^(-tx) dt / Γ(p), by Gauss-Laguerre quadrature around x = √(low·high). All
    weights and rates are positive. With it a power of x = y + z is a sum of products.

    Raises
    ------
    InputError
        A range so wide that 80 exponentials do not reach a relative error of 1e-14.
    """
    require(p > 0 and 0 < low <= high, "power_of_sum", "p > 0 on a positive range", (p, low, high))
    centre = math.sqrt(low * high)
    x = np.geomspace(low, high, 257)
    for n in range(2, _MOST + 1):
        nodes, weights = roots_genlaguerre(n, p - 1.0)
        weights = weights * np.exp(nodes) * (centre**-p / math.gamma(p))
        sums = np.exp(-np.outer(x / centre, nodes)) @ weights
        if (np.abs(sums * x**p - 1.0) < _RELATIVE).all():
            return list(zip(weights.tolist(), (nodes / centre).tolist(), strict=True))
    raise InputError(
        f"power_of_sum: expected a range that {_MOST} exponentials suffice for; got {low}..{high}"
    )
