from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import InputError
from sensbench.problem import Problem
from sensbench.space import InputSpace, default_names
from sensbench.truths.line import Factor
from sensbench.truths.separable import separable


def sobol_g(a: Sequence[float] = (0, 1, 4.5, 9, 99, 99, 99, 99)) -> Problem:
    """Product of (|4xᵢ - 2| + aᵢ)/(1 + aᵢ) on U(0, 1)ᵈ: the larger aᵢ, the less xᵢ matters.

    Saltelli & Sobol' 1995, doi:10.1016/0951-8320(95)00099-2. The function has kinks at
    xᵢ = 1/2, which have no probability.

    Parameters
    ----------
    a
        One number of at least 0 per input.

    Raises
    ------
    InputError
        ``a`` is empty or holds anything but finite numbers of at least 0.
    """
    weights = _checked(a)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        c = torch.as_tensor(weights, dtype=x.dtype, device=x.device)
        return ((torch.abs(4.0 * x - 2.0) + c) / (1.0 + c)).prod(dim=1)

    d = len(weights)
    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(d)})
    factors = {i: _factor(float(c)) for i, c in enumerate(weights)}
    return Problem.of(
        function,
        space,
        name="sobol_g",
        outputs=["y"],
        truth=separable(space, [(1.0, factors)], kinks={i: [0.5] for i in range(d)}),
        source="Saltelli & Sobol' 1995, doi:10.1016/0951-8320(95)00099-2",
    )


def _factor(a: float) -> Factor:
    return lambda x: (torch.abs(4.0 * x - 2.0) + a) / (1.0 + a)


def _checked(a: Sequence[float]) -> Float[np.ndarray, " d"]:
    try:
        weights = np.array(a, dtype=np.float64)
    except (TypeError, ValueError):
        weights = np.empty(0)
    if weights.ndim != 1 or not len(weights) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise InputError(
            f"sobol_g: expected a as a list of finite numbers of at least 0, one per input; "
            f"got {a!r}"
        )
    return weights
