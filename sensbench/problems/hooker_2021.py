import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problem.truth import Truth, Truths
from sensbench.problems._parameters import real

_SLOPES = np.array([1.0, 1, 1, 1, 1, 0, 0.5, 0.8, 1.2, 1.5])


def hooker_2021(rho: float = 0.9) -> Problem:
    """Y linear in ten uniform inputs, of which x1 and x2 correlate.

    Y = x1 + x2 + x3 + x4 + x5 + 0 x6 + 0.5 x7 + 0.8 x8 + 1.2 x9 + 1.5 x10.
    x1 and x2 by a Gaussian copula whose normal scores correlate by ``rho``; with 0 all ten are
    independent. A model trained on it that extrapolates makes x1 and x2 look important when they
    are shuffled. The noise of standard deviation 0.1 of the source is left out. Exact truths.

    Parameters
    ----------
    rho
        Correlation of the normal scores of x1 and x2.

    Raises
    ------
    InputError
        A correlation that is not between -1 and 1.
    """
    rho = real("hooker_2021", "rho", rho)
    names = default_names(10)
    # the rank correlation that has these normal scores: Kruskal 1958
    ranks = {("x1", "x2"): 6 / math.pi * math.asin(max(-1.0, min(1.0, rho / 2)))}
    if abs(rho) >= 1:
        ranks = {("x1", "x2"): rho}  # refused in the space's own words
    space = InputSpace.uniform(
        dict.fromkeys(names, (0.0, 1.0)), correlation=ranks if rho else None, correlation_of="ranks"
    )

    def function(x: Float[Tensor, "n 10"]) -> Float[Tensor, " n"]:
        return x @ torch.as_tensor(_SLOPES, dtype=x.dtype, device=x.device)

    return Problem.of(
        function,
        space,
        name="hooker_2021",
        outputs=["y"],
        truth=Truths(lambda: _truths(rho)),
        source="Hooker, Mentch & Zhou 2021, doi:10.1007/s11222-021-10057-z",
    )


def _truths(rho: float) -> dict[str, Truth]:
    """Return what follows from Cov(Φ(z), Φ(z')) = asin(r/2)/(2π), z and z' of correlation r."""
    alone = _SLOPES**2 / 12
    covariance = math.asin(rho / 2) / (2 * math.pi)
    # of E[x1|x2]: two draws of x1 with the same x2 have normal scores of correlation rho²
    explained = math.asin(rho**2 / 2) / (2 * math.pi)
    variance = float(alone.sum()) + 2 * covariance
    first, total, shapley = alone.copy(), alone.copy(), alone.copy()
    first[:2] = 1 / 12 + 2 * covariance + explained
    total[:2] = 1 / 12 - explained
    shapley[:2] = 1 / 12 + covariance
    slope, one = _SLOPES, np.sqrt(1 / 12 / variance)
    raw = {"mean": slope, "abs": slope, "rms": slope, "std": 0 * slope}
    values = {
        "mean": slope.sum() / 2,
        "variance": variance,
        "first_order": first / variance,
        "total_order": total / variance,
        "shapley": shapley / variance,
        "permutation_mse": 2 * alone,
        "permutation_r2": 2 * alone / variance,
        "permutation_total_order": alone / variance,
        "conditional_permutation_mse": 2 * total,
        "conditional_permutation_r2": 2 * total / variance,
        "conditional_permutation_total_order": total / variance,
        "leave_one_out_mse": total,
        "leave_one_out_r2": total / variance,
        **{f"derivative_{name}": value for name, value in raw.items()},
        **{f"derivative_{name}_standardised": value * one for name, value in raw.items()},
        "dgsm": slope**2,
    }
    return {name: Truth.exact(np.asarray(value)[None]) for name, value in values.items()}
