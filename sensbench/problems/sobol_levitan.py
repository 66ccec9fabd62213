import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import require
from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import listed, published, real
from sensbench.truths.line import Factor
from sensbench.truths.separable import separable

_TAIL = (
    0.4228,
    0.3077,
    0.2169,
    0.1471,
    0.0951,
    0.0577,
    0.0323,
    0.0161,
    0.0068,
    0.0021,
    0.0004,
    0.0,
)
_VARIANTS = {
    "sobol_1999_1": (1.5, *(0.9,) * 5),
    "sobol_1999_2": (*(0.6,) * 10, *(0.4,) * 10),
    "moon_2012_1": (2.0, 1.95, 1.9, 1.85, 1.8, 1.75, 1.7, 1.65, *_TAIL),
    "moon_2012_2": (*(1.0,) * 10, *(0.0,) * 10),
    "moon_2012_3": (2.6795, 2.2289, 1.8351, 1.4938, 1.2004, 0.9507, 0.7406, 0.5659, *_TAIL),
}


def sobol_levitan(
    b: Sequence[float] | None = None, c0: float = 0.0, variant: str = "sobol_1999_2"
) -> Problem:
    """f(x) = exp(Σ bᵢ xᵢ) - Π (e^{bᵢ} - 1)/bᵢ + c0 on U(0, 1)ᵈ: its mean is c0.

    Sobol' & Levitan 1999, doi:10.1016/S0010-4655(98)00156-8. The larger |bᵢ|, the more xᵢ
    matters; with bᵢ = 0 it is inert. Every measure has an exact truth.

    Parameters
    ----------
    b
        One real number per input; by default those of the variant.
    c0
        The mean.
    variant
        ``sobol_1999_1``: 1.5 and five of 0.9; ``sobol_1999_2``: ten of 0.6 and ten of 0.4 (Sobol'
        & Levitan 1999). ``moon_2012_1``: 2, 1.95 … 1.65, 0.4228 … 0; ``moon_2012_2``: ten of 1
        and ten of 0; ``moon_2012_3``: 2.6795, 2.2289 … 0 (Moon et al. 2012,
        doi:10.1080/00401706.2012.725994, who then scale the output to a variance of 100, which
        is not done here).

    Raises
    ------
    InputError
        Anything but finite numbers, all b of 0, or no such variant.
    """
    who = "sobol_levitan"
    slopes = listed(who, "b", published(who, _VARIANTS, variant) if b is None else b)
    require(any(slopes), who, "b with a number other than 0", b)
    c0 = real(who, "c0", c0)
    # exp of more than 700 has no float
    require(sum(map(abs, slopes)) <= 300, who, "sizes of b that sum to at most 300", slopes)
    constant = c0 - math.prod(math.expm1(slope) / slope for slope in slopes if slope)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        return torch.exp(x @ torch.as_tensor(slopes, dtype=x.dtype, device=x.device)) + constant

    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(len(slopes))})
    factors = {i: _factor(slope) for i, slope in enumerate(slopes) if slope}
    return Problem.of(
        function,
        space,
        name=who,
        outputs=["y"],
        truth=separable(space, [(1.0, factors), (constant, {})]),
        source="Sobol' & Levitan 1999, doi:10.1016/S0010-4655(98)00156-8",
    )


def _factor(slope: float) -> Factor:
    return lambda x: torch.exp(slope * x)
