from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import require
from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import listed, published, whole
from sensbench.truths.line import Factor
from sensbench.truths.separable import separable

# The dimension of the paper's example, and aᵢ from i = 1, 2, … and on.
_VARIANTS: dict[str, tuple[int, Callable[[int], float]]] = {
    "saltelli_2000": (8, lambda i: (0.0, 1.0, 4.5, 9.0)[i - 1] if i <= 4 else 99.0),
    "saltelli_1995_1": (8, lambda i: 0.0),
    "saltelli_1995_2": (8, lambda i: (0.0, 0.0, 3.0)[i - 1] if i <= 3 else 9.0),
    "saltelli_1995_3": (20, lambda i: (i - 1) / 2),
    "sobol_1998_1": (10, lambda i: 0.01),
    "sobol_1998_2": (10, lambda i: 1.0),
    "sobol_1998_3": (10, lambda i: float(i)),
    "sobol_1998_4": (10, lambda i: float(i * i)),
    "kucherenko_2011_2a": (10, lambda i: 0.0 if i <= 2 else 6.52),
    "kucherenko_2011_3b": (10, lambda i: 6.52),
}


def sobol_g(
    a: Sequence[float] | None = None, variant: str = "saltelli_2000", d: int | None = None
) -> Problem:
    """Product of (|4xᵢ - 2| + aᵢ)/(1 + aᵢ) on U(0, 1)ᵈ: the larger aᵢ, the less xᵢ matters.

    Saltelli & Sobol' 1995, doi:10.1016/0951-8320(95)00099-2. The function has kinks at
    xᵢ = 1/2, which have no probability. Every measure has an exact truth.

    Parameters
    ----------
    a
        One number of at least 0 per input; by default those of the variant.
    variant
        ``saltelli_2000``: 0, 1, 4.5, 9, 99, 99 … (Saltelli, Chan & Scott 2000, Sensitivity
        Analysis, Wiley; with d=7 Sun et al. 2022, doi:10.1016/j.envsoft.2022.105310);
        ``saltelli_1995_1``: 0; ``_2``: 0, 0, 3, 9, 9 …; ``_3``: (i - 1)/2 (Saltelli & Sobol'
        1995); ``sobol_1998_1``: 0.01; ``_2``: 1; ``_3``: i (with d=5 Marrel et al. 2009,
        doi:10.1016/j.ress.2008.07.008); ``_4``: i² (Sobol' 1998,
        doi:10.1016/S0378-4754(98)00096-2); ``kucherenko_2011_2a``: 0, 0, 6.52, 6.52 …;
        ``_3b``: 6.52 (Kucherenko et al. 2011, doi:10.1016/j.ress.2010.11.003).
    d
        Number of inputs that a variant is continued to; by default its paper's, or 10.

    Raises
    ------
    InputError
        ``a`` is empty or holds anything but finite numbers of at least 0; ``d`` is not a whole
        number or not the length of ``a``; or there is no such variant.
    """
    usual, weight = published("sobol_g", _VARIANTS, variant)
    if d is not None:
        whole("sobol_g", "d", d, 1)
    if a is None:
        a = [weight(i) for i in range(1, (d or usual) + 1)]
    weights = listed("sobol_g", "a", a, least=0.0)
    require(d in (None, len(weights)), "sobol_g", f"d={len(weights)}, the length of a", d)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        c = torch.as_tensor(weights, dtype=x.dtype, device=x.device)
        return ((torch.abs(4.0 * x - 2.0) + c) / (1.0 + c)).prod(dim=1)

    inputs = range(len(weights))
    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(len(weights))})
    factors = {i: _factor(c) for i, c in enumerate(weights)}
    return Problem.of(
        function,
        space,
        name="sobol_g",
        outputs=["y"],
        truth=separable(space, [(1.0, factors)], kinks={i: [0.5] for i in inputs}),
        source="Saltelli & Sobol' 1995, doi:10.1016/0951-8320(95)00099-2",
    )


def _factor(a: float) -> Factor:
    return lambda x: (torch.abs(4.0 * x - 2.0) + a) / (1.0 + a)
