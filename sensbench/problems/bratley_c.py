import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import whole
from sensbench.truths.line import Factor
from sensbench.truths.separable import separable

_CHEBYSHEV: tuple[Factor, ...] = (
    lambda t: t,
    lambda t: 2 * t**2 - 1,
    lambda t: 4 * t**3 - 3 * t,
    lambda t: 8 * t**4 - 8 * t**2 + 1,
)


def bratley_c(d: int = 8) -> Problem:
    """Product of Chebyshev polynomials T_n(2xᵢ - 1) of degree n = (i mod 4) + 1 on U(0, 1)ᵈ.

    f₃ of Bratley, Fox & Niederreiter 1992, doi:10.1145/146382.146385. From the fourth input on,
    whose factor is T₁, the mean is 0. Every measure has an exact truth.

    Parameters
    ----------
    d
        Number of inputs.

    Raises
    ------
    InputError
        d is not a whole number of at least 1.
    """
    whole("bratley_c", "d", d, 1)
    degrees = [i % 4 + 1 for i in range(1, d + 1)]

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        t = 2.0 * x - 1.0
        # T₀, T₁ and on: T_{n+1} = 2t T_n - T_{n-1}
        ladder = [torch.ones_like(t), t]
        while len(ladder) <= 4:
            ladder.append(2.0 * t * ladder[-1] - ladder[-2])
        return torch.stack([ladder[n][:, i] for i, n in enumerate(degrees)], dim=1).prod(dim=1)

    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(d)})
    return Problem.of(
        function,
        space,
        name="bratley_c",
        outputs=["y"],
        truth=separable(space, [(1.0, {i: _factor(n) for i, n in enumerate(degrees)})]),
        source="Bratley, Fox & Niederreiter 1992, doi:10.1145/146382.146385",
    )


def _factor(degree: int) -> Factor:
    polynomial = _CHEBYSHEV[degree - 1]
    return lambda x: polynomial(2.0 * x - 1.0)
