import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import whole
from sensbench.truths.separable import separable


def bratley_a(d: int = 10) -> Problem:
    """Product of |4xᵢ - 2| on U(0, 1)ᵈ: all inputs matter alike, through interactions.

    The G function with aᵢ = 0; of mean 1, with kinks at xᵢ = 1/2. f₁ of Bratley, Fox &
    Niederreiter 1992, doi:10.1145/146382.146385; 1C of Kucherenko et al. 2011,
    doi:10.1016/j.ress.2010.11.003. Every measure has an exact truth.

    Parameters
    ----------
    d
        Number of inputs.

    Raises
    ------
    InputError
        d is not a whole number of at least 1.
    """
    whole("bratley_a", "d", d, 1)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        return torch.abs(4.0 * x - 2.0).prod(dim=1)

    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(d)})
    return Problem.of(
        function,
        space,
        name="bratley_a",
        outputs=["y"],
        truth=separable(
            space, [(1.0, dict.fromkeys(range(d), _factor))], kinks={i: [0.5] for i in range(d)}
        ),
        source="Bratley, Fox & Niederreiter 1992, doi:10.1145/146382.146385",
    )


def _factor(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return torch.abs(4.0 * x - 2.0)
