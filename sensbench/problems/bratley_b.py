import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import whole
from sensbench.truths.line import Factor
from sensbench.truths.separable import separable


def bratley_b(d: int = 8) -> Problem:
    """Product of i cos(i xᵢ) on U(0, 1)ᵈ: later inputs oscillate faster.

    f₂ of Bratley, Fox & Niederreiter 1992, doi:10.1145/146382.146385; of mean Π sin i. Every
    measure has an exact truth.

    Parameters
    ----------
    d
        Number of inputs.

    Raises
    ------
    InputError
        d is not a whole number of at least 1.
    """
    whole("bratley_b", "d", d, 1)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        i = torch.arange(1, d + 1, dtype=x.dtype, device=x.device)
        return (i * torch.cos(i * x)).prod(dim=1)

    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(d)})
    return Problem.of(
        function,
        space,
        name="bratley_b",
        outputs=["y"],
        truth=separable(space, [(1.0, {i: _factor(i + 1) for i in range(d)})]),
        source="Bratley, Fox & Niederreiter 1992, doi:10.1145/146382.146385",
    )


def _factor(i: int) -> Factor:
    return lambda x: i * torch.cos(i * x)
