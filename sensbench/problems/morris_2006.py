import math
from fractions import Fraction

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import require
from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import whole
from sensbench.truths.implied import with_sizes
from sensbench.truths.separable import Terms, separable


def morris_2006(d: int = 30, k: int = 5) -> Problem:
    """f(x) = α Σ_{i≤k} xᵢ + β Σ_{i<j≤k} xᵢxⱼ on U(0, 1)ᵈ: k inputs matter alike, d - k not.

    α = √12 - 6√(0.1(k - 1)) and β = 12/√(10(k - 1)) give each of the k inputs a first-order
    share of the variance of 1 unit and each a total of 1.1: Morris, Moore & McKay 2006,
    doi:10.1016/j.jspi.2005.01.001, with d=30 and k from 1 to 10. Every measure has an exact
    truth.

    Parameters
    ----------
    d
        Number of inputs.
    k
        How many of them matter.

    Raises
    ------
    InputError
        d and k are not whole numbers of at least 1, or k is more than d.
    """
    whole("morris_2006", "d", d, 1)
    whole("morris_2006", "k", k, 1)
    require(k <= d, "morris_2006", f"k of at most d={d}", k)
    alpha = math.sqrt(12.0) - 6.0 * math.sqrt(0.1 * (k - 1))
    beta = 12.0 / math.sqrt(10.0 * (k - 1)) if k > 1 else 0.0

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        active = x[:, :k]
        total = active.sum(dim=1)
        return alpha * total + beta / 2 * (total**2 - (active**2).sum(dim=1))

    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(d)})
    terms: Terms = [
        *((alpha, {i: _itself}) for i in range(k)),
        *((beta, {i: _itself, j: _itself}) for j in range(k) for i in range(j)),
    ]
    size = _size(k - 1, alpha, beta)
    sizes = np.array([size] * k + [0.0] * (d - k))
    return Problem.of(
        function,
        space,
        name="morris_2006",
        outputs=["y"],
        truth=with_sizes(space, separable(space, terms), lambda: sizes),
        source="Morris, Moore & McKay 2006, doi:10.1016/j.jspi.2005.01.001",
    )


def _size(n: int, alpha: float, beta: float) -> float:
    """Return E|α + β S|, S the sum of n uniform numbers (Irwin-Hall).

    It is α + β n/2 + 2β E[(z - S)⁺] with z = -α/β, and E[(z - S)⁺] is the sum over j of
    (-1)ʲ C(n, j) ((z - j)⁺)ⁿ⁺¹/(n + 1)!, which cancels: in fractions.
    """
    if n == 0:
        return abs(alpha)
    z = -Fraction(alpha) / Fraction(beta)
    below = sum(
        (-1) ** j * math.comb(n, j) * (z - j) ** (n + 1) for j in range(n + 1) if z > j
    ) / Fraction(math.factorial(n + 1))
    return alpha + beta * n / 2 + 2.0 * beta * float(below)


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
