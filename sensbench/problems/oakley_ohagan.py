import numpy as np
import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._oakley_ohagan import A1, A2, A3, M
from sensbench.truths.implied import with_sizes
from sensbench.truths.line import Line
from sensbench.truths.separable import Terms, separable

_D = 15


def oakley_ohagan() -> Problem:
    """f(x) = a1ᵀx + a2ᵀsin x + a3ᵀcos x + xᵀMx of 15 standard normal inputs.

    The first five inputs hardly act alone, the next five a little, the last five most; many pairs
    interact. Oakley & O'Hagan 2004, doi:10.1111/j.1467-9868.2004.05304.x, with the coefficients
    that the authors publish with the paper. Every measure has an exact truth.
    """

    def function(x: Float[Tensor, "n 15"]) -> Float[Tensor, " n"]:
        a1, a2, a3, m = (
            torch.as_tensor(table, dtype=x.dtype, device=x.device) for table in (A1, A2, A3, M)
        )
        return x @ a1 + torch.sin(x) @ a2 + torch.cos(x) @ a3 + ((x @ m) * x).sum(dim=1)

    space = InputSpace.normal(dict.fromkeys(default_names(_D), (0.0, 1.0)))
    return Problem.of(
        function,
        space,
        name="oakley_ohagan",
        outputs=["y"],
        truth=with_sizes(space, separable(space, _terms()), lambda: _sizes(space)),
        source="Oakley & O'Hagan 2004, doi:10.1111/j.1467-9868.2004.05304.x",
    )


def _terms() -> Terms:
    both = M + M.T
    return [
        *((float(A1[i]), {i: _itself}) for i in range(_D)),
        *((float(A2[i]), {i: torch.sin}) for i in range(_D)),
        *((float(A3[i]), {i: torch.cos}) for i in range(_D)),
        *((float(M[i, i]), {i: _square}) for i in range(_D)),
        *((float(both[i, j]), {i: _itself, j: _itself}) for j in range(_D) for i in range(j)),
    ]


def _sizes(space: InputSpace) -> Float[np.ndarray, " 15"]:
    """Return E|∂f/∂x_i|: given x_i the slope is normal, as the other inputs are; its mean is h."""
    line = Line(space.marginals[0])
    x = line.x
    both = M + M.T
    sizes = np.empty(_D)
    for i in range(_D):
        h = A1[i] + A2[i] * np.cos(x) - A3[i] * np.sin(x) + both[i, i] * x
        s = np.sqrt((np.delete(both[i], i) ** 2).sum())
        folded = stats.foldnorm(np.abs(h) / s, scale=s).mean()
        sizes[i] = line.weights @ folded
    return sizes


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x


def _square(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x**2
