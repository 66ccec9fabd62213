import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problem.truth import Truth, Truths
from sensbench.problems._parameters import published
from sensbench.truths.separable import Terms, separable

_D = 10
# Slopes of the linear ones.
_VARIANTS = {
    "linear": (0.2,) * 4,
    "decreasing": tuple(0.2 / 2**i for i in range(8)),
    "sine": (),
    "inert": (),
}


def linkletter(variant: str = "linear") -> Problem:
    """Ten inputs on U(0, 1), of which four, eight, two or none act: variable selection.

    Linkletter et al. 2006, doi:10.1198/004017006000000228, without its noise. Every measure has
    an exact truth; of ``inert``, whose output does not vary, those that are not relative to its
    variance.

    Parameters
    ----------
    variant
        ``linear``: 0.2 (x1 + x2 + x3 + x4); ``decreasing``: 0.2 (x1 + x2/2 + x3/4 + … + x8/128);
        ``sine``: sin x1 + sin 5 x2; ``inert``: 0.

    Raises
    ------
    UnknownNameError
        There is no such variant.
    """
    slopes = published("linkletter", _VARIANTS, variant)

    def function(x: Float[Tensor, "n 10"]) -> Float[Tensor, " n"]:
        if variant == "sine":
            return torch.sin(x[:, 0]) + torch.sin(5.0 * x[:, 1])
        weights = torch.zeros(_D, dtype=x.dtype, device=x.device)
        weights[: len(slopes)] = torch.as_tensor(slopes, dtype=x.dtype, device=x.device)
        return x @ weights

    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(_D)})
    terms: Terms = [(slope, {i: _itself}) for i, slope in enumerate(slopes)]
    if variant == "sine":
        terms = [(1.0, {0: torch.sin}), (1.0, {1: lambda x: torch.sin(5.0 * x)})]
    return Problem.of(
        function,
        space,
        name="linkletter",
        outputs=["y"],
        truth=separable(space, terms) if terms else _nothing(),
        source="Linkletter et al. 2006, doi:10.1198/004017006000000228",
    )


def _nothing() -> Truths:
    """Return the truths of a constant 0 that exist."""
    zeros = Truth.exact([[0.0] * _D])
    names = ("dgsm", "mu_star_limit", "permutation_mse")
    slopes = [f"derivative_{name}" for name in ("mean", "abs", "rms", "std")]
    truths = {"mean": Truth.exact([0.0]), "variance": Truth.exact([0.0])}
    return Truths(lambda: truths | dict.fromkeys([*names, *slopes], zeros))


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
