import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from scipy.special import gammaln, loggamma
from scipy.stats import gamma
from torch import Tensor

from sensbench.errors import UnknownNameError
from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import numbers
from sensbench.truths.line import Factor
from sensbench.truths.separable import Terms, separable

_VARIANTS = {
    "genz_1984": (5.0, 5.0, 5.0),
    "zhang_2014_1": (0.02, 0.05, 0.08),
    "zhang_2014_2": tuple(i / 10 for i in range(1, 11)),
}


def genz_corner_peak(variant: str = "genz_1984", a: Sequence[float] | None = None) -> Problem:
    """(1 + Σ aᵢ xᵢ)^-(d+1) on U(0, 1)ᵈ: a peak in the corner at 0, interactions of every order.

    Genz 1984, "Testing multidimensional integration routines". The truths come from
    u^-(d+1) = ∫ sᵈ e^(-su) ds/d!, which makes f an integral of products e^(-s aᵢ xᵢ); the
    trapezoidal rule in log s gives it to rounding.

    Parameters
    ----------
    variant
        "genz_1984": aᵢ = 5, here for d = 3. Zhang & Pandey 2014, doi:10.1016/j.ress.2013.07.010:
        "zhang_2014_1": a = (0.02, 0.05, 0.08), nearly linear; "zhang_2014_2": aᵢ = i/10, d = 10.
    a
        Numbers above 0, one per input, instead of a variant's.

    Raises
    ------
    InputError
        ``a`` is empty or holds anything but finite numbers above 0.
    UnknownNameError
        No such variant.
    """
    if variant not in _VARIANTS:
        raise UnknownNameError.of("genz_corner_peak", "variant", variant, _VARIANTS)
    given = _VARIANTS[variant] if a is None else a
    slopes = numbers("genz_corner_peak", "a", given, (None,), above=0.0).tolist()
    d = len(slopes)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        return (1.0 + x @ torch.tensor(slopes, dtype=x.dtype, device=x.device)) ** -(d + 1)

    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(d)})
    return Problem.of(
        function,
        space,
        name="genz_corner_peak",
        outputs=["y"],
        truth=separable(space, _terms(slopes)),
        source="Genz 1984, Testing multidimensional integration routines",
    )


def _terms(a: Sequence[float]) -> Terms:
    """Return f as a sum of products of exponentials, to rounding everywhere in the cube.

    The rule's error is the integrand's Fourier transform at 2π/h, |Γ(d + 1 + 2πi/h)|/d! of the
    whole (Trefethen & Weideman 2014, doi:10.1137/130932132).
    """
    d, rare = len(a), 1e-18
    h = 0.5
    while loggamma(d + 1 + 2j * math.pi / h).real - gammaln(d + 1) > math.log(rare):
        h *= 0.9
    low, high = gamma.ppf(rare, d + 1) / (1.0 + sum(a)), gamma.isf(rare, d + 1)
    log_s = np.arange(math.log(low), math.log(high) + h, h)
    weights = h * np.exp((d + 1) * log_s - np.exp(log_s) - gammaln(d + 1))
    return [
        (float(w), {i: _decay(float(s) * ai) for i, ai in enumerate(a)})
        for w, s in zip(weights, np.exp(log_s), strict=True)
    ]


def _decay(rate: float) -> Factor:
    return lambda x: torch.exp(-rate * x)
