from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.truths.separable import separable


def moon() -> Problem:
    """f(x) = x1 + x2 + 3 x1 x3 on U(0, 1)³: an example with simple closed forms.

    Moon 2010, Design and Analysis of Computer Experiments for Screening Input Variables, PhD
    thesis, Ohio State University. Every measure has an exact truth.
    """

    def function(x: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
        x1, x2, x3 = x.unbind(1)
        return x1 + x2 + 3.0 * x1 * x3

    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(3)})
    terms = [(1.0, {0: _itself}), (1.0, {1: _itself}), (3.0, {0: _itself, 2: _itself})]
    return Problem.of(
        function,
        space,
        name="moon",
        outputs=["y"],
        truth=separable(space, terms),
        source="Moon 2010, PhD thesis, Ohio State University",
    )


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
