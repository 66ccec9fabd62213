from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import require
from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import numbers
from sensbench.truths.line import Factor
from sensbench.truths.separable import separable

_JUMPING = 2


def genz_discontinuous(
    a: Sequence[float] = (5.0, 5.0, 5.0), thresholds: Sequence[float] = (0.5, 0.5)
) -> Problem:
    """exp(Σ aᵢ xᵢ) on U(0, 1)ᵈ, but 0 where x1 or x2 is above its threshold.

    Genz 1984, "Testing multidimensional integration routines". The derivative exists on either
    side of the jumps and does not see them: the truths of derivatives are those of the smooth
    parts, and the DGSM's bound of S_T and the limit of mu_star, which do not hold here, are left
    out. An estimate of that bound can lie below S_T. (uqtestfuns 0.7 puts a threshold on every
    input; Genz has two, as here.)

    Parameters
    ----------
    a
        One number per input, at least two.
    thresholds
        Of x1 and x2, between 0 and 1.

    Raises
    ------
    InputError
        Numbers that are not finite, fewer than two inputs, thresholds not between 0 and 1.
    """
    who = "genz_discontinuous"
    rates = numbers(who, "a", a, (None,)).tolist()
    require(len(rates) >= _JUMPING, who, "at least two inputs", a)
    cut = numbers(who, "thresholds", thresholds, (_JUMPING,), above=0.0).tolist()
    require(max(cut) < 1, who, "thresholds below 1", thresholds)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        slopes, ends = (torch.tensor(v, dtype=x.dtype, device=x.device) for v in (rates, cut))
        inside = (x[:, :_JUMPING] <= ends).all(dim=1)
        return torch.exp(x @ slopes) * inside

    d = len(rates)
    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(d)})
    factors = {i: _cut_growth(rates[i], cut[i] if i < _JUMPING else 1.0) for i in range(d)}
    return Problem.of(
        function,
        space,
        name=who,
        outputs=["y"],
        truth=separable(space, [(1.0, factors)], jumps={i: [cut[i]] for i in range(_JUMPING)}),
        notes=[
            "the function jumps along x1 and x2: derivatives, and the bound made of them, miss "
            "the jumps"
        ],
        source="Genz 1984, Testing multidimensional integration routines",
    )


def _cut_growth(rate: float, threshold: float) -> Factor:
    return lambda x: torch.exp(rate * x) * (x <= threshold)
